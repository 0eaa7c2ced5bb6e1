"""Judges for pages: every judge instance that was measured, when it sat, and its record on labelled items.

An instance is one content of a judge role, whichever nodes carry it. Labels are shown once the run is over; while it
goes on there are only counts, as everywhere else.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from rqgm.core.counts import Counts
from rqgm.core.words import Provenance, RoleKind, Verdict
from rqgm.evolution.quality import judge_quality
from rqgm.judging.scoring.recorded import Truth

if TYPE_CHECKING:
    from rqgm.archive.state import Record, State
    from rqgm.evolution.criterion import Criterion
    from rqgm.report.pages.chronicle import Chronicle

LABELLED = ("anchor", "adversarial")


def sittings(chronicle: Chronicle, criterion: Criterion) -> list[dict[str, Any]]:
    """Return who sat in each slot and when: {slot, role, node, hash, epoch, from, to}; `to` null = sits now."""
    state = chronicle.state
    found: list[dict[str, Any]] = []
    for slot, role in criterion.slots.items():
        changes = [(0, 0, 0)]
        changes += [
            (e["epoch"] + 1, e["outcomes"], e["seats"][slot]["node"]) for e in state.epochs if slot in e["seats"]
        ]
        ends = [outcomes for _, outcomes, _ in changes[1:]]
        for (epoch, begun, node), end in zip(changes, [*ends, None], strict=True):
            found.append(
                {
                    "slot": slot,
                    "role": role,
                    "node": node,
                    "hash": state.nodes[node].roles[role],
                    "epoch": epoch,
                    "from": begun,
                    "to": end,
                }
            )
    return found


def instances(chronicle: Chronicle, criterion: Criterion) -> list[dict[str, Any]]:
    """Return every judge instance with outcomes on labelled items, by role and first node that carries it.

    {role, hash, nodes, counts: {measure: {right, judged, interval}}, sat, quality}; `quality` has figures with
    intervals (`rqgm.evolution.quality`) for those that ever sat, else null.
    """
    state = chronicle.state
    sat = sittings(chronicle, criterion)
    counted: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: {name: [0, 0] for name in LABELLED})
    for record in state.live():
        if record.measure in LABELLED:
            counts = counted[record.role, state.nodes[record.node].roles[record.role]][record.measure]
            counts[0] += record.y
            counts[1] += 1
    carriers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for node in state.nodes:
        for role in _judge_roles(criterion):
            carriers[role, node.roles[role]].append(node.index)
    ever = {(sitting["role"], sitting["hash"]) for sitting in sat}
    known = sorted({*counted, *ever}, key=lambda key: (key[0], carriers[key][0]))
    return [
        {
            "role": role,
            "hash": role_hash,
            "nodes": carriers[role, role_hash],
            "counts": {name: _rate(*counts) for name, counts in counted[role, role_hash].items()},
            "sat": [s for s in sat if (s["role"], s["hash"]) == (role, role_hash)],
            "quality": judge_quality(state, criterion, role, role_hash) if (role, role_hash) in ever else None,
        }
        for role, role_hash in known
    ]


def _judge_roles(criterion: Criterion) -> list[str]:
    return [role.name for role in criterion.roles if role.kind is RoleKind.JUDGE]


def _rate(right: int, judged: int) -> dict[str, Any]:
    low, high = Counts(right, judged - right).interval()
    return {"right": right, "judged": judged, "interval": [round(low, 4), round(high, 4)]}


def judged(chronicle: Chronicle, criterion: Criterion) -> dict[str, list[list[Any]]]:
    """Return each instance's record item by item, by ``<role>/<hash>``.

    Rows are [task, measure, verdict, label, provenance, y, score, n, epoch, live]; label and provenance are null where
    nothing is known of the item.
    """
    state = chronicle.state
    truths = _truths(state, criterion)
    found: dict[str, list[list[Any]]] = defaultdict(list)
    for record in state.records.values():
        if record.measure in LABELLED:
            role_hash = state.nodes[record.node].roles[record.role]
            truth = truths[record.role].get(record.task)
            label = (Verdict.ACCEPT if truth.accept else Verdict.REJECT).value if truth else None
            provenance = truth.provenance.value if truth and truth.provenance else None
            found[f"{record.role}/{role_hash}"].append(
                [
                    record.task,
                    record.measure,
                    verdict_of(record),
                    label,
                    provenance,
                    record.y,
                    round(record.score, 4),
                    record.n,
                    record.epoch,
                    int(record.live),
                ]
            )
    return found


def _truths(state: State, criterion: Criterion) -> dict[str, dict[str, Truth]]:
    """Return what is true of each judge role's items, of adversarial ones also those that have left their pool."""
    found = {role: dict(criterion.role(role).truths) for role in _judge_roles(criterion)}
    for event in state.epochs:
        for role, pool in event.get("adversarial", {}).items():
            for item in pool.get("items", ()):
                truth = Truth(item["label"] == Verdict.ACCEPT, Provenance.MACHINE, item["task"])
                found[role][item["id"]] = truth
    return found


def verdict_of(record: Record) -> str:
    """Return what a judge role said of an item: a judge that failed abstained."""
    if record.failure is not None:
        return Verdict.ABSTAIN.value
    return (Verdict.ACCEPT if record.accepted else Verdict.REJECT).value
