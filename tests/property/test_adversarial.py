"""Adversarial pools: what holds of every bounded selection, and of every run that replaces a judge."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rqgm.archive.adversarial import AdversarialItem, AdversarialPool
from rqgm.archive.state import State
from rqgm.core.errors import SandboxLostError
from rqgm.evolution.loop import ATTEMPTS
from rqgm.evolution.settings import AdversarialSettings
from rqgm.evolution.worker import Labelling
from rqgm.judging.adversarial import bound
from rqgm.testing.worlds import World

items = st.lists(
    st.builds(
        lambda task, epoch, n: AdversarialItem(f"{task}~{n}", "coder", task, f"blob-{n}", epoch, n),
        st.sampled_from("abcd"),
        st.integers(0, 3),
        st.integers(0, 1_000),
    ),
    unique_by=lambda item: item.n,
    max_size=40,
)


@given(items, st.integers(0, 30), st.integers(0, 12), st.randoms(use_true_random=False))
def test_a_pool_is_bounded_stratified_and_keeps_its_reserves_in_any_order(
    found: list[AdversarialItem], places: int, reserve: int, shuffle: Any
) -> None:
    """All that the specification asks of the selection (§6)."""
    chosen = bound(found, places, reserve)
    assert len(chosen) == min(places, len(found))
    shuffled = list(found)
    shuffle.shuffle(shuffled)
    assert bound(shuffled, places, reserve) == chosen
    kept, had = Counter(item.epoch for item in chosen), Counter(item.epoch for item in found)
    left = places
    for epoch in sorted(had, reverse=True):
        sure = min(reserve, had[epoch], left)
        assert kept[epoch] >= sure
        left -= sure
    for epoch in had:  # an older epoch has more than its reserve only where every newer one is in whole
        if kept[epoch] > min(reserve, had[epoch]):
            assert all(kept[newer] == had[newer] for newer in had if newer > epoch)
        tasks = Counter(item.task for item in chosen if item.epoch == epoch)
        for task, other in ((t, o) for t in "abcd" for o in "abcd"):
            if tasks[task] > tasks[other] + 1:  # then the other has no more to give
                assert tasks[other] == sum(item.task == other and item.epoch == epoch for item in found)
        for task in tasks:
            ages = [item.n for item in found if (item.task, item.epoch) == (task, epoch)]
            mine = {item.n for item in chosen if (item.task, item.epoch) == (task, epoch)}
            assert mine == set(sorted(ages, reverse=True)[: len(mine)])


worlds = st.builds(
    World,
    tasks=st.integers(2, 6),
    anchors=st.integers(4, 12),
    seats=st.integers(1, 3),
    step=st.just(0.4),
    deterministic=st.booleans(),
    share=st.sampled_from((0.2, 0.5, 0.7)),
    seed=st.integers(0, 9),
)


@settings(max_examples=12)
@given(st.data())
def test_pools_hold_what_displaced_judges_accepted_and_nothing_else(runs: Any, data: st.DataObject) -> None:
    """Followed event by event: what enters, when it is measured, what leaves, and what the criterion is called."""
    world = data.draw(worlds)
    adversarial = data.draw(
        st.builds(
            AdversarialSettings,
            max_items=st.integers(3, 12),
            reserve_per_epoch=st.integers(0, 3),
            accept_share=st.sampled_from((0.5, 1.0)),
        )
    )
    setup = runs.Setup(
        world=world,
        outcomes=60,
        seed=data.draw(st.integers(0, 99)),
        epochs={"replacement": "best-belief", "min_anchor": data.draw(st.integers(1, 3)), "first": 12},
        adversarial=adversarial,
    )
    folder, finished = runs.go(setup)
    follow(setup, runs.events(folder))
    runs.same(State.fold(iter(runs.events(folder))), finished)


def follow(setup: Any, events: list[Any]) -> None:
    """Check a run's pools, without the code that makes them."""
    criterion, state = setup.world.criterion(), State()
    anchors, share = setup.world.anchors, setup.world.share
    accepted: dict[str, list[tuple[str, str]]] = {}
    truths: dict[tuple[str, str], int] = {}
    for event in events:
        body, before = event.body, state.adversarial.get("reviewer", AdversarialPool())
        if event.kind == "outcome":
            if body["measure"] == "adversarial":
                assert body["task"] in before.items
                assert (body["pool"], body["deps"]) == ("adversarial", [])
            for said in body.get("opinions", []):
                if said["slot"] and said["verdict"] == "accept":
                    accepted.setdefault(said["slot"], []).append((body["task"], body["artifact"]))
            if body["measure"] == "tests":
                truths[body["task"], body["artifact"]] = body["y"]
        if event.kind == "dispatched" and body["job"]["kind"] == "expand":  # what an editor is shown
            assert all(task.startswith("train-") for _, task in body["job"]["train"])
        state.apply(event.kind, body)
        pool = state.adversarial.get("reviewer", AdversarialPool())
        if event.kind != "epoch_closed":
            assert pool is before or pool == before
            continue
        assert state.utility_id == criterion.utility_id(state.seats, state.pool_hashes())
        if not body["seats"]:
            assert pool == before
        displaced = {artifact for slot in body["seats"] for artifact in accepted.pop(slot, [])}
        check_entry(body["epoch"], before, pool, displaced, truths)
        assert len(pool.items) <= min(setup.adversarial.max_items, int(anchors * share / (1 - share) + 1e-9))
        accepts = sum(item.label == "accept" for item in pool.items.values())
        assert accepts <= setup.adversarial.accept_share * len(pool.items)
        live = [record.task for record in state.live() if record.measure == "adversarial"]
        assert set(live) <= pool.items.keys()


def check_entry(epoch: int, before: Any, pool: Any, displaced: set[Any], truths: dict[Any, int]) -> None:
    """What is new is what the displaced judges accepted, with the label that its tests give it."""
    fresh = {name: item for name, item in pool.items.items() if item.epoch == epoch}
    assert {(item.task, item.artifact) for item in fresh.values()} <= displaced
    assert pool.items.keys() - before.items.keys() <= fresh.keys()
    for item in fresh.values():
        assert item.label_source == "verifier"
        assert truths.get((item.task, item.artifact), item.label == "accept") == (item.label == "accept")


@pytest.fixture(scope="module")
def replacing(runs: Any) -> tuple[Any, Path, Any]:
    """Return a run in which a pool came to be and another replacement merged it."""
    for seed in range(18, 58):
        world = World(tasks=6, anchors=12, seats=2, step=0.4, share=0.5, seed=seed)
        epochs = {"replacement": "best-belief", "min_anchor": 2, "ratio": 1.5}
        tight = AdversarialSettings(max_items=6, reserve_per_epoch=2)
        setup = runs.Setup(world=world, outcomes=70, seed=seed, epochs=epochs, adversarial=tight)
        folder, state = runs.go(setup)
        sizes = [epoch["adversarial"]["reviewer"] for epoch in state.epochs if epoch["seats"]]
        if len(sizes) > 1 and any(pool["left"] for pool in sizes) and state.retired:
            return setup, folder, state
    raise AssertionError("no seed gives such a run")


def test_a_second_replacement_merges_and_retires(runs: Any, replacing: Any) -> None:
    """What leaves closes its cells, and its outcomes are given up; they are not erased."""
    _, folder, state = replacing
    retired = [n for event in runs.events(folder) if event.kind == "epoch_closed" for n in event.body["retired"]]
    assert len(retired) == state.retired > 0
    assert all(state.records[n].measure == "adversarial" and not state.records[n].live for n in retired)
    erased = [n for event in runs.events(folder) if event.kind == "epoch_closed" for n in event.body["erased"]]
    assert all(state.records[n].measure.startswith("panel:") for n in erased)


def test_a_run_with_pools_cut_anywhere_ends_as_if_undisturbed(runs: Any, replacing: Any) -> None:
    """Above all between the last outcome of an epoch and the replacement: pool and seat come in one transaction."""
    setup, folder, state = replacing
    closings = [int(e.at) for e in runs.events(folder) if e.kind == "epoch_closed" and e.body["seats"]]
    for cut in sorted({n + k for n in closings for k in (-1, 0, 1)} & set(range(1, int(runs.events(folder)[-1].at)))):
        _, again = runs.go(replace(setup, workers=1 + cut % 3), runs.cut(folder, cut))
        assert runs.result(again) == runs.result(state)


def test_workers_do_not_change_a_run_with_pools(runs: Any, replacing: Any) -> None:
    """One or two, in any order of arrival: the same run, event for event."""
    setup, folder, _ = replacing
    for workers, jumble in ((1, 5), (2, 7)):
        again, _ = runs.go(replace(setup, workers=workers), worker=runs.JumbledWorker, jumble=jumble)
        bodies = [[(event.kind, event.body) for event in runs.events(place)][:-1] for place in (folder, again)]
        assert bodies[0] == bodies[1]


def test_the_criterion_changes_exactly_where_a_seat_or_a_pool_does(runs: Any, replacing: Any) -> None:
    """At checkpoints with a replacement, and nowhere else."""
    _, folder, _ = replacing
    events = runs.events(folder)
    ids = [event.body["utility_id"] for event in events if event.kind in ("run_started", "epoch_closed")]
    changed = [one != other for one, other in pairwise(ids)]
    assert changed == [bool(event.body["seats"]) for event in events if event.kind == "epoch_closed"]


def test_an_artifact_that_cannot_be_labelled_is_left_out_and_counted(runs: Any, replacing: Any) -> None:
    """An outage is no label; it is not the engine's to guess, and one artifact does not hold the run up."""
    setup, _, _ = replacing

    class Losing(runs.ContentWorker):
        async def label(self, job: Labelling) -> dict[str, Any]:
            raise SandboxLostError("told to fail")

    _, state = runs.go(setup, worker=Losing)
    closed = [epoch["adversarial"]["reviewer"] for epoch in state.epochs if epoch["seats"]]
    assert closed[0]["size"] == 0
    assert closed[0]["kept_out"]["no label"] > 0
    assert state.pool_hashes() == {}


def test_when_no_label_can_be_had_the_run_stops_and_goes_on_later(runs: Any, replacing: Any) -> None:
    """As many failures as stop a search stop a checkpoint; resumed, it has the labels made as if nothing had been."""
    setup, folder, _ = replacing
    asked: list[str] = []

    class Recovering(runs.ContentWorker):
        async def label(self, job: Labelling) -> dict[str, Any]:
            asked.append(job.artifact)
            if job.artifact == asked[0] and asked.count(asked[0]) <= ATTEMPTS:
                raise SandboxLostError("told to fail")
            return await super().label(job)

    again, _ = runs.go(replace(setup, patience=1), worker=Recovering)
    kinds = ("run_paused", "run_resumed")
    bodies = [[(e.kind, e.body) for e in runs.events(place) if e.kind not in kinds][:-1] for place in (folder, again)]
    assert any(event.kind == "run_paused" for event in runs.events(again))
    assert bodies[0] == bodies[1]


def test_until_a_judge_is_displaced_the_objective_changes_nothing(runs: Any, replacing: Any) -> None:
    """With and without: the same run up to and with its first replacement, but for what the criterion is called."""
    setup, folder, _ = replacing
    plain, state = runs.go(replace(setup, world=replace(setup.world, share=0.0)))
    assert (state.adversarial, state.retired) == ({}, 0)
    told = []
    for place in (folder, plain):
        events = runs.events(place)
        first = next(k for k, e in enumerate(events) if e.kind == "epoch_closed" and e.body["seats"])
        told.append([(e.kind, {**e.body, "utility_id": "", "adversarial": {}}) for e in events[: first + 1]])
    assert told[0] == told[1]
