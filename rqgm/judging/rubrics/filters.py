"""Filters: reasons to refuse a predicate, each a statistic of its votes. A reason is a word, None means kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rqgm.judging.rubrics.matrix import correlation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rqgm.core.counts import Counts
    from rqgm.judging.rubrics.matrix import Column, Reals
    from rqgm.judging.rubrics.predicates import Predicate

LEAK_CHARS = 6
"""How long a text of a candidate must be before a predicate that repeats it counts as a leak."""


@dataclass(frozen=True, slots=True)
class Window:
    """Satisfaction rates that discriminate. A rate is outside when its posterior says so with `confidence`."""

    low: float
    high: float
    confidence: float = 0.8

    def too_wide(self, counts: Counts) -> bool:
        """Tell whether too many cases satisfy it: it should be decomposed."""
        return above(counts, self.high) >= self.confidence

    def too_narrow(self, counts: Counts) -> bool:
        """Tell whether too few cases satisfy it to tell any apart."""
        return 1.0 - above(counts, self.low) >= self.confidence


def above(counts: Counts, rate: float) -> float:
    """Return the posterior probability that a rate is above `rate`, under a uniform prior."""
    from scipy.special import betainc  # noqa: PLC0415  # 0.3 s to import

    return 1.0 - float(betainc(1 + counts.successes, 1 + counts.failures, rate))


def aligned(discordant: Counts) -> float:
    """Return the posterior probability that μ > 0: that of two that differ, the strong one satisfies it more often."""
    return above(discordant, 0.5)


def overlap(left: Column, right: Column) -> float:
    """Return how much of what satisfies either satisfies both (Jaccard), 0 if nothing does: the paper's overlap."""
    either = int(((left == 1) | (right == 1)).sum())
    return float(((left == 1) & (right == 1)).sum() / either) if either else 0.0


def nearest(column: Reals, kept: Reals) -> tuple[float, float]:
    """Return a column's highest and lowest correlation with the columns of `kept` (N×k); (0, 0) without any."""
    found = [correlation(column, other) for other in kept.T]
    return max([0.0, *found]), min([0.0, *found])


def leaks(predicate: Predicate, secrets: Iterable[str]) -> bool:
    """Tell whether a predicate's words or parameters repeat a candidate's text of at least `LEAK_CHARS` characters."""
    said = _squeezed(" ".join([predicate.name, predicate.text, *_texts(dict(predicate.params))]))
    return any(
        len(secret) >= LEAK_CHARS and re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", said)
        for secret in map(_squeezed, secrets)
    )


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()


def _texts(data: object) -> list[str]:
    if isinstance(data, dict):
        return [text for key, value in data.items() for text in (str(key), *_texts(value))]
    if isinstance(data, list):
        return [text for value in data for text in _texts(value)]
    return [str(data)]


def edge_interval(strong: Column, weak: Column) -> tuple[float, float, float]:
    """Return μ, the share by which the strong side satisfies it more often, with its 95 % interval (paired).

    Pairs with NA are left out; without any pair it is (0, -1, 1).
    """
    from rqgm.core.intervals import paired_difference  # noqa: PLC0415

    both = (strong >= 0) & (weak >= 0)
    if not np.any(both):
        return 0.0, -1.0, 1.0
    found = paired_difference([bool(v) for v in weak[both]], [bool(v) for v in strong[both]])
    return found.difference, found.low, found.high
