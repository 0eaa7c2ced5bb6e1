"""The state, against any history that a ledger could hold."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rqgm.archive.state import State, recount
from rqgm.evolution.checkpoint import erase

SLOTS = ("p/a", "p/b", "q/a")

nodes = st.tuples(st.just("node"), st.integers(0, 10_000), st.integers(0, 5), st.integers(0, 5), st.booleans())
outcomes = st.tuples(
    st.just("outcome"),
    st.integers(0, 10_000),
    st.sampled_from(("coder", "reviewer")),
    st.sets(st.sampled_from(SLOTS)),
    st.integers(0, 1),
    st.sampled_from((0.2, 0.5, 1.0, 1.5, 2 / 3)),
)
closings = st.tuples(st.just("close"), st.sets(st.sampled_from(SLOTS)))
voids = st.tuples(st.just("void"))
histories = st.lists(st.one_of(nodes, outcomes, outcomes, outcomes, closings, voids), max_size=60)


def node_event(
    state: State, parent: int | None, coder: int = 0, reviewer: int = 0, steady: bool = True
) -> tuple[str, dict[str, Any]]:
    """Return the event of a new node. Contents are few, so that nodes share them; unsteady roles share nothing."""
    commit = f"c{len(state.nodes)}"
    body = {"n": None, "commit": commit, "parent": parent, "mate": None, "epoch": state.epoch, "tried": "", "why": ""}
    roles = {"coder": f"coder-{coder}-{steady}", "reviewer": f"reviewer-{reviewer}-{steady}"}
    body |= {
        "train": [],
        "usage": {},
        "train_usage": {},
        "deterministic": sorted(roles) if steady else [],
        "roles": roles,
    }
    return "node_added", body | ({"seats": dict.fromkeys(SLOTS, "reviewer")} if parent is None else {})


def outcome_event(
    state: State, node: int, role: str, deps: set[str], y: int, weight: float
) -> tuple[str, dict[str, Any]]:
    """Return the event of an outcome."""
    n = len(state.records) + 1
    body: dict[str, Any] = {"n": n, "node": node % len(state.nodes), "role": role, "task": f"t{n}", "measure": "m"}
    body |= {
        "pool": "",
        "y": y,
        "score": 1.0,
        "weight": weight,
        "failure": None,
        "artifact": None,
        "epoch": state.epoch,
    }
    return "outcome", body | {"deps": sorted(deps), "usage": {"cpu_s": 0.5}}


def close_event(state: State, slots: set[str], erased: list[int]) -> tuple[str, dict[str, Any]]:
    """Return the event that ends an epoch."""
    seats = {
        s: {"node": 0, "role_hash": f"h{state.epoch}", "counter": state.seats[s].counter + 1} for s in sorted(slots)
    }
    body = {
        "epoch": state.epoch,
        "outcomes": state.spent,
        "seats": seats,
        "erased": erased,
        "utility_id": f"u{state.epoch}",
    }
    return "epoch_closed", body


def play(history: list[tuple[Any, ...]]) -> tuple[State, list[tuple[str, dict[str, Any]]]]:
    """Return the state after a history, and its events."""
    state, events = State(), []
    for step in [("node", None), *history]:
        if step[0] == "node":
            parent = None if step[1] is None else step[1] % len(state.nodes)
            event = node_event(state, parent, *step[2:])
        elif step[0] == "outcome":
            event = outcome_event(state, *step[1:])
        elif step[0] == "close":
            event = close_event(state, step[1], erase(state, dict.fromkeys(step[1])))
        else:
            event = ("voided", {"n": 0, "job": {}, "detail": ""})
        events.append(copy.deepcopy(event))
        state.apply(*event)
    return state, events


@settings(max_examples=60)
@given(histories)
def test_recounting_the_live_records_gives_the_counts(history: list[tuple[Any, ...]]) -> None:
    """Own and clade, whatever was erased: no record with an erased dependency is ever counted."""
    state, _ = play(history)
    for role, found in state.evidence.items():
        own, clade = recount(state, role)
        assert np.array_equal(own, found.own)
        assert np.array_equal(clade, found.clade)
    assert state.erased == sum(not record.live for record in state.records.values())


@settings(max_examples=60)
@given(histories)
def test_folding_the_events_again_gives_the_state(runs: Any, history: list[tuple[Any, ...]]) -> None:
    """Every field."""
    state, events = play(history)
    again = State()
    for event in events:
        again.apply(*event)
    runs.same(state, again)


def weights(state: State, role: str, contents: set[str], y: int) -> float:
    """Return the weight of the live outcomes of these contents of a role."""
    records = [r for r in state.live() if r.role == role and bool(r.y) is bool(y)]
    return sum(r.weight for r in records if state.nodes[r.node].content(role) in contents)


@settings(max_examples=60)
@given(histories)
def test_a_nodes_own_counts_are_its_own_contents_alone(history: list[tuple[Any, ...]]) -> None:
    """By role, and never a descendant's that differs (a bug of HGM)."""
    state, _ = play(history)
    for node in state.nodes:
        for role in ("coder", "reviewer"):
            counts = state.counts(node.index, role)
            assert counts.successes == weights(state, role, {node.content(role)}, 1)
            assert counts.failures == weights(state, role, {node.content(role)}, 0)


@settings(max_examples=60)
@given(histories)
def test_a_clade_counts_each_of_its_contents_once(history: list[tuple[Any, ...]]) -> None:
    """However many of its nodes carry it; a cached outcome is no second piece of evidence (a bug of OpenRQGM)."""
    state, _ = play(history)
    for node in state.nodes:
        below = [other for other in state.nodes if node.index in state.path(other.index)]
        for role in ("coder", "reviewer"):
            contents = {other.content(role) for other in below}
            expected = [weights(state, role, contents, 1), weights(state, role, contents, 0)]
            assert state.evidence[role].clade[:, node.index].tolist() == expected


@settings(max_examples=60)
@given(histories)
def test_closed_cells_and_dependents_are_those_of_live_records(history: list[tuple[Any, ...]]) -> None:
    """An erased record closes no cell and cannot be erased again."""
    state, _ = play(history)
    live = {record.n for record in state.live()}
    assert {n for cells in state.closed.values() for n in cells.values()} == live
    for slot in SLOTS:
        assert state.dependents.get(slot, set()) == {n for n in live if slot in state.records[n].deps}


@settings(max_examples=60)
@given(histories, st.sets(st.sampled_from(SLOTS)), st.sets(st.sampled_from(SLOTS)))
def test_erasures_commute_and_erase_exactly_the_dependents(
    runs: Any, history: list[tuple[Any, ...]], first: set[str], second: set[str]
) -> None:
    """A then B, B then A, and both at once leave the same records, counts and cells."""
    before, events = play(history)
    expected = {r.n for r in before.live() if set(r.deps) & (first | second)}
    survivors = {r.n for r in before.live()} - expected
    ends = []
    for order in ([first, second], [second, first], [first | second]):
        state = State()
        for event in copy.deepcopy(events):
            state.apply(*event)
        gone: list[int] = []
        for slots in order:
            erased = erase(state, dict.fromkeys(slots))
            gone += erased
            state.apply(*close_event(state, slots, erased))
        assert sorted(gone) == sorted(expected)
        assert {record.n for record in state.live()} == survivors
        ends.append((runs.evidence_of(state), state.closed, state.dependents))
    assert ends[0] == ends[1] == ends[2]


@settings(max_examples=60)
@given(histories)
def test_the_lineage_has_no_cycle_and_parents_are_older(history: list[tuple[Any, ...]]) -> None:
    """Every path ends at generation zero."""
    state, _ = play(history)
    for node in state.nodes:
        assert (node.parent is None) is (node.index == 0)
        assert node.parent is None or node.parent < node.index
        path = state.path(node.index)
        assert path[0] == 0
        assert len(set(path)) == len(path) == state.depth(node.index) + 1
