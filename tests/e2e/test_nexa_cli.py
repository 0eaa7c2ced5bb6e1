"""`rqgm nexa record`: coders answer for real, and what they said is measured without them."""

from __future__ import annotations

import json

import pytest


@pytest.mark.slow
def test_a_recorded_team_is_measured_without_it(at, tmp_path):
    """Drafts and second answers of the shipped workspace; an unknown policy, and nothing to record, are told."""
    place = at(tmp_path)
    made = place.rqgm(
        *("nexa", "record", "repair", "--agents", "3", "--steps", "60000", "--limit", "1", "--sandbox", "process"),
        *("--policies", "full,star", "--trainings", "0", "--out", "team.jsonl.zst", "--json"),
        timeout=300,
    )
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    assert told["episodes"] == {"train": 1, "validation": 1, "test": 1}
    assert told["made_of"]["role"] == "coder"
    assert told["turns"] >= 6
    found = place.rqgm("nexa", "eval", "team.jsonl.zst", "--policies", "parallel,full,star", "--json")
    assert found.returncode == 0, found.stderr
    rows = {row["policy"]: row for row in json.loads(found.stdout)["tables"][0]["rows"]}
    assert rows["parallel"]["extra_calls"] == 0
    assert rows["full"]["extra_calls"] == rows["star"]["extra_calls"] == 2
    assert (rows["full"]["critical_path"], rows["star"]["critical_path"]) == (2, 1)
    wrong = place.rqgm("nexa", "record", "repair", "--policies", "ful")
    assert (wrong.returncode, "did you mean 'full'" in wrong.stderr) == (2, True)
    nothing = place.rqgm("nexa", "record")
    assert (nothing.returncode, "--answers" in nothing.stderr) == (2, True)
