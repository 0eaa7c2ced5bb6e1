"""The state folded from events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rqgm.archive.adversarial import AdversarialItem, AdversarialPool
from rqgm.archive.state import GENESIS_HEAD, State, recount
from rqgm.core.counts import Counts
from rqgm.core.errors import IntegrityError
from rqgm.core.usage import Usage
from rqgm.core.words import Verdict


def node(commit: str, parent: int | None, **more: Any) -> tuple[str, dict[str, Any]]:
    """Return the event that adds a node."""
    body = {
        "n": None,
        "commit": commit,
        "parent": parent,
        "mate": None,
        "epoch": 0,
        "tried": "",
        "why": "",
        "train": [],
    }
    body |= {"usage": {}, "train_usage": {}, "roles": {"coder": commit, "reviewer": commit}, "deterministic": []}
    return "node_added", body | more


def outcome(n: int, on: int, y: int, **more: Any) -> tuple[str, dict[str, Any]]:
    """Return the event of one outcome."""
    body = {"n": n, "node": on, "role": "coder", "task": f"task-{n}", "measure": "tests", "pool": "validation", "y": y}
    body |= {"score": float(y), "weight": 1.0, "failure": None, "artifact": None, "deps": [], "epoch": 0}
    return "outcome", body | {"usage": {}} | more


def closed(*erased: int, **more: Any) -> tuple[str, dict[str, Any]]:
    """Return the event that ends an epoch."""
    return "epoch_closed", {"epoch": 0, "erased": list(erased), "seats": {}, "utility_id": "u1", "outcomes": 0} | more


@pytest.fixture
def state() -> State:
    """Return generation zero, its child and its grandchild."""
    state = State()
    for event in (node("a", None, seats={"p/s": "reviewer"}), node("b", 0), node("c", 1)):
        state.apply(*event)
    return state


def test_an_outcome_is_the_nodes_own_and_its_ancestors_clades(state: State) -> None:
    """The descendants' outcomes never become the node's own (a bug of HGM)."""
    state.apply(*outcome(1, 2, 1))
    state.apply(*outcome(2, 1, 0))
    found = state.evidence["coder"]
    assert found.own.tolist() == [[0, 0, 1], [0, 1, 0]]
    assert found.clade.tolist() == [[1, 1, 1], [1, 1, 0]]
    assert state.counts(0, "coder") == Counts()
    assert not state.evidence["reviewer"].clade.any()


def test_counts_carry_the_weight_of_the_measure(state: State) -> None:
    """A weight of 1.5 counts one and a half."""
    state.apply(*outcome(1, 0, 1, weight=1.5))
    assert state.by_role(0) == {"coder": Counts(1.5, 0)}


def test_an_erasure_takes_back_exactly_its_records(state: State) -> None:
    """Own and clade counts, the cell and the dependents; the record itself stays, as a tombstone."""
    state.apply(*outcome(1, 2, 1, measure="panel", deps=["p/s"]))
    state.apply(*outcome(2, 2, 1))
    state.apply(*closed(1))
    assert state.evidence["coder"].own.tolist() == [[0, 0, 1], [0, 0, 0]]
    assert state.evidence["coder"].clade.tolist() == [[1, 1, 1], [0, 0, 0]]
    assert state.records.keys() == {1, 2}
    assert [record.n for record in state.live()] == [2]
    assert state.closed["coder", "c"] == {("task-2", "tests"): 2}
    assert state.dependents == {"p/s": set()}
    assert (state.erased, state.spent) == (1, 2)


def test_what_was_spent_never_comes_back(state: State) -> None:
    """N of the gate counts outcomes that were dispatched, erased or not (spec §4)."""
    state.apply(*outcome(1, 0, 1, deps=["p/s"]))
    state.apply(*closed(1))
    assert state.spent == 1


def test_erasing_twice_is_an_integrity_error(state: State) -> None:
    """A ledger that says so was made wrong."""
    state.apply(*outcome(1, 0, 1, deps=["p/s"]))
    state.apply(*closed(1))
    with pytest.raises(IntegrityError, match="record 1 is erased twice"):
        state.apply(*closed(1, epoch=1))


def test_a_cell_measured_again_after_an_erasure_is_closed_by_the_new_record(state: State) -> None:
    """Erase, measure again, erase again: each time the right record goes."""
    state.apply(*outcome(1, 0, 1, task="t", measure="panel", deps=["p/s"]))
    state.apply(*closed(1))
    state.apply(*outcome(2, 0, 0, task="t", measure="panel", deps=["p/s"]))
    assert state.closed["coder", "a"] == {("t", "panel"): 2}
    state.apply(*closed(2, epoch=1))
    assert state.closed["coder", "a"] == {}
    assert state.counts(0, "coder") == Counts()


def test_seats_begin_with_generation_zero_and_move_in_one_event(state: State) -> None:
    """All slots and the utility id change together."""
    assert (state.seats["p/s"].node, state.seats["p/s"].role_hash, state.seats["p/s"].counter) == (0, "a", 0)
    state.apply(*closed(seats={"p/s": {"node": 2, "role_hash": "c", "counter": 1}}, utility_id="u2"))
    assert (state.seats["p/s"].node, state.seats["p/s"].counter, state.utility_id, state.epoch) == (2, 1, "u2", 1)


def test_an_epoch_resets_the_race(state: State) -> None:
    """Each decision has a race of its own."""
    state.apply("race_round", {"round": 2, "entrants": 1, "jobs": 3})
    assert state.race_rounds == 2
    state.apply(*closed())
    assert state.race_rounds == 0


def test_dispatched_jobs_are_pending_until_something_comes_of_them(state: State) -> None:
    """Outcome, node, rejected edit and void each end one."""
    for n in (1, 2, 3, 4):
        state.apply("dispatched", {"n": n, "job": {"kind": "validate"}})
    state.apply(*outcome(1, 0, 1))
    state.apply("voided", {"n": 2, "job": {}, "detail": "lost"})
    state.apply(*node("d", 0, n=3))
    rejected = {
        "n": 4,
        "parent": 0,
        "failure": "crash",
        "detail": "",
        "tried": "",
        "train": [],
        "usage": {},
        "train_usage": {},
    }
    state.apply("edit_rejected", rejected)
    assert (state.pending, state.dispatched) == ({}, 4)


def test_an_infrastructure_failure_is_no_outcome(state: State) -> None:
    """Nothing is spent, nothing is counted, no cell is closed."""
    state.apply("dispatched", {"n": 1, "job": {"kind": "validate"}})
    state.apply("voided", {"n": 1, "job": {}, "detail": "lost"})
    assert (state.spent, state.records, state.closed, state.voided) == (0, {}, {}, 1)
    assert not any(found.own.any() for found in state.evidence.values())


def test_voids_in_a_row_are_ended_by_anything_that_works(state: State) -> None:
    """The run's patience is with an outage, not with bad luck now and then."""
    void = ("voided", {"n": 9, "job": {}, "detail": ""})
    state.apply(*void)
    state.apply(*void)
    assert state.voided_in_a_row == 2
    state.apply(*outcome(1, 0, 1))
    assert state.voided_in_a_row == 0
    state.apply(*void)
    state.apply(*node("d", 0))
    assert (state.voided_in_a_row, state.voided) == (0, 3)


def test_an_edit_that_was_rejected_costs_but_makes_no_node(state: State) -> None:
    """It is recorded with its reason."""
    usage = {"cpu_s": 2.0}
    body = {"n": 1, "parent": 0, "failure": "broken-workspace", "detail": "no", "tried": "x", "train": []}
    state.apply("edit_rejected", body | {"usage": usage, "train_usage": {"cpu_s": 1.0}})
    assert len(state.nodes) == 3
    assert state.rejected == [{"n": 1, "parent": 0, "failure": "broken-workspace", "detail": "no", "tried": "x"}]
    assert (state.usage["expansion"], state.usage["train"]) == (Usage(cpu_s=2.0), Usage(cpu_s=1.0))


def test_train_outcomes_are_remembered_once_and_never_counted(state: State) -> None:
    """They are evidence for editors, not for the search."""
    train = [{"key": "k", "y": 1}, {"key": "k", "y": 0}]
    state.apply(*node("d", 0, train=train))
    assert state.train == {"k": {"key": "k", "y": 1}}
    assert not any(found.own.any() for found in state.evidence.values())


def test_an_artifact_is_kept_by_its_key(state: State) -> None:
    """The first one made is the one that later seats judge; a failure to make one is kept as well."""
    first = {"artifact_key": "k", "made": {"blob": "b1", "failure": None, "detail": ""}}
    state.apply(*outcome(1, 0, 1, **first))
    state.apply(*outcome(2, 0, 1, artifact_key="k", made={"blob": "b2", "failure": None, "detail": ""}))
    state.apply(*outcome(3, 0, 0, artifact_key="q", made={"blob": None, "failure": "crash", "detail": "x"}))
    assert state.artifacts["k"].blob == "b1"
    assert state.artifacts["q"].failure == "crash"


def test_test_outcomes_stay_out_of_the_counts(state: State) -> None:
    """The test pool is for the report only."""
    state.apply("test_outcome", {"node": 0, "role": "coder", "task": "t", "y": 1, "usage": {"cpu_s": 1.0}})
    assert not any(found.own.any() for found in state.evidence.values())
    assert state.spent == 0
    assert state.test[0, "coder", "t"]["y"] == 1
    assert state.usage["test"].cpu_s == 1.0


def test_paths_lead_from_generation_zero_to_the_node(state: State) -> None:
    """Oldest first; depth counts edits."""
    assert state.path(2) == [0, 1, 2]
    assert [state.depth(index) for index in range(3)] == [0, 1, 2]
    assert state.nodes[0].children == [1]
    assert state.lineage_head != GENESIS_HEAD


def test_an_unknown_event_is_refused(state: State) -> None:
    """Guessing would make another state than the writer's."""
    with pytest.raises(IntegrityError, match="unknown kind 'merged'"):
        state.apply("merged", {})


def test_arrays_grow_and_keep_what_they_hold(state: State) -> None:
    """Past the first allocation, and the second."""
    state.apply(*outcome(1, 2, 1))
    for index in range(3, 200):
        state.apply(*node(f"c{index}", 2))
        state.apply(*outcome(index, index, 1))
    own, clade = state.evidence["coder"].own, state.evidence["coder"].clade
    assert own.shape == clade.shape == (2, 200)
    assert own[0].tolist() == [0, 0, *[1] * 198]
    assert clade[0].tolist() == [198, 198, 198, *[1] * 197]


def test_recounting_agrees_after_erasures(state: State) -> None:
    """The slow way and the fast way."""
    for n in range(1, 30):
        state.apply(*outcome(n, n % 3, n % 2, weight=0.5 + n % 2, deps=["p/s"] if n % 4 else []))
    state.apply(*closed(*sorted(state.dependents["p/s"])))
    own, clade = recount(state, "coder")
    assert np.array_equal(own, state.evidence["coder"].own)
    assert np.array_equal(clade, state.evidence["coder"].clade)


def test_an_erasure_leaves_no_remainder(state: State) -> None:
    """Measures weighted 0.2 and 0.8 (0.4 and 1.6 an outcome): what is left is what was there before."""
    state.apply(*outcome(1, 0, 1, weight=0.4))
    before = state.counts(0, "coder")
    state.apply(*outcome(2, 0, 1, weight=1.6, deps=["p/s"]))
    state.apply(*closed(2))
    assert state.counts(0, "coder") == before
    assert before.successes == pytest.approx(0.4, abs=1e-6)


# ---------------------------------------------------------------------- equal content


def steady(commit: str, parent: int, coder: str) -> tuple[str, dict[str, Any]]:
    """Return the event of a node whose deterministic coder has this content."""
    return node(commit, parent, roles={"coder": coder, "reviewer": commit}, deterministic=["coder"])


def test_nodes_of_equal_content_share_their_outcomes(state: State) -> None:
    """Those that are there, and those that come later; at no cost."""
    state.apply(*steady("d", 0, "same"))
    state.apply(*steady("e", 3, "same"))
    state.apply(*outcome(1, 3, 1))
    state.apply(*steady("f", 2, "same"))
    assert [state.counts(index, "coder").total for index in range(6)] == [0, 0, 0, 1, 1, 1]
    assert (state.spent, state.shared()) == (1, 2)


def test_a_clade_counts_a_content_once(state: State) -> None:
    """A cached outcome is no second piece of evidence (a bug of OpenRQGM), however many descendants carry it."""
    for commit, parent in (("d", 0), ("e", 3), ("f", 1)):
        state.apply(*steady(commit, parent, "same"))
    state.apply(*outcome(1, 4, 1))
    assert state.evidence["coder"].clade[0].tolist() == [1, 1, 0, 1, 1, 1]


def test_an_erasure_takes_a_shared_outcome_back_from_all(state: State) -> None:
    """Own and clade, in every carrier."""
    for commit, parent in (("d", 0), ("e", 3), ("f", 1)):
        state.apply(*steady(commit, parent, "same"))
    state.apply(*outcome(1, 4, 1, deps=["p/s"]))
    state.apply(*closed(1))
    assert not state.evidence["coder"].own.any()
    assert not state.evidence["coder"].clade.any()


def test_stochastic_roles_of_equal_content_share_nothing(state: State) -> None:
    """Each node's outcome is its own."""
    state.apply(*node("d", 0, roles={"coder": "a", "reviewer": "a"}))
    state.apply(*outcome(1, 0, 1))
    assert state.counts(3, "coder") == Counts()
    assert state.evidence["coder"].clade[0].tolist() == [1, 0, 0, 0]


def pool_of(*names: str) -> dict[str, Any]:
    """Return what a checkpoint says of a pool of these items."""
    items = [AdversarialItem(name, "coder", "t", name, 0, 1, Verdict.REJECT, "presumed") for name in names]
    pool = AdversarialPool.of(items)
    return pool.describe() | {"items": pool.to_json(), "usage": {"cpu_s": 2.0}}


def test_a_pool_is_replaced_whole_at_a_checkpoint_and_stays_otherwise(state: State) -> None:
    """What labelling cost is charged; a description without items changes nothing."""
    state.apply(*closed(adversarial={"reviewer": pool_of("a", "b")}))
    assert state.adversarial["reviewer"].items.keys() == {"a", "b"}
    assert state.pool_hashes() == {"reviewer": state.adversarial["reviewer"].hash}
    assert state.usage["validation"].cpu_s == 2.0
    state.apply(*closed(epoch=1, adversarial={"reviewer": {"hash": "", "size": 2}}))
    assert state.adversarial["reviewer"].items.keys() == {"a", "b"}
    state.apply(*closed(epoch=2, adversarial={"reviewer": pool_of()}))
    assert state.pool_hashes() == {}


def test_retired_outcomes_are_taken_back_and_counted_apart(state: State) -> None:
    """Their items left the pool: they say nothing of the new criterion, and no seat had a part in them."""
    state.apply(*outcome(1, 1, 1, role="reviewer", task="a", measure="adversarial"))
    state.apply(*outcome(2, 1, 0, role="reviewer", task="b", measure="adversarial"))
    state.apply(*closed(retired=[1]))
    assert (state.erased, state.retired) == (0, 1)
    assert state.counts(1, "reviewer") == Counts(0, 1)
    assert state.closed["reviewer", "b"] == {("b", "adversarial"): 2}


def test_who_accepted_is_kept_by_slot(state: State) -> None:
    """A judge role's own verdict has none."""
    said = [{"slot": "p/s", "verdict": "accept"}, {"slot": "p/t", "verdict": "reject"}]
    state.apply(*outcome(1, 0, 1, opinions=said))
    state.apply(*outcome(2, 0, 1, role="reviewer", opinions=[{"slot": "", "verdict": "accept"}]))
    state.apply(*outcome(3, 0, 1))
    assert [state.records[n].accepted for n in (1, 2, 3)] == [("p/s",), ("",), ()]


def test_a_seat_knows_since_when(state: State) -> None:
    """From the epoch after the checkpoint that filled it."""
    assert state.seats["p/s"].since == 0
    state.apply(*closed(epoch=4, seats={"p/s": {"node": 2, "role_hash": "c", "counter": 1}}))
    assert state.seats["p/s"].since == 5
