"""Balanced accuracy with intervals over tasks, whose items are alike, and the threshold that is best on fit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rqgm.core.streams import array_stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rqgm.judging.rubrics.matrix import Reals

DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A balanced accuracy, or a difference of two, with its 95 % interval over tasks (cluster bootstrap)."""

    value: float
    low: float
    high: float
    items: int
    tasks: int

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return asdict(self)


def balanced(accepted: NDArray[np.bool_], right: NDArray[np.bool_]) -> float:
    """Return the mean of the two sides' accuracies; a side without items counts as ½."""
    sides = [float(agreed.mean()) if agreed.size else 0.5 for agreed in (accepted[right], ~accepted[~right])]
    return sum(sides) / 2


def measure(
    accepted: Sequence[bool],
    right: Sequence[bool],
    tasks: Sequence[str],
    seed: int = 0,
    baseline: Sequence[bool] | None = None,
) -> Figure:
    """Return the balanced accuracy, or with `baseline` how much higher it is than that, on the same items."""
    names = list(dict.fromkeys(tasks))
    member = np.array([[task == name for task in tasks] for name in names], dtype=float)
    label = np.array(right, dtype=bool)
    draw = array_stream(seed, "bootstrap")
    chosen = draw.multinomial(len(names), np.full(len(names), 1 / len(names)), DRAWS)
    rows = np.concatenate([np.ones((1, len(names))), chosen]) @ member  # how often each item counts; first: once
    found = _balanced(rows, np.array(accepted, dtype=bool), label)
    if baseline is not None:
        found = found - _balanced(rows, np.array(baseline, dtype=bool), label)
    low, high = np.quantile(found[1:], [0.025, 0.975])
    return Figure(float(found[0]), float(low), float(high), len(label), len(names))


def _balanced(rows: Reals, accepted: NDArray[np.bool_], right: NDArray[np.bool_]) -> Reals:
    """Return the balanced accuracy for each row of item counts."""
    agreed = rows * (accepted == right)
    sides = [(agreed[:, side].sum(axis=1), rows[:, side].sum(axis=1)) for side in (right, ~right)]
    parts = [np.where(total > 0, good / np.maximum(total, 1), 0.5) for good, total in sides]
    return np.asarray((parts[0] + parts[1]) / 2, dtype=float)


def best_threshold(scores: Sequence[float | None], right: Sequence[bool]) -> float:
    """Return the threshold in (0, 1] of the best balanced accuracy: of equals, the one nearest to the middle score.

    A score of None is an abstention, which is never accepted.
    """
    label = np.array(right, dtype=bool)
    known = np.array([-1.0 if score is None else score for score in scores])
    levels = np.unique(known[known >= 0])
    if not len(levels):
        return 0.5
    cuts = np.unique(np.clip(np.round([*(levels[:-1] + levels[1:]) / 2, levels[-1], levels[0]], 6), 1e-6, 1.0))
    middle = float(np.median(levels))
    found = [(-round(balanced(known >= cut, label), 12), abs(cut - middle), float(cut)) for cut in cuts]
    return min(found)[2]
