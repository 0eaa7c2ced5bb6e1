"""Benchmarks that have a quick form run through."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
JUDGES = [sys.executable, str(ROOT / "benchmarks" / "judges.py"), "--quick"]


@pytest.mark.slow
def test_judges_runs_through_and_has_every_figure_of_the_committed_result(tmp_path):
    """The quick form asks the real panel about a few items of each part; without public data, of two parts."""
    parts = ["held", "ranking", *(["samples"] if "RQGM_DATA" in os.environ else [])]
    out = tmp_path / "judges.json"
    argv = [*JUDGES, "--parts", *parts, "--sandbox", "process", "--allow-unsafe", "--out", str(out)]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    quick, kept = json.loads(out.read_text()), json.loads((ROOT / "benchmarks" / "results" / "judges.json").read_text())
    assert quick["quick"]
    assert not kept["quick"]
    for part in parts:
        assert quick[part].keys() == kept[part].keys()


def test_judges_names_the_data_that_it_misses():
    """Before anything is run, with exit code 2."""
    environment = {key: value for key, value in os.environ.items() if key != "RQGM_DATA"}
    done = subprocess.run(JUDGES, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 2
    assert "RQGM_DATA" in done.stderr
    assert "--parts" in done.stderr
