"""A finished synthetic run of some sixty nodes, and the same run as it stood earlier. Made by benchmarks/report.py."""

from __future__ import annotations

import sqlite3
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rqgm.archive.run_archive import LOCK_FILE, RunArchive
from rqgm.run.session import OpenedRun
from rqgm.testing.worlds import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

sys.path.append(str(Path(__file__).parents[4] / "benchmarks"))
WORLD = World(tasks=12, anchors=40, rejected=0.1, share=0.5, seed=3)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenedRun]:
    """A finished run; not to be changed."""
    import report

    folder = tmp_path_factory.mktemp("synthetic")
    (folder / LOCK_FILE).write_text("{}")
    size = report.Size(nodes=60, outcomes=400, first=60, tasks=12, anchors=40)
    made = report.synthetic(folder, size, WORLD)
    yield made
    made.archive.close()


@pytest.fixture
def earlier(run: OpenedRun, tmp_path: Path) -> Iterator[Callable[[int], OpenedRun]]:
    """`earlier(seq)`: the run as it stood after event `seq`, in a folder of its own, open for reading."""
    opened = []

    def make(seq: int) -> OpenedRun:
        folder = tmp_path / f"after-{seq}"
        folder.mkdir()
        (folder / LOCK_FILE).write_text("{}")
        for name in ("lineage.git", "blobs"):
            (folder / name).symlink_to(run.folder / name)
        with sqlite3.connect(folder / "ledger.sqlite") as database:
            database.execute("ATTACH ? AS whole", (str(run.folder / "ledger.sqlite"),))
            database.execute("CREATE TABLE events AS SELECT * FROM whole.events WHERE seq <= ?", (seq,))
        database.close()
        opened.append(replace(run, folder=folder, archive=RunArchive(folder)))
        return opened[-1]

    yield make
    for made in opened:
        made.archive.close()


@pytest.fixture
def grow(run: OpenedRun) -> Callable[[OpenedRun, int], None]:
    """`grow(earlier_run, seq)`: let its ledger come to event `seq`, as another process would."""

    def more(younger: OpenedRun, seq: int) -> None:
        with sqlite3.connect(younger.folder / "ledger.sqlite") as database:
            database.execute("ATTACH ? AS whole", (str(run.folder / "ledger.sqlite"),))
            have = database.execute("SELECT MAX(seq) FROM events").fetchone()[0]
            database.execute("INSERT INTO events SELECT * FROM whole.events WHERE seq > ? AND seq <= ?", (have, seq))
        database.close()

    return more
