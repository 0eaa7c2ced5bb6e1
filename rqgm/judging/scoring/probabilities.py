"""Figures of recorded probabilities and scores: Brier score, calibration errors, AUROC."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from rqgm.judging.scoring.figures import Bools, Figure, Floats, Ints, bootstrapped, quietly

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rqgm.judging.scoring.samples import Sample

BINS = 10
ONE_CLASS = "the items hold labels of one class only"


def calibration(sample: Sample) -> tuple[dict[str, Figure], dict[str, int]]:
    """Return Brier score, calibration errors and AUROC, and how many bins held something."""
    given = ~np.isnan(sample.probability)
    n = int(given.sum())
    p, y = np.where(given, sample.probability, 0.0), sample.accept.astype(np.float64)
    mask = given.astype(np.float64)
    wide = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    edges = np.unique(np.quantile(p[given], np.linspace(0, 1, BINS + 1)[1:-1])) if n else np.array([])
    even = np.searchsorted(edges, p, side="right")
    squares = (p - y) ** 2
    computed: dict[str, Callable[[Floats], Floats]] = {
        "brier": lambda w: (w @ (squares * mask)) / (w @ mask),
        "ece_equal_width": lambda w: calibration_error(w * mask, p, y, wide),
        "ece_equal_mass": lambda w: calibration_error(w * mask, p, y, even),
        "auroc": lambda w: auroc(w * mask, p, sample.accept),
    }
    scored = ~np.isnan(sample.score)
    s, marked = np.where(scored, sample.score, 0.0), scored.astype(np.float64)
    counts = dict.fromkeys(computed, n)
    if scored.any():
        computed["auroc_of_score"] = lambda w: auroc(w * marked, s, sample.accept)
        counts["auroc_of_score"] = int(scored.sum())
    bins = {"equal_width": len(np.unique(wide[given])), "equal_mass": len(np.unique(even[given]))}
    return _figures(sample, computed, counts), bins


def _figures(
    sample: Sample, computed: Mapping[str, Callable[[Floats], Floats]], counts: Mapping[str, int]
) -> dict[str, Figure]:
    """Return figures that are computed from weights, shape (k, n) to (k), all on the same resamples."""
    once = np.ones((1, len(sample.said)))
    found = {name: float(quietly(compute, once)[0]) if counts[name] else math.nan for name, compute in computed.items()}
    defined = [name for name, value in found.items() if math.isfinite(value)]
    draws = dict.fromkeys(computed, np.array([]))
    if defined:
        drawn = sample.draws(lambda w: np.stack([computed[name](w) for name in defined], axis=-1))
        draws |= {name: drawn[..., at] for at, name in enumerate(defined) if len(drawn)}
    return {
        name: bootstrapped(
            value,
            draws[name],
            counts[name],
            why=ONE_CLASS if counts[name] else "no probabilities were recorded",
            centred=name.startswith("ece"),
        )
        for name, value in found.items()
    }


def calibration_error(weights: Floats, p: Floats, y: Floats, bins: Ints) -> Floats:
    """Return the expected calibration error: |mean label - mean probability| of each bin, weighted by its size.

    `weights` has shape (k, n), `p`, `y` and `bins` (a code for each item) shape n; the result has shape k.
    """
    member = np.eye(int(bins.max()) + 1)[bins]
    gaps: Floats = np.abs(weights @ (member * (y - p)[:, None]))
    result: Floats = gaps.sum(axis=-1) / weights.sum(axis=-1)
    return result


def auroc(weights: Floats, p: Floats, positive: Bools) -> Floats:
    """Return the chance that a positive item has the larger `p`, ties counting half; (k, n) weights to shape k."""
    order = np.argsort(p, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(p[order]) > 0])
    ups = np.add.reduceat(weights[:, order] * positive[order], starts, axis=-1)
    downs = np.add.reduceat(weights[:, order] * ~positive[order], starts, axis=-1)
    below = np.cumsum(downs, axis=-1) - downs / 2
    result: Floats = (ups * below).sum(axis=-1) / (ups.sum(axis=-1) * downs.sum(axis=-1))
    return result
