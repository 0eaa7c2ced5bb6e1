"""A run that is killed again and again ends as if nobody had touched it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

DRIVER = Path(__file__).with_name("driver.py")
KILLS = 20


def test_a_run_killed_twenty_times_ends_as_the_undisturbed_one(tmp_path: Path) -> None:
    """Same lineage, same outcomes, same nodes, same tests; nothing counted twice."""
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(tmp_path), str(KILLS), "7"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] == KILLS
    calm, killed = found["calm"], found["killed"]
    assert calm["erased"] > 0
    assert killed["head"] == calm["head"]
    assert killed == calm
    assert (killed["counted_twice"], killed["counts_agree"], killed["chain_holds"]) == (0, True, True)
