"""One run's folder, held by one process: its ledger, lineage and blobs, and the state folded from them.

::

    <run>/
      run.lock.json     the resolved experiment: all that the run ever reads
      lineage.git       one commit a node
      ledger.sqlite     events, only ever appended
      blobs/            artifacts, by content
      held              locked by the process that runs it
"""

from __future__ import annotations

import fcntl
import os
import time
from typing import IO, TYPE_CHECKING, Any, Self

from rqgm.archive.blobs import Blobs
from rqgm.archive.ledger import Ledger
from rqgm.archive.lineage import Lineage
from rqgm.archive.state import State
from rqgm.core.errors import ConfigError, RunBusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

LOCK_FILE = "run.lock.json"


class RunArchive:
    """An open run. `writer=True` takes the folder for this process and fails with RunBusyError if another has it."""

    def __init__(
        self, folder: Path, *, writer: bool = False, create: bool = False, clock: Callable[[], float] = time.time
    ) -> None:
        self.folder = folder
        self._held: IO[str] | None = None
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        elif not (folder / LOCK_FILE).exists():
            raise ConfigError(f"{folder}: not a run (no {LOCK_FILE}); runs lie in archive/runs/")
        if writer:
            self._hold()
        try:
            self._open(writer, clock)
        except BaseException:
            self._release()
            raise

    def _open(self, writer: bool, clock: Callable[[], float]) -> None:
        folder = self.folder
        self.blobs = Blobs(folder / "blobs")
        missing = not (folder / "lineage.git" / "HEAD").exists()
        self.lineage = Lineage(folder / "lineage.git", create=missing and writer, writable=writer)
        self.ledger = Ledger(folder / "ledger.sqlite", clock=clock, read_only=not writer)
        try:
            self.state = State.fold(self.ledger.events())
        except BaseException:
            self.ledger.close()
            raise

    def _hold(self) -> None:
        held = (self.folder / "held").open("a+")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            held.seek(0)
            owner = held.read(20).strip() or "unknown"
            held.close()
            raise RunBusyError(f"{self.folder}: process {owner} is running it; wait for it, or end it first") from error
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        self._held = held

    def commit(self, *events: tuple[str, dict[str, Any]], taken: Sequence[int] = ()) -> None:
        """Append events to the ledger in one transaction, then apply them to the state."""
        self.ledger.append(events, taken=taken)
        for kind, body in events:
            self.state.apply(kind, body)

    def close(self) -> None:
        """Close the files and give the folder free; may be called twice."""
        self.ledger.close()
        self._release()

    def _release(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
