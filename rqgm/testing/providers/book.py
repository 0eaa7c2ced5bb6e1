"""The book: what a provider served, kept so that any thread may read it while it is written."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rqgm.testing.providers.asked import ReplyUsage


@dataclass(frozen=True)
class Served:
    """One request and what became of it.

    `number` counts all requests, `call` those for text and embeddings (0 = another one). `status`: 0 = none was sent.
    `usage`: what the client was told, None = nothing. `open`: not at an end yet. `complete`: the whole answer was sent,
    to a client that was still there. `api_key`: as it was given.
    """

    number: int
    protocol: str
    path: str
    api_key: str
    call: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    stream: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)
    status: int = 0
    usage: ReplyUsage | None = None
    open: bool = True
    complete: bool = False


@dataclass(frozen=True)
class Totals:
    """Sums over what was reported. `calls` counts the requests for text and embeddings, whatever became of them."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached: int = 0
    reasoning: int = 0
    cache_written: int = 0
    calls: int = 0


class Book:
    """Written by the provider's thread, read by all."""

    def __init__(self) -> None:
        self._entries: list[Served] = []
        self._changed = threading.Condition()

    def enter(self, protocol: str, **fields: Any) -> Served:
        """Add an entry and return it."""
        with self._changed:
            call = 1 + sum(entry.call > 0 for entry in self._entries) if protocol in CALLS else 0
            entry = Served(len(self._entries) + 1, protocol, call=call, **fields)
            self._entries.append(entry)
            self._changed.notify_all()
            return entry

    def note(self, number: int, **fields: Any) -> None:
        """Change what is known of an entry."""
        with self._changed:
            self._entries[number - 1] = replace(self._entries[number - 1], **fields)
            self._changed.notify_all()

    def read(self) -> list[Served]:
        """Return all entries, in the order of arrival."""
        with self._changed:
            return list(self._entries)

    def wait(self, count: int, timeout_s: float) -> bool:
        """Wait until at least `count` requests came and none is open; say whether it came to that."""

        def settled() -> bool:
            return len(self._entries) >= count and not any(entry.open for entry in self._entries)

        with self._changed:
            return self._changed.wait_for(settled, timeout_s)

    def ended(self, number: int, timeout_s: float) -> Served | None:
        """Wait until the request of a number came to its end; return it, or None if it did not in this time."""

        def done() -> bool:
            return len(self._entries) >= number and not self._entries[number - 1].open

        with self._changed:
            return self._entries[number - 1] if self._changed.wait_for(done, timeout_s) else None

    def totals(self) -> Totals:
        """Add up the usage that was reported."""
        entries = self.read()
        told = [entry.usage for entry in entries if entry.usage is not None]
        return Totals(
            input_tokens=sum(usage.input_tokens for usage in told),
            output_tokens=sum(usage.output_tokens for usage in told),
            cached=sum(usage.cached for usage in told),
            reasoning=sum(usage.reasoning for usage in told),
            cache_written=sum(usage.cache_written for usage in told),
            calls=sum(entry.call > 0 for entry in entries),
        )


CALLS = ("chat", "responses", "messages", "embeddings")
