"""Thresholds: from which logit on a gate opens, so that a budget is kept and most is gained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Opening:
    """What an item comes to if its gate is open. `gain` and `calls` are its shares of means."""

    logit: float
    environment: int
    """Which mean of calls it is a share of: each keeps to the budget by itself."""
    gain: float
    """Of reward, against a shut gate."""
    calls: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which logit on gates open, and the mean gain per item that comes of it."""

    logit: float
    gain: float


def best_threshold(openings: Sequence[Opening], most_calls: float = np.inf) -> Threshold:
    """Return the threshold above which gates shall open: the one of the greatest gain among those that keep the budget.

    `most_calls` is the budget in mean extra calls per item of every environment. Equal logits open together; of equally
    good thresholds the highest.
    """
    ordered = sorted(openings, key=lambda one: -one.logit)
    environments = sorted({one.environment for one in ordered})
    spent = np.cumsum([[one.calls * (one.environment == e) for e in environments] for one in ordered], axis=0)
    gain = np.cumsum([one.gain for one in ordered])
    best, threshold = 0.0, max((one.logit for one in ordered), default=0.0) + 1.0  # nobody talks
    for place, one in enumerate(ordered):
        below = ordered[place + 1].logit if place + 1 < len(ordered) else one.logit - 2.0
        if below < one.logit and (spent[place] <= most_calls).all() and gain[place] > best:
            best, threshold = float(gain[place]), (one.logit + below) / 2
    return Threshold(threshold, best)
