"""Calls by LiteLLM, for providers that do not speak the protocol in which a role asks."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from rqgm.gateway.answers import EVENTS, JSON_TYPE, NO_CREDIT, AttemptError, read_answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from rqgm.gateway.answers import Answer
    from rqgm.gateway.asking import Asked
    from rqgm.gateway.providers import Provider

DELTAS = {"text": "text_delta", "thinking": "thinking_delta", "signature": "signature_delta"}
"""How the parts of a message's block are called in a stream of it."""
BROKEN_OFF = frozenset({"APIConnectionError", "Timeout", "MidStreamFallbackError"})
"""LiteLLM's words for it; to a whole answer that breaks off it says 500, and that its payload is not completed."""
LOCAL_TABLE = "LITELLM_LOCAL_MODEL_COST_MAP"
PASSED: dict[str, str] = {
    "chat": "messages tools tool_choice parallel_tool_calls temperature top_p n stop max_tokens max_completion_tokens "
    "presence_penalty frequency_penalty logit_bias logprobs top_logprobs seed response_format stream user "
    "reasoning_effort verbosity thinking prediction",
    "responses": "input instructions tools tool_choice parallel_tool_calls temperature top_p top_logprobs "
    "max_output_tokens max_tool_calls reasoning text stream truncation include user",
    "messages": "messages system tools tool_choice temperature top_p top_k max_tokens stop_sequences stream thinking "
    "output_config output_format",
    "embeddings": "input dimensions encoding_format user",
}
"""What a role may say to LiteLLM. Its functions take much else by keyword: addresses, keys, other models, mocks."""
TOOL_KEYS = (
    "type name description parameters input_schema strict function custom cache_control eager_input_streaming "
    "display_width display_height display_width_px display_height_px display_number environment max_characters"
)
"""Of a tool. Other keys are tools that a provider runs (`googleSearch`), whatever `type` says."""


async def translated(provider: Provider, asked: Asked) -> Answer:
    """Return LiteLLM's answer in the protocol that was asked in; AttemptError as for any other attempt."""
    litellm = load_litellm()
    call = {
        **said(asked),
        "model": asked.model,
        "api_key": provider.key,
        "api_base": provider.base_url,
        "timeout": provider.table.timeout_s,
        "num_retries": 0,
        "max_retries": 0,
    }
    if asked.protocol == "messages":
        call["stream"] = False  # LiteLLM streams these with what only its server has; `message_events` does it here
    if asked.stream and asked.protocol == "chat":
        call["stream_options"] = {"include_usage": True}
    try:
        made = await _function(litellm, asked.protocol)(**{k: v for k, v in call.items() if v is not None})
        return await _answer(provider, asked, made)
    except AttemptError:
        raise
    except Exception as error:  # noqa: BLE001  # border: LiteLLM raises what providers' libraries raise
        return _refused(provider, asked, error)


def said(asked: Asked) -> dict[str, Any]:
    """Return what LiteLLM's function is given of a request."""
    passed, of_tools = PASSED[asked.protocol].split(), TOOL_KEYS.split()
    body = {key: value for key, value in asked.body.items() if key in passed}
    if body.get("tools"):
        body["tools"] = [{key: value for key, value in tool.items() if key in of_tools} for tool in body["tools"]]
    return body


def load_litellm() -> Any:
    """Import LiteLLM without its downloads and its advertising."""
    os.environ.setdefault(LOCAL_TABLE, "True")
    import litellm  # noqa: PLC0415  # takes seconds

    litellm.suppress_debug_info = True
    litellm.drop_params = True
    litellm.telemetry = False
    return litellm


def _function(litellm: Any, protocol: str) -> Any:
    return {
        "chat": litellm.acompletion,
        "responses": litellm.aresponses,
        "embeddings": litellm.aembedding,
        "messages": litellm.anthropic_messages,
    }[protocol]


async def _answer(provider: Provider, asked: Asked, made: Any) -> Answer:
    if not asked.stream:
        body = provider.redact(json.dumps(_plain(made)).encode())
        return read_answer(asked, 200, {"content-type": JSON_TYPE}, body)
    chunks = list(message_events(_plain(made))) if asked.protocol == "messages" else [c async for c in _events(made)]
    body = provider.redact(b"".join(chunks))
    return read_answer(
        asked, 200, {"content-type": EVENTS}, body + (b"data: [DONE]\n\n" if asked.protocol == "chat" else b"")
    )


async def _events(stream: Any) -> AsyncIterator[bytes]:
    async for chunk in stream:
        if isinstance(chunk, bytes | str):  # events as they are sent
            yield chunk if isinstance(chunk, bytes) else chunk.encode()
            continue
        data = _plain(chunk)
        name = f"event: {data['type']}\n" if isinstance(data.get("type"), str) else ""
        yield f"{name}data: {json.dumps(data)}\n\n".encode()


def message_events(message: dict[str, Any]) -> Iterator[bytes]:
    """Yield the events of a stream that says an Anthropic message."""
    yield _event("message_start", message={**message, "content": [], "stop_reason": None, "stop_sequence": None})
    for index, block in enumerate(message.get("content") or []):
        begun = {**block, **({"input": {}} if "input" in block else {key: "" for key in DELTAS if key in block})}
        yield _event("content_block_start", index=index, content_block=begun)
        for key, kind in DELTAS.items():
            if block.get(key):
                yield _event("content_block_delta", index=index, delta={"type": kind, key: block[key]})
        if "input" in block:
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    end = {key: message.get(key) for key in ("stop_reason", "stop_sequence")}
    yield _event("message_delta", delta=end, usage=message.get("usage") or {})
    yield _event("message_stop")


def _event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def _plain(made: Any) -> Any:
    if hasattr(made, "model_dump"):
        return made.model_dump(mode="json", exclude_none=True, warnings=False)
    return made


def _refused(provider: Provider, asked: Asked, error: Exception) -> Answer:
    """Return or raise what follows from an exception of LiteLLM: its HTTP status decides, as for a direct answer."""
    status, kind = getattr(error, "status_code", None), type(error).__name__
    text = provider.redact(str(error).encode("utf-8", "replace")).decode()
    if re.search(rf'"message": ?"{NO_CREDIT}', text):
        raise AttemptError(f"{asked.model}: {text}", retry=False) from error
    if not isinstance(status, int) or kind in BROKEN_OFF or "is not completed" in text:
        raise AttemptError(f"{kind}: {text}", began=True) from error
    body = json.dumps(_error(asked, kind, text[:2_000])).encode()
    return read_answer(asked, status, {"content-type": JSON_TYPE, **_headers(error)}, body)


def _error(asked: Asked, kind: str, text: str) -> dict[str, Any]:
    if asked.protocol == "messages":
        return {"type": "error", "error": {"type": "invalid_request_error", "message": text}}
    return {"error": {"message": text, "type": kind, "code": None, "param": None}}


def _headers(error: Exception) -> dict[str, str]:
    response = getattr(error, "response", None)
    headers = getattr(response, "headers", None) or {}
    return {key: str(headers[key]) for key in ("retry-after", "retry-after-ms") if key in headers}
