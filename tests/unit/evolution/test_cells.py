"""Open cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rqgm.archive.adversarial import AdversarialItem, AdversarialPool
from rqgm.archive.state import Cell, State
from rqgm.core.words import Pool, Verdict
from rqgm.evolution.cells import OpenCells
from rqgm.testing.worlds import World

WORLD = World(tasks=3, anchors=4)
CRITERION = WORLD.criterion()


def add_node(state: State, content: str = "", *, deterministic: bool = False) -> None:
    """Add one node; with a content, both its roles have it."""
    index = len(state.nodes)
    body = {
        "n": None,
        "commit": f"c{index}",
        "parent": index - 1 if index else None,
        "epoch": 0,
        "tried": "",
        "why": "",
    }
    body |= {
        "train": [],
        "usage": {},
        "train_usage": {},
        "deterministic": ["coder", "reviewer"] if deterministic else [],
    }
    body |= {
        "roles": {"coder": content or "h", "reviewer": content or "h"},
        "seats": dict(CRITERION.slots) if index == 0 else {},
    }
    state.apply("node_added", body)


@pytest.fixture
def state() -> State:
    """Two nodes."""
    state = State()
    add_node(state)
    add_node(state)
    return state


@pytest.fixture
def cells(state: State) -> OpenCells:
    """Their open cells."""
    return OpenCells(state, CRITERION, seed=1)


def dispatch(state: State, cells: OpenCells, node: int, role: str, cell: Cell) -> int:
    """Take a cell as the loop does."""
    n = state.dispatched + 1
    cells.reserve(node, role, cell)
    job = {"kind": "validate", "node": node, "role": role, "task": cell[0], "measure": cell[1]}
    state.apply("dispatched", {"n": n, "job": job})
    return n


def finish(state: State, cells: OpenCells, n: int, deps: tuple[str, ...] = ()) -> None:
    """Close a job's cell as the loop does."""
    job = state.pending[n]
    body: dict[str, Any] = {
        "n": n,
        "pool": "validation",
        "y": 1,
        "score": 1.0,
        "weight": 1.0,
        "failure": None,
        "epoch": 0,
    }
    body |= {"artifact": None, "key": None, "deps": list(deps), "reused": None, "usage": {}}
    state.apply("outcome", body | {key: job[key] for key in ("node", "role", "task", "measure")})
    cells.release(job["node"], job["role"], (job["task"], job["measure"]), measured=True)


def open_of(cells: OpenCells, node: int) -> set[tuple[str, Cell]]:
    """Return all open cells of a node."""
    return {(role, cell) for role, mine in cells.cells.items() for cell in mine if cells.is_open(node, role, cell)}


def order_of(state: State, node: int) -> list[tuple[str, Cell]]:
    """Return a node's cells in the order in which fresh `OpenCells` hand them out."""
    cells = OpenCells(state, CRITERION, seed=1)
    order = []
    while (picked := cells.pick(node)) is not None:
        order.append(picked)
        cells.reserve(node, *picked)
    return order


def test_a_node_has_the_cells_of_its_scored_pools(cells: OpenCells) -> None:
    """Validation tasks by measure for solvers, anchors for judges; never train or test."""
    roles = {role.name: role for role in CRITERION.roles}
    assert len(cells.cells["coder"]) == 3 * 2
    assert len(cells.cells["reviewer"]) == 4
    for role, mine in cells.cells.items():
        pool = Pool.ANCHOR if role == "reviewer" else Pool.VALIDATION
        assert {task for task, _ in mine} == set(roles[role].tasks[pool])


def test_the_least_measured_role_comes_first(state: State, cells: OpenCells) -> None:
    """Jobs in flight count as measured, so that roles alternate."""
    roles = []
    for _ in range(8):
        picked = cells.pick(0)
        assert picked is not None
        roles.append(picked[0])
        dispatch(state, cells, 0, *picked)
    assert roles == ["coder", "reviewer"] * 4


def test_cells_are_spread_over_tasks_in_an_order_of_the_nodes_own(state: State) -> None:
    """Two nodes begin with different tasks; one node always with the same."""
    assert order_of(state, 0) == order_of(state, 0)
    assert order_of(state, 0) != order_of(state, 1)
    assert set(order_of(state, 0)) == set(order_of(state, 1))


def test_a_cell_is_never_handed_out_twice(state: State, cells: OpenCells) -> None:
    """Until the node has none left."""
    seen = set()
    while (picked := cells.pick(0)) is not None:
        assert picked not in seen
        seen.add(picked)
        n = dispatch(state, cells, 0, *picked)
        if n % 2:
            finish(state, cells, n)
    assert len(seen) == 10
    assert cells.mask().tolist() == [False, True]


def test_a_job_that_came_to_nothing_opens_its_cell_again(state: State, cells: OpenCells) -> None:
    """In its old place in the order."""
    picked = cells.pick(0)
    assert picked is not None
    before = open_of(cells, 0)
    n = dispatch(state, cells, 0, *picked)
    assert open_of(cells, 0) == before - {picked}
    state.apply("voided", {"n": n, "job": {}, "detail": ""})
    cells.release(0, *picked, measured=False)
    assert open_of(cells, 0) == before
    assert (cells.pick(0), cells.reserved) == (picked, 0)


def test_an_erased_record_opens_its_cell_again(state: State, cells: OpenCells) -> None:
    """Exactly that one."""
    while (picked := cells.pick(0)) is not None:
        deps = ("review/seat-0",) if picked[1][1].startswith("panel") else ()
        finish(state, cells, dispatch(state, cells, 0, *picked), deps)
    erased = sorted(state.dependents["review/seat-0"])
    state.apply("epoch_closed", {"epoch": 0, "erased": erased, "seats": {}, "utility_id": ""})
    for record in (state.records[n] for n in erased):
        cells.reopen(record.node, record.role, (record.task, record.measure))
    assert open_of(cells, 0) == {
        ("coder", (task, "panel:review")) for task in CRITERION.role("coder").tasks[Pool.VALIDATION]
    }
    assert cells.mask().tolist() == [True, True]


def test_a_cell_from_the_middle_can_be_taken(state: State, cells: OpenCells) -> None:
    """The race picks items itself."""
    order = [cell for role, cell in order_of(state, 0) if role == "reviewer"]
    dispatch(state, cells, 0, "reviewer", order[2])
    assert not cells.is_open(0, "reviewer", order[2])
    handed_out = []
    while (picked := cells.pick(0)) is not None:
        dispatch(state, cells, 0, *picked)
        handed_out += [picked[1]] if picked[0] == "reviewer" else []
    assert handed_out == [order[0], order[1], order[3]]


def test_a_cell_that_does_not_exist_is_not_open(cells: OpenCells) -> None:
    """Another role's, another pool's, another measure's."""
    assert cells.is_open(0, "reviewer", ("anchor-0000", "anchor"))
    for cell in (("anchor-0000", "tests"), ("validation-0000", "anchor"), ("test-0000", "anchor")):
        assert not cells.is_open(0, "reviewer", cell)


def test_rebuilt_from_the_state_it_is_the_same(state: State, cells: OpenCells) -> None:
    """On resume: closed cells and cells in flight are taken, all others open, in the same order."""
    for step in range(9):
        picked = cells.pick(step % 2)
        assert picked is not None
        n = dispatch(state, cells, step % 2, *picked)
        if step < 5:
            finish(state, cells, n)
    again = OpenCells(state, CRITERION, seed=1)
    assert again.reserved == cells.reserved == 4
    assert again.mask().tolist() == cells.mask().tolist()
    for node in (0, 1):
        assert open_of(again, node) == open_of(cells, node)
        assert again.pick(node) == cells.pick(node)


def test_a_resumed_reservation_can_be_released(state: State, cells: OpenCells) -> None:
    """Whether its job then comes to something or not."""
    picked = cells.pick(0)
    assert picked is not None
    before = open_of(cells, 0)
    n = dispatch(state, cells, 0, *picked)
    again = OpenCells(state, CRITERION, seed=1)
    state.apply("voided", {"n": n, "job": {}, "detail": ""})
    again.release(0, *picked, measured=False)
    assert again.reserved == 0
    assert open_of(again, 0) == before


def test_nodes_beyond_the_first_allocation_have_cells(state: State, cells: OpenCells) -> None:
    """The archive grows."""
    for _ in range(150):
        add_node(state)
        cells.sync()
    assert cells.mask().tolist() == [True] * 152
    assert cells.pick(151) is not None


def test_nodes_of_equal_content_share_their_cells(state: State) -> None:
    """What is measured or in flight for one is taken for all, also for a node that comes later; and opens for all."""
    add_node(state, "same", deterministic=True)
    cells = OpenCells(state, CRITERION, seed=1)
    picked = cells.pick(2)
    assert picked is not None
    n = dispatch(state, cells, 2, *picked)
    add_node(state, "same", deterministic=True)
    cells.sync()
    assert open_of(cells, 2) == open_of(cells, 3)
    assert picked not in open_of(cells, 3)
    finish(state, cells, n)
    while (picked := cells.pick(3)) is not None:
        finish(state, cells, dispatch(state, cells, 3, *picked))
    assert cells.mask().tolist() == [True, True, False, False]
    cells.reopen(2, "reviewer", ("anchor-0000", "anchor"))
    assert cells.mask().tolist() == [True, True, True, True]


# ---------------------------------------------------------------------- adversarial cells


def pooled(state: State, count: int, share: float) -> OpenCells:
    """Return the open cells of a world with `count` adversarial items and eight anchor items."""
    items = [AdversarialItem(f"t~{k}", "coder", "t", f"b{k}", 0, k, Verdict.REJECT, "verifier") for k in range(count)]
    state.adversarial["reviewer"] = AdversarialPool.of(items)
    return OpenCells(state, World(tasks=1, anchors=8, share=share).criterion(), seed=1)


def reviewed(state: State, cells: OpenCells, count: int) -> list[str]:
    """Measure a node's next `count` reviewer cells and return by what."""
    found = []
    while len(found) < count and (picked := cells.pick(0)) is not None:
        finish(state, cells, dispatch(state, cells, 0, *picked))
        found += [picked[1][1]] if picked[0] == "reviewer" else []
    return found


@pytest.mark.parametrize(("share", "expected"), [(0.5, "aaaadddd"), (0.25, "aaaaaadd"), (0.75, "aaadddddd")])
def test_the_pool_has_its_share_of_the_next_outcomes(state: State, share: float, expected: str) -> None:
    """However many items it has beside the anchor's."""
    cells = pooled(state, 6, share)
    found = reviewed(state, cells, len(expected))
    assert sorted("d" if measure == "adversarial" else "a" for measure in found) == list(expected)
    assert found[0] == "adversarial"


def test_a_judge_known_from_the_anchor_catches_up_on_the_pool(state: State) -> None:
    """Least measured first: four anchor outcomes, then four of the pool, then in turn."""
    cells = pooled(state, 6, 0.5)
    for k in range(4):
        finish(state, cells, dispatch(state, cells, 0, "reviewer", (f"anchor-{k:04d}", "anchor")))
    while (picked := cells.pick(0)) is not None and picked[0] == "coder":
        finish(state, cells, dispatch(state, cells, 0, *picked))
    assert reviewed(state, cells, 7) == ["adversarial"] * 5 + ["anchor", "adversarial"]


def test_when_one_part_is_judged_the_other_goes_on(state: State) -> None:
    """Every cell is measured in the end, once."""
    cells = pooled(state, 3, 0.5)
    found = reviewed(state, cells, 99)
    assert (found.count("adversarial"), found.count("anchor")) == (3, 8)
    assert cells.pick(0) is None
    assert cells.mask()[0] == np.False_


def test_without_the_measure_a_pool_is_no_cell(state: State) -> None:
    """The ablation."""
    cells = pooled(state, 3, 0.0)
    assert {measure for _, measure in cells.cells["reviewer"]} == {"anchor"}


def test_adversarial_cells_are_rebuilt_from_the_state(state: State) -> None:
    """On resume: the same next cell, with jobs in flight and lost ones."""
    cells = pooled(state, 5, 0.5)
    criterion = World(tasks=1, anchors=8, share=0.5).criterion()
    for step in range(11):
        picked = cells.pick(0)
        assert picked is not None
        assert OpenCells(state, criterion, seed=1).pick(0) == picked
        n = dispatch(state, cells, 0, *picked)
        if step % 3 == 2:
            state.apply("voided", {"n": n, "job": {}, "detail": ""})
            cells.release(0, *picked, measured=False)
        elif step % 3:
            finish(state, cells, n)
    assert open_of(OpenCells(state, criterion, seed=1), 0) == open_of(cells, 0)
