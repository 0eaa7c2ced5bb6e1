"""The ledger: events in SQLite, only ever appended, each chained to the one before by its hash.

Everything that a run knows is a fold over these events. Results that have arrived but
may not be committed yet (they are committed in dispatch order) wait in a table of their own, the inbox, so that work
that was paid for survives a kill.
"""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from rqgm.core.errors import IntegrityError, RunStoppedError
from rqgm.core.hashes import canonical_json, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

SCHEMA_VERSION = 1
GENESIS = "0" * 64

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
  prev_hash TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS events_are_never_changed BEFORE UPDATE ON events
  BEGIN SELECT RAISE(ABORT, 'events are only ever appended'); END;
CREATE TRIGGER IF NOT EXISTS events_are_never_deleted BEFORE DELETE ON events
  BEGIN SELECT RAISE(ABORT, 'events are only ever appended'); END;
CREATE TABLE IF NOT EXISTS inbox (n INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the ledger; `at` is seconds since 1970, `body` JSON data."""

    seq: int
    at: float
    kind: str
    body: dict[str, Any]
    prev_hash: str
    hash: str


def chain(prev_hash: str, seq: int, at: float, kind: str, body: str) -> str:
    """Return the hash of an event, which covers its content and the event before it."""
    return sha256(f"{prev_hash}\n{seq}\n{at!r}\n{kind}\n{body}".encode("utf-8", "surrogatepass"))


class Ledger:
    """An open ledger. One process writes; any number may read."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time, read_only: bool = False) -> None:
        self.path = path
        self._clock = clock
        if read_only and not path.exists():
            raise IntegrityError(f"{path}: no ledger here")
        mode = "ro" if read_only else "rwc"
        self._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)
        try:
            if not read_only:
                self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + SCHEMA)
            row = self._db.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise IntegrityError(f"{path}: not a ledger ({error})") from error
        self.seq: int = row[0] if row else 0
        self.head: str = row[1] if row else GENESIS

    def append(self, events: Sequence[tuple[str, dict[str, Any]]], *, taken: Sequence[int] = ()) -> list[Event]:
        """Append events in one transaction and drop the inbox entries `taken`; all of it happens or nothing."""
        made: list[Event] = []
        seq, head, at = self.seq, self.head, float(self._clock())
        for kind, body in events:
            seq += 1
            text = canonical_json(body)
            digest = chain(head, seq, at, kind, text)
            made.append(Event(seq, at, kind, body, head, digest))
            head = digest
        rows = [(e.seq, e.at, e.kind, canonical_json(e.body), e.prev_hash, e.hash) for e in made]
        self._write(
            ("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows),
            ("DELETE FROM inbox WHERE n = ?", [(n,) for n in taken]),
        )
        self.seq, self.head = seq, head
        return made

    def _write(self, *statements: tuple[str, list[tuple[Any, ...]]]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for statement, rows in statements:
                self._db.executemany(statement, rows)
            self._db.execute("COMMIT")
        except (sqlite3.Error, UnicodeEncodeError) as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            if isinstance(error, UnicodeEncodeError):
                raise  # text that should have been refused where it came in
            raise RunStoppedError(f"{self.path}: cannot be written ({error}); free the disk, then resume") from error

    def events(self, after: int = 0) -> Iterator[Event]:
        """Yield the events with seq > `after` in order, unchecked (see `verify`)."""
        rows = self._db.execute("SELECT * FROM events WHERE seq > ? ORDER BY seq", (after,))
        for seq, at, kind, body, prev_hash, digest in rows:
            yield Event(seq, at, kind, from_json(body), prev_hash, digest)

    def count(self, kind: str) -> int:
        """Return how many events of a kind there are, without reading them."""
        return int(self._db.execute("SELECT count(*) FROM events WHERE kind = ?", (kind,)).fetchone()[0])

    def verify(self) -> str:
        """Check the whole chain and return its head; IntegrityError names the first event that does not fit."""
        head, expected = GENESIS, 1
        for seq, at, kind, body, prev_hash, digest in self._db.execute("SELECT * FROM events ORDER BY seq"):
            if seq != expected or prev_hash != head or chain(head, seq, at, kind, body) != digest:
                raise IntegrityError(f"{self.path}: the chain breaks at event {expected}")
            head, expected = digest, expected + 1
        return head

    def keep(self, n: int, body: dict[str, Any]) -> None:
        """Keep a result that has arrived until it is its turn to be committed."""
        self._write(("INSERT OR REPLACE INTO inbox VALUES (?, ?)", [(n, canonical_json(body))]))

    def inbox(self) -> dict[int, dict[str, Any]]:
        """Return the results that have arrived but are not committed."""
        return {n: json.loads(body) for n, body in self._db.execute("SELECT n, body FROM inbox")}

    def running_s(self) -> float:
        """Return for how long the run was being carried out: its pauses, announced or not, are left out."""
        total, last = 0.0, None
        for at, kind in self._db.execute("SELECT at, kind FROM events ORDER BY seq"):
            if last is not None and kind != "run_resumed":
                total += at - last
            last = at
        return total

    def close(self) -> None:
        """Close the database; may be called twice."""
        self._db.close()
