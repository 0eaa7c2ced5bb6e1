"""The history of a run: what happened, in order, and who judged when."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rqgm.core.text import clean
from rqgm.evolution.quality import judge_quality

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rqgm.archive.ledger import Event
    from rqgm.archive.run_archive import RunArchive
    from rqgm.archive.state import Record, State
    from rqgm.evolution.criterion import Criterion

KINDS = {
    "run_started": "start",
    "node_added": "node",
    "edit_rejected": "rejected",
    "outcome": "outcome",
    "voided": "voided",
    "race_round": "race",
    "epoch_closed": "checkpoint",
    "run_paused": "pause",
    "run_resumed": "resume",
    "endpoints_chosen": "endpoints",
    "test_outcome": "test",
    "run_finished": "finish",
}
"""What an entry is called, by the event that it tells of. That a job was dispatched is no news."""
FOLDED = ("outcome", "rejected", "voided", "race", "test")
"""Kinds that are told as a count for each stretch between two others, unless they are asked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, told: `at` is seconds since the run's first event, `nodes` those that it is about.

    `facts` are plain data; strings in them that agents wrote are clean.
    """

    seq: int
    at: float
    kind: str
    epoch: int
    nodes: tuple[int, ...]
    facts: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "seq": self.seq,
            "at_s": round(self.at, 3),
            "kind": self.kind,
            "epoch": self.epoch,
            "nodes": list(self.nodes),
            **self.facts,
        }


@dataclass(frozen=True, slots=True)
class EpochHead:
    """One epoch, as a heading: which outcomes it spans, and who sits in the seats.

    `seats` has, by slot, {node, anchor}: the judge's balanced accuracy on the anchor with its interval, as it was known
    at the epoch's end (now, of the current one), None where it had judged no anchor item.
    """

    epoch: int
    first_outcome: int
    last_outcome: int
    seats: dict[str, dict[str, Any]]
    utility_id: str

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "epoch": self.epoch,
            "outcomes": [self.first_outcome, self.last_outcome],
            "seats": self.seats,
            "utility_id": self.utility_id,
        }


@dataclass(slots=True)
class Stretch:
    """What lies between two turning points of a run: nodes in order, and counts of the rest."""

    nodes: list[Entry] = field(default_factory=list)
    counted: dict[str, list[Entry]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.nodes or self.counted)


def seatings(state: State) -> list[dict[str, int]]:
    """Return the node that sat in each slot, for every epoch so far; the last is the current one's."""
    sitting = dict.fromkeys(state.seats, 0)  # generation zero sits first
    found = [dict(sitting)]
    for event in state.epochs:
        sitting |= {slot: seat["node"] for slot, seat in event["seats"].items()}
        found.append(dict(sitting))
    return found


def judges(record: Record, seated: Sequence[dict[str, int]]) -> dict[str, int]:
    """Return the nodes whose judges had a say in an outcome, by slot; `seated` is the run's `seatings`."""
    return {slot: seated[record.epoch][slot] for slot in record.deps}


def scores_by_epoch(state: State, index: int) -> list[dict[str, Any]]:
    """Return a node's score at the end of each epoch since its making, and as it stands, with who judged then.

    Each is {epoch, score, outcomes, judges}: the mean over roles of its live outcomes' rates, their weight, and the
    node that sat in each slot. The current epoch's comes last; an epoch in which it had no live outcome is left out.
    """
    seated = seatings(state)
    found = []
    for event in state.epochs:
        score = next(((mean, total) for node, mean, total in event["scores"] if node == index), None)
        if score is not None:
            found.append((event["epoch"], *score))
    counts = [count for count in state.by_role(index).values() if count.total]
    if counts:
        mean = sum(count.successes / count.total for count in counts) / len(counts)
        found.append((state.epoch, round(mean, 6), sum(count.total for count in counts)))
    return [{"epoch": epoch, "score": mean, "outcomes": total, "judges": seated[epoch]} for epoch, mean, total in found]


def epoch_heads(state: State, criterion: Criterion) -> list[EpochHead]:
    """Return a heading for every epoch so far."""
    heads = []
    before, utility = 0, state.run["utility_id"]
    for epoch, seats in enumerate(seatings(state)):
        closed = state.epochs[epoch] if epoch < len(state.epochs) else None
        quality = _qualities(state, criterion, closed)
        found = {slot: {"node": node, "anchor": _accuracy(quality[slot])} for slot, node in seats.items()}
        last = closed["outcomes"] if closed else state.spent
        heads.append(EpochHead(epoch, min(before + 1, last), last, found, utility))
        before, utility = last, closed["utility_id"] if closed else utility
    return heads


def _qualities(state: State, criterion: Criterion, closed: dict[str, Any] | None) -> dict[str, Any]:
    if closed:
        return {decision["slot"]: decision["incumbent"]["quality"] for decision in closed["decisions"]}
    return {
        slot: judge_quality(state, criterion, criterion.slots[slot], seat.role_hash)
        for slot, seat in state.seats.items()
    }


def _accuracy(quality: dict[str, Any]) -> dict[str, Any] | None:
    found = quality["anchor"]
    return {"items": found["items"], **found["balanced_accuracy"]} if found else None


def history(archive: RunArchive) -> list[Entry]:
    """Return the run's entries in order, one an event."""
    return list(_entries(archive.ledger.events(), archive.state))


def _entries(events: Iterable[Event], state: State) -> Iterator[Entry]:
    epoch, began = 0, 0.0
    for event in events:
        began = began or event.at
        kind = KINDS.get(event.kind)
        if kind is None:
            continue
        nodes, facts = _TELL[kind](event.body, state)
        yield Entry(event.seq, event.at - began, kind, epoch, nodes, facts)
        if kind == "checkpoint":
            epoch = event.body["epoch"] + 1


Told = tuple[tuple[int, ...], dict[str, Any]]


def _start(body: dict[str, Any], _: State) -> Told:
    return (), {key: body[key] for key in ("run", "seed", "sandbox", "isolated") if key in body}


def _node(body: dict[str, Any], state: State) -> Told:
    index = state.by_commit[body["commit"]]
    facts = {"index": index, "commit": body["commit"], "parent": body["parent"], "mate": body["mate"]}
    above = [node for node in (body["parent"], body["mate"]) if node is not None]
    return (index, *above), facts | {"tried": clean(body["tried"])}


def _rejected(body: dict[str, Any], _: State) -> Told:
    facts = {key: body[key] for key in ("parent", "mate", "failure")}
    facts |= {"tried": clean(body["tried"]), "detail": clean(body["detail"])}
    return tuple(node for node in (body["parent"], body["mate"]) if node is not None), facts


def _outcome(body: dict[str, Any], _: State) -> Told:
    keys = ("n", "node", "role", "task", "measure", "pool", "y", "score", "failure")
    return (body["node"],), {key: body[key] for key in keys}


def _voided(body: dict[str, Any], _: State) -> Told:
    return (body["job"]["node"],), {"n": body["n"], "job": body["job"]["kind"], "detail": clean(body["detail"])}


def _race(body: dict[str, Any], _: State) -> Told:
    return (), {key: body[key] for key in ("round", "entrants", "jobs")}


def _checkpoint(body: dict[str, Any], _: State) -> Told:
    sides = [side for d in body["decisions"] for side in (d["incumbent"], d["challenger"]) if side]
    facts = {key: body[key] for key in ("outcomes", "rule", "decisions", "utility_id")}
    facts |= {"erased": len(body["erased"]), "retired": len(body.get("retired", ()))}
    pools = body.get("adversarial", {})
    facts["adversarial"] = {role: {k: v for k, v in pool.items() if k != "items"} for role, pool in pools.items()}
    return tuple(dict.fromkeys(side["node"] for side in sides)), facts


def _pause(body: dict[str, Any], _: State) -> Told:
    return (), {"reason": clean(body["reason"]), "elapsed_s": body["elapsed_s"]}


def _resume(_body: dict[str, Any], _: State) -> Told:
    return (), {}


def _endpoints(body: dict[str, Any], _: State) -> Told:
    chosen = body["endpoints"]
    nodes = [chosen["generalist"]["node"], *(found["node"] for found in chosen["specialists"].values())]
    return tuple(dict.fromkeys(nodes)), {"endpoints": chosen, "reason": clean(body["reason"])}


def _test(body: dict[str, Any], _: State) -> Told:
    return (body["node"],), {key: body[key] for key in ("node", "role", "task", "y", "score", "failure")}


def _finish(body: dict[str, Any], _: State) -> Told:
    return (), {"reason": clean(body["reason"]), "lineage_head": body["lineage_head"]}


_TELL: dict[str, Callable[[dict[str, Any], State], Told]] = {
    "start": _start,
    "node": _node,
    "rejected": _rejected,
    "outcome": _outcome,
    "voided": _voided,
    "race": _race,
    "checkpoint": _checkpoint,
    "pause": _pause,
    "resume": _resume,
    "endpoints": _endpoints,
    "test": _test,
    "finish": _finish,
}


def fold(entries: Iterable[Entry], apart: str | None = None) -> list[Entry | Stretch]:
    """Return the turning points in order, and what lies between them as stretches; entries of kind `apart` stand alone.

    A stretch never spans two epochs.
    """
    found: list[Entry | Stretch] = []
    open_stretch, epoch = Stretch(), 0
    for entry in entries:
        alone = entry.kind == apart or entry.kind not in (*FOLDED, "node")
        if (alone or entry.epoch != epoch) and open_stretch:
            found.append(open_stretch)
            open_stretch = Stretch()
        epoch = entry.epoch
        if alone:
            found.append(entry)
        elif entry.kind == "node":
            open_stretch.nodes.append(entry)
        else:
            open_stretch.counted.setdefault(entry.kind, []).append(entry)
    return [*found, open_stretch] if open_stretch else found


def count_by(entries: Iterable[Entry], *keys: str) -> dict[str, int]:
    """Return how many entries there are by the values of some of their facts, the most first."""
    counted = Counter(" ".join(str(entry.facts[key]) for key in keys) for entry in entries)
    return dict(counted.most_common())
