"""Calls by LiteLLM, for providers that do not speak the protocol in which a role asks."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from rqgm.gateway.answers import EVENTS, JSON_TYPE, AttemptError, read_answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rqgm.gateway.answers import Answer
    from rqgm.gateway.asking import Asked
    from rqgm.gateway.providers import Provider

LOCAL_TABLE = "LITELLM_LOCAL_MODEL_COST_MAP"


async def translated(provider: Provider, asked: Asked) -> Answer:
    """Return LiteLLM's answer in the protocol that was asked in; AttemptError as for any other attempt."""
    litellm = load_litellm()
    body = {key: value for key, value in asked.body.items() if key not in {"model", "stream_options", "store"}}
    call = {
        "model": asked.model,
        "api_key": provider.key,
        "api_base": provider.base_url,
        "timeout": provider.table.timeout_s,
        "num_retries": 0,
        "max_retries": 0,
        **body,
    }
    if asked.stream and asked.protocol == "chat":
        call["stream_options"] = {"include_usage": True}
    try:
        made = await _function(litellm, asked.protocol)(**{k: v for k, v in call.items() if v is not None})
        return await _answer(asked, made)
    except AttemptError:
        raise
    except Exception as error:  # noqa: BLE001  # border: LiteLLM raises what providers' libraries raise
        return _refused(asked, error)


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


async def _answer(asked: Asked, made: Any) -> Answer:
    if not asked.stream:
        return read_answer(asked, 200, {"content-type": JSON_TYPE}, json.dumps(_plain(made)).encode())
    body = b"".join([chunk async for chunk in _events(made)])
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


def _plain(made: Any) -> Any:
    if hasattr(made, "model_dump"):
        return made.model_dump(mode="json", exclude_none=True, warnings=False)
    return made


def _refused(asked: Asked, error: Exception) -> Answer:
    """Return or raise what follows from an exception of LiteLLM: its HTTP status decides, as for a direct answer."""
    status, text, kind = getattr(error, "status_code", None), str(error), type(error).__name__
    if not isinstance(status, int) or kind in {"APIConnectionError", "Timeout", "MidStreamFallbackError"}:
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
