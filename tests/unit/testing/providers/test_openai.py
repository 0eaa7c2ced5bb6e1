"""OpenAI's protocols, asked by its own SDK."""

from __future__ import annotations

import json

import pytest

from rqgm.testing.providers import Reply, ReplyUsage, ToolCall, count_tokens, echo, serve

ADD = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
CHAT_TOOL = {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": ADD}}
TOOL = {"type": "function", "name": "add", "description": "Adds.", "parameters": ADD, "strict": False}
CALL = Reply(
    "Let me add.", tool_calls=[ToolCall("add", {"a": 1, "b": 2}), ToolCall("add", {"a": 3, "b": 4}, "call_own")]
)
TOLD = Reply("ok", usage=ReplyUsage(100, 20, cached=64, reasoning=12, cache_written=8))


def test_a_chat_reply_has_the_text_the_counted_usage_and_a_request_id(chat):
    with serve(echo()) as provider:
        reply = chat(provider.url, "hello there, you", temperature=0)
        assert reply.choices[0].message.content == "hello there, you"
        assert reply.choices[0].finish_reason == "stop"
        assert (reply.object, reply.model) == ("chat.completion", "gpt-5-mini")
        tokens = count_tokens("hello there, you")
        assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (tokens, tokens)
        assert reply._request_id == f"req_{1:032x}"
        (served,) = provider.served
        assert (served.protocol, served.path, served.model) == ("chat", "/v1/chat/completions", "gpt-5-mini")
        assert (served.stream, served.status, served.complete, served.open) == (False, 200, True, False)
        assert served.api_key == "sk-test"
        assert served.body["temperature"] == 0
        assert (served.usage.input_tokens, served.usage.output_tokens) == (tokens, tokens)


def test_a_chat_stream_ends_with_usage_only_if_it_was_asked_for(chat):
    with serve(lambda _: Reply("one two three")) as provider:
        plain = chat(provider.url, stream=True)
        full = chat(provider.url, stream=True, stream_options={"include_usage": True})
        assert [served.usage is not None for served in provider.served] == [False, True]
        assert all(served.complete for served in provider.served)
    texts = [chunk.choices[0].delta.content for chunk in plain]
    assert texts == ["", "one", " two", " three", None]
    assert [chunk.choices[0].finish_reason for chunk in plain] == [None] * 4 + ["stop"]
    assert all(chunk.usage is None for chunk in plain)
    assert full[-1].choices == []
    assert full[-1].usage.completion_tokens == count_tokens("one two three")
    assert all(chunk.usage is None for chunk in full[:-1])


def test_tools_go_there_and_back_by_chat(chat):
    asked = []

    def script(request):
        asked.append(request)
        return CALL if not request.last_tool_results else Reply(" and ".join(request.last_tool_results))

    with serve(script) as provider:
        first = chat(provider.url, "1 + 2, 3 + 4", tools=[CHAT_TOOL])
        calls = first.choices[0].message.tool_calls
        results = [
            {"role": "tool", "tool_call_id": call.id, "content": str(k)} for k, call in zip((3, 7), calls, strict=True)
        ]
        history = [{"role": "user", "content": "1 + 2, 3 + 4"}, first.choices[0].message.to_dict(), *results]
        second = chat(provider.url, messages=history, tools=[CHAT_TOOL])
    assert first.choices[0].finish_reason == "tool_calls"
    assert [json.loads(call.function.arguments) for call in calls] == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]
    assert calls[1].id == "call_own"
    assert second.choices[0].message.content == "3 and 7"
    assert asked[0].tools == ("add",)
    assert [call.arguments for call in asked[1].messages[1].tool_calls] == ['{"a": 1, "b": 2}', '{"a": 3, "b": 4}']


def test_tool_calls_are_streamed_in_pieces_by_chat(openai_client):
    with serve(lambda _: CALL) as provider:
        client = openai_client.with_options(base_url=f"{provider.url}/v1")
        asked = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "add"}], "tools": [CHAT_TOOL]}
        with client.chat.completions.stream(**asked) as stream:
            chunks = sum(event.type == "chunk" for event in stream)
            final = stream.get_final_completion()
    assert chunks > 6
    assert final.choices[0].finish_reason == "tool_calls"
    assert [call.function.arguments for call in final.choices[0].message.tool_calls] == [
        '{"a": 1, "b": 2}',
        '{"a": 3, "b": 4}',
    ]


def test_told_usage_is_reported_by_chat_and_by_responses(chat, respond):
    with serve(lambda _: TOLD) as provider:
        usage = chat(provider.url).usage
        assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (100, 20, 120)
        assert usage.prompt_tokens_details.cached_tokens == 64
        assert usage.prompt_tokens_details.cache_write_tokens == 8
        assert usage.completion_tokens_details.reasoning_tokens == 12
        response = respond(provider.url)
        assert [item.type for item in response.output] == ["reasoning", "message"]
        assert (response.usage.input_tokens, response.usage.output_tokens) == (100, 20)
        assert response.usage.input_tokens_details.cached_tokens == 64
        assert response.usage.output_tokens_details.reasoning_tokens == 12
        totals = provider.usage()
    assert (totals.input_tokens, totals.output_tokens, totals.calls) == (200, 40, 2)
    assert (totals.cached, totals.reasoning, totals.cache_written) == (128, 24, 16)


def test_a_response_has_the_text_and_the_instructions_count_as_system(respond):
    asked = []

    def script(request):
        asked.append(request)
        return Reply("Paris.")

    with serve(script) as provider:
        reply = respond(provider.url, "capital?", instructions="be brief", max_output_tokens=50)
    assert (reply.output_text, reply.status) == ("Paris.", "completed")
    assert reply.usage.input_tokens == count_tokens("be brief") + count_tokens("capital?")
    assert (asked[0].system, asked[0].last_user_text, asked[0].max_tokens) == ("be brief", "capital?", 50)


def test_a_response_is_streamed_by_its_events_in_order(respond):
    with serve(lambda _: Reply("one two")) as provider:
        events = respond(provider.url, stream=True)
        assert provider.served[0].usage == ReplyUsage(2, 2)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = ["created", "in_progress", "output_item.added", "content_part.added", "output_text.delta"]
    kinds += ["output_text.delta", "output_text.done", "content_part.done", "output_item.done", "completed"]
    assert [event.type for event in events] == [f"response.{kind}" for kind in kinds]
    assert events[-1].response.output_text == "one two"


def test_a_streamed_response_that_reasoned_begins_with_a_reasoning_item(respond):
    with serve(lambda _: TOLD) as provider:
        events = respond(provider.url, stream=True)
    assert [event.item.type for event in events if event.type == "response.output_item.done"] == [
        "reasoning",
        "message",
    ]


def test_tools_go_there_and_back_by_responses_and_are_streamed(openai_client, respond):
    script = lambda asked: Reply("both") if asked.last_tool_results == ("3", "7") else CALL  # noqa: E731
    with serve(script) as provider:
        client = openai_client.with_options(base_url=f"{provider.url}/v1")
        with client.responses.stream(model="gpt-5-mini", input="add", tools=[TOOL]) as stream:
            deltas = [event.delta for event in stream if event.type == "response.function_call_arguments.delta"]
            first = stream.get_final_response()
        calls = [item for item in first.output if item.type == "function_call"]
        results = [
            {"type": "function_call_output", "call_id": call.call_id, "output": str(k)}
            for k, call in zip((3, 7), calls, strict=True)
        ]
        history = [{"role": "user", "content": "add"}, *(item.to_dict() for item in first.output), *results]
        second = respond(provider.url, input=history, tools=[TOOL])
    assert "".join(deltas) == '{"a": 1, "b": 2}{"a": 3, "b": 4}'
    assert [call.arguments for call in calls] == ['{"a": 1, "b": 2}', '{"a": 3, "b": 4}']
    assert second.output_text == "both"


def test_the_reason_of_an_end_is_told(chat, respond):
    with serve(lambda asked: Reply("cut", finish=asked.last_user_text)) as provider:
        assert chat(provider.url, "length").choices[0].finish_reason == "length"
        assert chat(provider.url, "content_filter", stream=True)[-1].choices[0].finish_reason == "content_filter"
        cut = respond(provider.url, "length")
        filtered = respond(provider.url, "content_filter", stream=True)[-1]
    assert (cut.status, cut.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert filtered.type == "response.incomplete"
    assert filtered.response.incomplete_details.reason == "content_filter"


def test_usage_can_be_left_out(chat, respond):
    with serve(lambda _: Reply("ok", report_usage=False)) as provider:
        assert chat(provider.url).usage is None
        options = {"stream": True, "stream_options": {"include_usage": True}}
        assert [chunk.usage for chunk in chat(provider.url, **options)] == [None, None, None]
        assert respond(provider.url).usage is None
        assert provider.usage().input_tokens == 0


def test_embeddings_are_near_where_words_are_shared_in_floats_and_in_base64(openai_client):
    texts = ["sort a list of numbers", "sort a list of names", "the weather in Paris"]
    with serve(echo()) as provider:
        client = openai_client.with_options(base_url=f"{provider.url}/v1")
        coded = client.embeddings.create(model="text-embedding-3-small", input=texts)
        plain = client.embeddings.create(
            model="text-embedding-3-small", input=texts, encoding_format="float", dimensions=32
        )
        (served, _) = provider.served
    a, b, c = (item.embedding for item in coded.data)
    dot = lambda x, y: sum(p * q for p, q in zip(x, y, strict=True))  # noqa: E731
    assert dot(a, a) == pytest.approx(1)
    assert dot(a, b) > dot(a, c)
    assert [len(item.embedding) for item in plain.data] == [32] * 3
    assert coded.usage.prompt_tokens == sum(map(count_tokens, texts))
    assert served.usage == ReplyUsage(input_tokens=coded.usage.prompt_tokens)


def test_a_script_can_tell_the_vectors(openai_client):
    with serve(lambda _: Reply(vectors=[[1.0, 0.5]])) as provider:
        client = openai_client.with_options(base_url=f"{provider.url}/v1")
        assert client.embeddings.create(model="e", input="x").data[0].embedding == [1.0, 0.5]


def test_models_are_listed_and_do_not_count_as_calls(openai_client):
    with serve(echo(), models=["gpt-5-mini", "tiny"]) as provider:
        client = openai_client.with_options(base_url=f"{provider.url}/v1")
        assert [model.id for model in client.models.list()] == ["gpt-5-mini", "tiny"]
        assert provider.usage().calls == 0


async def test_the_async_client_gets_the_same():
    import openai

    with serve(echo()) as provider:
        options = {"base_url": f"{provider.url}/v1", "api_key": "k", "max_retries": 0}
        async with openai.AsyncOpenAI(**options) as client:
            asked = {"model": "m", "messages": [{"role": "user", "content": "hi you"}]}
            whole = await client.chat.completions.create(**asked)
            stream = await client.chat.completions.create(**asked, stream=True)
            texts = [chunk.choices[0].delta.content or "" async for chunk in stream]
            events = [event.type async for event in await client.responses.create(model="m", input="hi", stream=True)]
    assert whole.choices[0].message.content == "".join(texts) == "hi you"
    assert events[-1] == "response.completed"
