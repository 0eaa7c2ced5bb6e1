"""Errors as the real providers send them: status, headers and body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rqgm.testing.providers import responses
from rqgm.testing.providers.answers import event

if TYPE_CHECKING:
    from rqgm.testing.providers.answers import Answer
    from rqgm.testing.providers.faults import Fault

ORGANISATION = "00000000-0000-4000-8000-000000000000"
PAGE = "<!DOCTYPE html>\n<html><head><title>{0} {1}</title></head><body><h1>{0} {1}</h1></body></html>\n"


def is_anthropic(protocol: str) -> bool:
    """Say whose words a protocol speaks."""
    return protocol in {"messages", "count_tokens"}


def headers_of(protocol: str, number: int) -> dict[str, str]:
    """Return the headers that every answer carries."""
    request_id = request_id_of(protocol, number)
    if is_anthropic(protocol):
        return {"request-id": request_id, "anthropic-organization-id": ORGANISATION}
    timing = {"openai-organization": "org-scripted", "openai-processing-ms": "1", "openai-version": "2020-10-01"}
    return {"x-request-id": request_id, **timing}


def request_id_of(protocol: str, number: int) -> str:
    """Return the id of a request; the same in every run."""
    return f"req_{number:024d}" if is_anthropic(protocol) else f"req_{number:032x}"


def status_of(protocol: str, fault: Fault) -> int:
    """Return the status of an error in a protocol."""
    return fault.anthropic[0] if is_anthropic(protocol) and fault.anthropic else fault.status


def body_of(protocol: str, fault: Fault, *, number: int, model: str = "", api_key: str = "") -> dict[str, Any]:
    """Return the body of an error in a protocol."""
    names = {"{model}": model, "{api_key}": masked(api_key)}
    if is_anthropic(protocol):
        _, kind, message = fault.anthropic or (fault.status, fault.type, fault.message)
        error = {"type": kind, "message": _filled(message, names)}
        return {"type": "error", "error": error, "request_id": request_id_of(protocol, number)}
    message = _filled(fault.message, names)
    return {"error": {"message": message, "type": fault.type, "param": fault.param, "code": fault.code}}


def in_stream(answer: Answer, fault: Fault, sent: int, number: int) -> bytes:
    """Return an error as a part of a stream of which some events were sent."""
    asked = answer.asked
    body = body_of(asked.protocol, fault, number=number, model=asked.model, api_key=asked.api_key)
    if asked.protocol == "responses":
        return responses.failure(answer, sent, fault.code or "server_error", body["error"]["message"])
    return event(body, "error" if is_anthropic(asked.protocol) else None)


def masked(api_key: str) -> str:
    """Return a key as OpenAI's error message shows it."""
    return api_key if len(api_key) < 12 else f"{api_key[:8]}{'*' * (len(api_key) - 12)}{api_key[-4:]}"  # noqa: PLR2004


def _filled(message: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        message = message.replace(name, value)
    return message
