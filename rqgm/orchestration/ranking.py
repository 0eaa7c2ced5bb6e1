"""Rankings: in which order agents may speak, whatever their numbers are.

Policies work on features that were put into this order first. So a plan follows a permutation of the agents to the
last bit, sampled ones too: noise is drawn by place in the order, and sums run in it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rqgm.orchestration.features import Features

# Equal drafts must rank equal although a matrix product rounds their rows in different ways.
DIGITS = 9
LARGE = 1e6


def contributions(features: Features) -> NDArray[np.float64]:
    """Return ψ, (N,): each agent's cosine to the mean of all vectors; 0 where that mean is 0."""
    # Rows are sorted before they are summed: floating point addition would tell permutations apart.
    rows = np.sort(cosines(features), axis=1).mean(axis=1)
    squared = float(np.sort(rows).mean())
    return rows / np.sqrt(squared) if squared > 10.0**-DIGITS else np.zeros(len(rows))


def cosines(features: Features) -> NDArray[np.float64]:
    """Return the cosines, (N, N), held to [-1, 1]."""
    return np.clip(np.asarray(features.cosine, dtype=np.float64), -1.0, 1.0)


def cluster_sizes(features: Features) -> NDArray[np.int64]:
    """Return for each agent how many have its answer, (N,); 0 for one without an answer."""
    cluster = np.asarray(features.cluster)
    return np.where(cluster < 0, 0, (cluster[:, None] == cluster[None, :]).sum(axis=1))


def ranked(features: Features, *, evidence_first: bool = True) -> list[int]:
    """Return the agents, best first: who has an answer, then by falling evidence (none comes last), then by falling ψ.

    Without `evidence_first` by ψ alone, as in the paper. Ties are broken by the size of the cluster and then by the
    content of all that the features tell of an agent. Who is equal in all that too, to `DIGITS` digits, is the same to
    a policy: a copy, or one of two drafts with the same text and evidence and different answers, given equally often.
    Only there the agents' numbers decide.
    """
    psi = rounded(contributions(features))
    sizes = cluster_sizes(features)
    evidence = np.where(np.isnan(features.evidence), -1.0, features.evidence)
    proof = [(not sizes[n], -float(evidence[n])) for n in range(features.agents)]
    typical = [-float(value) for value in psi]
    first, then = (proof, typical) if evidence_first else (typical, proof)
    keys: list[tuple[Any, ...]] = list(zip(first, then, (-sizes).tolist(), strict=True))
    if len(set(keys)) < len(keys):
        keys = list(zip(keys, _contents(features), strict=True))
    return sorted(range(features.agents), key=keys.__getitem__)


def arranged(features: Features, order: list[int]) -> Features:
    """Return the features of the same agents, the one at place i being ``order[i]``; clusters named as they come."""
    found = np.asarray(features.cluster)[order]
    names: dict[int, int] = {-1: -1}
    cluster = np.array([names.setdefault(int(name), len(names) - 1) for name in found], dtype=np.int64)
    return replace(
        features,
        vectors=np.asarray(features.vectors)[order],
        cosine=np.asarray(features.cosine)[np.ix_(order, order)],
        cluster=cluster,
        evidence=np.asarray(features.evidence)[order],
        each=np.asarray(features.each)[order],
        pair=np.asarray(features.pair)[np.ix_(order, order)],
    )


def rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values to `DIGITS` digits, without a negative zero; large ones as they are, they would overflow."""
    small = np.abs(values) < LARGE
    return np.where(small, np.round(np.where(small, values, 0.0), DIGITS), values) + 0.0


def _contents(features: Features) -> list[tuple[bytes, ...]]:
    """Return for each agent what is known of it, as something that can be compared and does not hold its number."""
    count = features.agents
    blocks = [
        np.sort(cosines(features), axis=1),
        np.asarray(features.each, dtype=np.float64),
        np.sort(np.asarray(features.pair, dtype=np.float64), axis=1).reshape(count, -1),
        np.sort(np.asarray(features.pair, dtype=np.float64), axis=0).swapaxes(0, 1).reshape(count, -1),
        np.asarray(features.vectors, dtype=np.float64),
    ]
    even = [rounded(block) for block in blocks]
    return [tuple(block[n].tobytes() for block in even) for n in range(count)]
