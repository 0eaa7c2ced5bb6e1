"""The loop, on a domain of its own: cases are integers, predicates say in which range they lie."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from rqgm.core.errors import UnknownNameError
from rqgm.judging.rubrics.matrix import Votes
from rqgm.judging.rubrics.predicates import Predicate
from rqgm.judging.rubrics.refinement import PRESETS, RRD, SHRUNK, Sample, find_preset, objective, refine

if TYPE_CHECKING:
    from collections.abc import Sequence


def between(low: int, high: int, name: str = "", text: str = "in range") -> Predicate:
    """Say that low ≤ case < high."""
    return Predicate(name or f"{low}-{high}", "between", text, {"low": low, "high": high})


class Halves:
    """Proposes what it is given and halves ranges; it remembers what it was shown."""

    def __init__(self, *proposals: Predicate) -> None:
        self.proposals = proposals
        self.shown: list[tuple[str, list[int]]] = []

    def propose(self, sample: Sequence[int]) -> Sequence[Predicate]:
        self.sample = list(sample)
        return self.proposals

    def decompose(self, predicate: Predicate, satisfying: Sequence[int]) -> tuple[Predicate, Predicate] | None:
        self.shown.append((predicate.name, list(satisfying)))
        low, high = predicate.params["low"], predicate.params["high"]
        middle = (low + high) // 2
        return None if middle == low else (between(low, middle), between(middle, high))


class Within:
    """Votes NA on negative cases."""

    def vote(self, predicate: Predicate, case: int) -> int | None:
        return None if case < 0 else int(predicate.params["low"] <= case < predicate.params["high"])


CASES = list(range(100))
# Strong ones are 0..39, weak ones 60..99: what speaks for a case is being small.
PAIRS = np.array([[i, 60 + i] for i in range(40)])
SAMPLE = Sample(CASES, PAIRS, range(100))


def names(found: object) -> dict[str, str]:
    """Return the refused predicates' names with the reasons."""
    return {refusal.predicate.name: refusal.reason for refusal in found.refused}


def test_what_too_many_satisfy_is_decomposed_into_two_by_who_sees_only_the_satisfying() -> None:
    """And the wide one itself is not kept."""
    proposer = Halves(between(0, 100))
    found = refine(proposer, Within(), SAMPLE, SHRUNK)
    assert [p.name for p in found.decomposed] == ["0-100"]
    assert proposer.shown == [("0-100", CASES)]
    assert [p.name for p in found.accepted] == ["0-50"]
    assert names(found) == {"50-100": "misaligned"}


def test_reasons_of_refusal() -> None:
    """Each filter by its name; the best first, whatever the order of proposal."""
    proposals = [
        between(60, 100, "weak"),
        between(0, 0, "never"),
        between(40, 60, "neither"),
        between(0, 1, "one"),
        between(0, 39, "twin"),
        between(0, 40, "good"),
        between(0, 38, "leaky", "is the secret answer"),
    ]
    found = refine(Halves(*proposals), Within(), replace(SAMPLE, secrets=["secret answer"]), SHRUNK)
    assert [p.name for p in found.accepted] == ["good"]
    assert names(found) == {
        "weak": "misaligned",
        "never": "constant",
        "neither": "misaligned",
        "one": "too-narrow",
        "twin": "redundant",
        "leaky": "leakage",
    }


def test_what_contradicts_an_accepted_predicate_conflicts() -> None:
    """Both are right about the references, yet on the sample each says what the other denies."""

    class Listed:
        def vote(self, predicate: Predicate, case: int) -> int:
            return int(case in predicate.params["yes"])

    good = Predicate("good", "listed", "", {"yes": [*range(40), *range(100, 110)]})
    contrary = Predicate("contrary", "listed", "", {"yes": [*range(30), *range(110, 120)]})
    found = refine(Halves(contrary, good), Listed(), Sample(list(range(120)), PAIRS, range(100, 120)), SHRUNK)
    assert [p.name for p in found.accepted] == ["good"]
    assert names(found) == {"contrary": "conflicting"}


def test_it_stops_after_so_many_rejections() -> None:
    """Fifteen, as in the paper."""
    proposals = [between(60 + i, 100) for i in range(30)]
    found = refine(Halves(*proposals), Within(), SAMPLE, SHRUNK)
    assert (len(found.refused), found.accepted, found.stopped) == (15, [], "15 rejections")


def test_the_paper_s_rules_decompose_what_more_than_two_of_eight_satisfy() -> None:
    """Exactly three of eight are too many, two are not."""
    eight = Sample(list(range(8)), np.array([[0, 7]]), range(8))
    proposer = Halves(between(0, 2), between(0, 3, "three"))
    found = refine(proposer, Within(), eight, RRD)
    assert proposer.shown == [("three", [0, 1, 2])]
    assert [p.name for p in found.decomposed] == ["three"]
    assert [p.name for p in found.accepted] == ["0-2", "0-1", "1-3"]


def test_the_paper_s_rules_look_at_eight_samples_and_one_pair() -> None:
    """Overlap of 70 % is redundant; a weak reference that alone satisfies it misaligns it."""
    proposer = Halves(between(0, 2, "two"), between(0, 2, "again"))
    refine(proposer, Within(), SAMPLE, RRD, seed=3)
    assert len(proposer.sample) == 8
    one = Sample(list(range(8)), np.array([[0, 7]]), range(8))
    found = refine(Halves(between(6, 8, "weak"), between(0, 2, "two"), between(-5, 2, "twin")), Within(), one, RRD)
    assert [p.name for p in found.accepted] == ["two"]
    assert names(found) == {"weak": "misaligned", "twin": "redundant"}


def test_equal_seeds_give_equal_refinements() -> None:
    """And the sample of eight follows the seed."""
    seen = []
    for seed in (1, 1, 2):
        proposer = Halves(between(0, 100))
        refine(proposer, Within(), SAMPLE, RRD, seed)
        seen.append(proposer.sample)
    assert seen[0] == seen[1] != seen[2]


def test_more_agreeing_columns_raise_the_objective_and_wrong_ones_make_it_negative() -> None:
    """(wᵀμ)²/(wᵀΣw), signed."""
    draw = np.random.RandomState(0)
    label = np.tile([1, 0], 200)
    noisy = np.column_stack([np.where(draw.rand(400) < 0.3, 1 - label, label) for _ in range(3)]).astype(np.int8)
    pairs = np.arange(400).reshape(-1, 2)
    one, three = objective(Votes(noisy[:, :1]), pairs), objective(Votes(noisy), pairs)
    assert 0 < one < three
    assert objective(Votes(1 - noisy), pairs) == pytest.approx(-three)
    assert objective(Votes(np.empty((4, 0), dtype=np.int8)), pairs[:2]) == 0


def test_presets_are_named_and_the_paper_s_numbers_are_in_theirs() -> None:
    """More than 2 of 8, 70 %, one pair, 15 rejections."""
    assert set(PRESETS) == {"shrunk", "rrd"}
    rules = find_preset("rrd")
    assert (rules.sampled, rules.wide_at, rules.redundant_at, rules.pairs, rules.rejections) == (8, 2, 0.7, 1, 15)
    with pytest.raises(UnknownNameError, match="did you mean 'shrunk'"):
        find_preset("shrnk")


def test_without_a_pair_nothing_can_be_refined() -> None:
    """A sample needs references."""
    with pytest.raises(ValueError, match="pair"):
        refine(Halves(between(0, 1)), Within(), Sample(CASES, PAIRS[:0], range(3)), SHRUNK)
