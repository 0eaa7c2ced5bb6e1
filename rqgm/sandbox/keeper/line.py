"""The line to the engine: frames over standard input and output."""

from __future__ import annotations

import marshal
import os
import struct
from _json import encode_basestring_ascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONTROL = 0
CHUNK = 1 << 16


class RefusedError(Exception):
    """A file may not be placed or handed out."""


class EngineGoneError(Exception):
    """The engine closed the connection: everything here ends."""


class LostError(Exception):
    """The sandbox itself failed, not what ran in it."""


def read_exactly(count: int) -> bytes:
    """Read `count` bytes from the engine."""
    data = bytearray()
    while len(data) < count:
        chunk = os.read(CONTROL, min(CHUNK, count - len(data)))
        if not chunk:
            raise EngineGoneError
        data += chunk
    return bytes(data)


def receive() -> tuple[dict[str, Any], bytes]:
    """Read one frame. The engine is trusted, so its headers are marshalled; ours are JSON, which is safe to read."""
    (length,) = struct.unpack(">I", read_exactly(4))
    header = marshal.loads(read_exactly(length))  # noqa: S302
    return header, read_exactly(header.get("size", 0))


def send(header: dict[str, str | int | float | bool], body: bytes = b"") -> None:
    """Write one frame."""
    text = to_json({**header, "size": len(body)}).encode()
    data = memoryview(struct.pack(">I", len(text)) + text + body)
    while data:
        data = data[os.write(1, data) :]


def to_json(values: dict[str, str | int | float | bool]) -> str:
    """Return a flat object as JSON."""
    parts = []
    for key, value in values.items():
        text = encode_basestring_ascii(value) if isinstance(value, str) else repr(value).lower()
        parts.append(f'"{key}":{text}')
    return "{" + ",".join(parts) + "}"
