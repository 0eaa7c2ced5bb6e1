"""Figures with their 95 % intervals: rates, and anything that is computed from weights of items."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rqgm.core.intervals import Z95

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DRAWS = 2_000
TAIL = 0.025
MAX_UNDEFINED = 0.05
"""Largest share of draws without a value that an interval forgives."""
ONE_CLUSTER = "no interval: all items are of one cluster"
_CHUNK = 4_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its 95 % interval. What is undefined is None, and `reason` says why; `n` is the denominator."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain data, rounded to four places."""
        data: dict[str, Any] = {key: rounded(getattr(self, key)) for key in ("value", "low", "high")}
        if self.n is not None:
            data["n"] = self.n
        if self.reason:
            data["reason"] = self.reason
        return data


def figures_json(figures: Mapping[str, Figure]) -> dict[str, Any]:
    """Return plain data of named figures."""
    return {name: figure.to_json() for name, figure in figures.items()}


def rounded(value: float | None) -> float | None:
    """Return `value` to four places, without a negative zero."""
    return None if value is None else round(value, 4) + 0.0


def rate(hits: Bools, among: Bools | None = None, clusters: Ints | None = None, *, empty: str = "no items") -> Figure:
    """Return the share of `hits` (shape n) among the items of `among`, with Wilson's interval.

    With `clusters` (a code for each item) the interval is Wilson's at the effective sample size n / design effect, with
    Student's t for the few clusters (Korn and Graubard 1998); where the rate is 0 or 1 the design effect cannot be
    estimated, and each cluster counts once.
    """
    chosen = np.ones(len(hits), dtype=bool) if among is None else among
    n = int(chosen.sum())
    if n == 0:
        return Figure(None, n=0, reason=empty)
    value = int((hits & chosen).sum()) / n
    if clusters is None:
        low, high = wilson(value, n)
        return Figure(value, low, high, n)
    effective = _effective_size(hits[chosen].astype(np.float64), clusters[chosen])
    if effective is None:
        return Figure(value, n=n, reason=ONE_CLUSTER)
    low, high = wilson(value, effective)
    return Figure(value, low, high, n)


def wilson(value: float, n: float) -> tuple[float, float]:
    """Return Wilson's 95 % score interval of a rate `value` of `n` trials (Wilson 1927), closed at 0 and 1."""
    z2 = Z95 * Z95
    centre = (value + z2 / (2 * n)) / (1 + z2 / n)
    spread = Z95 * math.sqrt(value * (1 - value) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if value == 0 else max(0.0, centre - spread)
    high = 1.0 if value == 1 else min(1.0, centre + spread)
    return low, high


def _effective_size(hits: Floats, clusters: Ints) -> float | None:
    """Return how many independent trials the items are worth, at most as many as there are; None for one cluster."""
    from scipy.special import stdtrit  # noqa: PLC0415  # 0.3 s to import

    _, codes = np.unique(clusters, return_inverse=True)
    sizes = np.bincount(codes).astype(np.float64)
    groups, n = len(sizes), len(hits)
    if groups == 1:
        return None
    if groups == n:
        return n
    shrink = min(1.0, (Z95 / float(stdtrit(groups - 1, 1 - TAIL))) ** 2)
    value = float(hits.mean())
    if value in (0.0, 1.0):
        return groups * shrink
    residual = np.bincount(codes, weights=hits) - value * sizes
    variance = groups / (groups - 1) * float(residual @ residual) / n**2
    effect = max(1.0, variance / (value * (1 - value) / n))
    return max(1.0, n / effect * shrink)


@dataclass(frozen=True)
class Resamples:
    """Bootstrap resamples of items, as weights: how often each item was drawn. The same seed gives the same weights.

    Items are drawn within `strata` (shape n), so that each resample keeps their sizes; or, with `clusters`, whole
    clusters are drawn together.
    """

    strata: Ints
    clusters: Ints | None = None
    seed: int = 0
    draws: int = DRAWS

    def chunks(self) -> Iterator[Floats]:
        """Yield all weights, shape (draws, n), in parts that fit into memory."""
        generator = np.random.default_rng(self.seed)
        n = len(self.strata)
        size = max(1, _CHUNK // max(1, n))
        for start in range(0, self.draws, size):
            yield self._weights(generator, min(size, self.draws - start), n)

    def _weights(self, generator: np.random.Generator, count: int, n: int) -> Floats:
        if self.clusters is not None:
            _, codes = np.unique(self.clusters, return_inverse=True)
            return _drawn(generator, count, int(codes.max()) + 1)[:, codes]
        weights = np.zeros((count, n))
        for stratum in np.unique(self.strata):
            members = np.flatnonzero(self.strata == stratum)
            weights[:, members] = _drawn(generator, count, len(members))
        return weights

    def spread(self, compute: Callable[[Floats], Floats]) -> Floats:
        """Return what `compute` makes of all weights, shape (draws, …): it maps (k, n) to (k, …)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.concatenate([compute(weights) for weights in self.chunks()])

    @property
    def degenerate(self) -> bool:
        """Whether there is but one cluster, so that nothing can be resampled."""
        return self.clusters is not None and len(np.unique(self.clusters)) == 1


def _drawn(generator: np.random.Generator, count: int, n: int) -> Floats:
    """Return how often each of `n` things is drawn in `n` draws with replacement, `count` times: shape (count, n)."""
    drawn = generator.integers(0, n, size=(count, n)) + n * np.arange(count)[:, None]
    return np.bincount(drawn.ravel(), minlength=count * n).reshape(count, n).astype(np.float64)


def quietly(compute: Callable[[Floats], Floats], data: Floats) -> Floats:
    """Return what `compute` makes of `data`, with NaN or infinity where it divides by 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return compute(data)


def bootstrapped(value: float, draws: Floats, n: int | None = None, *, why: str = "", centred: bool = False) -> Figure:
    """Return a figure with the percentile interval of its `draws` (shape k; NaN where it is undefined).

    `why` is the reason to give when `value` itself is not finite. `centred` moves the draws so that their mean is the
    value: for figures that resampling biases upwards, such as a calibration error.
    """
    if not math.isfinite(value):
        return Figure(None, n=n, reason=why or "undefined")
    if not len(draws):
        return Figure(value, n=n, reason=ONE_CLUSTER)
    kept = draws[~np.isnan(draws)]
    if len(kept) < (1 - MAX_UNDEFINED) * len(draws):
        return Figure(value, n=n, reason="no interval: undefined in too many resamples")
    if centred:
        kept = np.clip(kept - (kept.mean() - value), 0.0, 1.0)
    low, high = np.quantile(kept, [TAIL, 1 - TAIL], method="inverted_cdf")
    if not (math.isfinite(low) and math.isfinite(high)):
        return Figure(value, n=n, reason="no interval: the denominator is 0 in too many resamples")
    return Figure(value, min(value, float(low)), max(value, float(high)), n)
