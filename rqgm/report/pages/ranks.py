"""Rank correlation: how much the order of the nodes changes from one checkpoint to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST = 5
"""Nodes below which a rank correlation says nothing."""


def rank_changes(
    epochs: Sequence[dict[str, Any]], now: Sequence[Sequence[float]], outcomes: int
) -> list[dict[str, Any]]:
    """Return, for each checkpoint, how the order of nodes just before it agrees with that at the next one.

    `epochs` are the checkpoints' events, with `scores` [node, mean, outcomes]; `now` are the scores as the run stands,
    after so many `outcomes`. Where a seat was replaced, its verdicts were erased in between and measured anew. Each is
    {epoch, outcomes, until, replaced, erased, n, spearman, kendall, note}; the correlations are null with too few
    nodes, or when one order is all ties.
    """
    if not epochs:
        return []
    later = [*(event["scores"] for event in epochs[1:]), now]
    until = [*(event["outcomes"] for event in epochs[1:]), outcomes]
    return [
        {
            "epoch": event["epoch"],
            "outcomes": event["outcomes"],
            "until": end,
            "replaced": any(decision["replaced"] for decision in event["decisions"]),
            "erased": len(event["erased"]),
            **correlate(event["scores"], after),
        }
        for event, after, end in zip(epochs, later, until, strict=True)
    ]


def correlate(before: Sequence[Sequence[float]], after: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Return {n, spearman, kendall, note, points} over the nodes that have a score in both."""
    old, new = ({int(row[0]): row[1] for row in scores} for scores in (before, after))
    common = sorted(old.keys() & new.keys())
    found: dict[str, Any] = {"n": len(common), "spearman": None, "kendall": None, "note": ""}
    found["points"] = [[node, old[node], new[node]] for node in common]
    if len(common) < FEWEST:
        return found | {"note": f"too few nodes in both: {len(common)}, at least {FEWEST} are needed"}
    pair = [old[node] for node in common], [new[node] for node in common]
    if any(len(set(values)) == 1 for values in pair):
        return found | {"note": "all nodes have the same score, so there is no order"}
    from scipy.stats import kendalltau, spearmanr  # noqa: PLC0415  # 0.8 s to import

    spearman, kendall = spearmanr(*pair), kendalltau(*pair)
    return found | {"spearman": round(float(spearman.statistic), 4), "kendall": round(float(kendall.statistic), 4)}
