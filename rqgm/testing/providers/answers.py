"""Answers: a reply together with what its rendering needs in every protocol, and the pieces of a stream."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rqgm.testing.providers.asked import ReplyUsage

if TYPE_CHECKING:
    from rqgm.testing.providers.asked import Asked, Reply, ToolCall


@dataclass(frozen=True)
class Piece:
    """Bytes of a stream. `paced`: a part of the reply, before which the script's delays are kept.

    `usage` is what the client knows of usage once it has these bytes; None = nothing new.
    """

    data: bytes
    paced: bool = False
    usage: ReplyUsage | None = None


@dataclass(frozen=True)
class Answer:
    """A reply to a request, at a time (seconds since 1970)."""

    asked: Asked
    reply: Reply
    created_s: int

    @property
    def key(self) -> str:
        """What the ids of this answer end with; the same in every run."""
        return f"{self.asked.number:024d}"

    @property
    def model(self) -> str:
        """The model that answers."""
        return self.reply.model or self.asked.model

    @property
    def counted(self) -> ReplyUsage:
        """The usage that the script told, or the counted one."""
        return self.reply.usage or ReplyUsage(self.asked.input_tokens, self.reply.output_tokens)

    @property
    def usage(self) -> ReplyUsage | None:
        """The usage that is reported, if it is."""
        return self.counted if self.reply.report_usage else None

    @property
    def texts(self) -> list[str]:
        """The text in pieces."""
        return split(self.reply.text, self.reply.chunks)

    def calls(self, prefix: str) -> list[tuple[str, ToolCall]]:
        """Return the tool calls with their ids: as told, or made."""
        made = enumerate(self.reply.tool_calls)
        return [(call.id or f"{prefix}{self.asked.number:020d}{number:04d}", call) for number, call in made]


def split(text: str, chunks: int = 0) -> list[str]:
    """Cut a text into about equal pieces, or into words."""
    if chunks <= 0:
        return re.findall(r"\s*\S+|\s+$", text)
    size = -(-len(text) // chunks) or 1
    return [text[start : start + size] for start in range(0, len(text), size)]


def split_arguments(raw: str) -> list[str]:
    """Cut the arguments of a tool call into pieces, as they are streamed; nothing has none."""
    return [raw[start : start + 12] for start in range(0, len(raw), 12)]


def event(data: Any, name: str | None = None) -> bytes:
    """Return one server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()
