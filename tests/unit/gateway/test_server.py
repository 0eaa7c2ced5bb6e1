"""Hostile roles at the socket: nothing of what they try reaches the provider, or tells them a key."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from rqgm.core.errors import ProviderUnavailableError
from rqgm.core.grants import SOCKET
from rqgm.testing.providers import Fault, Reply, ToolCall, faults

if TYPE_CHECKING:
    from pathlib import Path

    from rqgm.testing.providers import Asked

FAR = "https://example.org/picture.png"


async def raw(gateway: Any, *parts: bytes, wait_s: float = 0.0) -> bytes:
    """Write to the socket, part by part, and return what comes back; without waiting for it, break off."""
    reader, writer = await asyncio.open_unix_connection(str(gateway.place / SOCKET))
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(wait_s)
    return await _end(reader, writer)


async def _end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    writer.write_eof()
    async with asyncio.timeout(10):
        data = await reader.read()
    writer.close()
    await writer.wait_closed()
    return data


def head(token: str, length: int, path: str = "/v1/chat/completions") -> bytes:
    """Return the head of a request."""
    fields = f"POST {path} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {token}\r\ncontent-length: {length}\r\n"
    return f"{fields}connection: close\r\n\r\n".encode()


@pytest.mark.parametrize("protocol", ["chat", "responses", "messages", "embeddings"])
async def test_only_the_token_of_a_running_job_lets_in(gateways: Any, protocol: str) -> None:
    """None, an invented one, one that is not ASCII, the provider's key, one of a job that has ended: all get 401."""
    async with gateways.served() as (provider, gateway):
        ended = gateways.role(gateway)
        await ended.lease.close()
        role = gateways.role(gateway, "reviewer" if protocol == "messages" else "coder")
        body = gateways.body_of(protocol)
        key = gateways.KEYS["OPENAI_API_KEY"]
        for token in ("-", "rqgm-invented", ended.lease.grant.token, key, role.lease.grant.token[:-1]):
            response = await role.post(protocol, body, token)
            assert response.status_code == 401
            assert "invalid_token" in response.text
            assert len(token) < 2 or token not in response.text
        assert (await role.post(protocol, body, "-", **{"x-api-key": b"\xff\xfe"})).status_code == 401
        missing = head("-", 2, "/v1/messages").replace(b"authorization: Bearer -\r\n", b"")
        assert b" 401 " in await raw(gateway, missing, b"{}")
        assert not provider.served
        assert not list(gateway.calls)


async def test_a_token_is_good_for_its_own_role_alone(gateways: Any) -> None:
    """Another job's token is charged to that job and opens that job's model only."""
    async with gateways.served() as (provider, gateway):
        coder, reviewer = gateways.role(gateway), gateways.role(gateway, "reviewer", "work/2")
        response = await coder.post("messages", gateways.body_of("messages"))
        assert (response.status_code, response.json()["error"]["type"]) == (403, "model_not_granted")
        response = await coder.post("messages", gateways.body_of("messages"), reviewer.lease.grant.token)
        assert response.status_code == 200
        assert (await coder.lease.close()).usage.model_calls == 0
        assert (await reviewer.lease.close()).usage.model_calls == 1
        assert len(provider.served) == 1


@pytest.mark.parametrize(
    "model", ["openai/gpt-4o", "gpt-4o-mini", "", "openai/gpt-4o-mini ", "a" * 5_000, "x\n\x1b[31m"]
)
async def test_another_model_is_refused(gateways: Any, model: str) -> None:
    """Dearer ones, other spellings, and none."""
    async with gateways.served() as (provider, gateway):
        role = gateways.role(gateway)
        response = await role.post("chat", gateways.body_of("chat", model=model))
        assert (response.status_code, response.json()["error"]["code"]) == (403, "model_not_granted")
        assert len(response.content) < 500
        assert not provider.served
        await role.lease.close()


HOSTILE = [
    ("chat", {"tools": [{"type": "web_search"}]}, 403),
    ("responses", {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}, 403),
    ("responses", {"tools": [{"type": "mcp", "server_url": FAR}]}, 403),
    ("messages", {"tools": [{"type": "web_fetch_20250910", "name": "web_fetch"}]}, 403),
    ("messages", {"mcp_servers": [{"type": "url", "url": FAR}]}, 403),
    ("chat", {"web_search_options": {}}, 403),
    ("chat", {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": FAR}}]}]}, 403),
    ("responses", {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": FAR}]}]}, 403),
    (
        "messages",
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": FAR}}]}]},
        403,
    ),
    ("responses", {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}]}, 403),
    ("responses", {"previous_response_id": "resp_1"}, 403),
    ("responses", {"store": True}, 403),
    ("chat", {"service_tier": "priority"}, 403),
    ("chat", {"n": 1_000}, 400),
    ("chat", {"n": "16"}, 400),
    ("chat", {"max_tokens": 65}, 400),
    ("chat", {"max_tokens": -1}, 400),
    ("messages", {"max_tokens": 1e9}, 400),
    ("chat", {"stream": 1}, 400),
    ("chat", {"stream_options": "abc"}, 400),
    ("chat", {"tools": 5}, 400),
]


@pytest.mark.parametrize(("protocol", "more", "status"), HOSTILE)
async def test_what_is_refused_never_reaches_the_provider(
    gateways: Any, protocol: str, more: dict[str, Any], status: int
) -> None:
    """It is told why in its protocol's shape, costs nothing, and is no failure but the role's."""
    async with gateways.served() as (provider, gateway):
        role = gateways.role(gateway, "reviewer" if protocol == "messages" else "coder")
        response = await role.post(protocol, gateways.body_of(protocol, **more))
        assert response.status_code == status
        assert isinstance(response.json()["error"]["message"], str)
        assert (await role.lease.close()).usage.model_calls == 0
        assert not provider.served
        assert not list(gateway.calls)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"model": "openai/gpt-4o-mini", "messages": [], "temperature": NaN}',
        b'{"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "\\ud800"}]}',
        b'{"model": "openai/gpt-4o-mini", "messages": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"model": "openai/gpt-4o-mini", "n": 1, "messages": [], "n": 1000}',
    ],
)
async def test_bytes_that_are_no_request_never_reach_the_provider(gateways: Any, body: bytes) -> None:
    """400, and the next call is answered."""
    async with gateways.served() as (provider, gateway):
        role = gateways.role(gateway)
        assert (await role.post("chat", body)).status_code == 400
        assert not provider.served
        assert (await role.ask()).status_code == 200
        await role.lease.close()


async def test_a_body_that_is_too_large_is_refused_while_it_is_read(gateways: Any) -> None:
    """Whatever its head says of its length."""
    async with gateways.served(max_request_bytes=2_000) as (provider, gateway):
        role = gateways.role(gateway)
        response = await role.ask("x" * 3_000)
        assert (response.status_code, response.json()["error"]["code"]) == (413, "request_too_large")
        chunked = head(role.lease.grant.token, 0).replace(b"content-length: 0", b"transfer-encoding: chunked")
        chunk = b"3e8\r\n" + b"x" * 1_000 + b"\r\n"
        assert b" 413 " in await raw(gateway, chunked, chunk, chunk, chunk)
        assert (await role.ask("short")).status_code == 200
        assert len(provider.served) == 1


async def test_a_request_that_breaks_off_leaves_nothing_behind(gateways: Any, caplog: Any) -> None:
    """No call, no error in the log; the gateway goes on."""
    caplog.set_level(logging.DEBUG)
    async with gateways.served() as (provider, gateway):
        role = gateways.role(gateway)
        await raw(gateway, head(role.lease.grant.token, 500), b'{"model": ', wait_s=0.05)
        await raw(gateway, b"POST /v1/chat/completions HTTP/1.1\r\nauthoriz")
        await raw(gateway, b"\x00\xff garbage\r\n\r\n")
        await asyncio.sleep(0.05)
        assert not provider.served
        assert (await role.ask()).status_code == 200
        assert (await role.lease.close()).usage.model_calls == 1
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_request_whose_job_ends_while_it_is_read_is_not_answered(gateways: Any) -> None:
    """Else it would be made, and paid for, for nobody."""
    async with gateways.served() as (provider, gateway):
        role = gateways.role(gateway)
        body = json.dumps(gateways.body_of("chat")).encode()
        asking = asyncio.create_task(
            raw(gateway, head(role.lease.grant.token, len(body)) + body[:10], body[10:], wait_s=0.2)
        )
        await asyncio.sleep(0.1)
        await role.lease.close()
        assert b" 401 " in await asking
        assert not provider.served


async def test_a_role_that_leaves_is_charged_for_what_it_asked(gateways: Any) -> None:
    """The provider answers, whether anybody listens or not."""
    async with gateways.served(lambda _: Reply("late", latency_s=0.1)) as (provider, gateway):
        role = gateways.role(gateway)
        body = json.dumps(gateways.body_of("chat")).encode()
        _, writer = await asyncio.open_unix_connection(str(gateway.place / SOCKET))
        writer.write(head(role.lease.grant.token, len(body)) + body)
        await gateways.arrived(provider)
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(10):
            await asyncio.gather(*role.lease.calls)
        assert (await role.lease.close()).usage.model_calls == 1


async def test_other_addresses_are_not_there(gateways: Any) -> None:
    """No page, no count of tokens, no files."""
    async with gateways.served() as (provider, gateway):
        token = gateways.role(gateway).lease.grant.token
        for path in (
            "/",
            "/v1/files",
            "/v1/messages/count_tokens",
            "/v1/responses/resp_1",
            "/v1/../v1/files",
            "/metrics",
        ):
            assert b" 404 " in await raw(gateway, head(token, 0, path))
        assert not provider.served


async def test_the_models_of_a_job_are_listed_to_it_alone(gateways: Any) -> None:
    """Its own, and the one for embeddings."""
    async with gateways.served() as (_, gateway):
        ask = "GET /v1/models HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\nx-api-key: {}\r\n\r\n"
        role = gateways.role(gateway, "reviewer")
        listed = await raw(gateway, ask.format(role.lease.grant.token).encode())
        data = json.loads(listed.partition(b"\r\n\r\n")[2])["data"]
        assert [model["id"] for model in data] == [gateways.ANTHROPIC, "openai/text-embedding-3-small"]
        assert b" 401 " in await raw(gateway, ask.format("rqgm-other").encode())


async def test_two_jobs_have_different_tokens_which_are_not_shown(gateways: Any) -> None:
    """Not in a grant's text, which may get into a log."""
    async with gateways.served() as (_, gateway):
        one, other = gateways.role(gateway).lease.grant, gateways.role(gateway, scope="work/2").lease.grant
        assert one.token != other.token
        assert len(one.token) > 32
        assert one.token not in repr(one)


def telltale(asked: Asked) -> Reply | Fault:
    """Echo the key that came with the request, wherever an answer has room for text."""
    key = asked.api_key
    message = f"{'x' * 180} {key} {key}"
    kinds = {
        "text": Reply(f"your key is {key}, {key}", model=f"model-{key}"),
        "tool": Reply(tool_calls=[ToolCall(key, {"key": key})]),
        "refused": Fault("error", 400, key, message, key, key, (400, key, message), {"x-key": key}),
        "failed": Fault("error", 401, key, message, key, headers={"x-key": key}),
        "broken": Fault("error", 500, "server_error", message, headers={"x-key": key, "retry-after": "0"}),
        "in-stream": faults.stream_error(reply=Reply(f"{key} {key}")),
        "page": Fault("page", 500, message=key),
    }
    return kinds[asked.last_user_text]


@pytest.mark.parametrize("kind", ["text", "tool", "refused", "failed", "broken", "in-stream", "page"])
async def test_the_key_is_nowhere_but_in_the_request_to_the_provider(
    gateways: Any, tmp_path: Path, caplog: Any, kind: str
) -> None:
    """A provider that echoes it: no answer, error, header, record, blob or log line has it, whole or in part."""
    caplog.set_level(logging.INFO)
    seen: list[str] = []
    async with gateways.served(telltale) as (provider, gateway):
        for protocol, stream in [(p, s) for p in ("chat", "responses", "messages") for s in (False, True)]:
            role = gateways.role(gateway, "reviewer" if protocol == "messages" else "coder", f"{protocol}/{stream}")
            response = await role.ask(kind, protocol, stream=stream)
            seen += [response.text, repr(response.headers), repr(role.lease), repr(gateway.__dict__)]
            try:
                await role.lease.close()
            except ProviderUnavailableError as error:
                seen += [str(error), repr(error), repr(error.__cause__), repr(error.__context__)]
        seen += [repr(call) for call in gateway.calls]
        assert {served.api_key for served in provider.served} == set(gateways.KEYS.values())
    seen += [str(event.body) for event in _events(tmp_path / "run")]
    seen += [_unpacked(path) for path in (tmp_path / "run").rglob("*") if path.is_file()]
    seen += [record.getMessage() for record in caplog.records]
    for key in gateways.KEYS.values():
        for length in (len(key), 12):
            assert not [text for text in seen if key[:length] in text]
    if kind in {"text", "tool", "refused"}:
        assert "[redacted]" in seen[0]


def _unpacked(path: Path) -> str:
    data = path.read_bytes()
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        data = zstandard.ZstdDecompressor().decompress(data, max_output_size=1 << 24)
    return data.decode("utf-8", "replace")


def _events(folder: Path) -> list[Any]:
    from rqgm.archive.ledger import Ledger

    ledger = Ledger(folder / "calls.sqlite", read_only=True)
    try:
        return list(ledger.events())
    finally:
        ledger.close()
