"""The search inside an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rqgm.archive.state import State
from rqgm.core.words import Pool
from rqgm.evolution.cells import OpenCells
from rqgm.evolution.search import Search, decide, sample_train, thompson, wants_expansion
from rqgm.evolution.settings import SearchSettings
from rqgm.testing.worlds import World

CRITERION = World(tasks=4, anchors=5).criterion()


def grown(nodes: int, spent: int = 0, **fields: Any) -> State:
    """Return a state of `nodes` nodes in a chain; `spent` outcomes are said to be spent, none is recorded."""
    state = State()
    for index in range(nodes):
        body = {
            "n": None,
            "commit": f"c{index}",
            "parent": index - 1 if index else None,
            "epoch": 0,
            "tried": "",
            "why": "",
        }
        body |= {"train": [], "usage": {}, "train_usage": {}, "deterministic": []}
        body |= {"roles": {"coder": f"h{index}", "reviewer": f"h{index}", "editor": "e"}}
        state.apply("node_added", body | ({"seats": dict(CRITERION.slots)} if index == 0 else {}))
    state.spent = spent
    for name, value in fields.items():
        setattr(state, name, value)
    return state


def search(seed: int = 0, budget: int = 100, **settings: Any) -> Search:
    """Return a search with these settings."""
    return Search(SearchSettings(**settings), CRITERION, seed, budget)


@pytest.mark.parametrize(
    ("spent", "in_flight", "nodes", "expanding", "opens"),
    [
        (0, 0, 1, 0, False),
        (1, 0, 1, 0, True),
        (0, 1, 1, 0, True),
        (3, 0, 2, 0, False),
        (4, 0, 2, 0, True),
        (4, 0, 1, 1, True),
        (4, 0, 2, 1, False),
        (33, 0, 8, 0, True),
        (31, 0, 8, 0, False),
    ],
)
def test_the_gate_opens_when_outcomes_to_the_alpha_reach_the_nodes(
    spent: int, in_flight: int, nodes: int, expanding: int, opens: bool
) -> None:
    """N^0.6 >= |T|, with what is in flight on both sides (spec §4)."""
    assert wants_expansion(grown(nodes, spent), SearchSettings(), in_flight, expanding) is opens


def test_the_gate_never_opens_beyond_the_largest_archive() -> None:
    """Expansions in flight are nodes already."""
    settings = SearchSettings(max_nodes=3)
    assert wants_expansion(grown(2, 100), settings, 0, 0)
    assert not wants_expansion(grown(2, 100), settings, 0, 1)
    assert not wants_expansion(grown(3, 100), settings, 0, 0)


def test_rejected_edits_close_the_gate_until_something_is_measured() -> None:
    """An editor that breaks everything cannot spend a run on expansions."""
    assert wants_expansion(grown(1, 4), SearchSettings(), 0, 0)
    assert not wants_expansion(grown(1, 4, barren=2), SearchSettings(), 0, 0)


def test_the_first_job_of_a_run_measures_generation_zero() -> None:
    """There is nothing to go by before it."""
    state = grown(1)
    job = decide(search(), state, OpenCells(state, CRITERION, 0))
    assert job is not None
    assert (job["kind"], job["node"]) == ("validate", 0)


def test_a_decision_depends_on_state_settings_and_number_only() -> None:
    """No clock, no generator state: asking twice gives one answer; another number or seed may give another."""
    state = grown(6, 8)
    cells = OpenCells(state, CRITERION, 0)
    assert decide(search(), state, cells) == decide(search(), state, cells)
    by_number = []
    for number in range(30):
        state.dispatched = number
        by_number.append(decide(search(), state, cells))
    assert len({str(job) for job in by_number}) > 3


def test_a_node_with_only_failures_can_be_expanded() -> None:
    """HGM's code stalls when no mean is above zero; every node is expandable."""
    state = grown(1, 50)
    for found in state.evidence.values():
        found.own[1, 0] = found.clade[1, 0] = 50
    job = decide(search(), state, OpenCells(state, CRITERION, 0))
    assert job is not None
    assert (job["kind"], job["node"], job["mate"]) == ("expand", 0, None)


def test_parents_are_drawn_by_clade_and_validated_nodes_by_own_counts() -> None:
    """HGM's two uses of counts; each can be set."""
    state = grown(3, 100)
    for found in state.evidence.values():
        found.own[:, :] = np.array([[500, 0, 0], [0, 500, 500]])
        found.clade[:, :] = np.array([[0, 0, 500], [500, 500, 0]])
    cells = OpenCells(state, CRITERION, 0)

    def kind_and_node(**settings: Any) -> tuple[str, int]:
        job = decide(search(**settings), state, cells)
        assert job is not None
        return job["kind"], job["node"]

    assert kind_and_node() == ("expand", 2)
    assert kind_and_node(parent_counts="own") == ("expand", 0)
    state.spent = 1
    assert kind_and_node() == ("validate", 0)
    assert kind_and_node(validation_counts="clade") == ("validate", 2)


def test_a_node_whose_cells_are_all_taken_is_not_validated() -> None:
    """However good it looks."""
    state = grown(2)
    for found in state.evidence.values():
        found.own[0, 0] = 1_000
    cells = OpenCells(state, CRITERION, 0)
    while (picked := cells.pick(0)) is not None:
        cells.reserve(0, *picked)
    job = decide(search(alpha=0.01), state, cells)
    assert job is not None
    assert (job["kind"], job["node"]) == ("validate", 1)


def test_when_nothing_is_left_to_measure_it_edits_until_patience_ends() -> None:
    """A run ends by itself when its edits come to nothing."""
    state = grown(1, 1, barren=3)
    cells = OpenCells(state, CRITERION, 0)
    while (picked := cells.pick(0)) is not None:
        cells.reserve(0, *picked)
    job = decide(search(), state, cells)
    assert job is not None
    assert job["kind"] == "expand"
    state.barren = 24
    assert decide(search(), state, cells) is None
    state.barren = 0
    assert decide(search(max_nodes=1), state, cells) is None


def test_a_mate_is_another_node() -> None:
    """Paired evidence never pairs a node with itself; single evidence has no mate."""
    state = grown(4, 500)
    cells = OpenCells(state, CRITERION, 0)
    for number in range(50):
        state.dispatched = number
        job = decide(search(), state, cells)
        assert job is not None
        assert job["mate"] not in (None, job["node"])
    alone = decide(search(evidence="single"), state, cells)
    assert alone is not None
    assert alone["mate"] is None


def test_train_samples_are_of_the_train_pool_and_without_repeats() -> None:
    """An editor is never shown another pool."""
    shown = sample_train(search(train_samples=3), 7)
    assert len({tuple(pair) for pair in shown}) == len(shown) == 6
    for role, task in shown:
        assert task in CRITERION.role(role).tasks[Pool.TRAIN]
    assert sample_train(search(train_samples=0), 7) == []
    assert len(sample_train(search(train_samples=64), 7)) == 4 + 5
    first, second = (role.name for role in CRITERION.roles)
    assert [role for role, _ in sample_train(search(train_samples={second: 2}), 7)] == [second] * 2
    assert [role for role, _ in sample_train(search(train_samples={first: 1, second: 0}), 7)] == [first]


def test_the_temperature_cools_with_the_budget_only_when_asked_to() -> None:
    """tau, or tau · B / b with b the budget left; never a division by zero."""
    assert search(tau=2.0).tau(grown(1, 99)) == 2.0
    assert search(cooling=True).tau(grown(1, 0)) == 1.0
    assert search(cooling=True).tau(grown(1, 75)) == 4.0
    assert search(cooling=True).tau(grown(1, 100)) == 100.0


def test_thompson_draws_are_probabilities_around_the_posterior_mean() -> None:
    """Beta(tau (1 + S), tau (1 + F))."""
    counts = np.array([[0.0, 900.0], [0.0, 100.0]])
    draws = np.array([thompson(np.random.RandomState(k), counts, 1.0) for k in range(400)])
    assert ((draws >= 0) & (draws <= 1)).all()
    assert draws.mean(axis=0) == pytest.approx([0.5, 0.9], abs=0.05)
    assert draws[:, 1].std() < 0.02 < draws[:, 0].std()


def test_a_draw_is_the_mean_of_one_draw_a_role() -> None:
    """Utility is uniform over roles: a role with a thousand outcomes weighs no more than one with none."""
    state = grown(1)
    state.evidence["coder"].own[0, 0] = 1_000
    draws = {
        beliefs: np.mean([search(beliefs=beliefs).draw(state, np.random.RandomState(k), "own")[0] for k in range(400)])
        for beliefs in ("by-role", "pooled")
    }
    assert draws["by-role"] == pytest.approx((0.999 + 0.5) / 2, abs=0.03)
    assert draws["pooled"] == pytest.approx(0.999, abs=0.01)
