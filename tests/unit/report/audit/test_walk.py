"""A record is held against the rules: an honest one passes every check, each forgery is named by the check that it breaks.

Forgers here do it well: whatever they change, the hashes are made anew, so that only the rules can tell.
"""

from __future__ import annotations

import asyncio
import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.archive.run_archive import LOCK_FILE, RunArchive
from rqgm.core.words import Pool
from rqgm.evolution.loop import Loop, LoopSettings
from rqgm.evolution.settings import (
    AdversarialSettings,
    BudgetSettings,
    EndpointSettings,
    EpochSettings,
    RaceSettings,
    SearchSettings,
)
from rqgm.report.audit.findings import Standing
from rqgm.report.audit.walk import CHECKS, Walk
from rqgm.testing.worlds import SyntheticWorker, World, begin

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.archive.ledger import Event
    from rqgm.report.audit.findings import Finding

WORLD = World(tasks=12, anchors=40, seats=2, step=0.3, rejected=0.1, lost=0.2, share=0.5, seed=3)
SETTINGS = LoopSettings(
    seed=3,
    search=SearchSettings(lag=6),
    epochs=EpochSettings(first=40, min_anchor=2, race=RaceSettings(target=8)),
    endpoints=EndpointSettings(),
    budget=BudgetSettings(outcomes=300),
    adversarial=AdversarialSettings(accept_share=1.0),
    workers=4,
)

Bodies = list[dict[str, Any]]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    """The events of a run with replacements, erasures, adversarial items, lost jobs and rejected edits."""
    folder = tmp_path_factory.mktemp("run")
    (folder / LOCK_FILE).write_text("{}")
    with RunArchive(folder, writer=True, create=True) as archive:
        begin(archive, WORLD)
        asyncio.run(Loop(archive, WORLD.criterion(), SETTINGS, SyntheticWorker(WORLD, archive)).run())
        events = list(archive.ledger.events())
        state = archive.state
    assert state.erased
    assert any(pool.items for pool in state.adversarial.values())
    assert state.voided
    assert state.rejected
    return events


def walk(events: list[Event], settings: LoopSettings = SETTINGS) -> dict[str, Finding]:
    found = Walk(WORLD.criterion(), settings, None, 0, every=True).follow(events)
    assert {finding.check for finding in found} == set(CHECKS)
    return {finding.check: finding for finding in found}


def failures(findings: dict[str, Finding]) -> set[str]:
    return {name for name, finding in findings.items() if finding.standing is Standing.FAILED}


def test_an_honest_record_passes_every_check(honest: list[Event]) -> None:
    findings = walk(honest)
    assert not failures(findings), [finding.faults for finding in findings.values()]
    assert findings["search"].figure.split()[0] == findings["search"].figure.split()[2], "all decisions were made again"


def test_a_record_of_an_open_run_passes_as_far_as_it_goes(honest: list[Event]) -> None:
    for length in range(3, len(honest), 97):
        findings = walk(honest[:length])
        assert not failures(findings), (length, [finding.faults for finding in findings.values()])
        assert "not finished" in findings["order"].faults[0]


def first(events: Bodies, kind: str, which: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
    """Return the body of the first event of a kind that `which` is true of."""
    return next(event["body"] for event in events if event["kind"] == kind and which(event["body"]))


def with_pool(body: dict[str, Any]) -> bool:
    return any(pool.get("items") for pool in body["adversarial"].values())


def _flip_label(events: Bodies) -> None:
    body = first(events, "outcome", lambda body: body["measure"] == "anchor" and body["y"] == 0)
    body["y"], body["score"] = 1, 1.0


def _flip_panel(events: Bodies) -> None:
    body = first(events, "outcome", lambda body: body["measure"].startswith("panel") and body["y"] == 0)
    body["y"] = 1


def _flip_tests(events: Bodies) -> None:
    body = first(events, "outcome", lambda body: body["measure"] == "tests" and body["y"] == 0)
    body["y"], body["score"] = 1, 1.0


def _flip_every_test(events: Bodies) -> None:
    for event in events:
        if event["kind"] == "outcome" and event["body"]["measure"] == "tests" and event["body"]["node"] == 3:
            event["body"]["y"] = 1


def _another_utility(events: Bodies) -> None:
    first(events, "outcome", lambda body: body["epoch"] == 1)["utility_id"] = "0" * 64


def _another_weight(events: Bodies) -> None:
    first(events, "outcome")["weight"] = 3.0


def _a_seat_of_ones_own(events: Bodies) -> None:
    body = first(events, "epoch_closed", lambda body: bool(body["seats"]))
    slot, seat = next(iter(body["seats"].items()))
    body["seats"] = {slot: seat | {"node": 0, "role_hash": events[1]["body"]["roles"]["reviewer"]}}


def _no_replacement(events: Bodies) -> None:
    body = first(events, "epoch_closed", lambda body: bool(body["seats"]))
    body["seats"], body["erased"] = {}, []


def _spare_an_outcome(events: Bodies) -> None:
    body = first(events, "epoch_closed", lambda body: len(body["erased"]) > 1)
    body["erased"] = body["erased"][1:]


def _erase_one_more(events: Bodies) -> None:
    position = next(k for k, e in enumerate(events) if e["kind"] == "epoch_closed" and e["body"]["erased"])
    safe = first(events[:position], "outcome", lambda body: not body["deps"] and body["y"] == 0)
    events[position]["body"]["erased"] = sorted([*events[position]["body"]["erased"], safe["n"]])


def _smuggle_an_item(events: Bodies) -> None:
    body = first(events, "epoch_closed", with_pool)
    pool = next(pool for pool in body["adversarial"].values() if pool.get("items"))
    pool["items"][0] = pool["items"][0] | {"artifact": "f" * 64}


def _mislabel_an_item(events: Bodies) -> None:
    body = first(events, "epoch_closed", with_pool)
    pool = next(pool for pool in body["adversarial"].values() if pool.get("items"))
    item = pool["items"][0]
    item["label"] = "accept" if item["label"] == "reject" else "reject"


def _another_generalist(events: Bodies) -> None:
    endpoints = first(events, "endpoints_chosen")["endpoints"]
    endpoints["generalist"]["node"] = 1 if endpoints["generalist"]["node"] != 1 else 2


def _test_early(events: Bodies) -> None:
    test = next(event for event in events if event["kind"] == "test_outcome")
    events.insert(60, copy.deepcopy(test))


def _test_twice(events: Bodies) -> None:
    position = next(k for k, event in enumerate(events) if event["kind"] == "test_outcome")
    events.insert(position + 1, copy.deepcopy(events[position]))


def _out_of_turn(events: Bodies) -> None:
    done = [k for k, event in enumerate(events) if event["kind"] == "outcome"]
    here = next(k for k in done if k + 1 in done)
    events[here], events[here + 1] = events[here + 1], events[here]


def _a_job_of_ones_own(events: Bodies) -> None:
    body = first(events, "dispatched", lambda body: body["n"] > 20 and body["job"]["kind"] == "validate")
    job = body["job"]
    outcome = first(events, "outcome", lambda done: done["n"] == body["n"])
    job["node"] = outcome["node"] = 0 if job["node"] else 1


def _show_validation(events: Bodies) -> None:
    body = first(events, "dispatched", lambda body: body["job"]["kind"] == "expand")
    body["job"]["train"] = [["coder", WORLD.criterion().role("coder").tasks[Pool.VALIDATION][0]]]


def _negative_cost(events: Bodies) -> None:
    first(events, "outcome")["usage"] = {"cpu_s": -5.0}


def _another_head(events: Bodies) -> None:
    first(events, "run_finished")["lineage_head"] = "0" * 64


def _go_on(events: Bodies) -> None:
    events.append({"kind": "run_resumed", "body": {}})


def _unknown_event(events: Bodies) -> None:
    events.insert(50, {"kind": "blessed", "body": {}})


FORGERIES: dict[Callable[[Bodies], None], str] = {
    _flip_label: "outcomes",
    _flip_panel: "outcomes",
    _flip_tests: "search",
    _flip_every_test: "search",
    _another_utility: "criterion",
    _another_weight: "criterion",
    _a_seat_of_ones_own: "replacements",
    _no_replacement: "replacements",
    _spare_an_outcome: "erasures",
    _erase_one_more: "erasures",
    _smuggle_an_item: "adversarial",
    _mislabel_an_item: "adversarial",
    _another_generalist: "endpoints",
    _test_early: "test pool",
    _test_twice: "test pool",
    _out_of_turn: "order",
    _a_job_of_ones_own: "search",
    _show_validation: "order",
    _negative_cost: "usage",
    _another_head: "fold",
    _go_on: "order",
    _unknown_event: "fold",
}


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__.strip("_"))
def test_a_forgery_is_named_by_the_check_that_it_breaks(honest: list[Event], forge: Callable[[Bodies], None]) -> None:
    bodies = [{"kind": event.kind, "body": copy.deepcopy(event.body)} for event in honest]
    forge(bodies)
    forged = [
        replace(
            honest[0],
            seq=seq,
            kind=event["kind"],
            body=event["body"],
            prev_hash=honest[min(seq, len(honest)) - 1].prev_hash,
        )
        for seq, event in enumerate(bodies, 1)
    ]
    findings = walk(forged)
    assert FORGERIES[forge] in failures(findings), {name: f.faults for name, f in findings.items() if f.faults}


def test_other_settings_than_the_runs_are_noticed(honest: list[Event]) -> None:
    assert "budget" in failures(walk(honest, replace(SETTINGS, budget=BudgetSettings(outcomes=200))))
    assert "search" in failures(walk(honest, replace(SETTINGS, seed=4)))
    stricter = SETTINGS.epochs.model_copy(update={"replacement": "paired"})
    assert "replacements" in failures(walk(honest, replace(SETTINGS, epochs=stricter)))


def test_decisions_are_sampled_where_there_are_too_many(honest: list[Event]) -> None:
    found = Walk(WORLD.criterion(), SETTINGS, None, 10**6, every=False).follow(honest)
    told = next(finding for finding in found if finding.check == "search")
    made, _, of = told.figure.split()[:3]
    assert int(made) < int(of) // 100
