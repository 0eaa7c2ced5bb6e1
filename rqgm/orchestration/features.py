"""Features: what a policy is told of drafts, independent of the embedder's basis and of the agents' order."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rqgm.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rqgm.orchestration.drafts import Draft
    from rqgm.orchestration.embeddings import Embedder

    Row = NDArray[np.float64]  # (N,), or as told
    Rows = NDArray[np.float64]  # (N, N) or (N, columns)

MOST_AGENTS = 64
_LONGER = 3.0  # logarithms of ratios of lengths end here: twenty times as long
_PSI_SCALE = 0.05  # differences of psi that count as clear: a rank without steps does not turn on a rounding error
_SHORTEST_MEAN = 1e-3
VERSION = "features-2"  # changes with every change of what the columns below hold

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
    "evidence_rank",  # [0, 1]: among the other drafts with evidence, the share with less, equals by half; else 0.5
    "proven",  # 1 or 0: all that was checked holds (evidence 1)
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


def features(drafts: Sequence[Draft], embedder: Embedder) -> Features:
    """Return what a policy is told of `drafts`, 1 to 64 of them, in their order.

    Permuting the drafts permutes the rows and changes no bit of them. Raises FeatureError for another number of drafts,
    or when the embedder does not give one finite row each.
    """
    if not 1 <= len(drafts) <= MOST_AGENTS:
        raise FeatureError(f"{len(drafts)} drafts: a policy takes 1 to {MOST_AGENTS}")
    vectors = _rows([draft.text for draft in drafts], embedder)
    cosine = _cosines(vectors)
    cluster = _clusters([draft.answer for draft in drafts])
    share = _shares(cluster)
    facts = _Facts(
        cosine=cosine,
        psi=_psi(cosine),
        cluster=cluster,
        share=share,
        plurality=(cluster >= 0) & (share == share.max()),
        evidence=np.array([math.nan if draft.evidence is None else draft.evidence for draft in drafts]),
        lengths=np.array([math.log(len(draft.text) + 1) for draft in drafts]),
        failed=np.array([draft.failed for draft in drafts]),
    )
    return Features(
        version=VERSION,
        vectors=vectors,
        cosine=cosine,
        cluster=cluster,
        evidence=facts.evidence,
        each=_each(facts),
        pair=_pair(facts),
        whole=_whole(facts),
    )


@dataclass(frozen=True)
class _Facts:
    """What the columns are made of; (N,) where not told."""

    cosine: Rows  # (N, N)
    psi: Row
    cluster: NDArray[np.intp]
    share: Row
    plurality: NDArray[np.bool_]
    evidence: Row
    lengths: Row  # logarithms
    failed: NDArray[np.bool_]


# Sums below are over sorted values: the sum of the same numbers in another order may differ in its last bit.


def _rows(texts: Sequence[str], embedder: Embedder) -> Rows:
    """Return (N, d) unit rows in double precision."""
    rows = np.asarray(embedder.embed(texts), dtype=np.float64)
    if rows.ndim != 2 or len(rows) != len(texts) or not np.isfinite(rows).all():  # noqa: PLR2004
        found = "NaN or infinity" if rows.shape[:1] == (len(texts),) else f"the shape {rows.shape}"
        raise FeatureError(f"the embedder {embedder.name!r} gave {found} for {len(texts)} texts: it owes a row each")
    lengths = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    unit: Rows = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return unit


def _cosines(vectors: Rows) -> Rows:
    """Return (N, N), row by row: a matrix product's rounding may depend on where in the matrix a row stands."""
    cosine = np.stack([(vectors * vector).sum(axis=1) for vector in vectors]).clip(-1, 1)
    np.fill_diagonal(cosine, vectors.any(axis=1))
    return cosine


def _psi(cosine: Rows) -> Row:
    """Return each draft's cosine to the mean of the rows; where these all but cancel, it goes to 0."""
    filled = max(1.0, cosine.trace())
    to_mean = np.sort(cosine, axis=1).sum(axis=1) / filled
    length = math.sqrt(max(0.0, np.sort(to_mean).sum() / filled))
    psi: Row = (to_mean / max(length, _SHORTEST_MEAN)).clip(-1, 1)
    return psi


def _clusters(answers: Sequence[str | None]) -> NDArray[np.intp]:
    numbers = {answer: number for number, answer in enumerate(sorted({one for one in answers if one is not None}))}
    return np.array([-1 if answer is None else numbers[answer] for answer in answers], dtype=np.intp)


def _shares(cluster: NDArray[np.intp]) -> Row:
    """Return, for each draft, the share of all drafts that have its answer; 0 without one."""
    return np.where(cluster >= 0, (cluster[:, None] == cluster).sum(axis=1) / len(cluster), 0.0)


def _each(facts: _Facts) -> Rows:
    count = len(facts.psi)
    others = ~np.eye(count, dtype=bool)
    known = ~np.isnan(facts.evidence)
    nearest = np.where(others, facts.cosine, -1.0).max(axis=1)
    columns = {
        "answered": facts.cluster >= 0,
        "failed": facts.failed,
        "empty": facts.cosine.diagonal() == 0,
        "share": facts.share,
        "plurality": facts.plurality,
        "psi": facts.psi,
        "psi_rank": _rank(np.tanh((facts.psi[:, None] - facts.psi) / _PSI_SCALE), others),
        "nearest": nearest if count > 1 else np.zeros(1),
        "length": (facts.lengths - np.median(facts.lengths)).clip(-_LONGER, _LONGER),
        "evidence_known": known,
        "evidence": np.where(known, facts.evidence, 0.0),
        "evidence_rank": _rank(np.sign(_gaps(facts.evidence)), others & known & known[:, None]),
        "proven": facts.evidence == 1.0,
    }
    return np.stack([columns[name] for name in EACH], axis=1).astype(np.float64)


def _pair(facts: _Facts) -> Rows:
    answered = facts.cluster >= 0
    both = answered & answered[:, None]
    same = facts.cluster[:, None] == facts.cluster
    known = ~np.isnan(facts.evidence)
    columns = {
        "cosine": facts.cosine,
        "same_answer": both & same,
        "other_answer": both & ~same,
        "share_gap": facts.share[:, None] - facts.share,
        "psi_gap": facts.psi[:, None] - facts.psi,
        "length_ratio": (facts.lengths[:, None] - facts.lengths).clip(-_LONGER, _LONGER),
        "evidence_both": known & known[:, None],
        "evidence_gap": _gaps(facts.evidence),
    }
    return np.stack([columns[name] for name in PAIR], axis=2).astype(np.float64)


def _whole(facts: _Facts) -> Row:
    count = len(facts.cluster)
    sizes = sorted(Counter(facts.cluster[facts.cluster >= 0].tolist()).values(), reverse=True)
    first, second, *_ = (*sizes, 0, 0)
    odds = np.array(sizes) / max(1, sum(sizes))
    apart = np.sort(facts.cosine[np.triu_indices(count, 1)])
    known = facts.evidence[~np.isnan(facts.evidence)]
    lead = _best_known(facts.evidence[~facts.plurality]) - _best_known(facts.evidence[facts.plurality])
    columns = {
        "agents": math.log(count) / math.log(MOST_AGENTS),
        "answered": (facts.cluster >= 0).mean(),
        "failed": facts.failed.mean(),
        "clusters": len(sizes) / count,
        "top_share": first / count,
        "margin": (first - second) / count,
        "entropy": abs((odds * np.log(odds)).sum()) / math.log(max(count, 2)),
        "cosine_mean": apart.mean() if count > 1 else 0.0,
        "cosine_least": apart[0] if count > 1 else 0.0,
        "evidence_known": len(known) / count,
        "evidence_best": known.max() if len(known) else 0.0,
        "evidence_range": known.max() - known.min() if len(known) else 0.0,
        "minority_lead": 0.0 if math.isnan(lead) else lead,
        "length_range": min(facts.lengths.max() - facts.lengths.min(), _LONGER),
    }
    return np.array([columns[name] for name in WHOLE], dtype=np.float64)


def _best_known(evidence: Row) -> float:
    """Return the largest value that is known, NaN if none is."""
    known = evidence[~np.isnan(evidence)]
    return float(known.max()) if len(known) else math.nan


def _gaps(evidence: Row) -> Rows:
    """Return (N, N): evidence of i less evidence of j; 0 unless both are known."""
    gaps: Rows = np.nan_to_num(evidence[:, None] - evidence, nan=0.0)
    return gaps


def _rank(above: Rows, compared: NDArray[np.bool]) -> Row:
    """Return the mean, brought from [-1, 1] to [0, 1], of how far i is `above` the j that it is compared with."""
    sums: Row = np.sort(np.where(compared, above, 0.0), axis=1).sum(axis=1)
    rank: Row = 0.5 + 0.5 * sums / np.maximum(1, compared.sum(axis=1))
    return rank
