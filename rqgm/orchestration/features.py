"""Features: what a policy is told of drafts, independent of the embedder's basis and of the agents' order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rqgm.core.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_AGENTS = 64
VERSION = "features-1"  # changes with every change of what the columns below hold

EACH = (
    "answered",  # 0 or 1: the draft has a canonical answer
    "failed",  # 0 or 1: the agent timed out or died
    "empty",  # 0 or 1: no text, so a zero row among the vectors
    "share",  # [0, 1]: drafts with this answer, over all agents; 0 without an answer
    "plurality",  # 0 or 1: no other answer has a larger share
    "psi",  # [-1, 1]: cosine to the mean of the vectors
    "psi_rank",  # [0, 1]: the share of the other drafts whose psi is lower, smoothed; 0.5 alone
    "nearest",  # [-1, 1]: largest cosine to another draft; 0 alone
    "length",  # [-3, 3]: ln of the text's length over the median length, in characters + 1
    "evidence_known",  # 0 or 1: there is evidence
    "evidence",  # [0, 1]: its value; 0 without
    "evidence_rank",  # [0, 1]: the share of the other drafts with evidence whose evidence is less, equals count half; else 0.5
)
PAIR = (  # of [i, j]; the diagonal is a draft with itself
    "cosine",  # [-1, 1]
    "same_answer",  # 0 or 1: both have an answer, the same one
    "other_answer",  # 0 or 1: both have an answer, not the same one
    "share_gap",  # [-1, 1]: share of i less share of j
    "psi_gap",  # [-2, 2]: psi of i less psi of j
    "length_ratio",  # [-3, 3]: ln of the length of i over the length of j, in characters + 1
    "evidence_both",  # 0 or 1: there is evidence for both
    "evidence_gap",  # [-1, 1]: evidence of i less evidence of j; 0 unless both are known
)
WHOLE = (
    "agents",  # [0, 1]: ln N / ln 64
    "answered",  # [0, 1]: share of drafts with an answer
    "failed",  # [0, 1]: share of agents that failed
    "clusters",  # [0, 1]: different answers over N
    "top_share",  # [0, 1]: the largest share
    "margin",  # [0, 1]: the largest share less the second largest
    "entropy",  # [0, 1]: of the answers given, in nats over ln N; 0 where all agree or nobody answers
    "cosine_mean",  # [-1, 1]: over pairs of different drafts; 0 alone
    "cosine_least",  # [-1, 1]: over pairs of different drafts; 0 alone
    "evidence_known",  # [0, 1]: share of drafts with evidence
    "evidence_best",  # [0, 1]; 0 without any
    "evidence_range",  # [0, 1]: best less worst; 0 without any
    "minority_lead",  # [-1, 1]: best evidence outside the plurality less best inside; 0 unless both are known
    "length_range",  # [0, 3]: ln of the longest text over the shortest, in characters + 1
)


class FeatureError(ConfigError):
    """Features do not fit together, or cannot be made of what was given."""


@dataclass(frozen=True)
class Features:
    """What a policy is told of N drafts (1 to 64).

    All but `vectors` do not change when the embedder's basis is rotated, and follow a permutation of the agents.
    Raises FeatureError when shapes or values are not as told here.
    """

    version: str
    """Names what `each`, `pair` and `whole` hold; a policy's weights name the version that they were trained for."""
    vectors: NDArray[np.floating]
    """(N, d): unit rows, zero rows for empty drafts; for policies that want the embedding itself."""
    cosine: NDArray[np.floating]
    """(N, N) in [-1, 1], symmetric; 1 on the diagonal, 0 in rows and columns of empty drafts."""
    cluster: NDArray[np.integer]
    """(N,): drafts with the same canonical answer share a number >= 0; -1 = no answer. The numbers are names only."""
    evidence: NDArray[np.floating]
    """(N,) in [0, 1], NaN = none: tests passed, verifier's score, checked claims."""
    each: NDArray[np.floating]
    """(N, A): of each draft, finite; the columns of `version` are `EACH`."""
    pair: NDArray[np.floating]
    """(N, N, P): of ordered pairs, finite; the columns are `PAIR`."""
    whole: NDArray[np.floating]
    """(G,): of all drafts together, finite; the columns are `WHOLE`."""

    def __post_init__(self) -> None:
        count = self.agents
        if not 1 <= count <= MOST_AGENTS:
            raise FeatureError(f"features of {count} agents: a policy takes 1 to {MOST_AGENTS}")
        shapes = {
            "vectors": (count, None),
            "cosine": (count, count),
            "cluster": (count,),
            "evidence": (count,),
            "each": (count, None),
            "pair": (count, count, None),
            "whole": (None,),
        }
        for name, shape in shapes.items():
            found = np.shape(getattr(self, name))
            if len(found) != len(shape) or any(want not in (None, got) for want, got in zip(shape, found, strict=True)):
                wanted = "(" + ", ".join("any" if want is None else str(want) for want in shape) + ")"
                raise FeatureError(f"features of {count} agents: {name} has the shape {found}, not {wanted}")
        for name in ("vectors", "cosine", "each", "pair", "whole"):
            if not np.isfinite(getattr(self, name)).all():
                raise FeatureError(f"features of {count} agents: {name} holds NaN or infinity")
        known = self.evidence[~np.isnan(self.evidence)]
        if ((known < 0) | (known > 1)).any():
            raise FeatureError(f"features of {count} agents: evidence lies outside [0, 1] (NaN = none)")
        if not np.issubdtype(np.asarray(self.cluster).dtype, np.integer) or (np.asarray(self.cluster) < -1).any():
            raise FeatureError(f"features of {count} agents: cluster holds what is not a whole number >= -1")

    @property
    def agents(self) -> int:
        """How many drafts these are features of: N."""
        return len(self.cluster)
