"""Balanced accuracy, its interval over tasks, and the threshold."""

from __future__ import annotations

import numpy as np
import pytest

from rqgm.judging.rubrics.accuracy import balanced, best_threshold, measure


def test_accepting_all_is_worth_a_half() -> None:
    """However many are right: the balanced measure of spec/judges.md."""
    right = np.array([True] * 97 + [False] * 3)
    assert balanced(np.ones(100, dtype=bool), right) == 0.5
    assert balanced(right, right) == 1.0
    assert balanced(~right, right) == 0.0


def test_items_of_one_task_do_not_count_as_independent() -> None:
    """Copies of an item within a task leave the interval as it was; the same copies as tasks would narrow it."""
    accepted, right = [True, False, True, True] * 5, [True, False, False, True] * 5
    tasks = [f"t{i // 4}" for i in range(20)]
    once = measure(accepted, right, tasks)
    often = measure(accepted * 9, right * 9, tasks * 9)
    apart = measure(accepted * 9, right * 9, [f"{task}-{i}" for i in range(9) for task in tasks])
    assert (once.value, once.low, once.high) == (often.value, often.low, often.high)
    mixed = [True, False, False, True, *accepted[4:]]
    wide, narrow = (
        measure(mixed * 9, right * 9, tasks * 9),
        measure(mixed * 9, right * 9, [f"{t}-{i}" for i in range(9) for t in tasks]),
    )
    assert wide.value == pytest.approx(narrow.value)
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)
    assert apart.tasks == 45


def test_a_difference_is_paired() -> None:
    """A judge against itself differs by nothing, with no width."""
    right = [True, False] * 10
    accepted = [True, True, False, False] * 5
    tasks = [f"t{i // 2}" for i in range(20)]
    same = measure(accepted, right, tasks, baseline=accepted)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    better = measure(right, right, tasks, baseline=accepted)
    assert better.value == 0.5
    assert better.low > 0


def test_the_threshold_separates_what_can_be_separated() -> None:
    """In the gap; an abstention is never accepted; all alike gives a threshold all the same."""
    assert 0.4 < best_threshold([0.1, 0.4, 0.8, 0.9], [False, False, True, True]) <= 0.8
    assert best_threshold([None, 0.3, 0.6, None], [True, False, True, False]) > 0.3
    assert best_threshold([None, None], [True, False]) == 0.5
    assert 0 < best_threshold([0.0, 0.0], [True, False]) <= 1
