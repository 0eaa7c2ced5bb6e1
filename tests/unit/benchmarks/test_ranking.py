"""Rankings: ties by expectation, against drawing every case; intervals over tasks."""

from __future__ import annotations

from itertools import combinations, permutations
from statistics import mean

import pytest
import ranking
from hypothesis import given
from hypothesis import strategies as st

POOLS = st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=6)


@given(POOLS, st.integers(1, 7))
def test_the_best_of_k_is_the_mean_over_all_draws_and_all_orders_of_equals(pool, k):
    def first_right(drawn):
        """Take each candidate of the highest key equally often."""
        top = max(key for key, _ in drawn)
        return mean(float(right) for key, right in drawn if key == top)

    expected = mean(first_right(drawn) for drawn in combinations(pool, min(k, len(pool))))
    found = ranking.best_of([(float(key),) for key, _ in pool], [right for _, right in pool], k)
    assert found == pytest.approx(expected)


@given(POOLS, st.integers(1, 7))
def test_no_ranking_is_above_the_bound_and_one_draw_is_chance(pool, k):
    keys, right = [(float(key),) for key, _ in pool], [label for _, label in pool]
    bound = mean(float(any(drawn)) for drawn in combinations(right, min(k, len(right))))
    assert ranking.any_of(right, k) == pytest.approx(bound)
    assert ranking.best_of(keys, right, k) <= bound + 1e-9
    assert ranking.best_of(keys, right, 1) == pytest.approx(mean(right))
    assert ranking.best_of([()] * len(right), right, k) == pytest.approx(mean(right))


def test_later_entries_of_a_key_only_break_ties():
    """Tests first: what the judges say moves nothing across shares of tests, whatever the order of the pool."""
    rows = [((1.0, 0.2), True), ((1.0, 0.1), False), ((0.5, 0.9), False)]
    for order in permutations(rows):
        keys, right = zip(*order, strict=True)
        assert ranking.best_of(keys, right, 3) == 1.0
        assert ranking.best_of([key[:1] for key in keys], right, 3) == 0.5
        assert ranking.best_of([key[1:] for key in keys], right, 3) == 0.0


@pytest.mark.parametrize(("keys", "right", "k"), [([], [], 1), ([()], [True, False], 1), ([()], [True], 0)])
def test_a_pool_that_cannot_be_ranked_is_refused(keys, right, k):
    with pytest.raises(ValueError, match="labels"):
        ranking.best_of(keys, right, k)


def test_intervals_are_over_tasks():
    found = ranking.over_tasks([1.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    assert (found.value, found.n) == (0.5, 6)
    assert 0.0 <= found.low < 0.2
    assert 0.8 < found.high <= 1.0
    assert ranking.over_tasks([0.3, 0.3]).low == pytest.approx(0.3)
    assert ranking.over_tasks([1.0]).low is None
