"""Plans: no constructor lets a circle through, and what a plan costs is what its graph says."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.orchestration.plans import Plan, PlanError, Turn


@st.composite
def masks(draw: st.DrawFn) -> tuple[list[int], np.ndarray]:
    """Draw an order of agents and any mask of small numbers, also on and right of the diagonal."""
    count = draw(st.integers(0, 7))
    order = draw(st.permutations(range(count)))
    entries = draw(st.lists(st.integers(-1, 3), min_size=count * count, max_size=count * count))
    return list(order), np.array(entries, dtype=int).reshape(count, count)


def longest_chain(plan: Plan) -> int:
    """Return the longest chain of turns, by trying all: what `critical_path` has to be."""

    def depth(turn: Turn) -> int:
        before = [*plan.turns[turn], Turn(turn.agent, turn.number - 1)]
        return 1 + max((depth(other) for other in before if other.number), default=0)

    return max(map(depth, plan.turns), default=0)


@given(masks())
def test_a_mask_in_an_order_never_makes_a_circle(drawn: tuple[list[int], np.ndarray]) -> None:
    """Whatever stands in the mask: edges run along the order, newest versions are heard, costs are the graph's."""
    order, mask = drawn
    plan = Plan.in_order(order, mask)
    place = {agent: k for k, agent in enumerate(order)}
    assert all(place[other] < place[agent] for agent, heard in plan.parents.items() for other in heard)
    assert plan.edges == int((np.tril(mask, -1) > 0).sum())
    assert plan.extra_calls == len(plan.updated) == int((np.tril(mask, -1) > 0).any(axis=1).sum()) if order else True
    assert all(bool(other.number) is (other.agent in plan.updated) for heard in plan.turns.values() for other in heard)
    assert plan.critical_path == longest_chain(plan)
    assert plan.gate is not plan.empty


@given(masks())
def test_levels_hold_each_turn_once_after_what_it_waits_for(drawn: tuple[list[int], np.ndarray]) -> None:
    """And a turn stands in no later level than it must."""
    plan = Plan.in_order(*drawn)
    level = {turn: k for k, turns in enumerate(plan.levels()) for turn in turns}
    assert set(level) == set(plan.turns)
    assert len(level) == sum(map(len, plan.levels()))
    for turn in plan.turns:
        assert level[turn] == 1 + max((level[other] for other in plan.waits_for(turn)), default=-1)


@given(masks())
def test_json_and_pickle_bring_the_same_plan_back(drawn: tuple[list[int], np.ndarray]) -> None:
    """Also through text."""
    plan = Plan.in_order(*drawn)
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    assert pickle.loads(pickle.dumps(plan)) == plan


def test_entries_of_the_mask_say_in_which_order_others_are_heard() -> None:
    """By rising entry; equal ones in the order of the agents."""
    plan = Plan.in_order([3, 1, 0, 2], [[0] * 4, [0] * 4, [0] * 4, [2, 1, 2, 0]])
    assert plan.parents == {2: (1, 3, 0)}


@given(st.integers(1, 6), st.dictionaries(st.integers(0, 5), st.sets(st.integers(0, 5), max_size=3), max_size=6))
def test_parents_of_a_plug_in_are_a_plan_or_an_error(agents: int, parents: dict[int, set[int]]) -> None:
    """A plan that was made is what was asked for, and acyclic."""
    try:
        plan = Plan.hearing(agents, parents)
    except PlanError:
        return
    assert {agent: set(heard) for agent, heard in plan.parents.items()} == parents
    assert len([turn for level in plan.levels() for turn in level]) == len(parents)


def test_who_hears_nobody_may_answer_again_by_itself() -> None:
    """If it is named; others hear its new answer."""
    plan = Plan.in_order([2, 0, 1], [[0] * 3, [1, 0, 0], [0] * 3], again={2})
    assert plan == Plan.hearing(3, {2: [], 0: [2]})
    assert plan.parents == {2: (), 0: (2,)}
    assert plan.levels() == ((Turn(2, 1),), (Turn(0, 1),))
    assert (plan.extra_calls, plan.critical_path, plan.edges) == (2, 2, 1)


def test_a_circle_is_named() -> None:
    """With every agent on it, and none that is not."""
    with pytest.raises(PlanError, match=r"circle: (2 → 7 → 5 → 2|7 → 5 → 2 → 7|5 → 2 → 7 → 5);"):
        Plan.hearing(9, {2: [7], 7: [5], 5: [2], 8: [2], 1: [0]})


@pytest.mark.parametrize(
    ("parents", "message"),
    [
        ({0: [1, 1]}, "each other agent once"),
        ({0: [0]}, "itself never"),
        ({0: [3]}, "there are 3 agents"),
        ({-1: [0]}, "agent -1"),
    ],
)
def test_what_is_no_plan_is_refused(parents: dict[int, list[int]], message: str) -> None:
    """With what is wrong."""
    with pytest.raises(PlanError, match=message):
        Plan.hearing(3, parents)


@pytest.mark.parametrize(
    ("turns", "message"),
    [
        ({Turn(0, 2): (Turn(1, 0),)}, "without a turn 1"),
        ({Turn(0, 0): (Turn(1, 0),)}, "turn 0"),
        ({Turn(0, 1): (Turn(1, 1),)}, "which there is not"),
        ({Turn(0, 1): (Turn(1, -1),)}, "which there is not"),
        ({Turn(0, 1): (Turn(1, 0),), Turn(0, 2): (Turn(1, 1),), Turn(1, 1): (Turn(0, 2),)}, "circle"),
    ],
)
def test_turns_must_be_there(turns: dict[Turn, tuple[Turn, ...]], message: str) -> None:
    """Also the one before: who speaks a second time has spoken a first time."""
    with pytest.raises(PlanError, match=message):
        Plan(2, gate=True, turns=turns)


def test_nobody_answers_again_behind_a_shut_gate() -> None:
    """The gate is part of the plan, not an ornament; but it may open for nothing."""
    with pytest.raises(PlanError, match="gate is shut"):
        Plan(2, gate=False, turns={Turn(0, 1): (Turn(1, 0),)})
    assert Plan.none(3).empty
    assert Plan.none(3, gate=True) != Plan.none(3)


@pytest.mark.parametrize(("agents", "rounds"), [(2, 1), (3, 2), (5, 3), (1, 2), (0, 1), (4, 0)])
def test_a_debate_is_rounds_of_everybody_hearing_everybody(agents: int, rounds: int) -> None:
    """What the others said in the round before; as deep as it has rounds."""
    plan = Plan.debate(range(agents), rounds)
    rounds = rounds if agents > 1 else 0
    assert plan.extra_calls == agents * rounds
    assert plan.critical_path == longest_chain(plan) == rounds
    for turn, heard in plan.turns.items():
        assert set(heard) == {Turn(other, turn.number - 1) for other in range(agents) if other != turn.agent}
    assert Plan.from_json(plan.to_json()) == plan


def test_a_plan_knows_its_agents_under_other_numbers() -> None:
    """`relabelled` undone is the plan."""
    plan = Plan.debate([2, 0, 1], 2)
    names = [1, 2, 0]
    back = [names.index(k) for k in range(3)]
    assert plan.relabelled(names).relabelled(back) == plan
    chain = Plan.hearing(3, {1: [0], 2: [1]})
    assert chain.relabelled([2, 0, 1]) == Plan.hearing(3, {0: [2], 1: [0]})
    assert chain.relabelled([1, 0, 2]) != chain


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"schema_version": 2, "agents": 1, "gate": False, "turns": []},
        {"schema_version": 1, "agents": -1, "gate": False, "turns": []},
        {"schema_version": 1, "agents": 1, "gate": False, "turns": [], "more": 1},
        {"schema_version": 1, "agents": 2, "gate": True, "turns": [[0, 1, [[1]]]]},
        {"schema_version": 1, "agents": 2, "gate": True, "turns": [[0, 1, [[1, 0]]], [0, 1, [[1, 0]]]]},
        {"schema_version": 1, "agents": 2, "gate": True, "turns": [[0, 1, [[1, 1]]], [1, 1, [[0, 1]]]]},
        {"schema_version": 1, "agents": 2, "gate": True, "turns": [[0, 1e99, [[1, 0]]]]},
    ],
)
def test_hostile_json_is_refused(data: Any) -> None:
    """By the one error."""
    with pytest.raises(PlanError):
        Plan.from_json(data)


@pytest.mark.parametrize("order", [[0, 0], [1, 2], [0, 1, 2]])
def test_an_order_is_a_permutation_and_fits_the_mask(order: list[int]) -> None:
    """Else it would not be acyclic by construction."""
    with pytest.raises(PlanError, match="order"):
        Plan.in_order(order, np.ones((2, 2)))
