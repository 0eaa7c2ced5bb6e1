"""Scripts: what answers what."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rqgm.core.errors import ConfigError
from rqgm.testing.providers import (
    Asked,
    Fault,
    Message,
    Reply,
    ReplyUsage,
    ScriptError,
    ToolCall,
    cassette,
    count_tokens,
    echo,
    in_turn,
    rules,
    with_faults,
)
from rqgm.testing.providers.answers import split
from rqgm.testing.providers.cassettes import gepa_records, playback
from rqgm.testing.providers.faults import overloaded, reset
from rqgm.testing.providers.requests import read_request


def asked(text="hello", **fields):
    messages = (Message("user", text),)
    return Asked(**{"protocol": "chat", "model": "m", "messages": messages, **fields})


def test_tokens_are_bytes_over_four_rounded_up():
    assert [count_tokens(text) for text in ("", "a", "abcd", "abcde", "äöü")] == [0, 1, 1, 2, 2]


def test_echo_says_the_last_text_of_the_user():
    messages = (Message("user", "one"), Message("assistant", "two"), Message("user", "three"), Message("tool", "four"))
    assert echo()(asked(messages=messages)) == Reply("three")


def test_the_first_rule_that_holds_answers():
    script = rules(
        [(r"^sum", Reply("3")), (lambda request: request.model == "other", overloaded()), ("loud", echo())],
        otherwise=Reply("no idea"),
    )
    assert script(asked("sum up")) == Reply("3")
    assert script(asked("x", model="other")) == overloaded()
    assert script(asked("so loud")) == Reply("so loud")
    assert script(asked("x")) == Reply("no idea")


def test_without_a_rule_that_holds_the_error_lists_the_rules():
    with pytest.raises(ScriptError, match=r"no rule for 'x'; rules: '\^sum'"):
        rules([("^sum", Reply())])(asked("x"))


def test_answers_come_in_turn_and_then_it_is_an_error():
    script = in_turn([Reply("one"), overloaded(), echo()])
    assert [script(asked(str(n))) for n in range(3)] == [Reply("one"), overloaded(), Reply("2")]
    with pytest.raises(ScriptError, match="all 3 answers"):
        script(asked())


@pytest.mark.parametrize("script", [rules([("x", Reply("x"))]), in_turn([]), playback([])])
def test_embeddings_need_no_rule_no_turn_and_no_record(script):
    assert script(asked(protocol="embeddings", messages=(Message("input", "x"),))) == Reply()


def test_a_call_that_fails_takes_no_turn():
    script = with_faults(in_turn([Reply("one"), Reply("two")]), {2: reset(), lambda a: a.model == "bad": overloaded()})
    calls = [
        script(asked(number=1)),
        script(asked(number=2)),
        script(asked(number=3, model="bad")),
        script(asked(number=4)),
    ]
    assert calls == [Reply("one"), reset(), overloaded(), Reply("two")]


def test_a_text_is_cut_into_words_or_into_equal_pieces_without_a_loss():
    text = "  one two\n three "
    assert split(text) == ["  one", " two", "\n three", " "]
    assert split(text, 3) == ["  one ", "two\n t", "hree "]
    assert split("") == split("", 3) == []


BODIES = {
    "chat": {
        "messages": [
            {"role": "developer", "content": "be brief"},
            {"role": "user", "content": [{"type": "text", "text": "add"}, {"type": "image_url", "image_url": {}}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "3"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": {"type": "object"}}}
        ],
        "max_completion_tokens": 7,
    },
    "responses": {
        "instructions": "be brief",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "add"}]},
            {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a": 1}'},
            {"type": "reasoning", "summary": []},
            {"type": "function_call_output", "call_id": "c1", "output": "3"},
        ],
        "tools": [{"type": "function", "name": "add", "description": "Adds.", "parameters": {"type": "object"}}],
        "max_output_tokens": 7,
    },
    "messages": {
        "system": "be brief",
        "messages": [
            {"role": "user", "content": "add"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "add", "input": {"a": 1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "3"}]},
        ],
        "tools": [{"name": "add", "description": "Adds.", "input_schema": {"type": "object"}}],
        "max_tokens": 7,
    },
}


@pytest.mark.parametrize("protocol", BODIES)
def test_a_script_sees_the_same_in_all_protocols(protocol):
    body = {"model": "m", "stream": True, **BODIES[protocol]}
    seen = read_request(protocol, json.dumps(body).encode(), "key", 5)
    assert (seen.protocol, seen.model, seen.stream, seen.api_key, seen.number) == (protocol, "m", True, "key", 5)
    assert (seen.system, seen.last_user_text, seen.last_tool_results) == ("be brief", "add", ("3",))
    assert [message.role for message in seen.messages] == ["user", "assistant", "tool"]
    (call,) = seen.messages[1].tool_calls
    assert (call.name, call.raw, call.id) == ("add", '{"a": 1}', "c1")
    assert (seen.tools, seen.max_tokens, seen.body) == (("add",), 7, body)
    texts = ["be brief", "add", "3", 'add{"a": 1}', 'addAdds.{"type": "object"}']
    assert seen.input_tokens == sum(map(count_tokens, texts))


@pytest.mark.parametrize(
    ("protocol", "body", "message"),
    [
        ("chat", b"{", "could not parse"),
        ("chat", b"[]", "JSON object"),
        ("chat", b'{"model": "m"}', "Missing required parameter: 'messages'"),
        ("messages", b'{"model": "m", "messages": []}', "max_tokens: Field required"),
        ("responses", b'{"model": "m", "previous_response_id": "resp_1"}', "'resp_1' not found"),
    ],
)
def test_a_request_that_is_wrong_gets_the_providers_words(protocol, body, message):
    fault = read_request(protocol, body, "", 1)
    assert isinstance(fault, Fault)
    assert fault.status == 400
    assert message in fault.message


def write(path, *records):
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def test_a_cassette_answers_what_was_recorded_in_any_protocol(tmp_path):
    request = {"messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "2 + 2?"}]}
    call = {"text": "", "tool_calls": [{"name": "add", "arguments": {"a": 2}}], "usage": {"input_tokens": 9}}
    other = {"model": "claude", "system": "s", "messages": [{"role": "user", "content": "add"}]}
    path = write(
        tmp_path / "calls.jsonl",
        {"request": request, "response": "4"},
        {"request": request, "response": "four"},
        {"request": other, "protocol": "messages", "response": call},
    )
    script = cassette(path)
    same = asked("2 + 2?", system="be brief")
    assert [script(same).text for _ in range(3)] == ["4", "four", "four"]
    assert script(asked("add", system="s", model="claude", protocol="responses")) == Reply(
        tool_calls=(ToolCall("add", {"a": 2}),), usage=ReplyUsage(9)
    )
    with pytest.raises(ScriptError, match=r"calls.jsonl: not among 2 recorded requests: m: 'add'"):
        script(asked("add", system="s"))


@pytest.mark.parametrize(
    "line", ["{", '{"request": {}}', '{"request": {}, "response": {"txt": ""}}', '{"request": 3, "response": ""}']
)
def test_a_cassette_that_cannot_be_read_names_the_line(tmp_path, line):
    path = tmp_path / "calls.jsonl"
    path.write_text(f'{{"request": {{}}, "response": ""}}\n{line}\n')
    with pytest.raises(ConfigError, match=r"calls.jsonl:2: "):
        cassette(path)


@pytest.mark.skipif(
    "RQGM_DATA" not in os.environ, reason="RQGM_DATA is not set: it names the folder of public data sets"
)
def test_recorded_calls_of_an_optimisation_play_back(tmp_path):
    folder = Path(os.environ["RQGM_DATA"]) / "recorded_llm_calls"
    records = gepa_records(folder / "gepa_test_aime_prompt_optimization.json")
    script = cassette(write(tmp_path / "calls.jsonl", *records))
    for record in records:
        body = {**record["request"], "max_tokens": 9}
        request = read_request("chat", json.dumps(body).encode(), "", 1)
        assert script(request).text == record["response"]
    assert len(records) == 34
