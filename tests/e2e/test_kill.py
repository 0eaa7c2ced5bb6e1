"""The shipped experiment, killed again and again: SIGKILL at random moments, resumed each time."""

from __future__ import annotations

import json
import os
import random
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
    moments = sorted(rng.sample(range(1, place.events("whole") * 9 // 10), KILLS))
    argv = ("run", "repair", "--out", "killed", *SHORT)
    for moment in moments:
        place.kill("killed", moment, *argv, delay_s=rng.uniform(0, 0.5))
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


def outcomes_of(folder: Path) -> list[tuple]:
    """Return what every outcome of a run was, erased ones included."""
    run = open_run(folder)
    try:
        return [(r.n, r.node, r.role, r.task, r.measure, r.y, r.live, r.artifact) for r in run.state.records.values()]
    finally:
        run.archive.close()
