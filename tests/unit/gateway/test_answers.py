"""Answers of providers: whole or not, what they used, whose fault they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rqgm.gateway.answers import (
    EVENTS,
    JSON_TYPE,
    Answer,
    AttemptError,
    error_body,
    events,
    read_answer,
    retry_after_s,
    without_usage_chunk,
)
from rqgm.gateway.asking import Asked, read_request
from rqgm.gateway.usage import Tokens, read_usage

USAGE = {"prompt_tokens": 10, "completion_tokens": 4}
WHOLE = {"id": "x", "model": "gpt-4o-mini-2024", "choices": [], "usage": USAGE}


def asked(protocol: Any = "chat", *, stream: bool = False) -> Asked:
    said = {"input": "hi"} if protocol in {"responses", "embeddings"} else {"messages": []}
    return read_request(protocol, json.dumps({"model": "a/b", "stream": stream, **said}).encode(), 100)


def whole(data: Any, status: int = 200, protocol: Any = "chat", kind: str = JSON_TYPE, **headers: str) -> Answer:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return read_answer(asked(protocol), status, {"content-type": kind, **headers}, body)


def streamed(*data: Any, protocol: Any = "chat", end: str = "data: [DONE]\n\n") -> Answer:
    body = "".join(f"data: {json.dumps(item) if not isinstance(item, str) else item}\n\n" for item in data) + end
    return read_answer(asked(protocol, stream=True), 200, {"content-type": f"{EVENTS}; charset=utf-8"}, body.encode())


def broken(make: Any, *arguments: Any, **more: Any) -> AttemptError:
    with pytest.raises(AttemptError) as error:
        make(*arguments, **more)
    return error.value


def test_a_whole_answer_has_its_usage_and_the_models_version() -> None:
    """The body is passed on as it came."""
    answer = whole(WHOLE, kind="application/json; charset=utf-8")
    assert (answer.status, answer.tokens, answer.counted, answer.model) == (
        200,
        Tokens(10, 4),
        True,
        "gpt-4o-mini-2024",
    )
    assert json.loads(answer.body) == WHOLE


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", JSON_TYPE),
        (b"{", JSON_TYPE),
        (b"[]", JSON_TYPE),
        (b"null", JSON_TYPE),
        (b"[" * 100_000, JSON_TYPE),
        (WHOLE, "text/html"),
        (WHOLE, ""),
        (b"<html>", "text/html"),
        (b"data: {}\n\ndata: [DONE]\n\n", EVENTS),
    ],
)
def test_what_is_no_json_object_is_no_answer(data: Any, kind: str) -> None:
    """The provider may have charged for it; it is worth another attempt."""
    error = broken(whole, data, kind=kind)
    assert (error.began, error.retry) == (True, True)


@pytest.mark.parametrize(
    ("protocol", "data"),
    [
        ("chat", {"error": {"message": "Internal", "code": 502, "type": "server_error"}}),
        ("responses", {"status": "failed", "error": {"code": "server_error", "message": "m"}, "output": []}),
        ("messages", {"type": "error", "error": {"type": "overloaded_error", "message": "m"}}),
    ],
)
def test_an_error_with_status_200_is_no_answer(protocol: Any, data: Any) -> None:
    """As routers before providers send them, and OpenAI for a response that failed."""
    error = broken(whole, data, protocol=protocol)
    assert (error.began, error.retry) == (True, True)


@pytest.mark.parametrize(
    ("data", "retry"),
    [
        ({"error": {"type": "server_error", "message": "m"}}, True),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "m"}}, True),
        ({"type": "error", "code": "server_error", "message": "a text, not an object", "param": None}, True),
        ({"type": "response.failed", "response": {"error": {"code": "server_error", "message": "m"}}}, True),
        ({"type": "response.failed", "response": {"error": {"code": "invalid_prompt", "message": "m"}}}, False),
        ({"type": "response.failed", "response": "server_error"}, True),
    ],
)
def test_an_error_inside_a_stream_is_no_answer(data: Any, retry: bool) -> None:
    """Whatever came before and after it."""
    error = broken(streamed, {"choices": []}, data, {"choices": []})
    assert (error.began, error.retry) == (True, retry)


@pytest.mark.parametrize(
    ("items", "end"),
    [
        ([{"choices": []}], ""),
        ([{"choices": []}], "data: [DON"),
        ([{"choices": []}], 'data: {"choices": ['),
        ([], ""),
        (["nonsense"], "data: [DONE]\n\n"),
        (["[]"], "data: [DONE]\n\n"),
    ],
)
def test_a_stream_without_its_end_or_with_what_is_no_event_broke_off(items: list[Any], end: str) -> None:
    """HTTP may say that it is whole."""
    assert broken(streamed, *items, end=end).began


def test_usage_comes_from_wherever_a_stream_has_it() -> None:
    """At the end, or in parts at its start and its end; nulls in between say nothing."""
    chat = streamed({"choices": [{}], "usage": None, "model": "v"}, {"choices": [], "usage": USAGE})
    assert (chat.tokens, chat.counted, chat.model) == (Tokens(10, 4), True, "v")
    start = {"type": "message_start", "message": {"model": "c", "usage": {"input_tokens": 9, "output_tokens": 1}}}
    delta = {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 7, "input_tokens": None}}
    message = streamed(start, delta, {"type": "message_stop"}, protocol="messages", end="")
    assert (message.tokens, message.model) == (Tokens(9, 7), "c")
    done = {"type": "response.incomplete", "response": {"model": "r", "usage": {"input_tokens": 5, "output_tokens": 6}}}
    made = streamed({"type": "response.created", "response": {"usage": None}}, done, protocol="responses", end="")
    assert (made.tokens, made.model) == (Tokens(5, 6), "r")


def test_without_usage_an_answer_counts_at_its_most() -> None:
    """Its request's bytes, and as many tokens as it has bytes or was allowed."""
    for usage in (None, {}, {"prompt_tokens": -1}, {"prompt_tokens": "10"}, {"prompt_tokens": True}, []):
        answer = whole({"choices": [], "usage": usage, "text": "x" * 500})
        assert not answer.counted
        assert answer.tokens == Tokens(asked().input_bound, 100)
    short = whole({})
    assert short.tokens.output == len(short.body)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529, 599])
def test_what_time_may_mend_is_tried_again(status: int) -> None:
    """It had not begun."""
    error = broken(whole, {"error": {"message": "m"}}, status, **{"retry-after": "3"})
    assert (error.retry, error.began, error.after_s) == (True, False, 3.0)


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_what_the_run_has_to_mend_is_not_tried_again(status: int) -> None:
    """Key, purse, model."""
    assert not broken(whole, {"error": {"message": "m"}}, status).retry


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_the_role_did_is_its_answer(status: int) -> None:
    """In the provider's words; one that is no JSON is the provider's."""
    answer = whole({"error": {"message": "too long"}}, status)
    assert (answer.status, answer.ok, answer.tokens) == (status, False, Tokens())
    assert json.loads(answer.body)["error"]["message"] == "too long"
    assert broken(whole, b"<html>", status).retry


@pytest.mark.parametrize(
    ("status", "message", "empty"),
    [
        (429, "You exceeded your current quota, please check your plan and billing details.", True),
        (429, "Rate limit reached. Add a payment method at https://platform.openai.com/account/billing.", False),
        (400, "Your credit balance is too low to access the Anthropic API.", True),
    ],
)
def test_an_empty_purse_at_the_provider_is_not_tried_again(status: int, message: str, empty: bool) -> None:
    """A rate limit that talks of billing is a rate limit."""
    error = broken(whole, {"error": {"message": message}}, status)
    assert error.retry is not empty


def test_a_role_cannot_make_its_own_error_look_like_an_empty_purse() -> None:
    """Providers quote what they were asked: else a role could have its failures not counted."""
    for quoted in ("insufficient_quota", "Your credit balance is too low"):
        answer = whole({"error": {"message": f"Invalid value: '{quoted}'"}}, 400)
        assert answer.status == 400


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "nan"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": "9", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "9", "retry-after-ms": "soon"}, 9.0),
    ],
)
def test_how_long_to_wait_is_what_the_provider_says(headers: dict[str, str], wait_s: float | None) -> None:
    """In seconds; milliseconds come first, dates are not read."""
    assert retry_after_s(headers) == wait_s


def test_events_are_read_as_they_are_sent() -> None:
    """Line ends of both kinds, names, comments, data over several lines; what is not ended is no event."""
    body = b": hi\r\nevent: a\r\ndata: one\r\n\r\ndata:two\ndata: lines\n\n\ndata: cut"
    assert list(events(body)) == ["one", "two\nlines"]


def test_the_chunk_that_only_says_usage_is_taken_out() -> None:
    """And no other."""
    chunks = [
        {"choices": [{"delta": {"content": "é"}}], "usage": None},
        {"choices": [], "usage": USAGE},
        {"choices": []},
    ]
    answer = streamed(*chunks)
    kept = list(events(without_usage_chunk(answer.body)))
    assert [json.loads(event) for event in kept[:-1]] == [chunks[0], chunks[2]]
    assert kept[-1] == "[DONE]"


def test_the_gateways_errors_have_the_shape_of_the_protocol() -> None:
    """So that SDKs understand them."""
    assert json.loads(error_body("messages", "c", "m")) == {"type": "error", "error": {"type": "c", "message": "m"}}
    for protocol in ("chat", "responses", "embeddings"):
        error = json.loads(error_body(protocol, "c", "m"))["error"]
        assert (error["code"], error["type"], error["message"]) == ("c", "c", "m")


def test_usage_is_read_as_each_protocol_counts() -> None:
    """Anthropic leaves cached tokens out of its input, OpenAI does not; both tell what was written to a cache."""
    details = {"cached_tokens": 6, "cache_write_tokens": 2}
    chat = {"prompt_tokens": 10, "completion_tokens": 4, "prompt_tokens_details": details}
    chat["completion_tokens_details"] = {"reasoning_tokens": 3}
    wanted = Tokens(10, 4, cached=6, cache_write=2, reasoning=3)
    assert read_usage("chat", chat) == wanted
    said = {"input_tokens": 10, "output_tokens": 4, "input_tokens_details": details}
    assert read_usage("responses", said | {"output_tokens_details": {"reasoning_tokens": 3}}) == wanted
    message = {"input_tokens": 2, "output_tokens": 4, "cache_read_input_tokens": 6, "cache_creation_input_tokens": 2}
    assert read_usage("messages", message) == Tokens(10, 4, cached=6, cache_write=2)
    hour = {"cache_creation": {"ephemeral_1h_input_tokens": 9}}
    assert read_usage("messages", message | hour) == Tokens(10, 4, cached=6, cache_write=2, cache_write_1h=2)
    assert Tokens(10, 4).blended == 30
