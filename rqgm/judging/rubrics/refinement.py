"""The loop of recursive rubric decomposition (RRD, arXiv 2602.05125) on a matrix of votes; spec/judges.md, Rubrics.

Start from proposals; decompose what does not discriminate; refuse what is misaligned, redundant, conflicting or a
leak; stop after so many refusals. `SHRUNK` goes best-first by the expected gain in (wᵀμ)²/(wᵀΣw), with statistics of
all rows and pairs; `RRD` is the paper's rule set: eight samples, one pair of references, in the order of proposal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal

import numpy as np

from rqgm.core.errors import UnknownNameError
from rqgm.core.streams import python_stream
from rqgm.judging.rubrics import weights as weighting
from rqgm.judging.rubrics.filters import Window, aligned, leaks, nearest, overlap
from rqgm.judging.rubrics.matrix import NA, Case, Votes, grade

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rqgm.judging.rubrics.matrix import Column, Pairs, Reals
    from rqgm.judging.rubrics.predicates import Grader, Predicate, Proposer

Reason = Literal[
    "constant", "too-wide", "too-narrow", "misaligned", "redundant", "conflicting", "leakage", "no-gain", "repeated"
]


@dataclass(frozen=True, slots=True)
class Preset:
    """One rule set of the loop."""

    name: str
    window: Window
    sampled: int | None
    """How many responses the rates come from; None = all."""
    wide_at: int | None
    """Decompose when more than so many of the sample satisfy it (a count, as in the paper); None = by the window."""
    pairs: int | None
    """How many pairs of references are looked at; None = all."""
    aligned_at_least: float
    """The least posterior probability of μ > 0; with one pair the paper's rule holds in its place."""
    redundant_at: float
    by_overlap: bool
    best_first: bool
    rejections: int = 15
    predicates: int = 24
    decompositions: int = 200


SHRUNK = Preset(
    name="shrunk",
    window=Window(0.05, 0.75),
    sampled=None,
    wide_at=None,
    pairs=None,
    aligned_at_least=0.9,
    redundant_at=0.8,
    by_overlap=False,
    best_first=True,
)
RRD = Preset(
    name="rrd",
    window=Window(0.0, 1.0),
    sampled=8,
    wide_at=2,
    pairs=1,
    aligned_at_least=0.0,
    redundant_at=0.7,
    by_overlap=True,
    best_first=False,
)
PRESETS = {preset.name: preset for preset in (SHRUNK, RRD)}


def find_preset(name: str) -> Preset:
    """Return a preset by name; UnknownNameError lists the known ones."""
    if name not in PRESETS:
        raise UnknownNameError("preset", name, PRESETS)
    return PRESETS[name]


@dataclass(frozen=True)
class Sample(Generic[Case]):
    """What a rubric is refined on: cases, pairs of rows (strong, weak), texts that no predicate may repeat.

    `rows` are the cases whose satisfaction rates count; references that were made from them are cases as well.
    """

    cases: Sequence[Case]
    pairs: Pairs
    rows: Sequence[int]
    secrets: Sequence[str] = ()


@dataclass(frozen=True)
class Refusal:
    """A predicate that was refused, and why."""

    predicate: Predicate
    reason: Reason


@dataclass
class Refinement:
    """What the loop came to: accepted predicates with their votes on the sample's cases, in order."""

    preset: Preset
    rows: list[int]
    pairs: Pairs
    accepted: list[Predicate] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    decomposed: list[Predicate] = field(default_factory=list)
    stopped: str = "nothing left to try"

    @property
    def votes(self) -> Votes:
        """The accepted predicates' votes on all cases of the sample."""
        return Votes(np.stack(self.columns, axis=1))

    def weights(self) -> dict[str, Reals]:
        """Return the weights by name: uniform, whitened (of the preset's rows) and shrunk (of its pairs)."""
        votes = self.votes
        return {
            "uniform": weighting.uniform(len(self.accepted)),
            "whitened": weighting.whitened(Votes(votes.values[self.rows])),
            "shrunk": weighting.shrunk(votes, self.pairs),
        }


def objective(votes: Votes, pairs: Pairs) -> float:
    """Return (wᵀμ)²/(wᵀΣw) of pair differences under shrunk weights: twice it bounds the exponent of the error (RRD).

    Signed by wᵀμ, so that a rubric that points the wrong way is worse than none.
    """
    if not votes.values.shape[1] or not len(pairs):
        return 0.0
    differences = votes.differences(pairs)
    weights = weighting.shrunk(votes, pairs)
    covariance, _ = weighting.ledoit_wolf(differences)
    mean = float(weights @ differences.mean(axis=0))
    spread = float(weights @ covariance @ weights)
    # A column that never errs has no spread; one pair in error is what its pairs can exclude.
    return mean * abs(mean) / max(spread, 1.0 / len(pairs))


def refine(
    proposer: Proposer[Case], grader: Grader[Case], sample: Sample[Case], preset: Preset, seed: int = 0
) -> Refinement:
    """Run the loop. Raises ValueError if the sample has no pair of references."""
    return _Loop(proposer, grader, sample, preset, seed).run()


class _Loop(Generic[Case]):
    def __init__(
        self, proposer: Proposer[Case], grader: Grader[Case], sample: Sample[Case], preset: Preset, seed: int
    ) -> None:
        if not len(sample.pairs):
            raise ValueError("refining needs at least one pair of a strong and a weak reference")
        self.proposer, self.grader, self.sample, self.preset = proposer, grader, sample, preset
        draw = python_stream(seed, "refine", preset.name)
        rows = list(sample.rows)
        if preset.sampled is not None and len(rows) > preset.sampled:
            rows = sorted(draw.sample(rows, preset.sampled))
        chosen = sorted(
            draw.sample(range(len(sample.pairs)), min(len(sample.pairs), preset.pairs or len(sample.pairs)))
        )
        self.state = Refinement(preset, rows, sample.pairs[chosen])
        self.seen: set[str] = set()
        self.queue: list[tuple[Predicate, Column]] = []

    def run(self) -> Refinement:
        state = self.state
        self._add(self.proposer.propose([self.sample.cases[row] for row in state.rows]))
        while self.queue:
            if len(state.accepted) >= self.preset.predicates:
                state.stopped = f"{self.preset.predicates} predicates"
                break
            if len(state.refused) >= self.preset.rejections:
                state.stopped = f"{self.preset.rejections} rejections"
                break
            index, gain = self._next()
            predicate, column = self.queue.pop(index)
            if self._too_wide(column) and self._decompose(predicate, column):
                continue
            reason = self._reason(predicate, column, gain)
            if reason is None:
                state.accepted.append(predicate)
                state.columns.append(column)
            else:
                state.refused.append(Refusal(predicate, reason))
        return state

    def _add(self, predicates: Sequence[Predicate]) -> None:
        fresh = [found for found in predicates if found.identity not in self.seen]
        for predicate in {found.identity: found for found in fresh}.values():
            self.seen.add(predicate.identity)
            self.queue.append((predicate, grade(self.grader, [predicate], self.sample.cases).values[:, 0]))

    def _next(self) -> tuple[int, float]:
        """Return the queue's best candidate and what it would gain; the first one where order is all that counts."""
        if not self.preset.best_first:
            return 0, 1.0
        gains = [self._gain(column) for _, column in self.queue]
        best = max(range(len(gains)), key=lambda index: gains[index])
        return best, gains[best]

    def _gain(self, column: Column) -> float:
        have, pairs = self.state.columns, self.state.pairs
        before = objective(Votes(np.stack(have, axis=1)), pairs) if have else 0.0
        return objective(Votes(np.stack([*have, column], axis=1)), pairs) - before

    def _too_wide(self, column: Column) -> bool:
        here = column[self.state.rows]
        if self.preset.wide_at is not None:
            return int((here == 1).sum()) > self.preset.wide_at
        return self.preset.window.too_wide(Votes(here[:, None]).rates[0])

    def _decompose(self, predicate: Predicate, column: Column) -> bool:
        """Put two finer predicates in its place; False if there are none or enough was decomposed."""
        if len(self.state.decomposed) >= self.preset.decompositions:
            return False
        satisfying = [self.sample.cases[row] for row in self.state.rows if column[row] == 1]
        finer = self.proposer.decompose(predicate, satisfying)
        if finer is None or all(child.identity in self.seen for child in finer):
            return False
        self.state.decomposed.append(predicate)
        self._add(finer)
        return True

    def _reason(self, predicate: Predicate, column: Column, gain: float) -> Reason | None:
        preset = self.preset
        if leaks(predicate, self.sample.secrets):
            return "leakage"
        if preset.best_first:
            outside = self._outside(column)
            if outside is not None:
                return outside
        if self._misaligned(column):
            return "misaligned"
        clash = self._clash(column)
        if clash is not None:
            return clash
        return "no-gain" if preset.best_first and gain <= 0 else None

    def _outside(self, column: Column) -> Reason | None:
        """Compare the satisfaction rate with the window, after decomposing has come to its end."""
        rates = Votes(column[self.state.rows][:, None]).rates[0]
        if not (rates.successes and rates.failures):
            return "constant"
        if self.preset.window.too_wide(rates):
            return "too-wide"
        return "too-narrow" if self.preset.window.too_narrow(rates) else None

    def _misaligned(self, column: Column) -> bool:
        counts = Votes(column[:, None]).discordant(self.state.pairs)[0]
        if self.preset.pairs == 1:
            return counts.failures > 0
        return aligned(counts) < self.preset.aligned_at_least

    def _clash(self, column: Column) -> Reason | None:
        """Compare with what was accepted: the paper by overlap of the sample, we by correlation over all rows."""
        have, rows = self.state.columns, self.state.rows
        if not have:
            return None
        if self.preset.by_overlap:
            here = column[rows]
            if any(overlap(here, other[rows]) >= self.preset.redundant_at for other in have):
                return "redundant"
            return "conflicting" if any(_opposite(here, other[rows]) for other in have) else None
        kept = Votes(np.stack(have, axis=1)[rows]).filled
        highest, lowest = nearest(Votes(column[rows][:, None]).filled[:, 0], kept)
        if highest >= self.preset.redundant_at:
            return "redundant"
        return "conflicting" if lowest <= -self.preset.redundant_at else None


def _opposite(left: Column, right: Column) -> bool:
    """Tell whether every case that has both votes satisfies exactly one of the two, and each is satisfied by some."""
    both = (left != NA) & (right != NA)
    return bool(both.any() and (left[both] != right[both]).all() and (left == 1).any() and (right == 1).any())
