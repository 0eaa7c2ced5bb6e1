"""Rankings of candidates: how often the first of k is right, with ties taken by expectation, over tasks.

A ranking gives each candidate a key; the largest key wins. Keys may be tuples: the first entry decides, the next ones
break its ties. Candidates of equal keys are equally likely to be taken, and that expectation is computed, not drawn.
"""

from __future__ import annotations

from itertools import groupby
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from rqgm.judging.scoring.figures import Figure, Resamples, bootstrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

Key = tuple[float, ...]


def best_of(keys: Sequence[Key], right: Sequence[bool], k: int) -> float:
    """Return the chance that the best of `k` candidates, drawn from the pool without replacement, is right.

    The best@k of R2E-Gym (arXiv 2504.07164), exactly: the best drawn key is a group's with a hypergeometric chance, and
    within a group of equal keys each is as likely. `k` beyond the pool takes the whole pool: is the ranking's first right?
    ValueError for an empty pool or a `k` below 1.
    """
    n = len(keys)
    if n == 0 or len(right) != n or k < 1:
        raise ValueError(f"{n} keys, {len(right)} labels, k = {k}: give as many labels as keys, and k of 1 or more")
    k = min(k, n)
    chance, below = 0.0, 0
    ordered = sorted(zip(keys, right, strict=True), key=lambda pair: pair[0])
    for _, group in groupby(ordered, key=lambda pair: pair[0]):
        labels = [label for _, label in group]
        upto = below + len(labels)
        chance += sum(labels) / len(labels) * (comb(upto, k) - comb(below, k)) / comb(n, k)
        below = upto
    return chance


def any_of(right: Sequence[bool], k: int) -> float:
    """Return the chance that one of `k` candidates, drawn without replacement, is right: no ranking does better."""
    if not right or k < 1:
        raise ValueError(f"{len(right)} labels, k = {k}: give one or more of each")
    k = min(k, len(right))
    return 1 - comb(len(right) - sum(right), k) / comb(len(right), k)


def over_tasks(values: Sequence[float], seed: int = 0) -> Figure:
    """Return the mean of one value a task, with its 95 % interval (tasks are resampled)."""
    found = np.array(values, dtype=np.float64)
    resamples = Resamples(np.zeros(len(found), dtype=np.int64), seed=seed)
    draws = resamples.spread(lambda weights: weights @ found / len(found)) if len(found) > 1 else np.array([])
    return bootstrapped(float(found.mean()), draws, len(found))
