"""litellm as a client of both protocols.

Its async functions only: the others make an event loop that they leave open, which is a warning and so an error here.
"""

from __future__ import annotations

import gc

import pytest

from rqgm.testing.providers import Reply, ReplyUsage, ToolCall, echo, faults, serve, with_faults

# Importing it takes seconds, and warns of how it uses pydantic.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def litellm():
    gc.collect()  # a stream of OpenAI's that dies while httpx is being imported raises
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        import litellm

    litellm.suppress_debug_info = True
    return litellm


ASKED = [{"role": "user", "content": "hi you"}]


@pytest.mark.parametrize(("model", "path"), [("openai/gpt-5-mini", "/v1"), ("anthropic/claude-sonnet-5", "")])
async def test_it_completes_and_streams_with_tools_and_usage(litellm, model, path):
    told = ReplyUsage(100, 20, cached=64)
    with serve(lambda _: Reply("hi you", tool_calls=[ToolCall("add", {"a": 1})], usage=told)) as provider:
        options = {"model": model, "messages": ASKED, "api_base": provider.url + path, "api_key": "k", "num_retries": 0}
        whole = await litellm.acompletion(**options)
        stream = await litellm.acompletion(**options, stream=True, stream_options={"include_usage": True})
        chunks = [chunk async for chunk in stream]
        assert all(served.complete for served in provider.served)
        assert {served.model for served in provider.served} == {model.partition("/")[2]}
        assert {served.api_key for served in provider.served} == {"k"}
    streamed = litellm.stream_chunk_builder(chunks)
    for reply in (whole, streamed):
        assert reply.choices[0].message.content == "hi you"
        assert reply.choices[0].message.tool_calls[0].function.arguments == '{"a": 1}'
        assert reply.choices[0].finish_reason == "tool_calls"
        assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (100, 20)
        assert reply.usage.prompt_tokens_details.cached_tokens == 64


async def test_it_asks_for_embeddings_and_knows_the_errors(litellm):
    failing = {2: faults.context_overflow(), 3: faults.context_overflow(), 4: faults.overloaded()}
    with serve(with_faults(echo(), failing)) as provider:
        openai = {"api_base": f"{provider.url}/v1", "api_key": "k", "num_retries": 0, "max_retries": 0}
        anthropic = {**openai, "api_base": provider.url}
        made = await litellm.aembedding(model="openai/text-embedding-3-small", input=["a", "b"], **openai)
        assert [len(item["embedding"]) for item in made.data] == [64, 64]
        with pytest.raises(litellm.ContextWindowExceededError):
            await litellm.acompletion(model="openai/gpt-5-mini", messages=ASKED, **openai)
        with pytest.raises(litellm.ContextWindowExceededError):
            await litellm.acompletion(model="anthropic/claude-sonnet-5", messages=ASKED, **anthropic)
        with pytest.raises(litellm.InternalServerError):
            await litellm.acompletion(model="anthropic/claude-sonnet-5", messages=ASKED, **anthropic)
        assert provider.usage().calls == 4
