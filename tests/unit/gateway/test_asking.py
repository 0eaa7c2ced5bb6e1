"""Requests of roles, read as hostile data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rqgm.gateway.asking import FRAME_TOKENS, MAX_CHOICES, MAX_DEPTH, Asked, AskingError, limited, read_request

MOST = 1_000
SAID = {"role": "user", "content": "hi"}
PICTURE = "data:image/png;base64," + "A" * 400_000


def body_of(protocol: str, **more: Any) -> dict[str, Any]:
    said = {"input": "hi"} if protocol in {"responses", "embeddings"} else {"messages": [SAID]}
    return {"model": "openai/gpt-4o-mini", **said, **more}


def read(protocol: Any = "chat", **more: Any) -> Asked:
    return read_request(protocol, json.dumps(body_of(protocol, **more)).encode(), MOST)


def refused(data: bytes | dict[str, Any], protocol: Any = "chat") -> AskingError:
    """Return why a request is refused."""
    with pytest.raises(AskingError) as error:
        read_request(protocol, data if isinstance(data, bytes) else json.dumps(data).encode(), MOST)
    return error.value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[]",
        b'"text"',
        b"null",
        b"{}",
        b'{"model": 3}',
        b'{"model": "m", "temperature": NaN}',
        b'{"model": "m", "temperature": -Infinity}',
        b'{"model": "m", "temperature": 1e999}',
        b'{"model": "m", "user": "\\ud800"}',
        b'{"\\udfff": 1, "model": "m"}',
        b'{"model": "m", "seed": ' + b"9" * 10_000 + b"}",
        b"[" * 100_000,
        b'{"model": "m", "messages": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"model": "m", "messages": ' + b'{"content": ' * 400 + b"1" + b"}" * 400 + b"}",
    ],
)
def test_what_is_no_plain_json_object_is_refused(data: bytes) -> None:
    """With 400 and a reason, whatever was sent."""
    error = refused(data)
    assert (error.status, error.code) == (400, "invalid_request")
    assert len(str(error)) < 300


def test_depth_is_bounded_and_what_roles_need_is_within() -> None:
    """Tool schemas nest; hostile requests nest deeper."""
    nested: Any = 1
    for _ in range(MAX_DEPTH - 1):
        nested = {"items": nested}
    read(tools=None, response_format=nested)
    assert "in one another" in str(refused(body_of("chat", response_format={"items": nested})))


def test_of_duplicate_keys_the_last_one_is_checked_and_passed_on() -> None:
    """What was checked is what is sent: the request is written anew."""
    data = b'{"model": "a/b", "n": 1000, "messages": [], "n": 2, "model": "c/d"}'
    asked = read_request("chat", data, MOST)
    assert (asked.model, asked.body["n"], asked.output_bound) == ("c/d", 2, 2 * MOST)
    assert refused(b'{"model": "a/b", "n": 2, "messages": [], "n": 1000}').status == 400


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("n", MAX_CHOICES + 1),
        ("n", 1_000),
        ("n", "16"),
        ("n", 16.0),
        ("n", True),
        ("n", [1]),
        ("best_of", 1_000),
        ("max_tokens", 0),
        ("max_tokens", -1),
        ("max_tokens", 1.5),
        ("max_tokens", "10"),
        ("max_tokens", True),
        ("max_completion_tokens", -5),
        ("stream", 1),
        ("stream", "true"),
        ("stream_options", "abc"),
        ("stream_options", [1]),
        ("tools", 5),
        ("tools", True),
        ("tools", {"type": "web_search"}),
    ],
)
def test_values_that_providers_might_read_otherwise_are_refused(key: str, value: Any) -> None:
    """A number in quotes, a truth that is a number: a lenient provider would do more than was counted."""
    error = refused(body_of("chat", **{key: value}))
    assert (error.status, error.code) == (400, "invalid_request")
    assert key in str(error) or "choices" in str(error) or "max_completion_tokens" in str(error)


@pytest.mark.parametrize(
    ("protocol", "key"),
    [
        ("chat", "max_tokens"),
        ("chat", "max_completion_tokens"),
        ("responses", "max_output_tokens"),
        ("messages", "max_tokens"),
    ],
)
def test_more_output_than_the_run_allows_is_refused(protocol: Any, key: str) -> None:
    """In every protocol's word for it; the limit itself passes."""
    error = refused(body_of(protocol, **{key: MOST + 1}), protocol)
    assert (error.status, error.code) == (400, "output_limit")
    assert read(protocol, **{key: MOST}).output_bound == MOST
    assert read(protocol, **{key: 7}).output_bound == 7


def test_the_larger_of_two_limits_is_the_bound() -> None:
    """Which of them a provider keeps is not known."""
    assert read(max_tokens=5, max_completion_tokens=600).output_bound == 600


def test_every_choice_counts() -> None:
    """A negative number of choices is the provider's to refuse, and does not lower the bound."""
    assert read(n=4, max_tokens=10).output_bound == 40
    assert read(n=-3, max_tokens=10).output_bound == 10
    assert read(n=0, max_tokens=10).output_bound == 10
    assert read("embeddings").output_bound == 0


@pytest.mark.parametrize("text", ["", "plain", "äöü", "日本語", "\U0001f600" * 9, '"\\n' * 40, "\x00"])
def test_no_text_has_more_tokens_than_its_bound(text: str) -> None:
    """A token is a byte at least."""
    asked = read(messages=[{"role": "user", "content": text}])
    assert asked.input_bound >= len(text.encode()) + FRAME_TOKENS


def test_a_picture_counts_as_a_picture_and_not_by_its_bytes() -> None:
    """In all three protocols; any other file counts by its bytes."""
    source = {"type": "base64", "media_type": "image/png", "data": "A" * 400_000}
    ways = {
        "chat": {"type": "image_url", "image_url": {"url": PICTURE}},
        "responses": {"type": "input_image", "image_url": PICTURE},
        "messages": {"type": "image", "source": source},
    }
    for protocol, part in ways.items():
        key = "input" if protocol == "responses" else "messages"
        asked = read(protocol, **{key: [{"role": "user", "content": [part]}]})
        assert 50_000 < asked.input_bound < 60_000, protocol
    source = {"type": "base64", "media_type": "application/pdf", "data": "A" * 400_000}
    asked = read("messages", messages=[{"role": "user", "content": [{"type": "document", "source": source}]}])
    assert asked.input_bound > 400_000


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "web_search"},
        {"type": "web_search_preview"},
        {"type": "web_search_20250305", "name": "web_search"},
        {"type": "web_fetch_20250910", "name": "web_fetch"},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "code_execution_20250825", "name": "code_execution"},
        {"type": "bash_code_execution_20250825", "name": "bash"},
        {"type": "computer_hosted", "name": "computer"},
        {"type": "function_hosted", "name": "f"},
        {"type": "mcp", "server_url": "https://example.org"},
        {"type": "mcp_toolset", "mcp_server_name": "s"},
        {"type": "file_search", "vector_store_ids": ["vs_1"]},
        {"type": "image_generation"},
        {"type": "shell", "environment": {"type": "container_auto"}},
        {"type": None},
        {"type": 5},
        {"googleSearch": {}},
        {"google_search": {}},
        {"codeExecution": {}},
        {"urlContext": {}},
        {},
        "web_search",
        None,
    ],
)
@pytest.mark.parametrize("protocol", ["chat", "responses", "messages"])
def test_tools_that_the_provider_would_run_are_refused(protocol: Any, tool: Any) -> None:
    """Roles have no network, and the provider's is none of theirs."""
    error = refused(body_of(protocol, tools=[{"type": "function", "name": "own"}, tool]), protocol)
    assert (error.status, error.code) == (403, "not_granted")


@pytest.mark.parametrize(
    ("protocol", "tool"),
    [
        ("chat", {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}),
        ("chat", {"type": "custom", "custom": {"name": "f"}}),
        ("responses", {"type": "function", "name": "web_search", "parameters": {}}),
        (
            "responses",
            {"type": "computer_use_preview", "display_width": 1, "display_height": 1, "environment": "linux"},
        ),
        ("messages", {"name": "f", "input_schema": {"type": "object"}}),
        ("messages", {"type": "custom", "name": "f", "input_schema": {"type": "object"}}),
        ("messages", {"type": "bash_20250124", "name": "bash"}),
        ("messages", {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}),
        ("messages", {"type": "computer_20250124", "name": "computer"}),
        ("messages", {"type": "memory_20250818", "name": "memory"}),
    ],
)
def test_tools_that_the_role_runs_itself_pass(protocol: Any, tool: Any) -> None:
    """Whatever they are called."""
    assert read(protocol, tools=[tool]).body["tools"] == [tool]


@pytest.mark.parametrize(
    "more",
    [
        {"previous_response_id": "resp_1"},
        {"conversation": "conv_1"},
        {"background": True},
        {"store": True},
        {"prompt": {"id": "pmpt_1"}},
        {"container": "c"},
        {"mcp_servers": [{"url": "https://example.org"}]},
        {"context_management": {"edits": []}},
        {"service_tier": "priority"},
        {"service_tier": "flex"},
        {"service_tier": ""},
        {"web_search_options": {}},
    ],
)
@pytest.mark.parametrize("protocol", ["chat", "responses", "messages"])
def test_what_reaches_beyond_one_answer_is_refused(protocol: Any, more: dict[str, Any]) -> None:
    """State at the provider, its search, another price."""
    error = refused(body_of(protocol, **more), protocol)
    assert (error.status, error.code) == (403, "not_granted")


def test_the_words_for_no_such_reach_pass() -> None:
    """SDKs send them."""
    read("responses", store=False, previous_response_id=None, background=False, service_tier="auto")
    read("messages", service_tier="standard_only")


FAR = "https://example.org/picture.png"


@pytest.mark.parametrize(
    ("protocol", "part"),
    [
        ("chat", {"type": "image_url", "image_url": {"url": FAR}}),
        ("chat", {"type": "image_url", "image_url": FAR}),
        ("chat", {"type": "image_url", "image_url": {"url": "gs://bucket/picture"}}),
        ("chat", {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}),
        ("chat", {"type": "image_url", "image_url": {"url": "DATA:image/png;base64,AA"}}),
        ("chat", {"type": "video_url", "video_url": {"url": FAR}}),
        ("chat", {"type": "audio_url", "audio_url": {"url": FAR}}),
        ("chat", {"type": "file", "file": {"file_id": "file-1"}}),
        ("chat", {"type": "file", "file": {"file_data": FAR}}),
        ("responses", {"type": "input_image", "image_url": FAR}),
        ("responses", {"type": "input_image", "file_id": "file-1"}),
        ("responses", {"type": "input_file", "file_url": FAR}),
        ("responses", {"type": "input_file", "file_id": "file-1"}),
        ("messages", {"type": "image", "source": {"type": "url", "url": FAR}}),
        ("messages", {"type": "image", "source": {"type": "file", "file_id": "file_1"}}),
        ("messages", {"type": "document", "source": {"type": "url", "url": FAR}}),
        ("messages", {"type": "container_upload", "file_id": "file_1"}),
        (
            "messages",
            {
                "type": "document",
                "source": {
                    "type": "content",
                    "content": [{"type": "image", "source": {"type": "url", "url": FAR}}],
                },
            },
        ),
        (
            "messages",
            {
                "type": "tool_result",
                "tool_use_id": "t",
                "content": [{"type": "image", "source": {"type": "url", "url": FAR}}],
            },
        ),
    ],
)
def test_pictures_and_files_by_address_or_name_are_refused(protocol: Any, part: dict[str, Any]) -> None:
    """To fetch one is a network, and a name at the provider is somebody's file."""
    key = "input" if protocol == "responses" else "messages"
    turn = {"role": "user", "content": [{"type": "text", "text": "look"}, part]}
    error = refused(body_of(protocol, **{key: [SAID, turn]}), protocol)
    assert (error.status, error.code) == (403, "not_granted")


def test_items_at_the_provider_and_screens_by_address_are_refused() -> None:
    """Responses takes other items than messages as well."""
    assert refused(body_of("responses", input=[{"type": "item_reference", "id": "msg_1"}]), "responses").status == 403
    screen = {"type": "computer_call_output", "call_id": "c", "output": {"type": "x", "image_url": FAR}}
    assert refused(body_of("responses", input=[screen]), "responses").status == 403
    system = [{"type": "image", "source": {"type": "url", "url": FAR}}]
    assert refused(body_of("messages", system=system), "messages").status == 403


def test_an_address_in_a_text_or_in_what_a_tool_gave_is_a_text() -> None:
    """A role may talk about pages."""
    read(messages=[{"role": "user", "content": f"what is {FAR}?"}])
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": json.dumps({"url": FAR})}}
    read(messages=[SAID, {"role": "assistant", "tool_calls": [call]}, {"role": "tool", "content": FAR}])
    given = {"type": "tool_use", "id": "t", "name": "fetch", "input": {"url": FAR}}
    read("messages", messages=[{"role": "assistant", "content": [given]}])
    pdf = {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}
    read("responses", input=[{"role": "user", "content": [pdf]}])


def test_a_wide_request_is_walked_once() -> None:
    """Twenty thousand parts, deep inside: time grows with the size, not with its square."""
    inner: Any = [{"type": "text", "text": "x"}] * 20_000
    for _ in range(40):
        inner = [inner]
    read(messages=[{"role": "user", "content": inner}])


def test_equal_requests_have_equal_digests_and_protocols_differ() -> None:
    """However the keys are ordered and spaced: the digest is what a replay finds a call by."""
    one = read_request("chat", b'{"model": "m",  "messages": [], "n": 1}', MOST)
    other = read_request("chat", b'{"n":1,"messages":[],"model":"m"}', MOST)
    assert one.digest == other.digest
    assert one.digest != read_request("messages", b'{"n":1,"messages":[],"model":"m"}', MOST).digest


@pytest.mark.parametrize(
    ("protocol", "modern", "key"),
    [
        ("chat", True, "max_completion_tokens"),
        ("chat", False, "max_tokens"),
        ("responses", True, "max_output_tokens"),
        ("messages", False, "max_tokens"),
    ],
)
def test_a_request_without_a_limit_is_given_the_runs(protocol: Any, modern: bool, key: str) -> None:
    """By the name that the provider knows; a limit that was asked for stays."""
    assert limited(read(protocol), MOST, modern=modern).body[key] == MOST
    assert limited(read(protocol, **{key: None}), MOST, modern=modern).body[key] == MOST
    asked = read(protocol, **{key: 5})
    assert limited(asked, MOST, modern=modern) is asked
    embedding = read("embeddings")
    assert limited(embedding, MOST, modern=modern) is embedding
