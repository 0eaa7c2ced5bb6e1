"""Runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rqgm.core.errors import ConfigError
from rqgm.run.comparison import compare, pool
from rqgm.run.session import open_run
from rqgm.run.summary import test_outcomes as outcomes_of


@pytest.fixture
def control(tiny: Path, tmp_path: Path, make_run: Any) -> Path:
    """Return the finished run's matched control: same seed, replacement off."""
    return make_run(tiny, tmp_path / "control", "epochs.replacement=off")


def generalists_outcomes(folder: Path) -> list[bool]:
    """Return what a run's generalist got right on the test pool."""
    run = open_run(folder)
    try:
        found = outcomes_of(run.state, run.criterion.role("coder"), run.state.endpoints["generalist"]["node"])
    finally:
        run.archive.close()
    assert found is not None
    return found


def test_a_run_is_paired_with_its_control_by_seed(finished: Path, control: Path) -> None:
    """In whatever order they are named; the difference is run minus control."""
    there, back = compare([finished, control]), compare([control, finished])
    (pair,) = there["pairs"]
    assert back["pairs"] == [pair]
    assert (pair["seed"], pair["run"], pair["control"]) == (3, "run", "control")
    difference = sum(generalists_outcomes(finished)) - sum(generalists_outcomes(control))
    assert pair["difference"] == pytest.approx(difference / 5)
    assert there["runs"][1]["replacement"] == "off" != there["runs"][0]["replacement"]


def test_runs_of_other_seeds_are_not_paired(finished: Path, tiny: Path, tmp_path: Path, make_run: Any) -> None:
    """Nor is a run with itself."""
    other = make_run(tiny, tmp_path / "other", "epochs.replacement=off", "seed=9")
    assert compare([finished, other])["pairs"] == []
    assert compare([finished])["pairs"] == []


def test_runs_that_are_not_finished_are_shown_and_not_paired(
    finished: Path, tiny: Path, tmp_path: Path, make_run: Any
) -> None:
    """There is nothing to compare yet."""
    begun = make_run(tiny, tmp_path / "begun", "epochs.replacement=off", finish=False)
    found = compare([finished, begun])
    assert len(found["runs"]) == 2
    assert (found["pairs"], found["pooled"]) == ([], None)


def test_runs_on_different_suites_cannot_be_compared(
    finished: Path, tiny: Path, tmp_path: Path, make_run: Any, spoil: Any
) -> None:
    """Their rates mean different things."""
    spoil(tiny / "tasks" / "sums" / "test-0" / "instruction.md", "Sum up.", "Subtract.")
    other = make_run(tiny, tmp_path / "other")
    with pytest.raises(ConfigError, match="different suites"):
        compare([finished, other])


def test_pooling_needs_two_pairs() -> None:
    """One seed has no spread."""
    assert pool([]) is None
    assert pool([{"difference": 0.1}]) is None


def test_pooled_differences_have_a_t_interval_over_seeds() -> None:
    """Mean 0.1, standard error 0.05774 over three seeds, t = 4.303."""
    found = pool([{"difference": value} for value in (0.0, 0.1, 0.2)])
    assert found is not None
    assert (found["pairs"], found["difference"]) == (3, pytest.approx(0.1))
    assert found["interval"] == pytest.approx([0.1 - 0.2484, 0.1 + 0.2484], abs=1e-4)


def test_equal_differences_have_an_interval_of_no_width() -> None:
    """No spread, no guess at one."""
    found = pool([{"difference": 0.1}] * 3)
    assert found is not None
    assert found["interval"] == pytest.approx([0.1, 0.1])


def test_a_control_of_another_budget_is_no_matched_control(
    finished: Path, tiny: Path, tmp_path: Path, make_run: Any
) -> None:
    """Same code, same seeds, same budget (spec §7)."""
    cheap = make_run(tiny, tmp_path / "cheap", "epochs.replacement=off", "budget.outcomes=12")
    assert compare([finished, cheap])["pairs"] == []
