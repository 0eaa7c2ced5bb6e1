"""Weights of a rubric's predicates: never negative, finite, adding up to 1.

Whitened uniform is RRD's (arXiv 2602.05125): w ∝ Σ^(−1/2)·1, clipped at 0. Few samples make Σ^(−1/2) large where
nothing varies, so the shrunk form drops constant columns, takes Σ of pair differences and shrinks it (Ledoit and
Wolf 2004, towards the mean variance times I).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rqgm.judging.rubrics.matrix import correlation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rqgm.judging.rubrics.matrix import Pairs, Reals, Votes

RIDGE = 1e-3


def uniform(count: int) -> Reals:
    """Return equal weights."""
    return np.full(count, 1.0 / count) if count else np.empty(0)


def whitened(votes: Votes, ridge: float = RIDGE) -> Reals:
    """Return the paper's weights: Σ of the votes with `ridge` added to its diagonal. Constant columns stay in."""
    count = votes.values.shape[1]
    if not count or len(votes.values) < 2:  # noqa: PLR2004  # no covariance of one sample
        return uniform(count)
    return from_covariance(np.atleast_2d(np.cov(votes.filled, rowvar=False)) + ridge * np.eye(count))


def shrunk(votes: Votes, pairs: Pairs) -> Reals:
    """Return whitened weights under the Ledoit–Wolf covariance of pair differences; constant columns get 0."""
    used = ~votes.constant
    weights = np.zeros(len(used))
    if not used.any():
        return uniform(len(used))
    differences = votes.differences(pairs)[:, used]
    weights[used] = from_covariance(ledoit_wolf(differences)[0]) if len(pairs) else uniform(int(used.sum()))
    return weights


def correlated(votes: Votes, right: NDArray[np.bool_]) -> Reals:
    """Return weights in proportion to each column's correlation with the label, clipped at 0."""
    filled, label = votes.filled, right.astype(float)
    found = np.array([max(0.0, correlation(column, label)) for column in filled.T])
    return _scaled(found, ~votes.constant)


def from_covariance(covariance: Reals) -> Reals:
    """Return Σ^(−1/2)·1 clipped at 0 and scaled to 1. `covariance` is symmetric, m×m; a zero matrix gives uniform."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    floor = 1e-9 * max(float(values.max(initial=0.0)), 0.0)
    if floor <= 0:
        return uniform(len(covariance))
    roots = 1.0 / np.sqrt(np.maximum(values, floor))
    found = vectors @ (roots * (vectors.T @ np.ones(len(values))))
    return _scaled(np.maximum(found, 0.0), np.ones(len(values), dtype=bool))


def ledoit_wolf(samples: Reals) -> tuple[Reals, float]:
    """Return the shrunk covariance of `samples` (n×m) and its shrinkage in [0, 1] towards the mean variance times I."""
    count, width = samples.shape
    centred = samples - samples.mean(axis=0)
    sample = centred.T @ centred / count
    target = np.trace(sample) / width * np.eye(width)
    distance = float(((sample - target) ** 2).sum())
    if distance <= 0:
        return target, 1.0
    spread = float((np.einsum("ni,ni->n", centred, centred) ** 2).sum()) / count - float((sample**2).sum())
    shrinkage = min(1.0, max(0.0, spread / count / distance))
    return shrinkage * target + (1 - shrinkage) * sample, shrinkage


def _scaled(found: Reals, fallback: NDArray[np.bool_]) -> Reals:
    """Scale to 1; where nothing is left, equal weights on `fallback`, or on all."""
    total = float(found.sum())
    if total > 0 and np.isfinite(total):
        return found / total
    if fallback.any():
        return fallback / float(fallback.sum())
    return uniform(len(found))
