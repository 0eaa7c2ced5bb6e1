"""Beta counts: successes and failures, and what can be believed after them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Counts:
    """Successes and failures of Bernoulli outcomes under a uniform prior, Beta(1 + S, 1 + F).

    Fractions occur where an outcome carries the weight of its measure.
    """

    successes: float = 0
    failures: float = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.successes + other.successes, self.failures + other.failures)

    @property
    def total(self) -> float:
        """Number of outcomes."""
        return self.successes + self.failures

    @property
    def rate(self) -> float | None:
        """Share of successes, None without outcomes."""
        return self.successes / self.total if self.total else None

    def best_belief(self, epsilon: float = 0.05) -> float:
        """Return the ε-quantile of the posterior, I⁻¹_ε(1+S, 1+F) (paper, replacement and endpoints)."""
        return _beta_quantile(1 + self.successes, 1 + self.failures, epsilon)

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the equal-tailed interval of the Jeffreys posterior, Beta(½ + S, ½ + F), closed at 0 and 1."""
        tail = (1 - confidence) / 2
        low = 0.0 if self.successes == 0 else _beta_quantile(0.5 + self.successes, 0.5 + self.failures, tail)
        high = 1.0 if self.failures == 0 else _beta_quantile(0.5 + self.successes, 0.5 + self.failures, 1 - tail)
        return low, high


def mean_belief(counts: Sequence[Counts], epsilon: float = 0.05) -> float:
    """Return the ε-quantile of the mean of independent posteriors, one of each role (utility is uniform over roles).

    The mean is taken as the Beta with its first two moments; for one role that is its own posterior, exactly.
    """
    posteriors = [(1 + c.successes, 1 + c.failures) for c in counts] or [(1.0, 1.0)]
    mean = sum(a / (a + b) for a, b in posteriors) / len(posteriors)
    variance = sum(a * b / ((a + b) ** 2 * (a + b + 1)) for a, b in posteriors) / len(posteriors) ** 2
    size = mean * (1 - mean) / variance - 1
    return _beta_quantile(mean * size, (1 - mean) * size, epsilon)


@lru_cache(maxsize=65_536)
def _beta_quantile(a: float, b: float, probability: float) -> float:
    from scipy.special import betaincinv  # noqa: PLC0415  # 0.3 s to import

    return float(betaincinv(a, b, probability))
