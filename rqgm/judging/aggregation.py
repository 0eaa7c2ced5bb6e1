"""How a panel's opinions become one score and one verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rqgm.core.words import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rqgm.judging.calibration import Calibration
    from rqgm.judging.judge import Opinion

Aggregation = Literal["majority", "mean", "min", "weighted", "dawid-skene"]
CALIBRATED: frozenset[str] = frozenset({"weighted", "dawid-skene"})
"""Aggregations that need to know how right each seat was on labelled items."""


@dataclass(frozen=True, slots=True)
class PanelVerdict:
    """What a panel came to: a score in [0, 1] and whether it reaches the threshold."""

    score: float
    accepted: bool


def aggregate(
    opinions: Mapping[str, Opinion],
    aggregation: Aggregation,
    threshold: float,
    calibration: Calibration | None = None,
) -> PanelVerdict:
    """Turn opinions (by seat) into one verdict. Abstentions are left out; when all abstain nothing is accepted.

    ``weighted`` counts each vote by how far the seat's balanced accuracy lies above chance; a seat at or below chance
    counts nothing. ``dawid-skene`` is the posterior that the artifact is right, from each seat's two error rates (Dawid
    and Skene 1979, errors independent given the truth, prior one half): a seat that is always wrong informs as well.
    """
    said = {seat: opinion for seat, opinion in opinions.items() if opinion.verdict is not Verdict.ABSTAIN}
    if not said:
        return PanelVerdict(0.0, accepted=False)
    if aggregation == "mean":
        score = math.fsum(opinion.score for opinion in said.values()) / len(said)
    elif aggregation == "min":
        score = min(opinion.score for opinion in said.values())
    elif aggregation == "majority":
        score = _share(said, dict.fromkeys(said, 1.0))
    else:
        assert calibration is not None, "a panel without its calibration is refused when it is loaded"
        if aggregation == "weighted":
            score = _share(said, {seat: calibration.seats[seat].edge for seat in said})
        else:
            score = _posterior(said, calibration)
    return PanelVerdict(score, accepted=score >= threshold)


def _share(said: Mapping[str, Opinion], weights: Mapping[str, float]) -> float:
    total = math.fsum(weights.values())
    if total <= 0:
        return 0.0  # none of those that spoke is better than chance
    accepting = [weights[seat] for seat, opinion in said.items() if opinion.verdict is Verdict.ACCEPT]
    return math.fsum(accepting) / total


def _posterior(said: Mapping[str, Opinion], calibration: Calibration) -> float:
    odds = math.fsum(calibration.seats[seat].log_odds(opinion.verdict) for seat, opinion in said.items())
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, odds))))


def effective_votes(correlation: float, seats: int) -> float:
    """Return Kish's effective number of votes of `seats` judges whose errors correlate by `correlation` in the mean.

    k / (1 + (k - 1) rho); a negative mean correlation counts as 0, so that no panel has more votes than seats.
    """
    return seats / (1 + (seats - 1) * max(0.0, min(1.0, correlation)))


def votes_of(opinions: Sequence[Opinion]) -> list[float | None]:
    """Return votes as 1 (accept), 0 (reject) or None (abstain)."""
    return [None if o.verdict is Verdict.ABSTAIN else float(o.verdict is Verdict.ACCEPT) for o in opinions]
