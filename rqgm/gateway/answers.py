"""Answers of providers: are they whole, what did they use, and what is to become of those that are not an answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from rqgm.core.text import clean
from rqgm.gateway.usage import Tokens, read_usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rqgm.gateway.asking import Asked
    from rqgm.gateway.usage import Protocol

EVENTS = "text/event-stream"
NO_CHOICES = re.compile(r'"choices"\s*:\s*\[\s*\]')
JSON_TYPE = "application/json"
RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
OURS = frozenset({401, 402, 403, 404})
"""A wrong key, an empty purse at the provider, an unknown model: no role did it, and time does not mend it."""
PASSING_ERRORS = ("overloaded", "rate_limit", "api_error", "server_error", "internal", "timeout", "unavailable")
EMPTY_PURSE = ("insufficient_quota", "billing_hard_limit", "exceeded your current quota")
NO_CREDIT = "Your credit balance is too low"
"""What Anthropic says of an empty purse, with 400."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a role gets: `status`, `content_type` and `body` in the protocol that it asked in."""

    status: int
    content_type: str
    body: bytes
    tokens: Tokens = field(default_factory=Tokens)
    counted: bool = True
    """False: the provider did not say what it used, and `tokens` is the most that it can have been."""
    model: str = ""
    """The model's version, as the provider says."""

    @property
    def ok(self) -> bool:
        """Whether it is an answer and not an error."""
        return self.status < 400  # noqa: PLR2004


class AttemptError(Exception):
    """An attempt that came to no answer. `began`: the provider may have charged for it."""

    def __init__(self, detail: str, *, retry: bool = True, after_s: float | None = None, began: bool = False) -> None:
        self.detail = clean(detail, 300)
        self.retry = retry
        self.after_s = after_s
        self.began = began
        super().__init__(self.detail)


def read_answer(asked: Asked, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Return a provider's response as an answer; AttemptError if it is none, and whether to try again."""
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if status >= 400:  # noqa: PLR2004
        return _refused(asked, status, headers, body)
    if asked.stream and kind == EVENTS:
        return _streamed(asked, body)
    data = _json(body)
    if not isinstance(data, dict) or kind != JSON_TYPE:
        raise AttemptError(f"the answer is no JSON object but {kind or 'nothing'}, or breaks off", began=True)
    _check_error(data, "with status 200")
    return _answer(asked, JSON_TYPE, body, data.get("usage"), data.get("model"))


def _refused(asked: Asked, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    said = body[:2_000].decode("utf-8", "replace")
    data = _json(body)
    if status in OURS or _is_purse_empty(status, said, data):
        raise AttemptError(f"{asked.model}: the provider refuses with {status}: {said[:200]}", retry=False)
    if status in RETRIED or status >= 500 or not isinstance(data, dict):  # noqa: PLR2004
        raise AttemptError(f"{asked.model}: {status}: {said[:200]}", after_s=retry_after_s(headers))
    return Answer(status, JSON_TYPE, body)


def _is_purse_empty(status: int, said: str, data: Any) -> bool:
    """Tell whether the account at the provider is spent. What a 400 quotes of the request does not count."""
    if status == 429:  # noqa: PLR2004
        return any(word in said for word in EMPTY_PURSE)
    error = data.get("error") if isinstance(data, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return isinstance(message, str) and message.startswith(NO_CREDIT)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return how long a provider asks to wait, in seconds, None if it does not say (dates are not read)."""
    for key, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[key]) * unit)
        except (KeyError, ValueError):
            continue
    return None


def _streamed(asked: Asked, body: bytes) -> Answer:
    usage: dict[str, Any] = {}
    model, ended = "", False
    for event in events(body):
        if event == "[DONE]":
            ended = True
            continue
        data = _json(event)
        if not isinstance(data, dict):
            raise AttemptError("an event of the stream is no JSON object", began=True)
        _check_error(data, "in the stream")
        ended = ended or data.get("type") in {"message_stop", "response.completed", "response.incomplete"}
        inner = next((found for key in ("message", "response") if isinstance(found := data.get(key), dict)), data)
        model = model or str(inner.get("model") or "")
        for found in (inner.get("usage"), data.get("usage")):
            usage |= (
                {key: value for key, value in found.items() if value is not None} if isinstance(found, dict) else {}
            )
    if not ended:
        raise AttemptError("the stream broke off", began=True)
    return _answer(asked, EVENTS, body, usage or None, model)


def _check_error(data: dict[str, Any], where: str) -> None:
    """Raise AttemptError on an error that comes with status 200: inside a stream, or as a whole answer."""
    response = data.get("response")
    error = data.get("error") or (response.get("error") if isinstance(response, dict) else None)
    if error or data.get("type") in {"error", "response.failed"}:
        text = json.dumps(error or data)
        passing = any(word in text for word in PASSING_ERRORS)
        raise AttemptError(f"an error {where}: {text[:300]}", retry=passing, began=True)


def events(body: bytes) -> Iterator[str]:
    """Yield the data of each server-sent event."""
    data: list[str] = []
    for line in body.decode("utf-8", "replace").replace("\r\n", "\n").split("\n"):
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data = []


def _answer(asked: Asked, kind: str, body: bytes, usage: Any, model: Any) -> Answer:
    tokens = read_usage(asked.protocol, usage)
    counted = tokens is not None
    if tokens is None:  # one token is at least one byte
        tokens = Tokens(input=asked.input_bound, output=min(asked.output_bound, len(body)))
    return Answer(200, kind, body, tokens, counted, clean(str(model or ""), 120))


def without_usage_chunk(body: bytes) -> bytes:
    """Return a chat stream without the chunk that only says what was used: the role did not ask for it."""
    kept = []
    for event in events(body):
        data = _json(event) if NO_CHOICES.search(event) else None  # reading them all again is slow
        if isinstance(data, dict) and data.get("choices") == [] and data.get("usage"):
            continue
        kept.append(f"data: {event}\n\n")
    return "".join(kept).encode()


def error_body(protocol: Protocol, code: str, message: str) -> bytes:
    """Return an error of the gateway's own, in the shape of the protocol that was used."""
    if protocol == "messages":
        return json.dumps({"type": "error", "error": {"type": code, "message": message}}).encode()
    return json.dumps({"error": {"message": message, "type": code, "code": code, "param": None}}).encode()


def refusal(protocol: Protocol, status: int, code: str, message: str) -> Answer:
    """Return an error of the gateway's own as an answer."""
    return Answer(status, JSON_TYPE, error_body(protocol, code, message))


def _json(data: bytes | str) -> Any:
    try:
        return from_json(data)
    except ValueError:
        return None
