"""Cassettes: recorded calls, played back to whoever asks the same again, in whatever protocol.

A cassette is a JSONL file. Each line has the `request` as its JSON body was sent (`protocol` says in which protocol;
chat, unless told) and the `response`: a text, or the fields of a `Reply`::

    {"request": {"messages": [{"role": "user", "content": "2 + 2?"}]}, "response": "4"}
    {"request": {…}, "protocol": "messages", "response": {"text": "", "tool_calls": [{"name": "add", "arguments": {}}]}}
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ConfigError
from rqgm.testing.providers.asked import Reply, ReplyUsage, ToolCall
from rqgm.testing.providers.faults import Fault
from rqgm.testing.providers.requests import read_request
from rqgm.testing.providers.scripts import ScriptError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rqgm.testing.providers.asked import Asked
    from rqgm.testing.providers.scripts import Script

ANY = ""  # of a recorded request that names no model
UNSENT = {"model": ANY, "max_tokens": 1, "messages": [], "input": ""}


def cassette(path: str | Path) -> Script:
    """Play back a cassette: raises ConfigError, which names the line, where it cannot be read."""
    records = []
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        try:
            records.append(json.loads(line))
        except ValueError as error:
            raise ConfigError(f"{path}:{number}: not JSON: {error}") from error
    return playback(records, str(path))


def playback(records: Iterable[Mapping[str, Any]], name: str = "cassette") -> Script:
    """Play back records. What was asked several times is answered in that order, the last answer from then on.

    A request matches if its roles and texts do, and the model if the record names one.
    """
    answers: dict[tuple[Any, ...], list[Reply]] = {}
    for number, record in enumerate(records, 1):
        try:
            answers.setdefault(_recorded_key(record), []).append(_reply(record["response"]))
        except (LookupError, TypeError, ValueError) as error:
            raise ConfigError(f"{name}:{number}: not a recorded call: {type(error).__name__}: {error}") from error

    def script(asked: Asked) -> Reply:
        left = answers.get(_key(asked, asked.model)) or answers.get(_key(asked, ANY))
        if left is None:
            if asked.protocol == "embeddings":
                return Reply()
            text = asked.last_user_text
            raise ScriptError(f"{name}: not among {len(answers)} recorded requests: {asked.model}: {text!r:.200}")
        return left.pop(0) if len(left) > 1 else left[0]

    return script


def gepa_records(path: str | Path) -> list[dict[str, Any]]:
    """Read the call cache of GEPA's tests as records.

    It is a JSON object from ``('model', 'messages or prompt')``, as Python writes it, to the text of the answer.
    """
    records = []
    for key, text in json.loads(Path(path).read_text()).items():
        model, prompt = ast.literal_eval(key)
        messages = json.loads(prompt) if model == "task_lm" else [{"role": "user", "content": prompt}]
        records.append({"request": {"model": model, "messages": messages}, "response": text})
    return records


def _recorded_key(record: Mapping[str, Any]) -> tuple[Any, ...]:
    body = json.dumps({**UNSENT, **record["request"]})
    asked = read_request(record.get("protocol", "chat"), body.encode(), "", 1)
    if isinstance(asked, Fault):
        raise ConfigError(asked.message)
    return _key(asked, asked.model)


def _key(asked: Asked, model: str) -> tuple[Any, ...]:
    return model, asked.system, *((message.role, message.text) for message in asked.messages)


def _reply(response: str | Mapping[str, Any]) -> Reply:
    if isinstance(response, str):
        return Reply(response)
    calls = tuple(ToolCall(**call) for call in response.get("tool_calls", ()))
    usage = ReplyUsage(**response["usage"]) if response.get("usage") else None
    return Reply(**{**response, "tool_calls": calls, "usage": usage})
