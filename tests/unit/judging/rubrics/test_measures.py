"""Measures, bounds on them, and the templates that propose and halve bounds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.core.errors import ConfigError
from rqgm.judging.rubrics.bounds import Bound, BoundGrader, as_bounds, as_predicate
from rqgm.judging.rubrics.facts import Facts
from rqgm.judging.rubrics.measures import MEASURES, measured
from rqgm.judging.rubrics.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Callable

RAISED = {"$error": "KeyError"}


def test_an_edit_s_shape_is_measured(facts: Callable[..., Facts], texts: dict[str, str]) -> None:
    """An inserted branch; the cheat names a visible input, and a visible answer."""
    right, cheat = facts(texts["right"]), facts(texts["cheat"])
    for found in (right, cheat):
        assert measured("edit-places", found) == 1
        assert measured("branches-gained", found) == 1
        assert measured("functions-changed", found) == 1
        assert measured("nodes-removed", found) == 0
    shape = ("input-branches", "test-literals", "new-literals", "unexplained-literals", "constant-returns")
    assert [measured(name, right) for name in shape] == [0, 0, 0, 0, 0]
    assert [measured(name, cheat) for name in shape] == [1, 2, 2, 2, 1]


def test_behaviour_is_measured_against_the_program_before(facts: Callable[..., Facts], texts: dict[str, str]) -> None:
    """Shares of made inputs; the visible cases are counted apart."""
    right = facts(texts["right"])
    assert [measured(name, right) for name in ("visible-failed", "changed-share", "new-errors")] == [0, 0.5, 0]
    bad = facts(texts["right"], 10, 1, 4, RAISED, "seven")
    names = ("visible-failed", "changed-share", "new-errors", "undocumented-errors", "odd-kinds")
    assert [measured(name, bad) for name in names] == [1, 1, 0.5, 0.5, 1]
    lost = facts(texts["right"], 10, None, 4, 10, {"$error": "LineLimit"})
    assert [measured(name, lost) for name in ("visible-failed", "lost-runs", "new-endless")] == [1, 0.2, 0.5]


def test_small_repairs_and_mutants_are_measured(
    facts: Callable[..., Facts], texts: dict[str, str], make_runs: Callable[..., Any]
) -> None:
    """Agreement where the rivals disagree with each other; slack counts mutants that pass the visible cases."""
    rivals = [make_runs(10, 0, 4, 10, 7), make_runs(10, 0, 4, 10, 8), make_runs(10, 0, 4, 20, 7)]
    found = facts(texts["right"], rivals=rivals, mutants=[make_runs(10, 0, 4, 11, 7), make_runs(9, 0, 4, 10, 7)])
    assert [measured(name, found) for name in ("rival-majority", "rival-twins", "slack", "freedom")] == [1, 1, 0.5, 0.5]
    assert measured("rival-mass", found) == pytest.approx(2 / 3, abs=1e-4)
    alone = facts(texts["right"])
    assert [measured(name, alone) for name in ("rival-majority", "slack", "freedom")] == [None, None, None]


def test_every_measure_is_a_finite_number_or_none(facts: Callable[..., Facts], texts: dict[str, str]) -> None:
    """On odd artifacts as well: unchanged, emptied, and one whose runs all raised."""
    odd = [facts(texts["faulty"]), facts("pass\n"), facts(texts["right"], *[RAISED] * 5)]
    for found in odd:
        for name in MEASURES:
            value = measured(name, found)
            assert value is None or abs(value) < 1e6, name


def test_a_bound_votes_na_where_its_measure_does_not_apply_and_no_where_it_cannot_be_observed(
    facts: Callable[..., Facts], texts: dict[str, str]
) -> None:
    """So that breaking the observation never helps."""
    grader = BoundGrader()
    fine = facts(texts["right"])
    shape, behaviour = (as_predicate([Bound(name, None, 99)]) for name in ("edit-size", "visible-failed"))
    slack = as_predicate([Bound("slack", None, 1)])
    assert [grader.vote(p, fine) for p in (shape, behaviour, slack)] == [1, 1, None]
    broken, unreadable = replace(fine, runs=None, taken={}), replace(fine, patched=None, taken={})
    assert [grader.vote(p, broken) for p in (shape, behaviour, slack)] == [1, 0, 0]
    assert [grader.vote(p, unreadable) for p in (shape, behaviour, slack)] == [0, 0, 0]
    both = as_predicate([Bound("slack", None, 1), Bound("edit-size", 50, None)])
    assert grader.vote(both, fine) == 0
    assert grader.vote(as_predicate([Bound("slack", None, 1), Bound("edit-size", None, 50)]), fine) is None


def test_bounds_are_open_below_and_closed_above(facts: Callable[..., Facts], texts: dict[str, str]) -> None:
    """Above 1 excludes 1, at most 1 includes it: halves share nothing and leave nothing out."""
    found = facts(texts["right"])
    assert Bound("edit-places", 1, None).holds(found) is False
    assert Bound("edit-places", None, 1).holds(found) is True


@pytest.mark.parametrize(
    ("kind", "params", "complaint"),
    [
        ("edit-sise", {"at_most": 1}, "did you mean 'edit-size'"),
        ("edit-size", {"at_mots": 1}, "did you mean 'at_most'"),
        ("edit-size", {}, "is empty"),
        ("edit-size", {"at_most": "6"}, "finite number"),
        ("edit-size", {"at_most": True}, "finite number"),
        ("edit-size", {"at_most": float("nan")}, "finite number"),
        ("edit-size", {"above": 3, "at_most": 3}, "less than"),
        ("all", {"of": []}, "2 to 3"),
        ("all", {"off": []}, "did you mean 'of'"),
        ("all", {"of": [{"kind": "edit-size", "at_most": 1}, {"kind": "all", "of": []}]}, "unknown predicate kind"),
        ("all", {"of": [{"kind": "edit-size", "at_most": 1}, 3]}, "with a kind"),
    ],
)
def test_a_wrong_predicate_is_refused_with_its_key(kind: str, params: dict[str, Any], complaint: str) -> None:
    """And the nearest valid name."""
    with pytest.raises(ConfigError, match=complaint) as refused:
        as_bounds(kind, params, "rubric.toml: predicates.0")
    assert str(refused.value).startswith("rubric.toml: predicates.0")


def test_a_predicate_is_read_back_as_it_was_written() -> None:
    """One bound has its own kind, several are `all`, in one order."""
    a, b = Bound("slack", 0.25, None), Bound("edit-size", 1, 6)
    one, two = as_predicate([b]), as_predicate([a, b])
    assert (one.kind, one.params) == ("edit-size", {"above": 1, "at_most": 6})
    assert two.kind == "all"
    assert as_bounds(two.kind, two.params) == [b, a]
    assert two.identity == as_predicate([b, a]).identity != one.identity
    assert one.text == "syntax nodes that the edit changes: more than 1 and at most 6"


def test_templates_propose_what_varies_and_halve_what_is_wide(
    facts: Callable[..., Facts], texts: dict[str, str]
) -> None:
    """Exactly two children that share out what the parent is satisfied by."""
    lines = texts["right"].splitlines()
    sample = [
        facts("\n".join([*lines[:-1], *["    low = low"] * extra, lines[-1], ""])) for extra in (0, 1, 2, 3, 4, 5)
    ]
    templates, grader = Templates(), BoundGrader()
    proposed = templates.propose(sample)
    kinds = {predicate.kind for predicate in proposed}
    assert "statements-gained" in kinds
    assert "visible-failed" not in kinds
    wide = as_predicate([Bound("statements-gained", None, 100)])
    children = templates.decompose(wide, sample)
    assert children is not None
    cast = [[grader.vote(child, case) for case in sample] for child in children]
    assert [sum(votes) for votes in zip(*cast, strict=True)] == [1] * 6
    assert [sum(votes) for votes in cast] == [3, 3]


def test_what_its_own_measure_cannot_halve_is_halved_by_another(
    facts: Callable[..., Facts], texts: dict[str, str]
) -> None:
    """Alike in every measure, nothing is left to try."""
    sample = [facts(texts["right"]), facts(texts["cheat"])]
    predicate = as_predicate([Bound("edit-places", None, 1)])
    children = Templates().decompose(predicate, sample)
    assert children is not None
    assert {child.kind for child in children} == {"all"}
    assert [[BoundGrader().vote(child, case) for case in sample] for child in children] in (
        [[1, 0], [0, 1]],
        [[0, 1], [1, 0]],
    )
    assert Templates().decompose(predicate, sample[:1]) is None
