"""The record of calls: replay, a job that is run again, and what was tampered with."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.core.errors import ConfigError, IntegrityError, ProviderUnavailableError, ReplayMissError
from rqgm.gateway.accounts import Amount
from rqgm.gateway.calls import CALLS_FILE, Calls, open_cassette
from rqgm.testing.providers import Reply, ReplyUsage, faults, refusing, serve

if TYPE_CHECKING:
    from rqgm.testing.providers import Asked, Fault

USED = ReplyUsage(100, 10)
ASKED = [
    (protocol, stream, text)
    for protocol in ("chat", "responses", "messages")
    for stream in (False, True)
    for text in ("one", "too long")
]


def script(asked: Asked) -> Reply | Fault:
    """Answer; refuse what is too long; and never say the same thing twice."""
    if asked.last_user_text == "too long":
        return faults.context_overflow(tokens=asked.number)
    return Reply(f"answer {asked.number}", usage=USED)


async def ask_all(gateways: Any, gateway: Any) -> list[tuple[int, str, bytes]]:
    """Ask everything in every way, twice, as two jobs, and embeddings; the last call is over the job's limit."""
    seen = []
    for role in ("coder", "reviewer"):
        job = gateways.role(gateway, role, f"work/{role}")
        for protocol, stream, text in ASKED * 2:
            if (protocol == "messages") == (role == "reviewer"):
                response = await job.ask(text, protocol, stream=stream)
                seen.append((response.status_code, response.headers["content-type"], response.content))
        body = gateways.body_of("embeddings", model="openai/text-embedding-3-small")
        response = await job.post("embeddings", body)
        seen.append((response.status_code, response.headers["content-type"], response.content))
        await job.lease.close()
    return seen


async def test_a_replay_gives_byte_equal_answers_without_a_provider(gateways: Any, tmp_path: Path) -> None:
    """Streams, refusals of the provider, refusals for the job's limit, equal requests with unequal answers."""
    limits = {"job": {"calls": 14}}
    with serve(script) as provider:
        async with gateways.open(provider.url, folder="first", **limits) as gateway:
            recorded = await ask_all(gateways, gateway)
            served = len(provider.served)
    assert {status for status, _, _ in recorded} == {200, 400, 402}
    assert len({body for _, _, body in recorded}) > len(ASKED)  # no two calls were answered alike
    replay = {"mode": "replay", "cassette": str(tmp_path / "first"), **limits}
    with refusing() as nowhere:
        async with gateways.open(nowhere, folder="second", **replay) as gateway:
            assert await ask_all(gateways, gateway) == recorded
            calls = list(gateway.calls)
        assert all(call.replayed for call in calls)
        assert sum(call.amount.calls for call in calls) == served
        # and the replay can be replayed
        replay["cassette"] = str(tmp_path / "second")
        async with gateways.open(nowhere, folder="third", **replay) as gateway:
            assert await ask_all(gateways, gateway) == recorded


async def test_a_replay_needs_no_key(gateways: Any, tmp_path: Path) -> None:
    """A machine that only replays holds none."""
    from rqgm.gateway.gateway import Gateway

    with serve(script) as provider:
        async with gateways.open(provider.url, folder="first") as gateway:
            said = (await gateways.role(gateway).ask()).content
    settings = gateways.settings("http://127.0.0.1:1", mode="replay", cassette=str(tmp_path / "first"))
    (tmp_path / "second").mkdir()
    async with Gateway(tmp_path / "second", settings, ["coder"], env={}) as gateway:
        assert (await gateways.role(gateway).ask()).content == said


async def test_a_miss_stops_the_run_and_shows_the_nearest_request(gateways: Any, tmp_path: Path) -> None:
    """With the job's name and the lines that differ; the role is told 503."""
    with serve(script) as provider:
        async with gateways.open(provider.url, folder="first") as gateway:
            role = gateways.role(gateway, scope="work/recorded")
            await role.ask("what is two and two?")
    replay = {"mode": "replay", "cassette": str(tmp_path / "first")}
    async with gateways.open("http://127.0.0.1:1", folder="second", **replay) as gateway:
        role = gateways.role(gateway, scope="work/asked")
        response = await role.ask("what is two and three?")
        assert (response.status_code, response.json()["error"]["code"]) == (503, "replay_miss")
        with pytest.raises(ReplayMissError) as error:
            await role.lease.close()
        other = gateways.role(gateway, "reviewer", "work/other")
        await other.ask(protocol="messages")
        with pytest.raises(ReplayMissError, match="nothing is recorded of role 'reviewer'"):
            await other.lease.close()
    for part in ("'work/asked'", "'work/recorded'", "what is two and two?", "what is two and three?"):
        assert part in str(error.value)


async def test_replay_or_live_asks_only_for_what_was_not_recorded(gateways: Any, tmp_path: Path) -> None:
    """What is replayed costs nothing in this run, also after it is resumed."""
    with serve(script) as provider:
        async with gateways.open(provider.url, folder="first") as gateway:
            await gateways.role(gateway).ask("one")
        more = {"mode": "replay-or-live", "cassette": str(tmp_path / "first"), "folder": "second"}
        async with gateways.open(provider.url, **more) as gateway:
            role = gateways.role(gateway)
            assert "answer 1" in (await role.ask("one")).text
            assert "answer 2" in (await role.ask("two")).text
            assert (await role.lease.close()).usage.model_calls == 2
            spent = gateway._whole.spent
        assert len(provider.served) == 2
        async with gateways.open(provider.url, **more) as gateway:
            assert gateway._whole.spent == spent == Amount(pytest.approx(21e-6), 150, 1)


async def test_a_job_that_is_run_again_is_answered_from_its_record_and_charged_once(gateways: Any) -> None:
    """Its provider was gone in between; what it had paid for is not paid again, in this process or the next."""

    def failing(asked: Asked) -> Reply | Fault:
        return faults.unauthorized() if asked.number == 3 else Reply(f"answer {asked.number}", usage=USED)

    with serve(failing) as provider:
        async with gateways.open(provider.url) as gateway:
            first = gateways.role(gateway)
            said = [(await first.ask(text)).content for text in ("one", "two")]
            assert (await first.ask("three")).status_code == 503
            with pytest.raises(ProviderUnavailableError):
                await first.lease.close()
            again = gateways.role(gateway)
            assert [(await again.ask(text)).content for text in ("one", "two")] == said
            assert len(provider.served) == 3
        async with gateways.open(provider.url) as gateway:
            third = gateways.role(gateway)
            assert [(await third.ask(text)).content for text in ("one", "two")] == said
            assert (await third.ask("three")).status_code == 200
            usage = (await third.lease.close()).usage
            assert (usage.model_calls, usage.input_tokens) == (3, 300)
            assert gateway._whole.spent.tokens == gateway._roles["coder"].spent.tokens == 450
            assert third.lease.account.spent.tokens == 450
        assert len(provider.served) == 4


async def test_another_job_is_not_answered_from_the_record(gateways: Any) -> None:
    """Samples are independent."""
    async with gateways.served(script) as (provider, gateway):
        for scope in ("work/1", "work/2"):
            await gateways.role(gateway, scope=scope).ask("one")
        assert len(provider.served) == 2


async def test_mode_live_keeps_no_texts(gateways: Any, tmp_path: Path) -> None:
    """Metered all the same; and no cassette."""
    async with gateways.served(script, mode="live", job={"calls": 1}) as (_, gateway):
        role = gateways.role(gateway)
        assert [(await role.ask(text)).status_code for text in ("one", "two")] == [200, 402]
        call, refused = gateway.calls
        assert (call.request, call.response, refused.response) == (None, None, None)
        assert (await role.lease.close()).usage.input_tokens == 100
    assert not list((tmp_path / "run").glob("blobs/*/*"))
    with pytest.raises(ConfigError, match='mode = "live"'):
        open_cassette(tmp_path / "run")
    with pytest.raises(ConfigError, match="no recorded calls here"):
        open_cassette(tmp_path)


async def test_a_text_that_was_altered_is_found_when_it_is_replayed(gateways: Any, tmp_path: Path) -> None:
    """The role gets no answer, the engine says which blob."""
    with serve(script) as provider:
        async with gateways.open(provider.url, folder="first") as gateway:
            await gateways.role(gateway).ask("one")
            (call,) = gateway.calls
    blob = tmp_path / "first" / "blobs" / call.response[:2] / call.response[2:]
    for data in (blob.read_bytes()[::-1], None):
        blob.unlink() if data is None else blob.write_bytes(data)
        replay = {"mode": "replay", "cassette": str(tmp_path / "first"), "folder": f"second-{data is None}"}
        async with gateways.open("http://127.0.0.1:1", **replay) as gateway:
            role = gateways.role(gateway)
            assert (await role.ask("one")).status_code == 503
            with pytest.raises(IntegrityError, match=call.response):
                await role.lease.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET body = replace(body, '2.1e-05', '0.0') WHERE kind = 'call'",
        "DELETE FROM events WHERE seq = 2",
        "UPDATE events SET kind = 'call' WHERE seq = 1",
        "UPDATE events SET at = at + 1 WHERE seq = 1",
    ],
)
async def test_an_event_that_was_altered_is_found(gateways: Any, tmp_path: Path, change: str) -> None:
    """The chain breaks there."""
    async with gateways.served(script) as (_, gateway):
        for text in ("one", "two"):
            await gateways.role(gateway).ask(text)
        head = gateway.calls.verify()
        assert head == gateway.calls.head
    with contextlib.closing(sqlite3.connect(tmp_path / "run" / CALLS_FILE)) as db, db:
        db.execute("DROP TRIGGER events_are_never_changed")
        db.execute("DROP TRIGGER events_are_never_deleted")
        assert db.execute(change).rowcount == 1 or "call" in change
    from rqgm.archive.ledger import Ledger

    ledger = Ledger(tmp_path / "run" / CALLS_FILE, read_only=True)
    try:
        with pytest.raises(IntegrityError, match="the chain breaks at event"):
            ledger.verify()
    finally:
        ledger.close()


async def test_calls_of_many_jobs_at_a_time_are_found_again(gateways: Any, tmp_path: Path) -> None:
    """In whatever order they end, then and in the replay."""

    async def ask(gateway: Any, n: int) -> list[str]:
        role = gateways.role(gateway, scope=f"work/{n}")
        return [(await role.ask(text)).text for text in ("same", "same", f"own {n}")]

    slow = lambda asked: Reply(f"answer {asked.number}", latency_s=0.01 * (asked.number % 3))  # noqa: E731
    with serve(slow) as provider:
        async with gateways.open(provider.url, folder="first") as gateway:
            recorded = await asyncio.gather(*(ask(gateway, n) for n in range(6)))
    replay = {"mode": "replay", "cassette": str(tmp_path / "first"), "folder": "second"}
    async with gateways.open("http://127.0.0.1:1", **replay) as gateway:
        replayed = await asyncio.gather(*(ask(gateway, n) for n in reversed(range(6))))
    assert replayed[::-1] == recorded


def test_a_record_of_an_unknown_kind_is_no_record_of_calls(tmp_path: Path) -> None:
    """Another version's, or none of ours."""
    from rqgm.archive.ledger import Ledger

    ledger = Ledger(tmp_path / CALLS_FILE)
    ledger.append([("other", {})])
    ledger.close()
    with pytest.raises(IntegrityError, match="unknown kind 'other'"):
        Calls(tmp_path)
