"""The criterion and its utility id."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rqgm.core.words import Pool, RoleKind
from rqgm.evolution.criterion import Criterion, Measure, MeasuredRole
from rqgm.judging.panel import Panel, PanelSpec, SeatSpec
from rqgm.orchestration.talk import TalkSpec, open_talk

PANEL = Panel(PanelSpec(name="review", seats=[SeatSpec(name="s", judge="role:reviewer")]))
CODER = MeasuredRole(
    "coder", RoleKind.SOLVER, "repair", "hash-1", {Pool.VALIDATION: ("a",)}, (Measure("tests", 3.0), Measure("panel", 1.0, PANEL)), 100
)  # fmt: skip
REVIEWER = MeasuredRole(
    "reviewer", RoleKind.JUDGE, "reviews", "hash-2", {Pool.ANCHOR: ("x",)}, (Measure("anchor", 1.0),)
)
CRITERION = Criterion((CODER, REVIEWER), "editor", "digest")
SEATS = {"review/s": "judge-1"}


def test_slots_are_those_of_the_panels() -> None:
    """Each names the role that fills it."""
    assert CRITERION.slots == {"review/s": "reviewer"}
    assert CODER.measures[1].slots == ("review/s",)
    assert CODER.measures[0].slots == ()


def test_measures_are_named_for_the_records() -> None:
    """tests, anchor, panel:<name>."""
    assert [measure.name for measure in (*CODER.measures, *REVIEWER.measures)] == ["tests", "panel:review", "anchor"]


def test_weights_average_to_one() -> None:
    """So that outcomes are comparable over roles."""
    assert [CODER.weight(measure) for measure in CODER.measures] == [1.5, 0.5]
    assert REVIEWER.weight(REVIEWER.measures[0]) == 1.0


def test_judges_are_scored_on_the_anchor_and_solvers_on_validation() -> None:
    """Never on train or test."""
    assert (CODER.scored_pool, REVIEWER.scored_pool) == (Pool.VALIDATION, Pool.ANCHOR)


def test_every_role_has_a_kind_that_evolved_code_cannot_change() -> None:
    """The editor included."""
    assert CRITERION.role_kinds == {"coder": RoleKind.SOLVER, "reviewer": RoleKind.JUDGE, "editor": RoleKind.EDITOR}


def with_coder(**changes: object) -> Criterion:
    """Return the criterion with another coder."""
    return Criterion((replace(CODER, **changes), REVIEWER), "editor", "digest")


@pytest.mark.parametrize(
    ("other", "seats"),
    [
        (CRITERION, {"review/s": "judge-2"}),
        (Criterion((CODER, REVIEWER), "editor", "other digest"), SEATS),
        (with_coder(suite_hash="hash-9"), SEATS),
        (with_coder(steps=101), SEATS),
        (with_coder(measures=(Measure("tests", 2.0), CODER.measures[1])), SEATS),
        (
            with_coder(
                measures=(
                    CODER.measures[0],
                    Measure("panel", 1.0, Panel(PANEL.spec.model_copy(update={"threshold": 0.6}))),
                )
            ),
            SEATS,
        ),
        (with_coder(measures=CODER.measures[1:]), SEATS),
        (Criterion((CODER,), "editor", "digest"), SEATS),
    ],
)
def test_whatever_defines_the_criterion_changes_the_utility_id(other: Criterion, seats: dict[str, str]) -> None:
    """Suites, weights, seats, aggregation, step counts, sandbox (spec §1)."""
    assert other.utility_id(seats) != CRITERION.utility_id(SEATS)


def test_the_utility_id_is_stable() -> None:
    """Equal criteria, equal id; a panel's description is no part of it."""
    described = Measure("panel", 1.0, Panel(PANEL.spec.model_copy(update={"description": "words"})))
    assert with_coder(measures=(CODER.measures[0], described)).utility_id(SEATS) == CRITERION.utility_id(SEATS)


def test_how_a_team_talks_is_part_of_the_criterion() -> None:
    """And without a policy the criterion is what it was before there were any: older runs keep their ids."""
    assert CRITERION.utility_id(SEATS) == "5f5728941884f1637bcf8dffdc5f0f98f7911b44621614850f539deae25a729f"
    talks = [
        open_talk(TalkSpec(policy=name), None, "here") for name in ("parallel", "full", "random(0.1)", "random(0.2)")
    ]
    ids = {with_coder(talk=talk).utility_id(SEATS) for talk in talks}
    assert len(ids | {CRITERION.utility_id(SEATS)}) == 5
    assert with_coder(talk=None).utility_id(SEATS) == CRITERION.utility_id(SEATS)


def test_how_a_panel_talks_is_part_of_the_criterion() -> None:
    """It is of the panel's hash."""

    def measured(policy: str) -> Criterion:
        spec = TalkSpec(policy=policy)
        panel = Panel(PANEL.spec.model_copy(update={"policy": spec}), talk=open_talk(spec, None, "here"))
        return with_coder(measures=(CODER.measures[0], Measure("panel", 1.0, panel)))

    assert len({CRITERION.utility_id(SEATS), *(measured(name).utility_id(SEATS) for name in ("full", "star"))}) == 3


HARD = replace(REVIEWER, measures=(*REVIEWER.measures, Measure("adversarial", 1.0, share=0.5)))


def test_the_adversarial_pool_is_part_of_the_criterion() -> None:
    """Its content, and the share that it has; an empty one is none."""
    ids = {
        Criterion((CODER, role), "editor", "digest").utility_id(SEATS, pools)
        for role, pools in (
            (REVIEWER, {}),
            (HARD, {}),
            (HARD, {"reviewer": "pool-1"}),
            (HARD, {"reviewer": "pool-2"}),
            (replace(HARD, measures=(*REVIEWER.measures, Measure("adversarial", 1.0, share=0.4))), {}),
        )
    }
    assert len(ids) == 5
    assert CRITERION.utility_id(SEATS, {}) == CRITERION.utility_id(SEATS)


def test_an_adversarial_outcome_counts_as_one_on_the_anchor_and_is_of_its_own_pool() -> None:
    """Pools are never mixed."""
    anchor, hard = HARD.measures
    assert HARD.weight(anchor) == HARD.weight(hard) == 1.0
    assert (HARD.pool_of(anchor), HARD.pool_of(hard)) == (Pool.ANCHOR, Pool.ADVERSARIAL)
    assert (HARD.adversarial, REVIEWER.adversarial) == (hard, None)
    assert (HARD.measure("adversarial"), hard.slots) == (hard, ())
