"""Checkpoints: when they are due, the anchor race, the replacement of seats and what is erased."""

from __future__ import annotations

from typing import Any

import pytest

from rqgm.archive.adversarial import AdversarialItem, AdversarialPool
from rqgm.archive.state import State
from rqgm.core.words import Pool, RoleKind, Verdict
from rqgm.evolution.cells import OpenCells
from rqgm.evolution.checkpoint import (
    close_epoch,
    decide_slots,
    erase,
    gather_candidates,
    incumbent_of,
    next_checkpoint,
    plan_race,
    retire,
)
from rqgm.evolution.criterion import Criterion, Measure, MeasuredRole
from rqgm.evolution.displacement import Intake
from rqgm.evolution.settings import AdversarialSettings, EpochSettings, RaceSettings
from rqgm.judging.panel import Panel, PanelSpec, SeatSpec
from rqgm.testing.worlds import World

ITEMS = 40


def panel(name: str, seats: int) -> Panel:
    """Return a panel of `seats` reviewers."""
    return Panel(PanelSpec(name=name, seats=[SeatSpec(name=f"s{k}", judge="role:reviewer") for k in range(seats)]))


def criterion(*panels: Panel, share: float = 0.0) -> Criterion:
    """Return a criterion with these panels, and an anchor of 40 items; with a share, an adversarial measure too."""
    tasks = {Pool.VALIDATION: ("v-0", "v-1")}
    items = {Pool.ANCHOR: tuple(f"item-{k:02d}" for k in range(ITEMS))}
    measures = tuple(Measure("panel", 1.0, panel) for panel in panels)
    hard = [Measure("adversarial", 1.0, share=share)] if share else []
    return Criterion(
        (
            MeasuredRole("coder", RoleKind.SOLVER, "t", "t-1", tasks, measures),
            MeasuredRole("reviewer", RoleKind.JUDGE, "i", "i-1", items, (Measure("anchor", 1.0), *hard)),
        ),
        "editor",
        "profile",
    )


class Run:
    """A state that is written by hand: node k's reviewer has the content `hashes[k]`."""

    def __init__(self, wanted: Criterion, *hashes: str) -> None:
        self.criterion = wanted
        self.state = State()
        self.state.apply("run_started", {"utility_id": ""})
        for index, content in enumerate(hashes):
            body: dict[str, Any] = {"n": None, "commit": f"c{index}", "parent": None if index == 0 else 0, "epoch": 0}
            body |= {"tried": "", "why": "", "train": [], "usage": {}, "train_usage": {}, "deterministic": ["reviewer"]}
            body |= {"roles": {"coder": f"k{index}", "reviewer": content, "editor": "e"}}
            self.state.apply("node_added", body | ({"seats": dict(wanted.slots)} if index == 0 else {}))
        self._n = 0

    def record(self, node: int, role: str, task: str, measure: str, y: int, deps: tuple[str, ...] = ()) -> int:
        """Add one outcome."""
        self._n += 1
        body = {
            "n": self._n,
            "node": node,
            "role": role,
            "task": task,
            "measure": measure,
            "pool": "",
            "y": y,
            "epoch": 0,
        }
        body |= {"score": 1.0, "weight": 1.0, "failure": None, "artifact": None, "key": None, "deps": list(deps)}
        self.state.apply("outcome", body | {"reused": None, "usage": {}})
        return self._n

    def judged(self, node: int, right: int, wrong: int, first: int = 0) -> None:
        """Let a node's reviewer judge anchor items, beginning with item `first`."""
        for k in range(right + wrong):
            self.record(node, "reviewer", f"item-{first + k:02d}", "anchor", int(k < right))

    def close(self, **settings: Any) -> dict[str, Any]:
        """Close the epoch, apply the event and return it."""
        epochs = EpochSettings(**{"replacement": "best-belief", **settings})
        event = close_epoch(self.state, self.criterion, epochs, decide_slots(self.state, self.criterion, epochs))
        self.state.apply("epoch_closed", event)
        return event

    def race(self, **settings: Any) -> list[dict[str, Any]] | None:
        """Return the jobs of the next round."""
        epochs = EpochSettings(**{"replacement": "best-belief", **settings})
        planned = plan_race(self.state, OpenCells(self.state, self.criterion, 0), self.criterion, epochs, 0)
        return None if planned is None else planned.jobs


@pytest.mark.parametrize(
    ("first", "ratio", "expected"), [(32, 2.0, [32, 64, 128, 256]), (8, 2.0, [8, 16, 32, 64]), (10, 1.5, [10, 15, 22, 34]), (1, 1.2, [1, 2, 3, 4])]
)  # fmt: skip
def test_checkpoints_lie_at_exact_powers(first: int, ratio: float, expected: list[int]) -> None:
    """tau0, tau0·rho, tau0·rho², …, rounded, each after the one before."""
    settings, found, after = EpochSettings(first=first, ratio=ratio), [], 0
    for _ in expected:
        after = next_checkpoint(settings, after)
        found.append(after)
    assert found == expected


def test_a_race_that_overshoots_moves_no_later_checkpoint() -> None:
    """Closed at 70 instead of 64: the next is 128 all the same."""
    assert next_checkpoint(EpochSettings(first=32), 70) == 128


def test_candidates_are_contents_not_nodes() -> None:
    """Two nodes with one reviewer are one candidate, carried by the older; their verdicts are pooled."""
    run = Run(criterion(panel("p", 1)), "h0", "h1", "h1", "h2")
    run.judged(2, 3, 0)
    run.judged(1, 0, 2, first=10)
    found = gather_candidates(run.state, "reviewer")
    assert found.keys() == {"h1"}
    assert (found["h1"].node, found["h1"].counts.total, found["h1"].counts.successes) == (1, 5, 3)


def test_the_incumbent_is_who_sits_there_judged_or_not() -> None:
    """Without verdicts it still stands."""
    run = Run(criterion(panel("p", 1)), "h0", "h1")
    assert incumbent_of(run.state, "p/s0", {}).verdicts == {}
    run.judged(0, 2, 1)
    assert incumbent_of(run.state, "p/s0", gather_candidates(run.state, "reviewer")).counts.total == 3


def test_a_better_judge_takes_the_seat_and_what_the_old_one_said_is_erased() -> None:
    """One event: seat, counter, utility id and exactly the records that depend on the seat."""
    run = Run(criterion(panel("p", 1), panel("q", 1)), "h0", "h1")
    run.judged(0, 10, 10)
    run.judged(1, 20, 0)
    gone = run.record(0, "coder", "v-0", "panel:p", 1, ("p/s0",))
    old_id = run.criterion.utility_id(run.state.seats)
    event = run.close()
    assert event["seats"]["p/s0"] == {"node": 1, "role_hash": "h1", "counter": 1}
    assert event["erased"] == [gone]
    assert event["utility_id"] == run.criterion.utility_id(run.state.seats) != old_id
    assert [record.measure for record in run.state.live()] == ["anchor"] * 40
    assert run.state.epoch == 1


def test_records_of_other_slots_survive() -> None:
    """Selective erasure (spec §5)."""
    run = Run(criterion(panel("p", 1), panel("q", 1)), "h0", "h1")
    p = run.record(0, "coder", "v-0", "panel:p", 1, ("p/s0",))
    q = run.record(0, "coder", "v-0", "panel:q", 1, ("q/s0",))
    both = run.record(1, "coder", "v-0", "panel:p", 1, ("p/s0", "q/s0"))
    run.record(1, "coder", "v-1", "tests", 1)
    assert erase(run.state, {"p/s0": None}) == [p, both]
    assert erase(run.state, {"q/s0": None}) == [q, both]
    assert erase(run.state, {"p/s0": None, "q/s0": None}) == [p, q, both]
    assert erase(run.state, {}) == []


def test_nothing_changes_when_nobody_is_better() -> None:
    """The utility id stays too; only the epoch goes on."""
    run = Run(criterion(panel("p", 1)), "h0", "h1")
    run.judged(0, 15, 5)
    run.judged(1, 15, 5)
    run.record(0, "coder", "v-0", "panel:p", 1, ("p/s0",))
    event = run.close()
    assert (event["seats"], event["erased"]) == ({}, [])
    assert event["utility_id"] == run.criterion.utility_id(run.state.seats)
    assert event["decisions"][0]["replaced"] is False
    assert run.state.epoch == 1


def test_without_erasure_old_verdicts_stay() -> None:
    """The paper's ablation."""
    run = Run(criterion(panel("p", 1)), "h0", "h1")
    run.judged(0, 0, 20)
    run.judged(1, 20, 0)
    run.record(0, "coder", "v-0", "panel:p", 1, ("p/s0",))
    event = run.close(erasure=False)
    assert event["erased"] == []
    assert event["seats"]


def test_all_seats_are_decided_on_the_old_vector_in_one_event() -> None:
    """Three better judges take three seats at once, and none of them two."""
    run = Run(criterion(panel("p", 3)), "h0", "h1", "h2", "h3", "h4")
    run.judged(0, 10, 20)
    for node in (1, 2, 3):
        run.judged(node, 24 + node, 6 - node)
    run.judged(4, 0, 30)
    event = run.close()
    assert sorted(seat["role_hash"] for seat in event["seats"].values()) == ["h1", "h2", "h3"]
    assert event["seats"]["p/s0"]["role_hash"] == "h3"
    assert {seat["counter"] for seat in event["seats"].values()} == {1}


def test_no_judge_sits_twice_in_a_panel() -> None:
    """One better judge takes one of three seats; at the next checkpoint it is no challenger for the others."""
    run = Run(criterion(panel("p", 3)), "h0", "h1")
    run.judged(0, 10, 20)
    run.judged(1, 28, 2)
    assert list(run.close()["seats"]) == ["p/s0"]
    again = run.close()
    assert again["seats"] == {}
    assert sorted(seat.role_hash for seat in run.state.seats.values()) == ["h0", "h0", "h1"]


def test_one_judge_may_sit_in_two_panels() -> None:
    """No seat twice in a panel says nothing of another panel: the best takes both seats at one checkpoint."""
    run = Run(criterion(panel("p", 1), panel("q", 1)), "h0", "h1")
    run.judged(0, 10, 20)
    run.judged(1, 28, 2)
    assert {slot: seat["role_hash"] for slot, seat in run.close()["seats"].items()} == {"p/s0": "h1", "q/s0": "h1"}


def test_a_decision_is_recorded_with_its_figures() -> None:
    """Who, how many right of how many, why."""
    run = Run(criterion(panel("p", 1)), "h0", "h1")
    run.judged(0, 5, 5)
    run.judged(1, 9, 1)
    (decision,) = run.close()["decisions"]
    assert decision["slot"] == "p/s0"
    assert (decision["incumbent"]["right"], decision["incumbent"]["judged"]) == (5, 10)
    assert (decision["challenger"]["role_hash"], decision["challenger"]["right"]) == ("h1", 9)
    assert decision["challengers"] >= 1
    assert "best belief 0.636 > 0.271" in decision["reason"]


def test_scores_before_the_erasure_are_recorded() -> None:
    """The order of nodes across a replacement can be studied."""
    run = Run(criterion(panel("p", 1)), "h0", "h1", "h2")
    run.judged(0, 3, 1)
    run.judged(2, 0, 2)
    assert run.close()["scores"] == [[0, 0.75, 4.0], [2, 0.0, 2.0]]


# ---------------------------------------------------------------------- the race


def test_a_race_brings_the_best_few_and_the_incumbent_to_equal_counts() -> None:
    """First round: four enter, up to a quarter of the target; only those with enough outcomes."""
    run = Run(criterion(panel("p", 1)), "h0", "h1", "h2", "h3", "h4", "h5", "h6")
    for node, right in ((1, 5), (2, 4), (3, 3), (4, 2), (5, 1)):
        run.judged(node, right, 5 - right)
    run.judged(6, 4, 0)  # one short of min_anchor
    jobs = run.race(race=RaceSettings(candidates=4, target=40))
    assert jobs is not None
    by_node = {node: [job["task"] for job in jobs if job["node"] == node] for node in range(7)}
    assert {node: len(tasks) for node, tasks in by_node.items()} == {0: 10, 1: 5, 2: 5, 3: 5, 4: 5, 5: 0, 6: 0}
    assert all(job["measure"] == "anchor" and job["role"] == "reviewer" for job in jobs)


def test_each_round_halves_the_field_and_doubles_the_target_until_it_is_over() -> None:
    """Successive halving: 4, 2, 1 challengers at 10, 20, 40 outcomes."""
    run = Run(criterion(panel("p", 1)), "h0", "h1", "h2", "h3", "h4")
    for node in (1, 2, 3, 4):
        run.judged(node, node, 5 - node if node < 5 else 0)
    entrants, counts = [], []
    while (jobs := run.race(race=RaceSettings(candidates=4, target=40))) is not None:
        entrants.append(len({job["node"] for job in jobs} - {0}))
        for job in jobs:
            run.record(job["node"], "reviewer", job["task"], "anchor", int(job["node"] >= 3))
        counts.append(max(c.counts.total for c in gather_candidates(run.state, "reviewer").values()))
        run.state.apply("race_round", {"round": run.state.race_rounds + 1, "entrants": 0, "jobs": 0})
    assert entrants == [4, 2, 1]
    assert counts == [10, 20, 40]


def test_racers_meet_the_incumbent_on_items_that_it_has_judged() -> None:
    """So that pairs are common."""
    run = Run(criterion(panel("p", 1)), "h0", "h1")
    run.judged(0, 5, 5, first=20)
    run.judged(1, 5, 0, first=0)
    jobs = run.race(race=RaceSettings(candidates=1, target=15))
    assert jobs is not None
    challenger = [job["task"] for job in jobs if job["node"] == 1]
    incumbent = {job["task"] for job in jobs if job["node"] == 0}
    assert len(challenger) == 10
    assert set(challenger) == {f"item-{k}" for k in range(20, 30)}
    assert len(incumbent) == 5


def test_nobody_races_where_nobody_may_challenge() -> None:
    """The incumbent alone needs no outcomes."""
    run = Run(criterion(panel("p", 1)), "h0", "h1")
    run.judged(0, 4, 0)
    run.judged(1, 4, 0)
    assert run.race() == []


@pytest.mark.parametrize("settings", [{"replacement": "off"}, {"race": RaceSettings(candidates=0)}])
def test_there_is_no_race_where_none_is_wanted(settings: dict[str, Any]) -> None:
    """Without replacement nothing is decided."""
    run = Run(criterion(panel("p", 1)), "h0", "h1")
    run.judged(1, 10, 0)
    assert run.race(**settings) is None


def test_a_cell_is_raced_once_though_two_slots_ask_for_it() -> None:
    """Three seats, one role, one set of jobs."""
    run = Run(criterion(panel("p", 3)), "h0", "h1")
    run.judged(1, 5, 0)
    jobs = run.race(race=RaceSettings(candidates=1, target=12))
    assert jobs is not None
    keys = [(job["node"], job["task"]) for job in jobs]
    assert len(set(keys)) == len(keys) == 12 + 7


def test_cells_in_flight_or_measured_are_not_raced() -> None:
    """The anchor has an end: with nothing left to judge there are no jobs."""
    run = Run(criterion(panel("p", 1)), "h0", "h1")
    run.judged(0, 20, 20)
    run.judged(1, 40, 0)
    assert run.race(race=RaceSettings(candidates=1, target=64)) == []


def test_the_synthetic_world_has_the_same_slots_as_its_panel() -> None:
    """What these tests write by hand is what runs have."""
    assert set(World(seats=2).criterion().slots) == {"review/seat-0", "review/seat-1"}


# ---------------------------------------------------------------------- the adversarial pool


def pooled(count: int, share: float = 0.5, hashes: tuple[str, ...] = ("h0", "h1")) -> Run:
    """Return a run whose reviewers have an adversarial pool of `count` items."""
    run = Run(criterion(panel("p", 1), share=share), *hashes)
    items = [
        AdversarialItem(f"v-0~{k:02d}", "coder", "v-0", f"b{k}", 0, k, Verdict.REJECT, "verifier") for k in range(count)
    ]
    run.state.adversarial["reviewer"] = AdversarialPool.of(items)
    return run


def faced(run: Run, node: int, right: int, wrong: int) -> None:
    """Let a node's reviewer judge adversarial items."""
    for k in range(right + wrong):
        run.record(node, "reviewer", f"v-0~{k:02d}", "adversarial", int(k < right))


def intake(names: str, places: int) -> Intake:
    """Return a labelled intake into an empty pool."""
    made = Intake(
        AdversarialPool(),
        [AdversarialItem(f"v-0~{n}", "coder", "v-0", n, 0, ord(n)) for n in names],
        AdversarialSettings(reserve_per_epoch=0),
        places,
    )
    for item in made.unlabelled():
        made.note(item, {"y": 0, "kept_out": None, "usage": {}})
    return made


def test_candidates_have_verdicts_on_both_pools() -> None:
    """Kept apart, counted together."""
    run = pooled(10)
    run.judged(1, 3, 1)
    faced(run, 1, 2, 5)
    found = gather_candidates(run.state, "reviewer")["h1"]
    assert (len(found.verdicts), len(found.adversarial)) == (4, 7)
    assert (found.counts.successes, found.counts.total) == (5, 11)


def test_a_decision_counts_the_pool_and_says_so() -> None:
    """The better of both together takes the seat; how much of it was adversarial is on record."""
    run = pooled(10)
    run.judged(0, 14, 6)
    run.judged(1, 13, 7)
    faced(run, 0, 1, 9)
    faced(run, 1, 9, 1)
    (decision,) = run.close()["decisions"]
    assert decision["replaced"]
    assert (decision["incumbent"]["right"], decision["incumbent"]["judged"]) == (15, 30)
    assert decision["incumbent"]["adversarial"] == {"right": 1, "judged": 10}
    assert decision["challenger"]["quality"]["adversarial"]["items"] == 10


def test_a_race_gives_the_pool_its_share() -> None:
    """Half of the target on the pool and half on the anchor, for incumbent and challenger alike, on equal items."""
    run = pooled(30)
    run.judged(0, 10, 10)
    run.judged(1, 5, 0)
    jobs = run.race(race=RaceSettings(candidates=1, target=24))
    assert jobs is not None
    by = {
        (node, m): [j["task"] for j in jobs if (j["node"], j["measure"]) == (node, m)]
        for node in (0, 1)
        for m in ("anchor", "adversarial")
    }
    assert {key: len(tasks) for key, tasks in by.items()} == {
        (0, "anchor"): 0, (0, "adversarial"): 12, (1, "anchor"): 7, (1, "adversarial"): 12,
    }  # fmt: skip
    assert set(by[0, "adversarial"]) == set(by[1, "adversarial"])
    assert set(by[1, "anchor"]) <= {f"item-{k:02d}" for k in range(20)}


def test_a_small_pool_leaves_the_rest_of_the_race_to_the_anchor() -> None:
    """Its share is capped by its size."""
    run = pooled(3)
    run.judged(0, 5, 5)
    run.judged(1, 5, 0)
    jobs = run.race(race=RaceSettings(candidates=1, target=20))
    assert jobs is not None
    measures = [job["measure"] for job in jobs if job["node"] == 1]
    assert (measures.count("adversarial"), measures.count("anchor")) == (3, 12)


def test_who_races_has_faced_enough_of_the_pool_to_stand() -> None:
    """Also where the target is small: the rule asks for `min_anchor` adversarial items."""
    run = pooled(30)
    run.judged(0, 0, 6)
    run.judged(1, 6, 0)
    jobs = run.race(race=RaceSettings(candidates=1, target=6), min_anchor=5)
    assert jobs is not None
    for job in jobs:
        run.record(job["node"], "reviewer", job["task"], job["measure"], job["node"])
    assert run.close(min_anchor=5)["seats"]


def test_a_judge_that_has_not_faced_the_pool_is_not_taken_to_master_it() -> None:
    """The field is chosen by both: nine of ten on the anchor alone promise less than eight of ten on both."""
    run = pooled(20, hashes=("h0", "h1", "h2"))
    run.judged(0, 5, 5)
    run.judged(1, 9, 1)
    run.judged(2, 8, 2)
    faced(run, 2, 8, 2)
    jobs = run.race(race=RaceSettings(candidates=1, target=30))
    assert jobs is not None
    assert {job["node"] for job in jobs} == {0, 2}


def test_a_replacement_and_its_pool_are_one_event() -> None:
    """The new criterion is named with both; the pool's items are in the event, so that the state needs nothing else."""
    run = Run(criterion(panel("p", 1), share=0.5), "h0", "h1")
    run.judged(0, 5, 15)
    run.judged(1, 20, 0)
    epochs = EpochSettings(replacement="best-belief")
    event = close_epoch(
        run.state, run.criterion, epochs, decide_slots(run.state, run.criterion, epochs), {"reviewer": intake("abc", 2)}
    )
    run.state.apply("epoch_closed", event)
    told = event["adversarial"]["reviewer"]
    assert (told["size"], told["entered"], told["kept_out"]) == (2, 2, {"no room": 1})
    assert run.state.adversarial["reviewer"].hash == told["hash"]
    assert event["utility_id"] == run.criterion.utility_id(run.state.seats, {"reviewer": told["hash"]})
    assert event["utility_id"] != run.criterion.utility_id(run.state.seats)


def test_what_leaves_the_pool_is_retired() -> None:
    """Exactly the live outcomes on items that are gone."""
    run = pooled(3)
    faced(run, 0, 1, 2)
    run.judged(0, 2, 0)
    kept = AdversarialPool.of([run.state.adversarial["reviewer"].items["v-0~01"]])
    assert retire(run.state, {"reviewer": kept}) == [1, 3]
    assert retire(run.state, dict(run.state.adversarial)) == []


def test_a_checkpoint_that_replaces_nobody_describes_the_pool_as_it_is() -> None:
    """Every epoch is reported."""
    run = pooled(3)
    event = run.close()
    assert event["adversarial"]["reviewer"] == run.state.adversarial["reviewer"].describe()
    assert (event["retired"], len(run.state.adversarial["reviewer"].items)) == ([], 3)


def test_without_the_objective_nothing_is_said_of_it() -> None:
    """The ablation's events."""
    assert Run(criterion(panel("p", 1)), "h0").close()["adversarial"] == {}
