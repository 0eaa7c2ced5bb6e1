"""Agreement of several judges: pairs, correlation of their errors, effective votes, and the majority panel.

Everything here is computed on the items that all judges have judged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from rqgm.core.intervals import paired_difference
from rqgm.judging.aggregation import effective_votes
from rqgm.judging.scoring.figures import Bools, Figure, Floats, Ints, bootstrapped, figures_json, rate
from rqgm.judging.scoring.samples import ABSTAIN, ACCEPT, REJECT, Sample, sample_of
from rqgm.judging.scoring.scores import JudgeScores, score_judge

if TYPE_CHECKING:
    from rqgm.judging.scoring.recorded import Recorded

_PAIRS = 512
"""How many pairs of judges are resampled at a time."""


@dataclass(frozen=True)
class PairAgreement:
    """Two judges: how often they say the same, κ of their verdicts, and φ of their errors, also within labels."""

    first: str
    second: str
    agreement: Figure
    kappa: Figure
    error_correlation: Figure
    within_label: Figure

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        figures = {
            "agreement": self.agreement,
            "kappa": self.kappa,
            "error_correlation": self.error_correlation,
            "error_correlation_within_label": self.within_label,
        }
        return {"judges": [self.first, self.second], **figures_json(figures)}


@dataclass(frozen=True)
class PanelScores:
    """Several judges as a panel: effective votes, and the majority beside the best member."""

    judges: list[str]
    items: int
    pairs: list[PairAgreement]
    mean_error_correlation: Figure
    effective_votes: Figure
    mean_within_label: Figure
    effective_votes_within_label: Figure
    majority: JudgeScores
    best: str
    best_accuracy: Figure
    difference: Figure
    p_value: float | None

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "judges": self.judges,
            "items": self.items,
            "pairs": [pair.to_json() for pair in self.pairs],
            "mean_error_correlation": self.mean_error_correlation.to_json(),
            "effective_votes": self.effective_votes.to_json(),
            "mean_error_correlation_within_label": self.mean_within_label.to_json(),
            "effective_votes_within_label": self.effective_votes_within_label.to_json(),
            "majority": self.majority.to_json(),
            "best_member": {"judge": self.best, "accuracy": self.best_accuracy.to_json()},
            "majority_minus_best": {
                **self.difference.to_json(),
                "p_value": None if self.p_value is None else round(self.p_value, 4),
            },
        }


def score_panel(recorded: Recorded, seed: int = 0) -> PanelScores | None:
    """Return what several judges are worth together; None for one judge, or if no item was judged by all."""
    judges = list(recorded.said)
    shared = set.intersection(*(set(said) for said in recorded.said.values()))
    if len(judges) == 1 or not shared:
        return None
    samples = [
        sample_of(recorded.truths, {name: said[name] for name in shared}, seed) for said in recorded.said.values()
    ]
    pairs, (mean, votes), (mean_within, votes_within) = _pairs(judges, samples)
    majority = majority_of(samples)
    best = max(range(len(judges)), key=lambda at: int(samples[at].correct.sum()))
    difference, p_value = _difference(samples[best], majority)
    return PanelScores(
        judges=judges,
        items=len(shared),
        pairs=pairs,
        mean_error_correlation=mean,
        effective_votes=votes,
        mean_within_label=mean_within,
        effective_votes_within_label=votes_within,
        majority=score_judge("majority", majority),
        best=judges[best],
        best_accuracy=rate(samples[best].correct, None, samples[best].clusters),
        difference=difference,
        p_value=p_value,
    )


def majority_of(samples: list[Sample]) -> Sample:
    """Return the majority's verdicts as `rqgm.judging.aggregation` forms them with the threshold ½.

    Abstentions are left out, a tie accepts, and where all abstain the item is not accepted.
    """
    said = np.stack([sample.said for sample in samples])
    accepts, decided = (said == ACCEPT).sum(axis=0), (said != ABSTAIN).sum(axis=0)
    words = np.where((decided > 0) & (2 * accepts >= decided), ACCEPT, REJECT).astype(np.int64)
    nothing = np.full(len(words), math.nan)
    unparsed = np.zeros(len(words), dtype=bool)
    return replace(samples[0], said=words, unparsed=unparsed, probability=nothing, score=nothing)


def _difference(best: Sample, majority: Sample) -> tuple[Figure, float | None]:
    """Return majority minus best member, paired by item; the p-value is McNemar's, None for clustered items."""
    if best.clusters is None:
        found = paired_difference([bool(hit) for hit in best.correct], [bool(hit) for hit in majority.correct])
        return Figure(found.difference, found.low, found.high, found.items), found.p_value
    gains = majority.correct.astype(np.float64) - best.correct
    resamples = best.resamples
    draws = np.array([]) if resamples.degenerate else resamples.spread(lambda w: (w @ gains) / w.sum(axis=-1))
    return bootstrapped(float(gains.mean()), draws, len(gains)), None


_Mean = tuple[Figure, Figure]
"""A mean correlation and the effective votes that follow from it."""


def _pairs(judges: list[str], samples: list[Sample]) -> tuple[list[PairAgreement], _Mean, _Mean]:
    said = np.stack([sample.said for sample in samples])
    wrong = np.stack([~sample.correct for sample in samples]).astype(np.float64)
    accept, clusters, resamples = samples[0].accept, samples[0].clusters, samples[0].resamples
    n = said.shape[1]
    chosen = np.array(list(combinations(range(len(judges)), 2)), dtype=np.int64)
    pairs: list[PairAgreement] = []
    drawn = 0 if resamples.degenerate else resamples.draws
    sums, counts = np.zeros((drawn, 2)), np.zeros((drawn, 2))
    for start in range(0, len(chosen), _PAIRS):
        part = chosen[start : start + _PAIRS]
        if resamples.degenerate:
            draws = np.zeros((drawn, 3, len(part)))
        else:
            draws = resamples.spread(partial(pair_figures, said=said, wrong=wrong, accept=accept, pairs=part))
        sums += np.nansum(draws[:, 1:], axis=-1)
        counts += (~np.isnan(draws[:, 1:])).sum(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            values = pair_figures(np.ones((1, n)), said, wrong, accept, part)[0]
        for at, (one, two) in enumerate(part):
            agreement = rate(said[one] == said[two], None, clusters)
            figures = [
                bootstrapped(float(values[row, at]), draws[:, row, at], n, why=why) for row, why in enumerate(_WHY)
            ]
            pairs.append(PairAgreement(judges[one], judges[two], agreement, *figures))
    with np.errstate(divide="ignore", invalid="ignore"):
        means: Floats = sums / counts
    marginal = _mean_correlation([pair.error_correlation for pair in pairs], len(judges), means[:, 0])
    within = _mean_correlation([pair.within_label for pair in pairs], len(judges), means[:, 1])
    return pairs, marginal, within


_WHY = (
    "both judges say one word only",
    "one of the judges is always right or always wrong",
    "one of the judges is always right or always wrong on each label",
)


def _mean_correlation(figures: list[Figure], judges: int, draws: Floats) -> _Mean:
    """Return the mean ρ̄ of the correlations that are defined, and Kish's k / (1 + (k - 1) ρ̄).

    ρ̄ is held to [0, 1] there, so that k judges are worth 1 to k votes.
    """
    known = [figure.value for figure in figures if figure.value is not None]
    if not known:
        why = "no pair of judges has a correlation of errors"
        return Figure(None, n=0, reason=why), Figure(None, n=judges, reason=why)
    value = float(np.mean(known))
    votes = judges / (1 + (judges - 1) * np.clip(draws, 0.0, 1.0))
    return bootstrapped(value, draws, len(known)), bootstrapped(effective_votes(value, judges), votes, judges)


def pair_figures(weights: Floats, said: Ints, wrong: Floats, accept: Bools, pairs: Ints) -> Floats:
    """Return κ of the verdicts, φ of the errors, and φ pooled within labels; NaN where undefined.

    `weights` (k, n), `said` and `wrong` (judges, n), `accept` (the labels, n), `pairs` (m, 2) to the result's shape
    (k, 3, m). Within labels, what judges share only because one leans to accept and one to reject is taken out.
    """
    one, two = pairs[:, 0], pairs[:, 1]
    total = weights.sum(axis=-1, keepdims=True)
    same = weights @ (said[one] == said[two]).T.astype(np.float64) / total
    chance = np.zeros_like(same)
    for word in (ACCEPT, REJECT, ABSTAIN):
        share = weights @ (said == word).T.astype(np.float64) / total
        chance += share[:, one] * share[:, two]
    kappas = (same - chance) / _positive(1 - chance)
    phi = _correlation(*_moments(weights, wrong, pairs), pairs)
    parts = [_moments(weights * side, wrong, pairs) for side in (accept, ~accept) if side.any()]
    within = _correlation(sum(part[0] for part in parts), sum(part[1] for part in parts), pairs)
    return np.stack([kappas, phi, within], axis=1)


def _moments(weights: Floats, wrong: Floats, pairs: Ints) -> tuple[Floats, Floats]:
    """Return n times the errors' covariances (k, m) and variances (k, judges)."""
    one, two = pairs[:, 0], pairs[:, 1]
    total = np.maximum(weights.sum(axis=-1, keepdims=True), 1e-300)
    errors = weights @ wrong.T
    both = weights @ (wrong[one] * wrong[two]).T
    return both - errors[:, one] * errors[:, two] / total, errors - errors**2 / total


def _correlation(covariances: Any, variances: Any, pairs: Ints) -> Floats:
    kept = _positive(variances)
    result: Floats = covariances / np.sqrt(kept[:, pairs[:, 0]] * kept[:, pairs[:, 1]])
    return result


def _positive(values: Floats) -> Floats:
    """Return `values` with NaN where they are 0 but for rounding."""
    result: Floats = np.where(values > 1e-9, values, math.nan)  # noqa: PLR2004  # far below what one item adds
    return result
