"""Paired differences."""

from __future__ import annotations

import pytest

from rqgm.core.intervals import mcnemar, paired_difference


def test_no_items_or_unequal_items_are_refused() -> None:
    """There is nothing to pair."""
    with pytest.raises(ValueError, match="at least one: 0 and 0"):
        paired_difference([], [])
    with pytest.raises(ValueError, match="1 and 2"):
        paired_difference([True], [True, False])


def test_difference_is_second_minus_first() -> None:
    """Gains count for the second."""
    found = paired_difference([False, False, True, True], [True, True, True, False])
    assert found.difference == 0.25
    assert (found.only_first, found.only_second, found.items) == (1, 2, 4)
    assert found.low < 0.25 < found.high


def test_equal_lists_differ_by_nothing() -> None:
    """No discordant pair: difference 0 inside the interval, p = 1."""
    found = paired_difference([True] * 20, [True] * 20)
    assert found.difference == 0
    assert found.low < 0 < found.high
    assert found.p_value == 1.0


def test_interval_stays_within_what_is_possible() -> None:
    """A difference of rates lies between -1 and 1."""
    found = paired_difference([False] * 3, [True] * 3)
    assert -1 <= found.low < found.high <= 1


def test_swapping_the_sides_mirrors_the_result() -> None:
    """The comparison favours no side."""
    first, second = [True, False, False, True, False], [True, True, False, False, True]
    there, back = paired_difference(first, second), paired_difference(second, first)
    assert there.difference == -back.difference
    assert there.low == pytest.approx(-back.high)
    assert there.p_value == back.p_value


@pytest.mark.parametrize(
    ("gained", "lost", "p_value"), [(0, 0, 1.0), (5, 0, 2 / 32), (0, 5, 2 / 32), (3, 3, 1.0), (8, 2, 0.109375)]
)
def test_mcnemar_is_the_exact_binomial_test(gained: int, lost: int, p_value: float) -> None:
    """Two-sided, exact, at most 1."""
    assert mcnemar(gained, lost) == pytest.approx(p_value)
