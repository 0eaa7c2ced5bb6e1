"""Whole runs in the synthetic world: what holds of every run, whatever its settings, its delays and its accidents."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rqgm.archive.ledger import Ledger
from rqgm.archive.run_archive import RunArchive
from rqgm.archive.state import State, recount
from rqgm.core.hashes import hash_json
from rqgm.evolution.cells import OpenCells
from rqgm.evolution.settings import RaceSettings
from rqgm.evolution.worker import Expansion, work_key
from rqgm.testing.worlds import SyntheticWorker, World

worlds = st.builds(
    World,
    tasks=st.integers(1, 6),
    anchors=st.integers(1, 12),
    seats=st.integers(1, 3),
    step=st.just(0.3),
    rejected=st.sampled_from((0.0, 0.3)),
    deterministic=st.booleans(),
    share=st.sampled_from((0.0, 0.3, 0.5)),
    seed=st.integers(0, 5),
)
searches = st.fixed_dictionaries(
    {
        "alpha": st.sampled_from((0.3, 0.6, 0.9)),
        "cooling": st.booleans(),
        "evidence": st.sampled_from(("single", "paired")),
        "validation_counts": st.sampled_from(("own", "clade")),
        "train_samples": st.integers(0, 3),
        "beliefs": st.sampled_from(("by-role", "pooled")),
    }
)
epochs = st.fixed_dictionaries(
    {
        "first": st.integers(1, 12),
        "ratio": st.sampled_from((1.3, 2.0)),
        "replacement": st.sampled_from(("best-belief", "margin", "paired", "off")),
        "min_anchor": st.integers(1, 5),
        "race": st.builds(
            RaceSettings,
            candidates=st.integers(0, 6),
            target=st.integers(1, 12),
            share=st.sampled_from((0.0, 0.25, 1.0)),
        ),
    }
)


@pytest.fixture(scope="session")
def setups(runs: Any) -> st.SearchStrategy[Any]:
    """Any small run."""
    return st.builds(
        runs.Setup,
        world=worlds,
        outcomes=st.integers(1, 45),
        lag=st.integers(1, 6),
        seed=st.integers(0, 1_000),
        search=searches,
        epochs=epochs,
    )


@settings(max_examples=30)
@given(st.data())
def test_every_run_keeps_its_promises(runs: Any, setups: Any, data: st.DataObject) -> None:
    """Budget, reservations, order of commits, counts, lineage, utility ids, seats; checked at every step and at the end."""
    setup = data.draw(setups)
    budget = setup.outcomes

    def watch(loop: Any) -> None:
        state = loop.archive.state
        assert state.spent + loop.cells.reserved <= budget
        in_flight = sum(job["kind"] == "validate" for job in state.pending.values())
        assert loop.cells.reserved == in_flight

    folder, state = runs.go(setup, worker=runs.JumbledWorker, observe=watch, jumble=data.draw(st.integers(0, 99)))
    events = runs.events(folder)
    assert state.spent <= budget
    assert state.spent == budget or "nothing is left" in state.finished["reason"]
    assert state.pending == {}
    committed = [e.body["n"] for e in events if e.kind in ("outcome", "voided", "edit_rejected")]
    committed += [e.body["n"] for e in events if e.kind == "node_added" and e.body["n"] is not None]
    in_order = [
        e.body["n"] for e in events if e.kind in ("outcome", "voided", "edit_rejected", "node_added") and e.body["n"]
    ]
    assert in_order == sorted(committed) == list(range(1, state.dispatched + 1))
    check_counts(state)
    check_lineage(folder, state)
    check_criterion(setup, events)
    runs.same(State.fold(iter(events)), state)


def check_counts(state: State) -> None:
    """Recounting gives the counts, for every role; each live cell of a content is counted once."""
    for role, found in state.evidence.items():
        own, clade = recount(state, role)
        assert np.array_equal(own, found.own)
        assert np.array_equal(clade, found.clade)
    cells = [(state.key(record.node, record.role), record.task, record.measure) for record in state.live()]
    assert len(set(cells)) == len(cells)


def check_lineage(folder: Path, state: State) -> None:
    """Git and ledger tell the same story, and every parent is older."""
    repo = pygit2.Repository(str(folder / "lineage.git"))
    for node in state.nodes:
        parents = [str(parent) for parent in repo[node.commit].parent_ids]
        assert parents == ([] if node.parent is None else [state.nodes[node.parent].commit])
        assert node.parent is None or node.parent < node.index


def check_criterion(setup: Any, events: list[Any]) -> None:
    """Inside an epoch one utility id, which recomputes; seats change in one event, and no judge takes two of a panel."""
    criterion, state = setup.world.criterion(), State()
    for event in events:
        before = {slot: (seat.node, seat.role_hash, seat.counter) for slot, seat in state.seats.items()}
        state.apply(event.kind, event.body)
        after = {slot: (seat.node, seat.role_hash, seat.counter) for slot, seat in state.seats.items()}
        if event.kind == "outcome":
            assert (
                event.body["utility_id"] == state.utility_id == criterion.utility_id(state.seats, state.pool_hashes())
            )
            assert event.body["epoch"] == state.epoch
            assert event.body["epoch_vector"] == {slot: state.seats[slot].counter for slot in event.body["deps"]}
        if before and event.kind != "epoch_closed":
            assert after == before
        if event.kind == "epoch_closed":
            changed = {slot for slot in after if after[slot] != before[slot]}
            assert changed == set(event.body["seats"])
            assert all(after[slot][2] == before[slot][2] + 1 for slot in changed)
            assert state.utility_id == criterion.utility_id(state.seats, state.pool_hashes())
            for slot in changed:
                others = [seat.role_hash for other, seat in state.seats.items() if other != slot]
                assert state.seats[slot].role_hash not in others


def test_several_seats_are_replaced_in_one_event(runs: Any) -> None:
    """With three seats, some checkpoint changes more than one, and never by more than one event."""
    found = 0
    for seed in range(8):
        setup = runs.Setup(
            world=World(tasks=4, anchors=12, seats=3, step=0.4, seed=seed),
            outcomes=70,
            seed=seed,
            epochs={"min_anchor": 2},
        )
        folder, _ = runs.go(setup)
        closings = [event.body for event in runs.events(folder) if event.kind == "epoch_closed"]
        assert len({body["epoch"] for body in closings}) == len(closings)
        found += any(len(body["seats"]) > 1 for body in closings)
    assert found > 0


@settings(max_examples=12)
@given(st.data())
def test_memory_equals_replay_at_every_moment(runs: Any, setups: Any, data: st.DataObject) -> None:
    """State, arrays and open cells, in the middle of epochs and races too."""
    setup = data.draw(setups)
    every = data.draw(st.integers(3, 9))
    seen = 0

    def watch(loop: Any) -> None:
        nonlocal seen
        seen += 1
        if seen % every:
            return
        state = State.fold(loop.archive.ledger.events())
        runs.same(state, loop.archive.state)
        cells = OpenCells(state, loop.criterion, setup.seed)
        assert cells.reserved == loop.cells.reserved
        assert cells.mask().tolist() == loop.cells.mask().tolist()
        for node in range(len(state.nodes)):
            assert cells.pick(node) == loop.cells.pick(node)
            for role, mine in cells.cells.items():
                assert [cells.is_open(node, role, c) for c in mine] == [loop.cells.is_open(node, role, c) for c in mine]

    runs.go(setup, observe=watch)


@settings(max_examples=12)
@given(st.data())
def test_workers_and_delays_do_not_change_the_lineage(runs: Any, setups: Any, data: st.DataObject) -> None:
    """Same seed, any number of workers up to the lag, any order of arrival: the same run, event for event."""
    from dataclasses import replace

    setup = data.draw(setups)
    runs_of_it = []
    for workers in (1, data.draw(st.integers(1, setup.lag)), setup.lag):
        jumble = data.draw(st.integers(0, 1_000))
        folder, state = runs.go(replace(setup, workers=workers), worker=runs.JumbledWorker, jumble=jumble)
        runs_of_it.append((state.lineage_head, [(event.kind, event.body) for event in runs.events(folder)][:-1]))
    assert runs_of_it[0] == runs_of_it[1] == runs_of_it[2]


def test_another_seed_is_another_run(runs: Any) -> None:
    """The equality above is no accident of a world in which all runs are equal."""
    heads = {runs.go(runs.Setup(seed=seed))[1].lineage_head for seed in range(3)}
    assert len(heads) == 3


def test_an_arrival_run_replays_from_its_log(runs: Any) -> None:
    """Where results count as they come, the ledger is the only order there is."""
    setup = runs.Setup(search={"commit": "arrival"}, workers=4)
    folder, state = runs.go(setup, worker=runs.JumbledWorker, jumble=3)
    runs.same(State.fold(iter(runs.events(folder))), state)
    order = [event.body["n"] for event in runs.events(folder) if event.kind == "outcome"]
    assert order != sorted(order)


@pytest.fixture(scope="session", params=[True, False], ids=["deterministic", "stochastic"])
def undisturbed(request: pytest.FixtureRequest, runs: Any) -> tuple[Any, Path, dict[str, Any]]:
    """Return a run with races, replacements and erasures, and what it came to."""
    for seed in range(20):
        world = World(tasks=5, anchors=10, seats=2, step=0.3, rejected=0.2, deterministic=request.param, seed=seed)
        setup = runs.Setup(world=world, outcomes=60, seed=seed, epochs={"min_anchor": 2})
        folder, state = runs.go(setup)
        raced = any(event.kind == "race_round" and event.body["jobs"] for event in runs.events(folder))
        if state.erased > 5 and raced and state.rejected:
            return setup, folder, runs.result(state)
    raise AssertionError("no seed gives such a run")


@settings(max_examples=12)
@given(fraction=st.floats(0, 1), workers=st.integers(1, 4))
def test_a_run_cut_anywhere_and_resumed_ends_as_if_undisturbed(
    runs: Any, undisturbed: Any, fraction: float, workers: int
) -> None:
    """Cut after any transaction, all results in flight lost, git and blobs ahead of the ledger."""
    from dataclasses import replace

    setup, folder, expected = undisturbed
    transactions = int(runs.events(folder)[-1].at)
    copy = runs.cut(folder, 1 + int(fraction * (transactions - 1)))
    _, state = runs.go(replace(setup, workers=workers), copy)
    assert runs.result(state) == expected


@settings(max_examples=8)
@given(lost=st.sampled_from((0.4, 0.6)), seed=st.integers(0, 50))
def test_what_is_lost_outside_the_agents_is_never_an_outcome(runs: Any, lost: float, seed: int) -> None:
    """Lost jobs are voided and their cells measured later; every outcome is what an undisturbed world would have drawn."""
    setup = runs.Setup(world=World(tasks=4, anchors=8, step=0.3, lost=lost, seed=seed), seed=seed)
    folder, state = runs.go(setup)
    events = runs.events(folder)
    voided = {event.body["n"] for event in events if event.kind == "voided"}
    assert voided
    assert not voided & state.records.keys()
    assert len(state.records) == state.spent == setup.outcomes
    calm = runs.ContentWorker(World(tasks=4, anchors=8, step=0.3, seed=seed), Archive(folder))
    for record in state.records.values():
        if record.measure in ("tests", "anchor"):
            quality = calm._quality(state.nodes[record.node].commit)[record.role]
            assert record.y == calm._draw(quality, state.nodes[record.node].commit, record.role, record.task)
    check_counts(state)


class Archive:
    """What a worker reads of an archive, without holding it."""

    def __init__(self, folder: Path) -> None:
        from rqgm.archive.lineage import Lineage

        self.lineage = Lineage(folder / "lineage.git")


def test_a_second_process_on_the_same_run_is_refused(runs: Any) -> None:
    """And told which process has it."""
    import os

    folder = runs.folder()
    code = "import sys, pathlib; from rqgm.archive.run_archive import RunArchive; RunArchive(pathlib.Path(sys.argv[1]), writer=True)"
    with RunArchive(folder, writer=True, create=True):
        done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"RunBusyError: {folder}: process {os.getpid()} is running it" in done.stderr


def test_results_that_wait_in_the_inbox_are_not_worked_for_again(runs: Any) -> None:
    """Work that arrived before a kill and is not committed yet is paid for once."""
    setup = runs.Setup()
    folder, finished = runs.go(setup)
    transactions = int(runs.events(folder)[-1].at)
    for cut in range(transactions // 4, transactions):
        copy = runs.cut(folder, cut)
        pending = State.fold(iter(runs.events(copy))).pending
        waiting = [n for n, job in pending.items() if job["kind"] == "validate"]
        if len(waiting) > 1:
            break
    ledger = Ledger(copy / "ledger.sqlite")
    bodies = {event.body["n"]: event.body for event in runs.events(folder) if event.kind == "outcome"}
    for n in waiting:
        ledger.keep(n, {key: bodies[n][key] for key in ("y", "score", "failure", "detail", "usage", "made")})
    ledger.close()
    worked: list[int] = []

    class Watching(runs.ContentWorker):
        async def validate(self, job: Any) -> dict[str, Any]:
            worked.append(job.n)
            return await super().validate(job)

    _, resumed = runs.go(setup, copy, worker=Watching)
    assert not set(waiting) & set(worked)
    assert runs.result(resumed) == runs.result(finished)


class Reading(SyntheticWorker):
    """Edits by what the editor is shown, as a real editor does: its own and its mate's train outcomes."""

    async def expand(self, job: Expansion) -> dict[str, Any]:
        result = await super().expand(job)
        state, criterion = self.archive.state, self.world.criterion()
        node = state.nodes[state.by_commit[job.commit]]
        keys = [(work_key(criterion, node, role, task), role, task) for role, task in job.train]
        result["train"] = [{"key": key, "role": role, "task": task, "y": 1} for key, role, task in keys]
        result["tried"] = f"saw {hash_json(sorted(job.known.keys() - {key for key, _, _ in keys}))[:12]}"
        return result


def test_a_resumed_editor_is_shown_what_it_would_have_been_shown(runs: Any) -> None:
    """The mate's evidence is what was known when the job was dispatched, however often it is started."""
    for seed in range(4):
        world = World(tasks=3, anchors=3, step=0.3, deterministic=False, seed=seed)
        setup = runs.Setup(world=world, search={"alpha": 0.9}, lag=12, outcomes=30, seed=seed)
        folder, state = runs.go(setup, worker=Reading)
        cuts = telling_cuts(runs.events(folder))
        assert cuts
        heads = {runs.go(setup, runs.cut(folder, cut), worker=Reading)[1].lineage_head for cut in cuts[:4]}
        assert heads == {state.lineage_head}


def telling_cuts(events: list[Any]) -> list[int]:
    """Return the moments before the end of an expansion whose mate was itself expanded since it was dispatched."""
    begun = {event.body["n"]: (event.at, event.body["job"]) for event in events if event.kind == "dispatched"}
    ended = [event for event in events if event.kind in ("node_added", "edit_rejected") and event.body["n"]]
    return [
        int(end.at) - 1
        for end in ended
        for other in ended
        if begun[end.body["n"]][0] < other.at < end.at and other.body["parent"] == begun[end.body["n"]][1]["mate"]
    ]
