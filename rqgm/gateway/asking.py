"""What a role asks of a model, read as hostile data: which model, how much at most, and nothing that reaches further.

A role has no network. What a provider would do for it on the network (search, fetch a picture by its address, run code,
keep state between calls) would be one, so it is refused; tools that the role runs itself pass.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import RqgmError
from rqgm.core.hashes import canonical_json, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rqgm.gateway.usage import Protocol

PATHS: dict[str, Protocol] = {
    "/v1/chat/completions": "chat",
    "/v1/responses": "responses",
    "/v1/embeddings": "embeddings",
    "/v1/messages": "messages",
}
LIMIT_KEYS: dict[Protocol, tuple[str, ...]] = {
    "chat": ("max_completion_tokens", "max_tokens"),
    "responses": ("max_output_tokens",),
    "messages": ("max_tokens",),
    "embeddings": (),
}
OWN_TOOLS = ("function", "custom", "bash", "text_editor", "computer", "memory")
"""Tools that the role itself carries out, by the first part of their type; all others are the provider's."""
STATEFUL = (
    "previous_response_id",
    "conversation",
    "background",
    "container",
    "mcp_servers",
    "prompt",
    "context_management",
)
IMAGE_TOKENS = 50_000
"""More than any provider counts for one picture."""
FRAME_TOKENS = 2_000
"""What a provider adds to a request before it counts: frames of messages, its own words about tools."""
MAX_CHOICES = 16


class AskingError(RqgmError, ValueError):
    """A request that the gateway does not pass on. `status` is the HTTP status, `code` the reason as a word."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: `body` as it came, `digest` of it; `input_bound` and `output_bound` are tokens at most."""

    protocol: Protocol
    model: str
    body: dict[str, Any]
    stream: bool
    digest: str
    input_bound: int
    output_bound: int


def read_request(protocol: Protocol, data: bytes, max_output_tokens: int) -> Asked:
    """Return the request in `data`; AskingError says why it is refused."""
    try:
        body = json.loads(data, parse_constant=_refuse_constant)
        text = canonical_json(body)
        encoded = text.encode()
    except (ValueError, RecursionError) as error:
        raise AskingError(400, "invalid_request", f"the request is not JSON: {str(error)[:200]}") from error
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        raise AskingError(400, "invalid_request", "the request is an object with the key `model`")
    _check_reach(body)
    limit = _output_limit(protocol, body, max_output_tokens)
    size = len(encoded) - sum(max(0, len(picture) - IMAGE_TOKENS) for picture in _pictures(body))
    return Asked(
        protocol=protocol,
        model=body["model"],
        body=body,
        stream=body.get("stream") is True,
        digest=sha256(f"{protocol}\n".encode() + encoded),
        input_bound=size + FRAME_TOKENS,
        output_bound=limit * _choices(body),
    )


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def limited(asked: Asked, max_output_tokens: int, *, modern: bool) -> Asked:
    """Return the request with a limit on its output, if it has none. `modern`: OpenAI's newer name of the limit."""
    keys = LIMIT_KEYS[asked.protocol]
    if not keys or any(asked.body.get(key) is not None for key in keys):
        return asked
    key = keys[0] if modern or len(keys) == 1 else keys[1]
    return replace(asked, body={**asked.body, key: max_output_tokens})


def _output_limit(protocol: Protocol, body: dict[str, Any], most: int) -> int:
    if protocol == "embeddings":
        return 0
    given = [body[key] for key in LIMIT_KEYS[protocol] if body.get(key) is not None]
    for value in given:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise AskingError(400, "invalid_request", f"{LIMIT_KEYS[protocol][0]} is a whole number above 0")
        if value > most:
            raise AskingError(400, "output_limit", f"a call may ask for at most {most} output tokens, not {value}")
    return max(given, default=most)


def _choices(body: dict[str, Any]) -> int:
    count = max([1, *(body[key] for key in ("n", "best_of") if isinstance(body.get(key), int))])
    if count > MAX_CHOICES:
        raise AskingError(400, "invalid_request", f"a call may ask for at most {MAX_CHOICES} choices")
    return int(count)


def _check_reach(body: dict[str, Any]) -> None:
    """Refuse what would have the provider act beyond this one answer."""
    for key in STATEFUL:
        if body.get(key):
            raise AskingError(403, "not_granted", f"`{key}` reaches beyond this call and is not granted to roles")
    if body.get("store"):
        raise AskingError(403, "not_granted", "`store` keeps the call at the provider and is not granted to roles")
    if body.get("service_tier") not in {None, "auto", "default", "standard_only"}:
        raise AskingError(
            403, "not_granted", "`service_tier` changes the price of the call and is not granted to roles"
        )
    if "web_search_options" in body:
        raise AskingError(403, "not_granted", "the provider's web search is a network, which roles do not have")
    for tool in body.get("tools") or []:
        kind = tool.get("type", "custom") if isinstance(tool, dict) else None
        if not isinstance(kind, str) or not kind.startswith(OWN_TOOLS):
            raise AskingError(
                403, "not_granted", f"tool {str(kind)[:60]!r}: the provider would run it; roles run their own"
            )
    for part in _parts(body):
        _check_source(part)


def _check_source(part: dict[str, Any]) -> None:
    """Refuse pictures and files by address or by a name at the provider; their bytes pass."""
    url = part.get("image_url") or part.get("file_url") or part.get("url")
    url = url.get("url") if isinstance(url, dict) else url
    if isinstance(url, str) and not url.startswith("data:"):
        raise AskingError(403, "not_granted", "a picture or file by its address is a network; send its bytes (data:…)")
    if part.get("file_id") or (part.get("type") in {"url", "file"} and "file_id" in str(part.get("source", ""))):
        raise AskingError(403, "not_granted", "files that lie at the provider are not granted to roles; send the bytes")


def _parts(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the objects in messages: whatever could name a source. What tools are given and give is text."""
    if depth == 0:
        for key in ("messages", "input", "system", "instructions"):
            yield from _parts(value.get(key), 1)
    elif isinstance(value, list):
        for item in value:
            yield from _parts(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in ("content", "source", "image_url", "file", "output"):
            yield from _parts(value.get(key), depth + 1)


def _pictures(body: dict[str, Any]) -> Iterator[str]:
    """Yield the encoded bytes of pictures; of files that are counted by their text every byte counts."""
    for part in _parts(body):
        url = part.get("url") if isinstance(part.get("url"), str) else part.get("image_url")
        if isinstance(url, str) and url.startswith("data:image/"):
            yield url
        if part.get("type") == "base64" and str(part.get("media_type", "")).startswith("image/"):
            data = part.get("data")
            if isinstance(data, str):
                yield data
