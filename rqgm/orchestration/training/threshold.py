"""Thresholds: above which logit a gate opens, so that most is gained, or that a budget is spent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


CLEAR = 2.0
"""Standard errors of a difference that is no accident."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What an item comes to if its gate is open. `gain` and `calls` are its shares of means."""

    logit: float
    environment: int
    """Which mean of calls it is a share of: each keeps to the budget by itself."""
    gain: float
    """Of reward, against a shut gate."""
    calls: float


def best_threshold(openings: Sequence[Opening], budget: float | None = None) -> float:
    """Return the logit above which gates shall open: where most is gained, or with a `budget` the least that keeps it.

    `budget` is in mean extra calls per item of every environment. It is spent rather than haggled over: of some hundred
    items the gain at the best of many thresholds is mostly chance's. So gates open as wide as the budget allows and as
    the gain is not worse than the best one within it by more than CLEAR standard errors. Nobody talks where that gains
    nothing. Equal logits open together.
    """
    ordered = sorted(openings, key=lambda one: -one.logit)
    logits = [one.logit for one in ordered]
    lasts = [place for place in range(len(ordered)) if logits[place : place + 2] != [logits[place]] * 2]
    environments = sorted({one.environment for one in ordered})
    spent = np.cumsum([[one.calls * (one.environment == e) for e in environments] for one in ordered], axis=0)
    gain = np.cumsum([one.gain for one in ordered])
    squares = np.cumsum([one.gain**2 for one in ordered])
    kept = [place for place in lasts if budget is None or (spent[place] <= budget).all()]
    last = max(kept, key=lambda place: gain[place], default=None)
    if last is not None and budget is not None:
        wider = [place for place in kept if place >= last]
        last = max(
            place for place in wider if gain[last] - gain[place] <= CLEAR * np.sqrt(squares[place] - squares[last])
        )
    if last is None or gain[last] <= 0:
        return logits[0] + 1.0 if logits else 1.0  # nobody talks
    return (logits[last] + logits[last + 1]) / 2 if last + 1 < len(logits) else logits[last] - 1.0
