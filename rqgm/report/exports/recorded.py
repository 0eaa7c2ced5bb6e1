"""The recorded calls of a run to language models, by the job that made them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Self

from rqgm.archive.blobs import Blobs
from rqgm.archive.ledger import Ledger
from rqgm.core.errors import IntegrityError
from rqgm.gateway.calls import CALLS_FILE, Call
from rqgm.report.exports.conversations import Said, read_calls
from rqgm.report.exports.events import settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


class RecordedCalls:
    """What models were asked in a run, if anything. Texts are read when they are asked for."""

    def __init__(self, folder: Path) -> None:
        self._ledger = Ledger(folder / CALLS_FILE, read_only=True) if (folder / CALLS_FILE).exists() else None
        self._blobs = Blobs(folder / "blobs")
        self._by_scope: dict[str, list[tuple[float, Call]]] = defaultdict(list)
        for ended, call in self:
            self._by_scope[call.scope].append((ended, call))

    def __iter__(self) -> Iterator[tuple[float, Call]]:
        """Yield (when it ended, call) in order; seconds since 1970."""
        for event in settled(self._ledger) if self._ledger else ():
            if event.kind == "call" and event.body["call"] is not None:
                yield event.at, Call(**event.body["call"])

    @property
    def scopes(self) -> Iterable[str]:
        """The names of the jobs that called."""
        return self._by_scope.keys()

    def of(self, scope: str) -> list[tuple[float, Call]]:
        """Return the calls of a job; of one that was run again after a kill, those of its last go, which counted."""
        go: list[tuple[float, Call]] = []
        seen: set[tuple[str, int]] = set()
        for ended, call in self._by_scope.get(scope, ()):
            if (call.digest, call.number) in seen:
                go, seen = [], set()
            seen.add((call.digest, call.number))
            go.append((ended, call))
        return go

    def said(self, scope: str) -> Iterator[Said]:
        """Yield what was said in a job's answered calls."""
        answered = (call for _, call in self.of(scope) if call.status < 400)  # noqa: PLR2004
        yield from read_calls((call, self.text(call.request), self.text(call.response)) for call in answered)

    def text(self, blob: str | None) -> bytes | None:
        """Return the bytes of a request or an answer, None where they were not kept or are gone."""
        try:
            return self._blobs.get(blob) if blob else None
        except IntegrityError:
            return None

    def close(self) -> None:
        """Close the record; may be called twice."""
        if self._ledger:
            self._ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
