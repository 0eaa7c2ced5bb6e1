"""Thresholds: the one that gains most, or that spends a budget."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.orchestration.training.threshold import CLEAR, Opening, best_threshold

openings = st.lists(
    st.builds(
        Opening,
        logit=st.integers(-5, 5).map(float),
        environment=st.integers(0, 1),
        gain=st.integers(-3, 3).map(float),
        calls=st.integers(0, 3).map(float),
    ),
    max_size=12,
)


def opened(items: list[Opening], threshold: float) -> tuple[float, list[float]]:
    """Return what is gained above a threshold, and the calls of both environments."""
    above = [one for one in items if one.logit > threshold]
    return sum(one.gain for one in above), [sum(one.calls for one in above if one.environment == e) for e in (0, 1)]


def thresholds(items: list[Opening]) -> list[float]:
    """Return one threshold between any two logits, and one below and above all, the highest first."""
    logits = sorted({one.logit for one in items}, reverse=True)
    return [9.0, *(float(np.mean(pair)) for pair in pairwise(logits)), -9.0]


@given(openings)
def test_without_a_budget_no_threshold_gains_more(items: list[Opening]) -> None:
    """Against every other that parts the logits."""
    gain, _ = opened(items, best_threshold(items))
    assert gain == max(opened(items, other)[0] for other in thresholds(items))


@given(openings, st.integers(0, 6).map(float))
def test_a_budget_is_kept_and_spent(items: list[Opening], budget: float) -> None:
    """In each environment; every wider opening that keeps it too is clearly worse than the best one there is."""
    found = best_threshold(items, budget)
    gain, calls = opened(items, found)
    assert max(calls) <= budget
    kept = [other for other in thresholds(items) if max(opened(items, other)[1]) <= budget]
    best = max(kept, key=lambda other: opened(items, other)[0])
    most, _ = opened(items, best)
    if gain == 0 and all(one.logit <= found for one in items):
        return  # nobody talks: the next test
    assert gain > 0
    for other in kept:
        if other < found and sum(found >= one.logit > other for one in items):
            between = [one.gain for one in items if best >= one.logit > other]
            assert most - opened(items, other)[0] > CLEAR * math.sqrt(sum(gained**2 for gained in between))


def test_a_budget_is_spent_on_what_may_be_chance_and_not_on_what_surely_gains_nothing() -> None:
    """Ups and downs by whole answers tell little; a row of calls that change nothing tells enough."""
    sure = [Opening(3.0, 0, 2.0, 0.1)]
    torn = [Opening(2.0 - 0.1 * k, 0, gain, 0.1) for k, gain in enumerate((-1.0, 1.0, -1.0, 1.0, -1.0))]
    idle = [Opening(1.0 - 0.1 * k, 0, -0.01, 0.1) for k in range(9)]
    assert opened([*sure, *torn], best_threshold([*sure, *torn], 9.0))[1][0] == pytest.approx(0.6)
    assert opened([*sure, *idle], best_threshold([*sure, *idle], 9.0))[1][0] < 0.55


def test_where_nothing_is_gained_nobody_talks() -> None:
    """Also without any item, and whatever the budget."""
    items = [Opening(2.0, 0, 0.0, 1.0), Opening(1.0, 0, -1.0, 1.0)]
    for budget in (None, 0.0, 5.0):
        assert opened(items, best_threshold(items, budget)) == (0.0, [0.0, 0.0])
        assert best_threshold([], budget) > 0
