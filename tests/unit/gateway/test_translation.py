"""Calls by LiteLLM: each protocol before a provider that speaks the other one, with real servers on both sides."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.core.errors import ProviderUnavailableError
from rqgm.gateway.answers import EVENTS, events
from rqgm.gateway.asking import read_request
from rqgm.gateway.translation import message_events, said
from rqgm.testing.providers import Reply, ReplyUsage, ToolCall, faults, serve

if TYPE_CHECKING:
    from rqgm.testing.providers import Asked, Fault

# LiteLLM keeps its connections for as long as the process lives: all these tests share one loop.
# Its own streams warn of how it uses pydantic and asyncio.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.filterwarnings("ignore")]

OPENAI, ANTHROPIC = "openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"
LANES = [
    ("messages", OPENAI, "coder"),
    ("chat", ANTHROPIC, "reviewer"),
    ("responses", ANTHROPIC, "reviewer"),
]
lanes = pytest.mark.parametrize(("protocol", "model", "role"), LANES, ids=[f"{p}-to-{m[:6]}" for p, m, _ in LANES])
streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
USED = ReplyUsage(100, 20, cached=64)
PARAMETERS = {"type": "object", "properties": {"a": {"type": "integer"}}}
TOOLS: dict[str, dict[str, Any]] = {
    "chat": {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": PARAMETERS}},
    "responses": {"type": "function", "name": "add", "description": "Adds.", "parameters": PARAMETERS},
    "messages": {"name": "add", "description": "Adds.", "input_schema": PARAMETERS},
}


def texts(protocol: str, response: Any, stream: bool) -> tuple[str, str]:
    """Return the text and the tool's arguments of an answer."""
    if stream:
        found = [json.loads(event) for event in events(response.content) if event != "[DONE]"]
        if protocol == "chat":
            deltas = [chunk["choices"][0]["delta"] for chunk in found if chunk["choices"]]
            calls = [call for delta in deltas for call in delta.get("tool_calls") or []]
            arguments = "".join(call["function"].get("arguments") or "" for call in calls)
            return "".join(delta.get("content") or "" for delta in deltas), arguments
        if protocol == "messages":
            deltas = [event["delta"] for event in found if event["type"] == "content_block_delta"]
            parts = ("".join(delta.get(key, "") for delta in deltas) for key in ("text", "partial_json"))
            return next(parts), next(parts)
        data = found[-1]["response"]
    else:
        data = response.json()
    if protocol == "chat":
        message = data["choices"][0]["message"]
        return message["content"] or "", "".join(c["function"]["arguments"] for c in message.get("tool_calls") or [])
    if protocol == "messages":
        blocks = data["content"]
        calls = [json.dumps(block["input"]) for block in blocks if block["type"] == "tool_use"]
        return "".join(block.get("text", "") for block in blocks), "".join(calls)
    parts = [part["text"] for item in data["output"] if item["type"] == "message" for part in item["content"]]
    return "".join(parts), "".join(item["arguments"] for item in data["output"] if item["type"] == "function_call")


def body_of(gateways: Any, protocol: str, model: str, **more: Any) -> dict[str, Any]:
    return gateways.body_of(protocol, "hello", **{"model": model, "tools": [TOOLS[protocol]], **more})


@pytest.mark.slow
@lanes
@streams
async def test_an_answer_is_translated_with_its_tools_and_metered(
    gateways: Any, protocol: str, model: str, role: str, stream: bool
) -> None:
    """Text, arguments and usage are what the provider said; the price is the model's."""

    def script(asked: Asked) -> Reply:
        assert asked.tools == ("add",)
        return Reply("here it is", tool_calls=[ToolCall("add", {"a": 1})], usage=USED)

    async with gateways.served(script) as (provider, gateway):
        job = gateways.role(gateway, role)
        response = await job.post(protocol, body_of(gateways, protocol, model, stream=stream))
        assert response.status_code == 200, job.lease.trouble
        text, arguments = texts(protocol, response, stream)
        assert (text, json.loads(arguments)) == ("here it is", {"a": 1})
        usage = (await job.lease.close()).usage
        (served,) = provider.served
        price = gateway._prices[model]
    assert served.protocol == ("responses" if protocol == "messages" else "messages")
    assert served.api_key in gateways.KEYS.values()
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (100, 20, 64)
    wanted = 36 * price.input + 64 * price.cached + 20 * price.output
    assert usage.cost_usd == pytest.approx(wanted)
    assert served.body["max_output_tokens" if protocol == "messages" else "max_tokens"] == 64


@pytest.mark.slow
@lanes
async def test_faults_of_a_translated_call_end_where_those_of_a_direct_one_do(
    gateways: Any, protocol: str, model: str, role: str
) -> None:
    """401 at once, 429 and 500 after all attempts, a context that overflows at the role."""
    plans: dict[int, Fault] = {}
    with serve(lambda asked: plans.get(0) or Reply("never")) as provider:
        async with gateways.open(provider.url) as gateway:
            cases = [
                (faults.unauthorized(), 503, 1),
                (faults.rate_limited(retry_after_s=0), 503, 2),
                (faults.server_error(), 503, 2),
                (faults.out_of_quota(), 503, 1),
                (faults.context_overflow(), 400, 1),
            ]
            for number, (fault, status, attempts) in enumerate(cases):
                plans[0] = fault
                before = len(provider.served)
                job = gateways.role(gateway, role, f"work/{number}")
                response = await job.post(protocol, body_of(gateways, protocol, model, stream=bool(number % 2)))
                assert response.status_code == status, (fault, response.text)
                assert len(provider.served) - before == attempts, fault
                if status == 503:
                    with pytest.raises(ProviderUnavailableError, match=f"{attempts} attempts"):
                        await job.lease.close()
                else:
                    assert (await job.lease.close()).usage.cost_usd == 0
                    said = response.json()["error"]["message"]
                    assert "too long" in said or "context length" in said


@pytest.mark.slow
@lanes
@streams
async def test_a_translated_call_that_breaks_off_is_tried_again(
    gateways: Any, protocol: str, model: str, role: str, stream: bool
) -> None:
    """And the attempt before counts as doubtful."""

    def script(asked: Asked) -> Reply | Fault:
        return faults.reset(after=2) if asked.number == 1 else Reply("whole", usage=USED)

    async with gateways.served(script) as (provider, gateway):
        job = gateways.role(gateway, role)
        response = await job.post(protocol, body_of(gateways, protocol, model, stream=stream))
        assert response.status_code == 200, job.lease.trouble
        assert texts(protocol, response, stream)[0] == "whole"
        assert (await job.lease.close()).usage.input_tokens == 100
        assert len(provider.served) == 2
        assert job.lease.account.doubtful.tokens > 2_000


@pytest.mark.slow
@lanes
async def test_a_key_that_is_echoed_is_taken_out_of_a_translated_answer(
    gateways: Any, protocol: str, model: str, role: str
) -> None:
    """In text, and in the words of a refusal."""

    def script(asked: Asked) -> Reply | Fault:
        fault = faults.Fault("error", 400, "x", f"{'x' * 1_990} {asked.api_key}")
        return fault if asked.last_user_text == "bad" else Reply(f"it is {asked.api_key}", model=f"m-{asked.api_key}")

    async with gateways.served(script) as (_, gateway):
        job = gateways.role(gateway, role)
        for text in ("good", "bad"):
            response = await job.post(protocol, gateways.body_of(protocol, text, model=model))
            seen = response.text + repr(list(gateway.calls))
            assert not [key for key in gateways.KEYS.values() if key[:12] in seen], text


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [
        {"api_base": "http://192.0.2.1"},
        {"base_url": "http://192.0.2.1"},
        {"api_key": "sk-other"},
        {"fallbacks": ["openai/gpt-4o"]},
        {"mock_response": "free"},
        {"custom_llm_provider": "openai"},
        {"extra_headers": {"x-evil": "1"}, "extra_body": {"web": True}, "metadata": {"a": 1}},
        {
            "timeout": 1e9,
            "num_retries": 50,
            "max_retries": 50,
            "caching": True,
            "api_version": "x",
            "stream_timeout": 1,
        },
    ],
    ids=lambda more: next(iter(more)),
)
async def test_a_role_cannot_tell_litellm_where_to_call_or_with_what(gateways: Any, more: dict[str, Any]) -> None:
    """Its functions take that by keyword: it would send the key to any address."""
    async with gateways.served(lambda _: Reply("ok", usage=USED)) as (provider, gateway):
        job = gateways.role(gateway, "reviewer")
        response = await job.post("chat", gateways.body_of("chat", model=ANTHROPIC, **more))
        assert (response.status_code, response.json()["choices"][0]["message"]["content"]) == (200, "ok")
        (served,) = provider.served
        assert served.api_key == gateways.KEYS["ANTHROPIC_API_KEY"]
        assert set(served.body) <= {"model", "messages", "max_tokens", "stream"}
        assert "x-evil" not in served.headers
        await job.lease.close()


@pytest.mark.parametrize("protocol", ["chat", "responses", "messages", "embeddings"])
async def test_only_what_is_known_is_passed_to_litellm(protocol: Any) -> None:
    """Of the request, and of its tools: the rest could be anything."""
    tool = {**TOOLS.get(protocol, {"type": "function"}), "googleSearch": {}, "urlContext": {}}
    body = {"model": "gemini/m", "input": "hi", "messages": [], "tools": [tool], "stream": True, "api_base": "http://x"}
    body |= {"litellm_params": {}, "functions": [{"googleSearch": {}}], "stream_options": {"x": 1}, "user": "u"}
    passed = said(read_request(protocol, json.dumps(body).encode(), 100))
    assert not {"model", "api_base", "litellm_params", "functions", "stream_options"} & set(passed)
    if protocol != "embeddings":
        assert passed["tools"] == [TOOLS[protocol]]
        assert passed["stream"] is True


def thinking_message() -> dict[str, Any]:
    """Return a message with all kinds of blocks."""
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": "sig"},
        {"type": "redacted_thinking", "data": "xx"},
        {"type": "text", "text": "I add."},
        {"type": "tool_use", "id": "t", "name": "add", "input": {"a": 1}},
    ]
    usage = {"input_tokens": 3, "output_tokens": 4}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": blocks, "usage": usage}
    return {**message, "stop_reason": "tool_use", "stop_sequence": None}


async def test_a_message_that_is_taken_apart_into_events_is_put_together_again_by_the_sdk() -> None:
    """Block by block: text, thoughts with their signatures, tools with their arguments."""
    import httpx2
    from anthropic import AsyncAnthropic

    body = b"".join(message_events(thinking_message()))
    answer = httpx2.MockTransport(lambda _: httpx2.Response(200, headers={"content-type": EVENTS}, content=body))
    async with AsyncAnthropic(
        api_key="-", base_url="http://x", http_client=httpx2.AsyncClient(transport=answer)
    ) as sdk:
        asked = {"model": "c", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
        async with sdk.messages.stream(**asked) as stream:
            made = await stream.get_final_message()
    assert {key: value for key, value in made.to_dict().items() if key != "stop_details"} == thinking_message()
