"""Thresholds: of all of them the one that gains most within the budget."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rqgm.orchestration.training.threshold import Opening, best_threshold

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


@given(openings, st.integers(0, 6).map(float))
def test_no_threshold_within_the_budget_gains_more(items: list[Opening], most: float) -> None:
    """Against every other that parts the logits; the budget holds in each environment."""
    found_best = best_threshold(items, most)
    gain, calls = opened(items, found_best.logit)
    assert max(calls) <= most
    assert gain == found_best.gain
    logits = sorted({one.logit for one in items})
    for other in [-9.0, 9.0, *(np.mean(pair) for pair in pairwise(logits))]:
        found, spent = opened(items, float(other))
        assert found <= gain or max(spent) > most


def test_where_nothing_is_gained_nobody_talks() -> None:
    """Also without any item."""
    items = [Opening(2.0, 0, 0.0, 1.0), Opening(1.0, 0, -1.0, 1.0)]
    assert opened(items, best_threshold(items).logit) == (0.0, [0.0, 0.0])
    assert best_threshold([]).logit > 0
