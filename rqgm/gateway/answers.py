"""Answers of providers: are they whole, what did they use, and what is to become of those that are not an answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rqgm.core.text import clean
from rqgm.gateway.usage import Tokens, read_usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rqgm.gateway.asking import Asked
    from rqgm.gateway.usage import Protocol

EVENTS = "text/event-stream"
JSON_TYPE = "application/json"
RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
OURS = frozenset({401, 402, 403, 404})
"""A wrong key, an empty purse at the provider, an unknown model: no role did it, and time does not mend it."""
PASSING_ERRORS = ("overloaded", "rate_limit", "api_error", "server_error", "internal", "timeout", "unavailable")
EMPTY_PURSE = ("insufficient_quota", "billing", "credit balance")


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
    return _answer(asked, JSON_TYPE, body, data.get("usage"), data.get("model"))


def _refused(asked: Asked, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    said = body[:2_000].decode("utf-8", "replace")
    if status in OURS or (status == 429 and any(word in said for word in EMPTY_PURSE)):  # noqa: PLR2004
        raise AttemptError(f"{asked.model}: the provider refuses with {status}: {said[:200]}", retry=False)
    data = _json(body)
    if status in RETRIED or status >= 500 or not isinstance(data, dict):  # noqa: PLR2004
        raise AttemptError(f"{asked.model}: {status}: {said[:200]}", after_s=retry_after_s(headers))
    return Answer(status, JSON_TYPE, body)


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
        data = _json(event.encode())
        if not isinstance(data, dict):
            raise AttemptError("an event of the stream is no JSON object", began=True)
        _check_event(data)
        ended = ended or data.get("type") in {"message_stop", "response.completed", "response.incomplete"}
        inner = data.get("message") or data.get("response") or data
        model = model or str(inner.get("model") or "")
        for found in (inner.get("usage"), data.get("usage")):
            usage |= (
                {key: value for key, value in found.items() if value is not None} if isinstance(found, dict) else {}
            )
    if not ended:
        raise AttemptError("the stream broke off", began=True)
    return _answer(asked, EVENTS, body, usage or None, model)


def _check_event(data: dict[str, Any]) -> None:
    """Raise AttemptError on an error inside a stream, which comes with status 200."""
    error = data.get("error") or (data.get("response") or {}).get("error") if isinstance(data, dict) else None
    if data.get("type") == "response.failed" or error:
        text = json.dumps(error or data)[:300]
        passing = any(word in text for word in PASSING_ERRORS)
        raise AttemptError(f"an error in the stream: {text}", retry=passing, began=True)


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
        data = _json(event.encode()) if event != "[DONE]" else None
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


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
