"""Scores of recorded verdicts: how right, how calibrated and how strict each judge was, with 95 % intervals.

A verdict table ("cells") counts items by label and verdict, shape (…, 6): of the items labelled accept those accepted,
rejected and abstained on, then the same of the items labelled reject. An answer that could not be parsed counts as an
abstention. Each figure of a table comes on two bases: *all* items (an abstention is an answer of its own, and wrong)
and *decided* items.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from rqgm.judging.scoring.figures import Bools, Figure, Floats, bootstrapped, figures_json, quietly, rate, rounded
from rqgm.judging.scoring.probabilities import ONE_CLASS, calibration
from rqgm.judging.scoring.samples import ABSTAIN, ACCEPT, REJECT, Sample, sample_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.judging.scoring.recorded import Recorded

LOPSIDED = 0.9
"""Accept rates above this, or below its complement, make plain accuracy misleading."""
FEW_PROBABILITIES = 200
FEW_CLUSTERS = 40

NO_MACHINE = "no provenance: give the labels a `provenance` (human, machine)"


@dataclass(frozen=True)
class JudgeScores:
    """What the record says of one judge."""

    judge: str
    items: int
    unparsed: int
    labels: dict[str, int]
    abstained: Figure
    every: dict[str, Figure]
    decided: dict[str, Figure]
    probability: dict[str, Figure]
    stringency: dict[str, Figure]
    graded: dict[str, Figure]
    bins: dict[str, int]
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        constant = max(self.labels.values()) / self.items
        return {
            "judge": self.judge,
            "n": self.items,
            "unparsed": self.unparsed,
            "labels": self.labels,
            "constant_guess_accuracy": rounded(constant),
            "abstained": self.abstained.to_json(),
            "all": figures_json(self.every),
            "decided": figures_json(self.decided),
            "probability": {**figures_json(self.probability), "bins": self.bins},
            "stringency": figures_json(self.stringency),
            "graded": figures_json(self.graded),
            "notes": self.notes,
        }


def score_judges(recorded: Recorded, seed: int = 0) -> list[JudgeScores]:
    """Return the scores of each judge."""
    return [score_judge(judge, sample_of(recorded.truths, said, seed)) for judge, said in recorded.said.items()]


def score_judge(judge: str, sample: Sample) -> JudgeScores:
    """Return the scores of one judge."""
    accepts = int(sample.accept.sum())
    probability, bins = calibration(sample)
    scores = JudgeScores(
        judge=judge,
        items=len(sample.said),
        unparsed=int(sample.unparsed.sum()),
        labels={"accept": accepts, "reject": len(sample.said) - accepts},
        abstained=rate(sample.said == ABSTAIN, None, sample.clusters),
        every=table_figures(sample, decided=False),
        decided=table_figures(sample, decided=True),
        probability=probability,
        stringency=stringency(sample),
        graded=graded(sample),
        bins=bins,
    )
    scores.notes.extend(_notes(scores, sample))
    return scores


def table_figures(sample: Sample, *, decided: bool) -> dict[str, Figure]:
    """Return the figures of the verdict table on one of the two bases."""
    among = sample.said != ABSTAIN if decided else np.ones(len(sample.said), dtype=bool)
    said_accept = sample.said == ACCEPT
    empty = "nothing was decided"

    def share(hits: Bools, part: Bools, why: str) -> Figure:
        return rate(hits, part & among, sample.clusters, empty=why)

    figures = {
        "accuracy": share(sample.correct, among, empty),
        "accept_rate": share(said_accept, among, empty),
        "precision": share(sample.accept, said_accept, "nothing was accepted"),
        "recall": share(said_accept, sample.accept, "no (decided) item is labelled accept"),
        "specificity": share(sample.said == REJECT, ~sample.accept, "no (decided) item is labelled reject"),
    }
    kept = np.array([1.0, 1.0, 0.0, 1.0, 1.0, 0.0]) if decided else np.ones(6)
    n = int(among.sum())
    for name, (compute, why) in TABLE.items():
        value = float(quietly(compute, sample.cells.sum(axis=0) * kept))
        draws = quietly(compute, sample.resampled_cells * kept)
        figures[name] = bootstrapped(value, draws, n, why=why if n else empty)
    return figures


def balanced_accuracy(cells: Floats) -> Floats:
    """Return the mean of recall and specificity of tables of shape (…, 6); NaN without both labels."""
    accept, reject = cells[..., :3], cells[..., 3:]
    recall = accept[..., ACCEPT] / accept.sum(axis=-1)
    specificity: Floats = reject[..., REJECT] / reject.sum(axis=-1)
    result: Floats = (recall + specificity) / 2
    return result


def kappa(cells: Floats) -> Floats:
    """Return Cohen's κ between label and verdict of tables of shape (…, 6); abstention is a third word."""
    return _agreement(cells)[0]


def mcc(cells: Floats) -> Floats:
    """Return Matthews' correlation of tables of shape (…, 6), with abstention as a third class (Gorodkin 2004)."""
    return _agreement(cells)[1]


def _agreement(cells: Floats) -> tuple[Floats, Floats]:
    n = cells.sum(axis=-1)
    right = cells[..., ACCEPT] + cells[..., 3 + REJECT]
    labels = np.stack([cells[..., :3].sum(axis=-1), cells[..., 3:].sum(axis=-1), np.zeros_like(n)], axis=-1)
    verdicts = cells[..., :3] + cells[..., 3:]
    chance = (labels * verdicts).sum(axis=-1)
    kappas = (right * n - chance) / (n * n - chance)
    spread = (n * n - (labels**2).sum(axis=-1)) * (n * n - (verdicts**2).sum(axis=-1))
    return kappas, (right * n - chance) / np.sqrt(spread)


TABLE: dict[str, tuple[Callable[[Floats], Floats], str]] = {
    "balanced_accuracy": (balanced_accuracy, ONE_CLASS),
    "kappa": (kappa, "labels and verdicts are one word only"),
    "mcc": (mcc, "labels or verdicts are one word only"),
}


def stringency(sample: Sample) -> dict[str, Figure]:
    """Return, for each label, how often machine-made and human-made items were accepted, and the ratio of the two.

    A ratio above 1: the judge is more lenient with machine-made items of that label. An abstention is no acceptance.
    """
    said_accept = sample.said == ACCEPT
    figures: dict[str, Figure] = {}
    for label, side in (("accept", sample.accept), ("reject", ~sample.accept)):
        for maker, made in (("machine", sample.machine), ("human", sample.human)):
            why = f"no {maker}-made item is labelled {label}" if (sample.machine | sample.human).any() else NO_MACHINE
            figures[f"{maker}_{label}"] = rate(said_accept, side & made, sample.clusters, empty=why)
        top, base = figures[f"machine_{label}"], figures[f"human_{label}"]
        if top.value is None or base.value is None:
            figures[f"ratio_{label}"] = Figure(None, reason=top.reason if top.value is None else base.reason)
            continue
        if base.value == 0:
            why = f"no human-made item labelled {label} was accepted"
            figures[f"ratio_{label}"] = Figure(None, reason=why)
            continue
        n = int((side & (sample.machine | sample.human)).sum())
        if top.value == 0:  # every resampled ratio is 0 as well, which is no interval
            figures[f"ratio_{label}"] = Figure(0.0, n=n, reason=f"no machine-made item labelled {label} was accepted")
            continue
        parts = [(side & made).astype(np.float64) for made in (sample.machine, sample.human)]
        ratio = _ratio(parts[0], parts[1], said_accept.astype(np.float64))
        value = float(quietly(ratio, np.ones((1, len(side))))[0])
        figures[f"ratio_{label}"] = bootstrapped(value, sample.draws(ratio, value), n)
    return figures


def _ratio(machine: Floats, human: Floats, accepted: Floats) -> Callable[[Floats], Floats]:
    def compute(weights: Floats) -> Floats:
        top: Floats = (weights @ (machine * accepted)) / (weights @ machine)
        return top / ((weights @ (human * accepted)) / (weights @ human))

    return compute


def graded(sample: Sample) -> dict[str, Figure]:
    """Return how far scores are from a graded truth; an item without a score is wrong, with an error of 1.

    Empty unless every item has a graded truth and some score was recorded.
    """
    if np.isnan(sample.truth).any() or np.isnan(sample.score).all():
        return {}
    errors = np.where(np.isnan(sample.score), 1.0, np.abs(sample.score - sample.truth))
    value = float(errors.mean())
    draws = sample.draws(lambda w: (w @ errors) / w.sum(axis=-1), value)
    return {
        "exact": rate(errors < 1e-9, None, sample.clusters),  # noqa: PLR2004  # equal grades
        "mean_absolute_error": bootstrapped(value, draws, len(errors)),
    }


def _notes(scores: JudgeScores, sample: Sample) -> list[str]:
    notes = []
    accepted = scores.decided["accept_rate"].value
    if accepted is not None and not 1 - LOPSIDED <= accepted <= LOPSIDED:
        word, share = ("accepts", accepted) if accepted > LOPSIDED else ("rejects", 1 - accepted)
        notes.append(f"{word} {100 * share:.0f} % of what it decides: use the balanced figures, not accuracy.")
    guess = max(scores.labels.values()) / scores.items
    accuracy = scores.every["accuracy"]
    if accuracy.low is not None and accuracy.low <= guess:
        notes.append(f"accuracy is not clear of always guessing the more frequent label ({100 * guess:.1f} %).")
    if scores.abstained.value:
        unparsed = f" ({scores.unparsed} answers could not be parsed)" if scores.unparsed else ""
        notes.append(
            f"abstains on {100 * scores.abstained.value:.1f} %{unparsed}: the figures of decided items leave these out."
        )
    given = scores.probability["brier"].n or 0
    if 0 < given < FEW_PROBABILITIES:
        notes.append(f"calibration errors of {given} probabilities are biased upwards; compare judges by Brier score.")
    if sample.clusters is not None:
        clusters = len(np.unique(sample.clusters))
        few = "; with so few, bootstrap intervals are somewhat narrow" if clusters < FEW_CLUSTERS else ""
        notes.append(f"intervals resample {clusters} clusters of items that belong together{few}.")
    return notes
