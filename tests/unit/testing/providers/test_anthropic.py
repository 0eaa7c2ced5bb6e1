"""Anthropic's protocol, asked by its own SDK."""

from __future__ import annotations

from rqgm.testing.providers import Reply, ReplyUsage, ToolCall, count_tokens, echo, serve

TOOL = {"name": "add", "description": "Adds.", "input_schema": {"type": "object", "properties": {}}}
CALL = Reply("Let me add.", tool_calls=[ToolCall("add", {"a": 1, "b": 2}), ToolCall("add", {"a": 3}, "toolu_own")])


def test_a_message_has_the_text_the_counted_usage_and_a_request_id(message):
    with serve(echo()) as provider:
        reply = message(provider.url, "hello there", system=[{"type": "text", "text": "be brief"}])
        (served,) = provider.served
    assert [(block.type, block.text) for block in reply.content] == [("text", "hello there")]
    assert (reply.role, reply.model, reply.stop_reason) == ("assistant", "claude-test", "end_turn")
    tokens = count_tokens("hello there")
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (tokens + count_tokens("be brief"), tokens)
    assert reply._request_id == f"req_{1:024d}"
    assert (served.protocol, served.path, served.api_key) == ("messages", "/v1/messages", "sk-ant-test")
    assert (served.status, served.complete) == (200, True)


def test_a_message_is_streamed_by_its_events_in_order(message):
    with serve(lambda _: Reply("one two")) as provider:
        events = message(provider.url, stream=True)
        assert provider.served[0].usage == ReplyUsage(2, 2)
        assert provider.served[0].complete
    kinds = ["message_start", "content_block_start", *["content_block_delta"] * 2, "content_block_stop"]
    assert [event.type for event in events] == [*kinds, "message_delta", "message_stop"]
    assert (events[0].message.usage.input_tokens, events[0].message.usage.output_tokens) == (2, 1)
    assert (events[-2].delta.stop_reason, events[-2].usage.output_tokens) == ("end_turn", 2)


def test_a_stream_has_a_ping_that_the_client_swallows(anthropic_client):
    with serve(echo()) as provider:
        client = anthropic_client.with_options(base_url=provider.url).with_raw_response
        asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
        raw = client.messages.create(**asked, stream=True).http_response
        assert 'event: ping\ndata: {"type":"ping"}\n\n' in raw.read().decode()
        assert raw.headers["content-type"].startswith("text/event-stream")


def test_tools_go_there_and_back_and_are_streamed(anthropic_client, message):
    script = lambda asked: Reply("both") if asked.last_tool_results == ("3", "7") else CALL  # noqa: E731
    with serve(script) as provider:
        client = anthropic_client.with_options(base_url=provider.url)
        asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "add"}], "tools": [TOOL]}
        with client.messages.stream(**asked) as stream:
            parts = [event.partial_json for event in stream if event.type == "input_json"]
            first = stream.get_final_message()
        assert message(provider.url, tools=[TOOL]).to_dict()["content"] == [
            {"type": "text", "text": "Let me add."},
            {"type": "tool_use", "id": "toolu_000000000000000000020000", "name": "add", "input": {"a": 1, "b": 2}},
            {"type": "tool_use", "id": "toolu_own", "name": "add", "input": {"a": 3}},
        ]
        calls = [block for block in first.content if block.type == "tool_use"]
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": str(k)}
            for k, call in zip((3, 7), calls, strict=True)
        ]
        answered = [{"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
        second = message(provider.url, messages=[*asked["messages"], *answered], tools=[TOOL])
        assert provider.served[0].complete
    assert "".join(parts) == '{"a": 1, "b": 2}{"a": 3}'
    assert first.stop_reason == "tool_use"
    assert [call.input for call in calls] == [{"a": 1, "b": 2}, {"a": 3}]
    assert second.content[0].text == "both"


def test_told_usage_is_reported_without_the_cached_tokens_in_the_input(message):
    told = ReplyUsage(100, 20, cached=64, reasoning=12, cache_written=8)
    with serve(lambda _: Reply("ok", usage=told)) as provider:
        usage = message(provider.url).usage
        events = message(provider.url, stream=True)
        assert [served.usage for served in provider.served] == [told, told]
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (28, 64, 8)
    assert (usage.output_tokens, usage.output_tokens_details.thinking_tokens) == (20, 12)
    assert events[0].message.usage.cache_read_input_tokens == 64


def test_the_reason_of_an_end_is_told(message):
    with serve(lambda asked: Reply("cut", finish=asked.last_user_text)) as provider:
        assert message(provider.url, "length").stop_reason == "max_tokens"
        assert message(provider.url, "content_filter", stream=True)[-2].delta.stop_reason == "refusal"


def test_usage_can_be_left_out(message):
    with serve(lambda _: Reply("ok", report_usage=False)) as provider:
        assert message(provider.url).usage is None
        assert message(provider.url, stream=True)[-1].type == "message_stop"
        assert provider.served[1].usage is None


def test_tokens_are_counted_without_asking_the_script(anthropic_client):
    with serve(echo()) as provider:
        client = anthropic_client.with_options(base_url=provider.url)
        messages = [{"role": "user", "content": "hello"}]
        assert client.messages.count_tokens(model="m", messages=messages).input_tokens == 2
        assert [model.id for model in client.models.list()][-1].startswith("claude")
        assert provider.usage().calls == 0


async def test_the_async_client_gets_the_same():
    import anthropic

    with serve(echo()) as provider:
        async with anthropic.AsyncAnthropic(base_url=provider.url, api_key="k", max_retries=0) as client:
            asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi you"}]}
            whole = await client.messages.create(**asked)
            async with client.messages.stream(**asked) as stream:
                texts = [text async for text in stream.text_stream]
    assert whole.content[0].text == "".join(texts) == "hi you"
