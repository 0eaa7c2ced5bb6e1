"""The matrix of votes G ∈ {0, 1, NA}^(N×m) and its statistics: rows are cases, columns predicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from rqgm.core.counts import Counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rqgm.judging.rubrics.predicates import Grader, Predicate, Vote

NA = -1
Column = NDArray[np.int8]
Reals = NDArray[np.float64]
Pairs = NDArray[np.intp]
"""Rows (strong, weak), shape P×2."""

Case = TypeVar("Case")


@dataclass(frozen=True)
class Votes:
    """G as an N×m array of int8; NA is -1."""

    values: Column

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or not np.isin(self.values, (NA, 0, 1)).all():  # noqa: PLR2004  # N×m
            raise ValueError("votes are an N×m array of 0, 1 and NA (-1)")

    @property
    def rates(self) -> list[Counts]:
        """How often each predicate is satisfied and how often not; NA left out."""
        satisfied, broken = (self.values == 1).sum(axis=0), (self.values == 0).sum(axis=0)
        return [Counts(int(yes), int(no)) for yes, no in zip(satisfied, broken, strict=True)]

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Which columns never differ among their answers."""
        return np.array([not (counts.successes and counts.failures) for counts in self.rates], dtype=bool)

    @property
    def filled(self) -> Reals:
        """G with NA put at its column's mean (½ where a column has no answer), so that NA carries no information."""
        answered = self.values != NA
        count = answered.sum(axis=0)
        total = np.where(answered, self.values, 0).sum(axis=0)
        means = np.where(count > 0, total / np.maximum(count, 1), 0.5)
        return np.where(answered, self.values, means).astype(float)

    def discordant(self, pairs: Pairs) -> list[Counts]:
        """Return for each predicate how often only the strong side satisfies it, and only the weak side."""
        strong, weak = self.values[pairs[:, 0]], self.values[pairs[:, 1]]
        only_strong = ((strong == 1) & (weak == 0)).sum(axis=0)
        only_weak = ((strong == 0) & (weak == 1)).sum(axis=0)
        return [Counts(int(yes), int(no)) for yes, no in zip(only_strong, only_weak, strict=True)]

    def differences(self, pairs: Pairs) -> Reals:
        """Return strong minus weak of each pair, P×m; 0 where either side is NA."""
        strong, weak = self.values[pairs[:, 0]], self.values[pairs[:, 1]]
        return np.where((strong == NA) | (weak == NA), 0, strong - weak).astype(float)


def as_column(votes: Sequence[Vote]) -> Column:
    """Return one predicate's votes as an array of int8."""
    return np.array([NA if vote is None else vote for vote in votes], dtype=np.int8)


def grade(grader: Grader[Case], predicates: Sequence[Predicate], cases: Sequence[Case]) -> Votes:
    """Let every predicate vote on every case."""
    columns = [as_column([grader.vote(predicate, case) for case in cases]) for predicate in predicates]
    return Votes(np.stack(columns, axis=1) if columns else np.empty((len(cases), 0), dtype=np.int8))


def correlation(left: Reals, right: Reals) -> float:
    """Return Pearson's correlation of two columns, 0 if either is constant."""
    a, b = left - left.mean(), right - right.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(np.clip(a @ b / norm, -1.0, 1.0)) if norm > 0 else 0.0
