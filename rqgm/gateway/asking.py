"""What a role asks of a model, read as hostile data: which model, how much at most, and nothing that reaches further.

A role has no network. What a provider would do for it on the network (search, fetch a picture by its address, run code,
keep state between calls) would be one, so it is refused; tools that the role runs itself pass.
"""

from __future__ import annotations

import json
import re
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
OWN_TOOLS = re.compile(r"function|custom|(bash|text_editor|computer|memory)(_\d{8})?|computer_use_preview")
"""Types of tools that the role itself carries out; all others are the provider's."""
STATEFUL = (
    "previous_response_id",
    "conversation",
    "background",
    "container",
    "mcp_servers",
    "prompt",
    "context_management",
)
CHOICES = ("n", "best_of")
KINDS: dict[str, tuple[type, str]] = {
    "n": (int, "a whole number"),
    "best_of": (int, "a whole number"),
    "stream": (bool, "true or false"),
    "stream_options": (dict, "an object"),
    "tools": (list, "a list"),
}
IMAGE_TOKENS = 50_000
"""More than any provider counts for one picture."""
FRAME_TOKENS = 2_000
"""What a provider adds to a request before it counts: frames of messages, its own words about tools."""
MAX_CHOICES = 16
MAX_DEPTH = 128
"""Of objects and lists in one another: deeper ones are made to break what reads them."""
ADDRESSES = ("url", "uri", "file_data")
"""Last parts of the keys that may hold an address instead of bytes."""
INSIDE = ("content", "source", "output", "file")


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
        encoded = canonical_json(body).encode()
        _check_depth(body)
    except (ValueError, RecursionError) as error:
        raise AskingError(400, "invalid_request", f"the request is not JSON: {str(error)[:200]}") from error
    if not isinstance(body, dict) or not isinstance(body.get("model"), str):
        raise AskingError(400, "invalid_request", "the request is an object with the key `model`")
    _check_kinds(body)
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
    count: int = max(body.get(key) or 1 for key in CHOICES)
    if count > MAX_CHOICES:
        raise AskingError(400, "invalid_request", f"a call may ask for at most {MAX_CHOICES} choices")
    return max(1, count)


def _check_kinds(body: dict[str, Any]) -> None:
    """Refuse what providers read more leniently than we do: `"n": "16"` would be sixteen answers, `"stream": 1` one."""
    for key, (kind, name) in KINDS.items():
        if body.get(key) is not None and type(body[key]) is not kind:
            raise AskingError(400, "invalid_request", f"`{key}` is {name}")


def _check_depth(body: Any) -> None:
    level, depth = [body] if isinstance(body, dict | list) else [], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"more than {MAX_DEPTH} objects and lists in one another")
        inner = (list(value.values()) if isinstance(value, dict) else value for value in level)
        level = [value for values in inner for value in values if isinstance(value, dict | list)]


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
        kind = _kind_of(tool)
        if kind is None or not OWN_TOOLS.fullmatch(kind):
            raise AskingError(
                403, "not_granted", f"tool {str(kind)[:60]!r}: the provider would run it; roles run their own"
            )
    for part in _parts(body):
        _check_source(part)


def _kind_of(tool: Any) -> str | None:
    """Return a tool's type. Without one it is the role's own if it has a name: others say by a key what they are."""
    if not isinstance(tool, dict):
        return None
    kind = tool.get("type", "custom" if "name" in tool else None)
    return kind if isinstance(kind, str) else None


def _check_source(part: dict[str, Any]) -> None:
    """Refuse pictures and files by address or by a name at the provider; their bytes pass."""
    for key, value in part.items():
        far = isinstance(value, str) and key.endswith(ADDRESSES) and not value.startswith("data:")
        if far and (key != "file_data" or ":" in value):  # bytes without `data:` have no colon
            raise AskingError(
                403, "not_granted", "a picture or file by its address is a network; send its bytes (data:…)"
            )
    if part.get("file_id") or part.get("type") == "item_reference":
        raise AskingError(403, "not_granted", "files that lie at the provider are not granted to roles; send the bytes")


def _parts(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the objects in messages: whatever could name a source. What tools are given and give is text."""
    left = [body.get(key) for key in ("messages", "input", "system", "instructions")]
    while left:
        value = left.pop()
        if isinstance(value, list):
            left += value
        elif isinstance(value, dict):
            yield value
            left += [found for key, found in value.items() if key in INSIDE or key.endswith(ADDRESSES)]


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
