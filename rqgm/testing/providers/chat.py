"""OpenAI's Chat Completions: a reply as one object, or as chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rqgm.testing.providers.answers import Piece, event, split_arguments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rqgm.testing.providers.answers import Answer
    from rqgm.testing.providers.asked import ReplyUsage


def body(answer: Answer) -> dict[str, Any]:
    """Return the ``chat.completion``."""
    reply = answer.reply
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, "refusal": None, "annotations": []}
    if reply.tool_calls:
        message["tool_calls"] = [
            {"id": key, "type": "function", "function": {"name": call.name, "arguments": call.raw}}
            for key, call in answer.calls("call_")
        ]
    elif not reply.text:
        message["content"] = ""
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finished}
    completion = {**_frame(answer, "chat.completion"), "choices": [choice]}
    if answer.usage is not None:
        completion["usage"] = usage_of(answer.usage)
    return completion


def pieces(answer: Answer) -> Iterator[Piece]:
    """Yield the stream: role, text, tool calls, the reason of the end, usage if it was asked for, ``[DONE]``."""
    options = answer.asked.body.get("stream_options") or {}
    report = bool(options.get("include_usage")) and answer.usage is not None
    frame = _frame(answer, "chat.completion.chunk") | ({"usage": None} if report else {})

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return event({**frame, "choices": [choice]})

    content = "" if answer.reply.text or not answer.reply.tool_calls else None
    yield Piece(chunk({"role": "assistant", "content": content, "refusal": None}))
    for text in answer.texts:
        yield Piece(chunk({"content": text}), paced=True)
    for index, (key, call) in enumerate(answer.calls("call_")):
        begun = {"id": key, "type": "function", "function": {"name": call.name, "arguments": ""}}
        yield Piece(chunk({"tool_calls": [{"index": index, **begun}]}), paced=True)
        for part in split_arguments(call.raw):
            yield Piece(chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]}), paced=True)
    yield Piece(chunk({}, answer.reply.finished))
    if report and answer.usage is not None:
        yield Piece(event({**frame, "choices": [], "usage": usage_of(answer.usage)}), usage=answer.usage)
    yield Piece(event("[DONE]"))


def _frame(answer: Answer, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{answer.key}",
        "object": kind,
        "created": answer.created_s,
        "model": answer.model,
        "service_tier": "default",
        "system_fingerprint": "fp_scripted",
    }


def usage_of(usage: ReplyUsage) -> dict[str, Any]:
    """Return usage as Chat Completions report it."""
    prompt = {"cached_tokens": usage.cached, "audio_tokens": 0}
    if usage.cache_written:
        prompt["cache_write_tokens"] = usage.cache_written
    completion = {"reasoning_tokens": usage.reasoning, "audio_tokens": 0}
    completion |= {"accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": prompt,
        "completion_tokens_details": completion,
    }
