"""Endpoints and the plan of the final tests."""

from __future__ import annotations

from typing import Any

from rqgm.archive.state import State
from rqgm.core.counts import Counts, mean_belief
from rqgm.evolution.endpoints import carrier, choose_endpoints, plan_tests
from rqgm.evolution.settings import EndpointSettings
from rqgm.testing.worlds import World

CRITERION = World(tasks=2, anchors=3).criterion()


def tree(*roles: dict[str, str], parents: tuple[int | None, ...], deterministic: bool = True) -> State:
    """Return a state with nodes that have these role contents."""
    state = State()
    for index, (content, parent) in enumerate(zip(roles, parents, strict=True)):
        body: dict[str, Any] = {"n": None, "commit": f"c{index}", "parent": parent, "epoch": 0, "tried": "", "why": ""}
        body |= {"train": [], "usage": {}, "train_usage": {}, "roles": content | {"editor": "e"}}
        state.apply("node_added", body | {"deterministic": sorted(content) if deterministic else []})
    return state


def count(state: State, node: int, role: str, successes: int, failures: int) -> None:
    """Give a node's role outcomes."""
    identity = state.nodes[node].content(role)
    state.evidence[role].count(identity, success=True, weight=successes)
    state.evidence[role].count(identity, success=False, weight=failures)
    state.closed[role, identity] = {(f"task-{k}", "tests"): k for k in range(successes + failures)}


A, B, C = ({"coder": f"c{k}", "reviewer": f"r{k}"} for k in range(3))


def test_the_generalist_is_best_over_the_mean_of_its_roles_and_a_specialist_in_its_own() -> None:
    """Utility is uniform over roles."""
    state = tree(A, B, C, parents=(None, 0, 0))
    count(state, 0, "coder", 10, 10)
    count(state, 1, "coder", 20, 0)
    count(state, 1, "reviewer", 0, 20)
    count(state, 2, "coder", 15, 5)
    count(state, 2, "reviewer", 15, 5)
    chosen = choose_endpoints(state, CRITERION, EndpointSettings())
    assert chosen["generalist"]["node"] == 2
    assert chosen["specialists"]["coder"]["node"] == 1
    assert chosen["specialists"]["reviewer"]["node"] == 2
    assert chosen["generalist"] == {
        "node": 2,
        "commit": "c2",
        "best_belief": mean_belief([Counts(15, 5), Counts(15, 5)]),
        "successes": 30.0,
        "outcomes": 40,
    }


def test_a_lucky_node_with_few_outcomes_does_not_stand() -> None:
    """Nine of nine is fewer than ten outcomes."""
    state = tree(A, B, parents=(None, 0))
    count(state, 0, "coder", 12, 8)
    count(state, 1, "coder", 9, 0)
    assert choose_endpoints(state, CRITERION, EndpointSettings(min_outcomes=10))["generalist"]["node"] == 0
    assert choose_endpoints(state, CRITERION, EndpointSettings(min_outcomes=9))["generalist"]["node"] == 1


def test_best_belief_prefers_what_is_well_measured() -> None:
    """HGM's rule, and not the highest mean."""
    state = tree(A, B, parents=(None, 0))
    count(state, 0, "coder", 85, 15)
    count(state, 1, "coder", 9, 1)
    assert choose_endpoints(state, CRITERION, EndpointSettings())["specialists"]["coder"]["node"] == 0


def test_a_tie_goes_to_the_older_node() -> None:
    """Also when nobody has any outcome."""
    state = tree(A, B, C, parents=(None, 0, 1))
    assert choose_endpoints(state, CRITERION, EndpointSettings())["generalist"]["node"] == 0
    for node in (1, 2):
        count(state, node, "coder", 10, 0)
    assert choose_endpoints(state, CRITERION, EndpointSettings())["generalist"]["node"] == 1


def test_a_run_without_outcomes_still_has_endpoints() -> None:
    """A budget may end before anything was measured enough."""
    chosen = choose_endpoints(tree(A, parents=(None,)), CRITERION, EndpointSettings())
    assert (chosen["generalist"]["node"], chosen["generalist"]["outcomes"]) == (0, 0.0)


def test_a_role_is_tested_on_the_oldest_node_that_carries_it() -> None:
    """A child that did not touch the coder has its parent's test outcomes."""
    state = tree(A, A | {"reviewer": "r9"}, parents=(None, 0))
    assert carrier(state, 1, "coder") == 0
    assert carrier(state, 1, "reviewer") == 1


def test_stochastic_roles_are_tested_on_their_own_node() -> None:
    """Equal content does not give equal outcomes there."""
    assert carrier(tree(A, A, parents=(None, 0), deterministic=False), 1, "coder") == 1


def test_an_equal_role_on_another_branch_is_a_carrier_too() -> None:
    """Equal content, equal outcomes: one test serves them all."""
    assert carrier(tree(A, B, B, parents=(None, 0, 0)), 2, "coder") == 1


def test_the_plan_tests_the_seed_the_generalist_and_the_specialists_once_each() -> None:
    """On the test pool, without repeats."""
    state = tree(A, B, C, parents=(None, 0, 1))
    count(state, 1, "coder", 30, 0)
    count(state, 2, "reviewer", 40, 0)
    state.apply("endpoints_chosen", {"endpoints": choose_endpoints(state, CRITERION, EndpointSettings())})
    plan = plan_tests(state, CRITERION)
    assert len(set(plan)) == len(plan)
    assert {(node, role) for node, role, _ in plan} == {
        (0, "coder"), (1, "coder"), (2, "coder"), (0, "reviewer"), (2, "reviewer"),
    }  # fmt: skip
    assert all(task.startswith("test-") for _, _, task in plan)
