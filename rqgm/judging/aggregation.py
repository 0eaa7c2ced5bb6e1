"""How a panel's opinions become one score and one verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rqgm.core.words import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    unsupported_weight: float = 1.0,
) -> PanelVerdict:
    """Turn opinions (by seat) into one verdict. Abstentions are left out; when all abstain nothing is accepted.

    ``weighted`` counts each vote by how far the seat's balanced accuracy lies above chance; a seat at or below chance
    counts nothing. ``dawid-skene`` is the posterior that the artifact is right, from each seat's two error rates (Dawid
    and Skene 1979, errors independent given the truth, prior one half): a seat that is always wrong informs as well.

    An opinion whose evidence does not hold counts `unsupported_weight` (in [0, 1]; 0 is an abstention): of a vote, of
    a score's weight, of log odds, and in ``min`` of its distance from 1.
    """
    trust = {seat: unsupported_weight if opinion.unsupported() else 1.0 for seat, opinion in opinions.items()}
    said = {
        seat: opinion
        for seat, opinion in opinions.items()
        if opinion.verdict is not Verdict.ABSTAIN and trust[seat] > 0
    }
    if not said:
        return PanelVerdict(0.0, accepted=False)
    if aggregation == "mean":
        score = math.fsum(trust[seat] * opinion.score for seat, opinion in said.items())
        score /= math.fsum(trust[seat] for seat in said)
    elif aggregation == "min":
        score = min(opinion.score + (1 - trust[seat]) * (1 - opinion.score) for seat, opinion in said.items())
    elif aggregation == "majority":
        score = _share(said, trust)
    else:
        assert calibration is not None, "a panel without its calibration is refused when it is loaded"
        if aggregation == "weighted":
            score = _share(said, {seat: trust[seat] * calibration.seats[seat].edge for seat in said})
        else:
            score = _posterior(said, trust, calibration)
    return PanelVerdict(score, accepted=score >= threshold)


def _share(said: Mapping[str, Opinion], weights: Mapping[str, float]) -> float:
    total = math.fsum(weights[seat] for seat in said)
    if total <= 0:
        return 0.0  # none of those that spoke is better than chance
    accepting = [weights[seat] for seat, opinion in said.items() if opinion.verdict is Verdict.ACCEPT]
    return math.fsum(accepting) / total


def _posterior(said: Mapping[str, Opinion], trust: Mapping[str, float], calibration: Calibration) -> float:
    odds = math.fsum(trust[seat] * calibration.seats[seat].log_odds(said[seat].verdict) for seat in said)
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, odds))))


def effective_votes(correlation: float, seats: int) -> float:
    """Return Kish's effective number of votes of `seats` judges whose errors correlate by `correlation` in the mean.

    k / (1 + (k - 1) rho); a negative mean correlation counts as 0, so that no panel has more votes than seats.
    """
    return seats / (1 + (seats - 1) * max(0.0, min(1.0, correlation)))
