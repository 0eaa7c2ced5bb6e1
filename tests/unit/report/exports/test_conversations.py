"""Conversations: one reading of three protocols, whole or as a stream; a history that a role changed is marked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.gateway.calls import Call
from rqgm.gateway.translation import message_events
from rqgm.report.exports.conversations import ToolUse, Turn, read_answer, read_calls, read_request

ARGUMENTS = {"command": "ls"}
CHAT = {"role": "assistant", "content": "I look.", "tool_calls": [{"id": "u1", "type": "function", "function": {"name": "bash", "arguments": json.dumps(ARGUMENTS)}}]}  # fmt: skip
MESSAGE = {"content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "I look."}, {"type": "tool_use", "id": "u1", "name": "bash", "input": ARGUMENTS}]}  # fmt: skip
OUTPUT = [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}, {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I look."}]}, {"type": "function_call", "call_id": "u1", "name": "bash", "arguments": json.dumps(ARGUMENTS)}]  # fmt: skip
LOOK = Turn("agent", "I look.", "Hm.", (ToolUse("u1", "bash", ARGUMENTS),))
RESULT = Turn("tool", "program.py", answers="u1")


def call(protocol: Any = "chat", digest: str = "d", content_type: str = "application/json") -> Call:
    """A call on record; what it used does not matter here."""
    return Call(
        "s", "coder", 0, protocol, "openai/m", digest, None, None, 200, content_type, {}, True, 0.0, "m", 1, 0.1
    )


REQUESTS = {
    "chat": {
        "messages": [
            {"role": "developer", "content": "Be good."},
            {"role": "user", "content": [{"type": "text", "text": "Repair it."}]},
            {**CHAT, "reasoning_content": "Hm."},
            {"role": "tool", "tool_call_id": "u1", "content": "program.py"},
        ]
    },
    "messages": {
        "system": [{"type": "text", "text": "Be good."}],
        "messages": [
            {"role": "user", "content": "Repair it."},
            {"role": "assistant", **MESSAGE},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "u1", "content": [{"type": "text", "text": "program.py"}]}
                ],
            },
        ],
    },
    "responses": {
        "instructions": "Be good.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Repair it."}]},
            *OUTPUT,
            {"type": "function_call_output", "call_id": "u1", "output": "program.py"},
        ],
    },
}


@pytest.mark.parametrize("protocol", REQUESTS)
def test_the_same_history_is_read_alike_in_every_protocol(protocol):
    """System, user, the model with its reasoning and its tool, and what the tool gave."""
    expected = [Turn("system", "Be good."), Turn("user", "Repair it."), LOOK, RESULT]
    assert read_request(protocol, REQUESTS[protocol]) == expected


ANSWERS = {
    "chat": {"choices": [{"index": 0, "message": {**CHAT, "reasoning_content": "Hm."}}]},
    "messages": MESSAGE,
    "responses": {"output": OUTPUT},
}


@pytest.mark.parametrize("protocol", ANSWERS)
def test_answers_are_read_alike_in_every_protocol(protocol):
    """Text, reasoning and the use of a tool."""
    assert read_answer(protocol, "application/json", json.dumps(ANSWERS[protocol]).encode()) == LOOK


def chunk(delta: dict[str, Any]) -> bytes:
    """One event of a chat stream."""
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta}]})}\n\n".encode()


STREAMS = {
    "chat": b"".join(
        [
            chunk({"role": "assistant", "content": "I ", "reasoning_content": "Hm."}),
            chunk({"content": "look."}),
            chunk({"tool_calls": [{"index": 0, "id": "u1", "function": {"name": "bash", "arguments": '{"comm'}}]}),
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": 'and": "ls"}'}}]}),
            b"data: [DONE]\n\n",
        ]
    ),
    "messages": b"".join(message_events(MESSAGE)),
    "responses": f"data: {json.dumps({'type': 'response.completed', 'response': {'output': OUTPUT}})}\n\n".encode(),
}


@pytest.mark.parametrize("protocol", STREAMS)
def test_streams_say_what_whole_answers_say(protocol):
    """Pieces are put together, arguments of tools too."""
    assert read_answer(protocol, "text/event-stream; charset=utf-8", STREAMS[protocol]) == LOOK


def asked(*turns: dict[str, Any]) -> bytes:
    """A chat request."""
    return json.dumps({"messages": list(turns)}).encode()


def answered(text: str) -> bytes:
    """A chat answer."""
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


USER, FIRST, MORE = ({"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"})  # fmt: skip


def test_a_conversation_is_told_once():
    """Of each request only what is new, and each answer with its call."""
    calls = [call(digest="1"), call(digest="2")]
    said = list(
        read_calls([(calls[0], asked(USER), answered("b")), (calls[1], asked(USER, FIRST, MORE), answered("d"))])
    )
    assert [(s.turn.text, s.call) for s in said] == [("a", None), ("b", calls[0]), ("c", None), ("d", calls[1])]
    assert not any(s.again for s in said)


def test_turns_after_a_changed_history_are_marked():
    """A role that drops its first turn says the rest again; what is new is not marked."""
    history = [{"role": "user", "content": "summed up"}, MORE]
    said = list(
        read_calls(
            [
                (call(digest="1"), asked(USER, FIRST, MORE), answered("d")),
                (call(digest="2"), asked(*history), answered("e")),
            ]
        )
    )
    assert [(s.turn.text, s.again) for s in said[4:]] == [("summed up", False), ("c", True), ("e", False)]


def test_a_call_whose_texts_were_not_kept_is_a_turn_without_words():
    """Mode live: that the model was called is known, what it said is not."""
    said = list(read_calls([(call(), None, None)]))
    assert [(s.turn, s.call is not None) for s in said] == [(Turn("agent", ""), True)]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
WORDS = st.sampled_from(
    [
        *(
            "system",
            "user",
            "assistant",
            "tool",
            "function_call",
            "function_call_output",
            "reasoning",
            "message",
            "text",
        ),
        *("thinking", "tool_use", "tool_result", "content_block_start", "content_block_delta", "response.completed"),
    ]
)
KEYS = [
    *(
        "role",
        "content",
        "type",
        "text",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "id",
        "output",
        "input",
        "call_id",
    ),
    *("message", "delta", "index", "content_block", "thinking", "partial_json", "reasoning_content", "response"),
    *("summary", "tool_use_id", "tool_call_id", "choices"),
]


def tables(values: Any) -> Any:
    """Objects with the keys that protocols have, and anything under them."""
    return st.dictionaries(st.sampled_from(KEYS), values, max_size=8)


parts = tables(WORDS | anything | tables(WORDS | anything) | st.lists(tables(WORDS | anything), max_size=3))
bodies = st.dictionaries(
    st.sampled_from(["messages", "input", "system", "instructions", "choices", "content", "output", "response", *KEYS]),
    anything | parts | st.lists(parts, max_size=3),
    max_size=6,
)


@given(
    anything | bodies,
    anything | bodies,
    st.sampled_from(["chat", "messages", "responses", "embeddings"]),
    st.booleans(),
)
def test_nothing_that_a_role_or_a_provider_says_breaks_the_reading(request, answer, protocol, streamed):
    """Any JSON where anything may be: turns of text come of it, or none."""
    kind = "text/event-stream" if streamed else "application/json"
    body = f"data: {json.dumps(answer)}\n\n".encode() if streamed else json.dumps(answer).encode()
    for said in read_calls([(call(protocol, content_type=kind), json.dumps(request).encode(), body)]):
        assert isinstance(said.turn.text, str)
        assert isinstance(said.turn.reasoning, str)
        assert all(isinstance(use.arguments, dict) and isinstance(use.name, str) for use in said.turn.uses)


def spoiled(value: Any, key: str, wrong: Any) -> Any:
    """Return JSON data with `wrong` under every `key`."""
    if isinstance(value, dict):
        return {name: wrong if name == key else spoiled(entry, key, wrong) for name, entry in value.items()}
    return [spoiled(entry, key, wrong) for entry in value] if isinstance(value, list) else value


@pytest.mark.parametrize("protocol", REQUESTS)
def test_a_value_of_the_wrong_kind_is_no_turn_and_no_error(protocol):
    """Each key of each object of a good request and a good answer, one after the other, holds what it should not."""
    for key in KEYS:
        for wrong in ([], {}, ["user"], {"a": 1}, None, 7, True):
            request, answer = (json.dumps(spoiled(given[protocol], key, wrong)) for given in (REQUESTS, ANSWERS))
            assert list(read_calls([(call(protocol), request.encode(), answer.encode())]))
            read_answer(protocol, "text/event-stream", f"data: {answer}\n\n".encode())
