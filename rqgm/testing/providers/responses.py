"""OpenAI's Responses: a reply as one object, or as events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rqgm.testing.providers.answers import Piece, event, split_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rqgm.testing.providers.answers import Answer
    from rqgm.testing.providers.asked import ReplyUsage, ToolCall

INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def body(answer: Answer) -> dict[str, Any]:
    """Return the response: completed, or incomplete with the reason."""
    reason = INCOMPLETE.get(answer.reply.finished)
    status = "incomplete" if reason else "completed"
    output = [_reasoning(answer)] if answer.counted.reasoning else []
    if answer.reply.text or not answer.reply.tool_calls:
        output.append(_message(answer, answer.reply.text, status))
    output += [_call(key, call, status) for key, call in answer.calls("call_")]
    made = _response(answer, status, output)
    made["incomplete_details"] = {"reason": reason} if reason else None
    made["usage"] = None if answer.usage is None else usage_of(answer.usage)
    return made


def pieces(answer: Answer) -> Iterator[Piece]:
    """Yield the stream: created, in progress, each item of the output from added to done, the whole response."""
    events = Events()
    for kind in ("created", "in_progress"):
        yield events.piece(f"response.{kind}", response=_response(answer, "in_progress", []))
    whole = body(answer)
    for index, item in enumerate(whole["output"]):
        yield from _item(events, index, item, answer)
    yield events.piece(f"response.{whole['status']}", usage=answer.usage, response=whole)


@dataclass
class Events:
    """Numbers the events of one stream."""

    sent: int = field(default=0)

    def piece(self, kind: str, *, paced: bool = False, usage: ReplyUsage | None = None, **fields: Any) -> Piece:
        """Return the next event."""
        number, self.sent = self.sent, self.sent + 1
        return Piece(event({"type": kind, "sequence_number": number, **fields}, kind), paced, usage)


def failure(answer: Answer, sent: int, code: str, message: str) -> bytes:
    """Return the end of a stream that fails after some events: ``error``, then ``response.failed``."""
    events = Events(sent)
    made = _response(answer, "failed", [])
    made["error"] = {"code": code, "message": message}
    error = events.piece("error", code=code, message=message, param=None)
    return error.data + events.piece("response.failed", response=made).data


def _item(events: Events, index: int, item: dict[str, Any], answer: Answer) -> Iterator[Piece]:
    empty: dict[str, Any] = (
        {"content": []} if item["type"] == "message" else {"arguments": ""} if "arguments" in item else {}
    )
    yield events.piece(
        "response.output_item.added", output_index=index, item={**item, **empty, "status": "in_progress"}
    )
    place = {"item_id": item["id"], "output_index": index}
    if item["type"] == "message":
        yield from _text(events, place, answer)
    elif item["type"] == "function_call":
        for part in split_arguments(item["arguments"]):
            yield events.piece("response.function_call_arguments.delta", paced=True, **place, delta=part)
        arguments = {"arguments": item["arguments"], "name": item["name"]}
        yield events.piece("response.function_call_arguments.done", **place, **arguments)
    yield events.piece("response.output_item.done", output_index=index, item=item)


def _text(events: Events, place: dict[str, Any], answer: Answer) -> Iterator[Piece]:
    place = {**place, "content_index": 0}
    yield events.piece("response.content_part.added", **place, part=_part(""))
    for text in answer.texts:
        yield events.piece("response.output_text.delta", paced=True, **place, delta=text, logprobs=[])
    yield events.piece("response.output_text.done", **place, text=answer.reply.text, logprobs=[])
    yield events.piece("response.content_part.done", **place, part=_part(answer.reply.text))


def _response(answer: Answer, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    asked = answer.asked.body
    return {
        "id": f"resp_{answer.key}",
        "object": "response",
        "created_at": answer.created_s,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "model": answer.model,
        "output": output,
        "parallel_tool_calls": asked.get("parallel_tool_calls", True),
        "previous_response_id": None,
        "reasoning": asked.get("reasoning") or {"effort": None, "summary": None},
        "service_tier": "default",
        "store": asked.get("store", True),
        "temperature": asked.get("temperature", 1.0),
        "text": asked.get("text") or {"format": {"type": "text"}},
        "tool_choice": asked.get("tool_choice") or "auto",
        "tools": asked.get("tools") or [],
        "top_p": asked.get("top_p", 1.0),
        "truncation": "disabled",
        "usage": None,
        "user": None,
        "metadata": asked.get("metadata") or {},
    }


def _message(answer: Answer, text: str, status: str) -> dict[str, Any]:
    content = [_part(text)]
    return {"id": f"msg_{answer.key}", "type": "message", "status": status, "role": "assistant", "content": content}


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _reasoning(answer: Answer) -> dict[str, Any]:
    return {"id": f"rs_{answer.key}", "type": "reasoning", "summary": []}


def _call(key: str, call: ToolCall, status: str) -> dict[str, Any]:
    ids = {"id": f"fc_{key.removeprefix('call_')}", "type": "function_call", "call_id": key}
    return {**ids, "status": status, "name": call.name, "arguments": call.raw}


def usage_of(usage: ReplyUsage) -> dict[str, Any]:
    """Return usage as Responses report it."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": usage.cache_written},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
