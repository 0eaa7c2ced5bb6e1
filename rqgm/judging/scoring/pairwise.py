"""Scores of pairwise answers in both orders: accuracy, consistency and position bias."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from rqgm.core.intervals import paired_difference
from rqgm.judging.scoring.figures import (
    Bools,
    Figure,
    Floats,
    Ints,
    Resamples,
    bootstrapped,
    figures_json,
    rate,
    wilson,
)
from rqgm.judging.scoring.recorded import Answers
from rqgm.judging.scoring.samples import cluster_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rqgm.judging.scoring.recorded import Pairs

LARGE_BIAS = 0.1
ONE, TWO = 1, 2
"""The candidates, by their own numbers."""


@dataclass(frozen=True)
class PairScores:
    """What the record says of one judge of pairs."""

    judge: str
    items: int
    labels: dict[str, int]
    figures: dict[str, Figure]
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        data = {"judge": self.judge, "n": self.items, "labels": self.labels}
        return {**data, **figures_json(self.figures), "notes": self.notes}


def score_pair_judges(pairs: Pairs, seed: int = 0) -> list[PairScores]:
    """Return the scores of each judge of pairs."""
    return [score_pair_judge(judge, pairs, said, seed) for judge, said in pairs.said.items()]


def score_pair_majority(pairs: Pairs, seed: int = 0) -> PairScores | None:
    """Return the scores of all judges' majority, on the pairs that all have judged; None for one judge or no such pair.

    In each order the candidate wins whom more judges name; where none has more, the majority's answer is none.
    """
    shared = set.intersection(*(set(said) for said in pairs.said.values()))
    if len(pairs.said) == 1 or not shared:
        return None

    def winner(answers: list[int | None]) -> int | None:
        lead = answers.count(ONE) - answers.count(TWO)
        return None if lead == 0 else ONE if lead > 0 else TWO

    said = {
        name: Answers(
            winner([own[name].first for own in pairs.said.values()]),
            winner([own[name].swapped for own in pairs.said.values()]),
        )
        for name in shared
    }
    return score_pair_judge(f"majority of {len(pairs.said)}", pairs, said, seed)


def score_pair_judge(judge: str, pairs: Pairs, said: Mapping[str, Answers], seed: int = 0) -> PairScores:
    """Return the scores of one judge. An answer that could not be parsed (0 below) is wrong, and a word of its own."""
    names = sorted(said)
    label = np.array([pairs.labels[name] for name in names], dtype=np.int64)
    first = np.array([said[name].first or 0 for name in names], dtype=np.int64)
    swapped = np.array([said[name].swapped or 0 for name in names], dtype=np.int64)
    clusters = cluster_codes([(pairs.clusters.get(name), name) for name in names])
    right, again = first == label, swapped == label
    twice = np.arange(len(names)) if clusters is None else clusters
    both_orders = np.concatenate([twice, twice])
    answers = np.concatenate([first, swapped])
    shown_first = np.concatenate([first == ONE, swapped == TWO])
    figures = {
        "accuracy_first": rate(right, None, clusters),
        "accuracy_swapped": rate(again, None, clusters),
        "accuracy_average": rate(np.concatenate([right, again]), None, both_orders),
        "accuracy_both": rate(right & again, None, clusters),
        "accuracy_decided": rate(np.concatenate([right, again]), answers > 0, both_orders, empty="nothing was decided"),
        "agreement": rate(first == swapped, None, clusters),
        "kappa_orders": _kappa(first, swapped, Resamples(label, clusters, seed)),
        "first_place_rate": rate(shown_first, answers > 0, both_orders, empty="nothing was decided"),
        "position_bias": _bias(first, swapped, Resamples(label, clusters, seed)),
        "unparsed": rate(answers == 0, None, both_orders),
    }
    counts = {"1": int((label == ONE).sum()), "2": int((label == TWO).sum())}
    scores = PairScores(judge, len(names), counts, figures)
    scores.notes.extend(_notes(scores))
    return scores


def _kappa(first: Ints, swapped: Ints, resamples: Resamples) -> Figure:
    """Return Cohen's κ between the answers in the two orders, over candidate 1, candidate 2 and no answer."""
    words = [((first == word).astype(np.float64), (swapped == word).astype(np.float64)) for word in range(3)]
    same = (first == swapped).astype(np.float64)

    def compute(weights: Floats) -> Floats:
        total = weights.sum(axis=-1)
        chance = sum((weights @ one) * (weights @ two) for one, two in words) / total**2
        rest = np.where(1 - chance > 1e-12, 1 - chance, math.nan)  # noqa: PLR2004  # far below 1 / n²
        result: Floats = ((weights @ same) / total - chance) / rest
        return result

    value = float(compute(np.ones((1, len(first))))[0])
    draws = np.array([]) if resamples.degenerate or not math.isfinite(value) else resamples.spread(compute)
    return bootstrapped(value, draws, len(first), why="the judge names one candidate only")


def _bias(first: Ints, swapped: Ints, resamples: Resamples) -> Figure:
    """Return how much more often candidate 1 wins when it is shown first, over pairs answered in both orders.

    Above 0: the judge leans to what it reads first. The same as (first place twice - second place twice) / pairs.
    """
    decided = (first > 0) & (swapped > 0)
    n = int(decided.sum())
    if n == 0:
        return Figure(None, n=0, reason="no pair was decided in both orders")
    if resamples.clusters is None:
        ahead, behind = (_listed(side[decided] == ONE) for side in (first, swapped))
        found = paired_difference(behind, ahead)
        return Figure(found.difference, found.low, found.high, n)
    mask = decided.astype(np.float64)
    shift = mask * ((first == ONE).astype(np.float64) - (swapped == ONE))
    draws = np.array([]) if resamples.degenerate else resamples.spread(lambda w: (w @ shift) / (w @ mask))
    return bootstrapped(float(shift.sum() / n), draws, n)


def _listed(values: Bools) -> list[bool]:
    return [bool(value) for value in values]


def _notes(scores: PairScores) -> list[str]:
    notes = []
    figures = scores.figures
    first, swapped, same = (figures[name].value or 0.0 for name in ("accuracy_first", "accuracy_swapped", "agreement"))
    _, chance = wilson(0.5, scores.items)
    if first > chance and 1 - swapped > chance and same < 0.5:  # noqa: PLR2004  # below what guessing gives
        notes.append(
            "right in the first order and wrong in the swapped one: is `winner` the place in the prompt? It must be "
            "the candidate's own number in both orders."
        )
    bias = figures["position_bias"]
    clear = bias.low is not None and bias.high is not None and (bias.low > 0 or bias.high < 0)
    if clear and bias.value is not None and abs(bias.value) > LARGE_BIAS:
        place = "first" if bias.value > 0 else "second"
        notes.append(f"leans to the candidate shown {place}: use the score of both orders.")
    if figures["unparsed"].value:
        notes.append(f"{100 * figures['unparsed'].value:.1f} % of the answers could not be parsed and count as wrong.")
    return notes
