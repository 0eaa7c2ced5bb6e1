"""Anthropic's Messages: a reply as one message, or as events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rqgm.testing.providers.answers import Piece, event, split_arguments
from rqgm.testing.providers.asked import ReplyUsage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rqgm.testing.providers.answers import Answer

STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}


def body(answer: Answer) -> dict[str, Any]:
    """Return the message.

    Here a tool call's arguments are data, not text: what is no JSON object comes as ``{"raw": …}``.
    """
    reply = answer.reply
    content: list[dict[str, Any]] = [{"type": "text", "text": reply.text}] if reply.text else []
    content += [
        {"type": "tool_use", "id": key, "name": call.name, "input": _input(call.raw)}
        for key, call in answer.calls("toolu_")
    ]
    message = {**_frame(answer), "content": content, "stop_reason": STOP_REASONS[reply.finished]}
    if answer.usage is not None:
        message["usage"] = usage_of(answer.usage)
    return message


def pieces(answer: Answer) -> Iterator[Piece]:
    """Yield the stream: start, ping, blocks of text and of tool calls, the reason of the end with usage, stop."""
    first = ReplyUsage(**{**vars(answer.counted), "output_tokens": 1, "reasoning": 0})
    start = {**_frame(answer), "content": [], "stop_reason": None}
    if answer.usage is not None:
        start["usage"] = usage_of(first)
    yield Piece(_event("message_start", message=start), usage=first if answer.usage else None)
    yield Piece(_event("ping"))
    index = 0
    if answer.reply.text:
        deltas = [{"type": "text_delta", "text": text} for text in answer.texts]
        yield from _block(index, {"type": "text", "text": ""}, deltas)
        index += 1
    for key, call in answer.calls("toolu_"):
        block = {"type": "tool_use", "id": key, "name": call.name, "input": {}}
        parts = ["", *split_arguments(call.raw)]
        yield from _block(index, block, [{"type": "input_json_delta", "partial_json": part} for part in parts])
        index += 1
    delta = {"stop_reason": STOP_REASONS[answer.reply.finished], "stop_sequence": None}
    end = {"delta": delta} | ({} if answer.usage is None else {"usage": usage_of(answer.usage)})
    yield Piece(_event("message_delta", **end), usage=answer.usage)
    yield Piece(_event("message_stop"))


def _block(index: int, block: dict[str, Any], deltas: list[dict[str, Any]]) -> Iterator[Piece]:
    yield Piece(_event("content_block_start", index=index, content_block=block))
    for delta in deltas:
        yield Piece(_event("content_block_delta", index=index, delta=delta), paced=True)
    yield Piece(_event("content_block_stop", index=index))


def _event(kind: str, **fields: Any) -> bytes:
    return event({"type": kind, **fields}, kind)


def _frame(answer: Answer) -> dict[str, Any]:
    message = {"id": f"msg_{answer.key}", "type": "message", "role": "assistant", "model": answer.model}
    return {**message, "stop_sequence": None}


def _input(raw: str) -> dict[str, Any]:
    try:
        data = json.loads(raw or "{}")
    except ValueError:
        return {"raw": raw}
    return data if isinstance(data, dict) else {"raw": raw}


def usage_of(usage: ReplyUsage) -> dict[str, Any]:
    """Return usage as Messages report it: cached tokens are not part of `input_tokens`."""
    reported: dict[str, Any] = {
        "input_tokens": usage.input_tokens - usage.cached - usage.cache_written,
        "cache_creation_input_tokens": usage.cache_written,
        "cache_read_input_tokens": usage.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": usage.cache_written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usage.output_tokens,
        "service_tier": "standard",
    }
    return reported | ({"output_tokens_details": {"thinking_tokens": usage.reasoning}} if usage.reasoning else {})
