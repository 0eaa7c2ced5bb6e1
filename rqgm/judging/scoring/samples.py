"""Samples: one judge's items as columns, with their resamples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from rqgm.core.words import Provenance, Verdict
from rqgm.judging.scoring.figures import Bools, Floats, Ints, Resamples

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rqgm.judging.scoring.recorded import Said, Truth

ACCEPT, REJECT, ABSTAIN = range(3)


@dataclass(frozen=True)
class Sample:
    """The items of one judge as columns, each of shape n."""

    accept: Bools
    """Whether the label is accept."""
    said: Ints
    """ACCEPT, REJECT or ABSTAIN."""
    unparsed: Bools
    machine: Bools
    human: Bools
    clusters: Ints | None
    probability: Floats
    """The judge's probability that the label is accept, NaN where it gave none."""
    score: Floats
    truth: Floats
    """The graded truth, NaN where there is none."""
    seed: int = 0

    @property
    def correct(self) -> Bools:
        """Whether the verdict is the label; an abstention never is."""
        label = np.where(self.accept, ACCEPT, REJECT)
        return np.equal(self.said, label)

    @property
    def resamples(self) -> Resamples:
        """Resamples within label and provenance, or of whole clusters."""
        strata = self.accept * 4 + self.machine * 2 + self.human
        return Resamples(strata.astype(np.int64), self.clusters, self.seed)

    @property
    def cells(self) -> Floats:
        """Which cell of the verdict table each item is in, one-hot, shape (n, 6)."""
        return np.eye(6)[np.where(self.accept, 0, 3) + self.said]

    def draws(self, compute: Callable[[Floats], Floats], value: float = 0.0) -> Floats:
        """Return the draws of what `compute` makes of weights, shape (k, n) to (k) or (k, figures).

        There are none where `value`, the figure itself, is undefined or nothing can be resampled.
        """
        resamples = self.resamples
        skip = resamples.degenerate or not math.isfinite(value)
        return np.array([]) if skip else resamples.spread(compute)

    @cached_property
    def resampled_cells(self) -> Floats:
        """Verdict tables of all resamples, shape (draws, 6); no draws if nothing can be resampled."""
        resamples, cells = self.resamples, self.cells
        return np.zeros((0, 6)) if resamples.degenerate else resamples.spread(lambda weights: weights @ cells)


def sample_of(truths: Mapping[str, Truth], said: Mapping[str, Said], seed: int = 0) -> Sample:
    """Return one judge's items as columns, in the order of their ids, so that the files' order decides nothing."""
    names = sorted(said)
    truth = [truths[name] for name in names]
    words = [said[name] for name in names]
    code = {Verdict.ACCEPT: ACCEPT, Verdict.REJECT: REJECT, Verdict.ABSTAIN: ABSTAIN, None: ABSTAIN}
    return Sample(
        accept=np.array([item.accept for item in truth], dtype=bool),
        said=np.array([code[word.verdict] for word in words], dtype=np.int64),
        unparsed=np.array([word.verdict is None for word in words], dtype=bool),
        machine=np.array([item.provenance is Provenance.MACHINE for item in truth], dtype=bool),
        human=np.array([item.provenance is Provenance.HUMAN for item in truth], dtype=bool),
        clusters=cluster_codes([(item.cluster, name) for item, name in zip(truth, names, strict=True)]),
        probability=_floats([word.probability for word in words]),
        score=_floats([word.score for word in words]),
        truth=_floats([item.score for item in truth]),
        seed=seed,
    )


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


def cluster_codes(clusters: Sequence[tuple[str | None, str]]) -> Ints | None:
    """Return a code for each item's cluster, given (cluster, id); an item without one is its own. None without any."""
    if all(cluster is None for cluster, _ in clusters):
        return None
    codes: dict[tuple[bool, str], int] = {}
    keys = [(cluster is None, name if cluster is None else cluster) for cluster, name in clusters]
    return np.array([codes.setdefault(key, len(codes)) for key in keys], dtype=np.int64)
