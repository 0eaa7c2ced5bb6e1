"""What goes wrong on demand, and what the SDKs make of it."""

from __future__ import annotations

import json
import time

import anthropic
import openai
import pytest

from rqgm.testing.providers import Reply, ToolCall, echo, faults, in_turn, refusing, serve, with_faults

STATUSES = [
    (faults.unauthorized(), openai.AuthenticationError, "invalid_api_key", 401, "authentication_error"),
    (faults.forbidden(), openai.PermissionDeniedError, "model_not_found", 403, "permission_error"),
    (faults.unknown_model(), openai.NotFoundError, "model_not_found", 404, "not_found_error"),
    (faults.rate_limited(), openai.RateLimitError, "rate_limit_exceeded", 429, "rate_limit_error"),
    (faults.out_of_quota(), openai.RateLimitError, "insufficient_quota", 400, "invalid_request_error"),
    (faults.server_error(), openai.InternalServerError, None, 500, "api_error"),
    (faults.overloaded(), openai.InternalServerError, None, 529, "overloaded_error"),
    (faults.context_overflow(), openai.BadRequestError, "context_length_exceeded", 400, "invalid_request_error"),
    (faults.content_filter(), openai.BadRequestError, "invalid_prompt", 400, "invalid_request_error"),
]


@pytest.mark.parametrize(("fault", "error", "code", "status", "kind"), STATUSES)
def test_an_error_has_the_providers_status_body_and_request_id(chat, message, fault, error, code, status, kind):
    with serve(lambda _: fault) as provider:
        with pytest.raises(error) as by_openai:
            chat(provider.url)
        with pytest.raises(anthropic.APIStatusError) as by_anthropic:
            message(provider.url)
        assert [(served.status, served.complete) for served in provider.served] == [
            (fault.status, True),
            (status, True),
        ]
    assert (by_openai.value.code, by_openai.value.type) == (code, fault.type)
    assert by_openai.value.request_id == f"req_{1:032x}"
    assert by_anthropic.value.status_code == status
    assert by_anthropic.value.body["error"]["type"] == kind
    assert by_anthropic.value.body["request_id"] == by_anthropic.value.request_id == f"req_{2:024d}"


def test_a_request_that_wants_a_stream_gets_an_error_as_its_status(chat, respond, message):
    with serve(lambda _: faults.overloaded()) as provider:
        for ask, error, status in (
            (chat, openai.InternalServerError, 503),
            (respond, openai.InternalServerError, 503),
            (message, anthropic.InternalServerError, 529),
        ):
            with pytest.raises(error) as raised:
                ask(provider.url, stream=True)
            assert raised.value.status_code == status


def test_messages_name_the_model_the_key_and_the_limit(chat, message):
    told = in_turn([faults.unknown_model(), faults.unauthorized(), faults.context_overflow(1000, 1200)])
    with serve(told) as provider:
        with pytest.raises(openai.NotFoundError, match="`gpt-5-mini` does not exist"):
            chat(provider.url)
        with pytest.raises(openai.AuthenticationError, match="Incorrect API key provided: sk-test"):
            chat(provider.url)
        with pytest.raises(anthropic.BadRequestError, match="prompt is too long: 1200 tokens > 1000 maximum"):
            message(provider.url)


def test_a_rate_limit_says_when_to_come_back_and_the_sdk_does(openai_client):
    script = with_faults(echo(), {1: faults.rate_limited(retry_after_s=1, retry_after_ms=5)})
    with serve(script) as provider:
        client = openai_client.with_options(base_url=f"{provider.url}/v1")
        asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        with pytest.raises(openai.RateLimitError) as raised:
            client.chat.completions.create(**asked)
        assert raised.value.response.headers["retry-after"] == "1"
        assert raised.value.response.headers["retry-after-ms"] == "5"
    with serve(script) as provider:
        client = openai_client.with_options(base_url=f"{provider.url}/v1", max_retries=1)
        assert client.chat.completions.create(**asked).choices[0].message.content == "hi"
        assert [served.status for served in provider.served] == [429, 200]


def test_a_rate_limit_need_not_say_when_to_come_back(message):
    with serve(lambda _: faults.rate_limited()) as provider:
        with pytest.raises(anthropic.RateLimitError) as raised:
            message(provider.url)
    assert "retry-after" not in raised.value.response.headers


def test_a_connection_is_refused_where_nobody_listens_and_after_the_end(chat, message):
    with serve(echo()) as provider:
        chat(provider.url)
    with pytest.raises(openai.APIConnectionError):
        chat(provider.url)
    with refusing() as url:
        with pytest.raises(anthropic.APIConnectionError):
            message(url)


@pytest.mark.parametrize("stream", [False, True])
def test_a_connection_is_reset_before_the_answer(chat, message, stream):
    with serve(lambda _: faults.reset()) as provider:
        with pytest.raises(openai.APIConnectionError):
            chat(provider.url, stream=stream)
        with pytest.raises(anthropic.APIConnectionError):
            message(provider.url, stream=stream)
        assert [(served.status, served.complete) for served in provider.wait(2)] == [(0, False)] * 2


def test_a_connection_is_reset_in_the_middle_of_a_body(chat, message):
    with serve(lambda _: faults.reset(after=1)) as provider:
        with pytest.raises(openai.APIConnectionError):
            chat(provider.url)
        with pytest.raises(anthropic.APIConnectionError):
            message(provider.url)
        assert [(served.status, served.complete) for served in provider.wait(2)] == [(200, False)] * 2


def test_a_connection_is_reset_in_the_middle_of_a_stream_after_what_was_sent(openai_client, anthropic_client):
    import httpx2

    with serve(lambda _: faults.reset(after=3, reply=Reply("one two three four five"))) as provider:
        client = openai_client.with_options(base_url=f"{provider.url}/v1")
        asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
        texts = []
        with pytest.raises(openai.APIConnectionError):
            texts.extend(chunk.choices[0].delta.content for chunk in client.chat.completions.create(**asked))
        client = anthropic_client.with_options(base_url=provider.url)
        kinds = []
        with pytest.raises((anthropic.APIConnectionError, httpx2.TransportError)):
            kinds.extend(event.type for event in client.messages.create(**asked, max_tokens=9))
        chat_served, message_served = provider.wait(2)
    assert texts == ["", "one", " two", " three"]
    assert kinds == ["message_start", "content_block_start", *["content_block_delta"] * 3]
    assert (chat_served.usage, chat_served.complete) == (None, False)
    assert message_served.usage.output_tokens == 1  # what its start said


def test_tokens_come_slowly(chat, message):
    slow = Reply("one two three", delay_s=0.05)
    with serve(lambda asked: slow if asked.stream else Reply("late", latency_s=0.1)) as provider:
        for ask, stream, least_s in ((chat, True, 0.15), (message, True, 0.15), (chat, False, 0.1)):
            begun = time.monotonic()
            ask(provider.url, stream=stream)
            assert time.monotonic() - begun >= least_s


@pytest.mark.parametrize("after", [None, 2])
def test_a_provider_that_stalls_answers_nothing_until_the_client_gives_up(openai_client, after):
    with serve(lambda _: faults.stall(after)) as provider:
        client = openai_client.with_options(base_url=f"{provider.url}/v1", timeout=0.2)
        asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        with pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(**asked)
        with pytest.raises(openai.APITimeoutError):
            list(client.chat.completions.create(**asked, stream=True))
        assert [(served.open, served.complete) for served in provider.wait(2)] == [(False, False)] * 2


def test_the_end_of_a_provider_ends_what_stalls(anthropic_client):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        with serve(lambda _: faults.stall()) as provider:
            client = anthropic_client.with_options(base_url=provider.url)
            asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
            waiting = pool.submit(client.messages.create, **asked)
            while not provider.served:
                time.sleep(0.01)
            begun = time.monotonic()
        assert time.monotonic() - begun < 5
        with pytest.raises(anthropic.APIConnectionError):
            waiting.result(timeout=5)


def test_a_body_ends_inside_its_json(chat, respond, message):
    with serve(lambda _: faults.truncated()) as provider:
        for ask in (chat, respond, message):
            with pytest.raises(json.JSONDecodeError):
                ask(provider.url)
        assert not any(served.complete for served in provider.served)


def test_a_stream_ends_inside_an_event_and_the_sdks_do_not_complain(chat, respond, message):
    with serve(lambda _: faults.truncated(after=2)) as provider:
        assert [chunk.choices[0].finish_reason for chunk in chat(provider.url, stream=True)] == [None] * 3
        assert respond(provider.url, stream=True)[-1].type == "response.output_text.delta"
        assert message(provider.url, stream=True)[-1].type == "content_block_delta"
        assert not any(served.complete for served in provider.served)


def test_a_page_comes_instead_of_json(chat, message):
    with serve(lambda asked: faults.html_page(int(asked.last_user_text))) as provider:
        with pytest.raises(openai.InternalServerError) as raised:
            chat(provider.url, "502")
        assert "<h1>502 Bad Gateway</h1>" in raised.value.response.text
        with pytest.raises(anthropic.InternalServerError):
            message(provider.url, "502")
        # With 200 the SDKs hand out the page itself: nothing in it is what was asked for.
        assert "<h1>200 OK</h1>" in chat(provider.url, "200")
        assert "<h1>200 OK</h1>" in message(provider.url, "200")


def test_arguments_of_a_tool_call_may_be_broken_json(chat, respond, anthropic_client):
    with serve(lambda _: Reply(tool_calls=[ToolCall("add", '{"a": 1, "b"')])) as provider:
        assert chat(provider.url).choices[0].message.tool_calls[0].function.arguments == '{"a": 1, "b"'
        assert respond(provider.url).output[0].arguments == '{"a": 1, "b"'
        client = anthropic_client.with_options(base_url=provider.url)
        asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
        parts = [
            e.delta.partial_json
            for e in client.messages.create(**asked, stream=True)
            if hasattr(e, "delta") and e.type == "content_block_delta"
        ]
        assert "".join(parts) == '{"a": 1, "b"'
        assert client.messages.create(**asked).content[0].input == {"raw": '{"a": 1, "b"'}


def test_an_error_comes_inside_a_stream(openai_client, chat, respond, message):
    with serve(lambda _: faults.stream_error(after=2)) as provider:
        with pytest.raises(openai.APIError, match="The server had an error") as raised:
            chat(provider.url, stream=True)
        assert raised.value.type == "server_error"
        with pytest.raises(anthropic.APIStatusError) as overloaded:
            message(provider.url, stream=True)
        assert overloaded.value.body["error"] == {"type": "overloaded_error", "message": "Overloaded"}
        events = respond(provider.url, stream=True)
        with pytest.raises(openai.InternalServerError):
            chat(provider.url)
        assert [served.status for served in provider.served] == [200, 200, 200, 500]
    assert [event.type for event in events[-2:]] == ["error", "response.failed"]
    assert events[-1].response.error.code == "server_error"
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_embeddings_fail_too(openai_client):
    with serve(lambda _: faults.rate_limited()) as provider:
        client = openai_client.with_options(base_url=f"{provider.url}/v1")
        with pytest.raises(openai.RateLimitError):
            client.embeddings.create(model="e", input="x")
