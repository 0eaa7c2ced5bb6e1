"""The shipped experiment, killed again and again: SIGKILL at random moments, resumed each time."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.run.session import open_run

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 20
SHORT = ("-c", "budget.outcomes=120", "-c", "epochs.first=40", "--sandbox", "process")


@pytest.mark.slow
@pytest.mark.skipif("RQGM_LONG" not in os.environ, reason="takes some minutes; RQGM_LONG=1 runs it")
def test_twenty_kills_leave_no_trace(at, tmp_path):
    """The lineage, the outcomes and what every one of them was are those of the undisturbed run; no more was spent."""
    place = at(tmp_path)
    whole = finish(place, "run", "repair", "--out", "whole", *SHORT)
    rng = random.Random(20)
    moments = sorted(rng.sample(range(1, events_of(place.folder / "whole") * 9 // 10), KILLS))
    argv = ("run", "repair", "--out", "killed", *SHORT)
    for moment in moments:
        process = place.start(*argv)
        wait_for(process, place.folder / "killed", moment)
        time.sleep(rng.uniform(0, 0.5))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "the run came to its end before it was killed often enough"
        argv = ("resume", "killed")
    end = finish(place, "resume", "killed")
    assert end["lineage_head"] == whole["lineage_head"]
    assert end["outcomes"] == whole["outcomes"]
    assert end["endpoints"] == whole["endpoints"]
    assert outcomes_of(place.folder / "killed") == outcomes_of(place.folder / "whole")


def finish(place: Any, *argv: str) -> dict[str, Any]:
    """Run a command to its end and return its JSON; a slow machine has ten minutes."""
    done = place.rqgm(*argv, "--json", timeout=600)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def wait_for(process: Any, folder: Path, events: int) -> None:
    """Wait until so many events are in the run's ledger."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        if (folder / "ledger.sqlite").exists() and events_of(folder) >= events:
            return
        time.sleep(0.02)
    pytest.fail(f"the run did not come to {events} events: {process.poll()}")


def events_of(folder: Path) -> int:
    """Return how many events a run's ledger holds, also while it grows."""
    with closing(sqlite3.connect(f"file:{folder / 'ledger.sqlite'}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            return int(connection.execute("SELECT COUNT(*) FROM events").fetchone()[0])
        except sqlite3.OperationalError:  # the table is not there yet
            return 0


def outcomes_of(folder: Path) -> list[tuple]:
    """Return what every outcome of a run was, erased ones included."""
    run = open_run(folder)
    try:
        return [(r.n, r.node, r.role, r.task, r.measure, r.y, r.live, r.artifact) for r in run.state.records.values()]
    finally:
        run.archive.close()
