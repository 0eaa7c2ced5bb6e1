"""The state of a run: a fold over its ledger.

`State.apply` is the only place that changes it, in a live run and on replay alike. Counts are kept by `evidence`, own
and clade apart, so that a descendant's outcome can never become the node's own (a bug of a public implementation).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from rqgm.archive.adversarial import AdversarialPool
from rqgm.archive.evidence import RoleEvidence
from rqgm.archive.lineage import extend_head
from rqgm.core.counts import Counts, mean_belief
from rqgm.core.errors import IntegrityError
from rqgm.core.usage import Usage
from rqgm.core.words import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rqgm.archive.ledger import Event

Cell = tuple[str, str]
"""(task, measure): what a node's role is measured on."""

GENESIS_HEAD = "0" * 64
USAGE_KINDS = ("validation", "expansion", "train", "test")


@dataclass(slots=True)
class Node:
    """One archived workspace. `roles` maps each role to the hash of all that decides what it does."""

    index: int
    commit: str
    parent: int | None
    epoch: int
    n: int | None
    tried: str
    why: str
    roles: dict[str, str]
    deterministic: frozenset[str]
    children: list[int] = field(default_factory=list)
    cost: Usage = field(default_factory=Usage)
    """All that had been charged to the run when it was made, its own making included."""

    def content(self, role: str) -> str:
        """Return what identifies a role's behaviour: its hash, or for a stochastic role the node itself."""
        return self.roles[role] if role in self.deterministic else self.commit


@dataclass(slots=True)
class Record:
    """One outcome. `n` is its dispatch number, `deps` the slots that influenced `y`, `weight` what it counts.

    `accepted` names the slots whose own judge accepted the artifact; that of a judge role on an item is ``""``.
    """

    n: int
    node: int
    role: str
    task: str
    measure: str
    pool: str
    y: int
    score: float
    weight: float
    failure: str | None
    artifact: str | None
    deps: tuple[str, ...]
    epoch: int
    live: bool = True
    accepted: tuple[str, ...] = ()


@dataclass(slots=True)
class Seat:
    """Which frozen judge instance sits in a slot, since which epoch; `counter` is the slot's own epoch j_m."""

    node: int
    role_hash: str
    counter: int = 0
    since: int = 0


@dataclass(slots=True)
class Artifact:
    """What a solver made on a task, kept for other measures and for later seats: a tree blob, or a failure."""

    blob: str | None
    failure: str | None
    detail: str


class State:
    """What is known of a run after some prefix of its ledger."""

    def __init__(self) -> None:
        self.run: dict[str, Any] = {}
        self.nodes: list[Node] = []
        self.by_commit: dict[str, int] = {}
        self.records: dict[int, Record] = {}
        self.closed: dict[tuple[str, str], dict[Cell, int]] = {}
        """Live cells by (role, content): the record that closed each."""
        self.dependents: dict[str, set[int]] = {}
        """Live records by slot that they depend on."""
        self.artifacts: dict[str, Artifact] = {}
        self.train: dict[str, dict[str, Any]] = {}
        self.pending: dict[int, dict[str, Any]] = {}
        self.seats: dict[str, Seat] = {}
        self.adversarial: dict[str, AdversarialPool] = {}
        """By judge role, where there is any."""
        self.epoch = 0
        self.epochs: list[dict[str, Any]] = []
        self.race_rounds = 0
        self.utility_id = ""
        self.spent = 0
        self.dispatched = 0
        self.rejected: list[dict[str, Any]] = []
        self.barren = 0
        """Rejected edits since the last outcome or node."""
        self.voided = 0
        self.voided_in_a_row = 0
        self.erased = 0
        self.retired = 0
        """Live outcomes given up because their item left its adversarial pool."""
        self.usage = dict.fromkeys(USAGE_KINDS, Usage())
        self.endpoints: dict[str, Any] = {}
        self.test: dict[tuple[int, str, str], dict[str, Any]] = {}
        self.elapsed_s = 0.0
        """How long the run had been carried out when it was last paused."""
        self.finished: dict[str, Any] | None = None
        self.lineage_head = GENESIS_HEAD
        self.evidence: dict[str, RoleEvidence] = {}
        self._appliers: dict[str, Callable[[dict[str, Any]], None]] = {
            "run_started": self._run_started,
            "run_resumed": self._run_resumed,
            "run_paused": self._run_paused,
            "dispatched": self._dispatched,
            "outcome": self._outcome,
            "voided": self._voided,
            "node_added": self._node_added,
            "edit_rejected": self._edit_rejected,
            "race_round": self._race_round,
            "epoch_closed": self._epoch_closed,
            "endpoints_chosen": self._endpoints_chosen,
            "test_outcome": self._test_outcome,
            "run_finished": self._run_finished,
        }

    @classmethod
    def fold(cls, events: Iterable[Event]) -> State:
        """Return the state after `events`."""
        state = cls()
        for event in events:
            state.apply(event.kind, event.body)
        return state

    def apply(self, kind: str, body: dict[str, Any]) -> None:
        """Take in one event; IntegrityError on a kind that this version does not know."""
        applier = self._appliers.get(kind)
        if applier is None:
            raise IntegrityError(f"the ledger holds an event of unknown kind {kind!r}: made by a newer version?")
        applier(body)

    # ------------------------------------------------------------------ events

    def _run_started(self, body: dict[str, Any]) -> None:
        self.run = body
        self.utility_id = body["utility_id"]

    def _run_resumed(self, _: dict[str, Any]) -> None:
        self.voided_in_a_row = 0  # whoever resumes has mended what was broken

    def _run_paused(self, body: dict[str, Any]) -> None:
        self.elapsed_s = body["elapsed_s"]

    def seat_first(self, slot: str, node: int, role_hash: str) -> None:
        """Seat generation zero in a slot (part of `node_added` for node 0)."""
        self.seats[slot] = Seat(node, role_hash)

    def _dispatched(self, body: dict[str, Any]) -> None:
        self.dispatched = body["n"]
        self.pending[body["n"]] = body["job"]

    def _outcome(self, body: dict[str, Any]) -> None:
        record = _record(body)
        self.pending.pop(record.n, None)
        self._remember(body)
        self.records[record.n] = record
        self.spent += 1
        self.barren = 0
        self.voided_in_a_row = 0
        self._add_usage("validation", body["usage"])
        self._count(record, 1)
        self.closed.setdefault(self.key(record.node, record.role), {})[record.task, record.measure] = record.n
        for slot in record.deps:
            self.dependents.setdefault(slot, set()).add(record.n)

    def _remember(self, body: dict[str, Any]) -> None:
        key = body.get("artifact_key")
        if key and key not in self.artifacts:
            made = body["made"]
            self.artifacts[key] = Artifact(made["blob"], made["failure"], made["detail"])

    def _count(self, record: Record, sign: int) -> None:
        identity = self.nodes[record.node].content(record.role)
        self.evidence[record.role].count(identity, success=bool(record.y), weight=sign * record.weight)

    def _voided(self, body: dict[str, Any]) -> None:
        self.pending.pop(body["n"], None)
        self.voided += 1
        self.voided_in_a_row += 1

    def _node_added(self, body: dict[str, Any]) -> None:
        node = Node(
            index=len(self.nodes),
            commit=body["commit"],
            parent=body["parent"],
            epoch=body["epoch"],
            n=body["n"],
            tried=body["tried"],
            why=body["why"],
            roles=body["roles"],
            deterministic=frozenset(body["deterministic"]),
        )
        self.nodes.append(node)
        self.by_commit[node.commit] = node.index
        self.lineage_head = extend_head(self.lineage_head, node.commit)
        if node.parent is not None:
            self.nodes[node.parent].children.append(node.index)
        for slot, role in body.get("seats", {}).items():
            self.seat_first(slot, node.index, node.roles[role])
        path = self.path(node.index)
        for role in node.roles:
            self.evidence.setdefault(role, RoleEvidence()).add_node(node.content(role), path)
        self._expanded(body)
        node.cost = sum(self.usage.values(), start=Usage())
        self.barren = 0

    def _edit_rejected(self, body: dict[str, Any]) -> None:
        self.rejected.append({key: body[key] for key in ("n", "parent", "failure", "detail", "tried")})
        self.barren += 1
        self._expanded(body)

    def _expanded(self, body: dict[str, Any]) -> None:
        self.pending.pop(body["n"], None)
        self.voided_in_a_row = 0
        for outcome in body["train"]:
            self.train.setdefault(outcome["key"], outcome)
        self._add_usage("expansion", body["usage"])
        self._add_usage("train", body["train_usage"])

    def _race_round(self, body: dict[str, Any]) -> None:
        self.race_rounds = body["round"]

    def _epoch_closed(self, body: dict[str, Any]) -> None:
        for number in body["erased"]:
            self._erase(self.records[number])
        for number in body.get("retired", ()):
            self._erase(self.records[number])
        self.erased += len(body["erased"])
        self.retired += len(body.get("retired", ()))
        for slot, seat in body["seats"].items():
            self.seats[slot] = Seat(seat["node"], seat["role_hash"], seat["counter"], body["epoch"] + 1)
        for role, pool in body.get("adversarial", {}).items():
            if "items" in pool:  # else it stays as it was
                self.adversarial[role] = AdversarialPool.from_json(pool["items"], pool["hash"])
                self._add_usage("validation", pool["usage"])
        self.epochs.append(body)
        self.epoch = body["epoch"] + 1
        self.race_rounds = 0
        self.utility_id = body["utility_id"]

    def _erase(self, record: Record) -> None:
        if not record.live:
            raise IntegrityError(f"record {record.n} is erased twice")
        record.live = False
        self._count(record, -1)
        cells = self.closed[self.key(record.node, record.role)]
        if cells.get((record.task, record.measure)) == record.n:
            del cells[record.task, record.measure]
        for slot in record.deps:
            self.dependents[slot].discard(record.n)

    def _endpoints_chosen(self, body: dict[str, Any]) -> None:
        self.endpoints = body["endpoints"]

    def _test_outcome(self, body: dict[str, Any]) -> None:
        self.test[body["node"], body["role"], body["task"]] = body
        self._add_usage("test", body["usage"])

    def _run_finished(self, body: dict[str, Any]) -> None:
        self.finished = body

    def _add_usage(self, kind: str, usage: dict[str, Any]) -> None:
        if usage:
            self.usage[kind] += Usage(**usage)

    # ------------------------------------------------------------------ questions

    def depth(self, index: int) -> int:
        """Return how many edits lie between a node and generation zero."""
        return len(self.path(index)) - 1

    def path(self, index: int) -> list[int]:
        """Return the node indices from generation zero to `index`."""
        steps = [index]
        while (parent := self.nodes[steps[-1]].parent) is not None:
            steps.append(parent)
        return steps[::-1]

    def key(self, index: int, role: str) -> tuple[str, str]:
        """Return (role, content) of a node: what its outcomes are kept by."""
        return role, self.nodes[index].content(role)

    @property
    def measured(self) -> tuple[str, ...]:
        """The roles that have outcomes, as the run says, or as far as they have shown."""
        told = self.run.get("roles")
        return tuple(told) if told else tuple(sorted({record.role for record in self.records.values()}))

    def counts(self, index: int, role: str) -> Counts:
        """Return a node's live counts in one role."""
        return self.evidence[role].of(index) if role in self.evidence else Counts()

    def by_role(self, index: int) -> dict[str, Counts]:
        """Return a node's live counts in every measured role."""
        return {role: self.counts(index, role) for role in self.measured}

    def belief(self, index: int, epsilon: float = 0.05) -> float:
        """Return the best belief of a node over all measured roles (`mean_belief`)."""
        return mean_belief(list(self.by_role(index).values()), epsilon)

    def shared(self) -> int:
        """Return how many outcomes nodes have from others with equal content, at no cost."""
        lent = 0
        for (role, identity), cells in self.closed.items():
            lent += len(cells) * (len(self.evidence[role].contents[identity].carriers) - 1)
        return lent

    def pool(self, role: str) -> AdversarialPool:
        """Return the adversarial pool of a judge role, an empty one before a judge of the role was displaced."""
        return self.adversarial.get(role, AdversarialPool())

    def pool_hashes(self) -> dict[str, str]:
        """Return the hash of each judge role's adversarial pool: part of the epoch's criterion."""
        return {role: pool.hash for role, pool in self.adversarial.items() if pool.items}

    def live(self) -> Iterable[Record]:
        """Yield the live records in dispatch order."""
        return (record for record in self.records.values() if record.live)


def _exact(weight: float) -> float:
    """Return the nearest multiple of 2^-20: sums of such numbers are exact, so counts do not depend on their order."""
    return round(weight * 2**20) / 2**20


def _record(body: dict[str, Any]) -> Record:
    return Record(
        n=body["n"],
        node=body["node"],
        role=body["role"],
        task=body["task"],
        measure=body["measure"],
        pool=body["pool"],
        y=body["y"],
        score=body["score"],
        weight=_exact(body["weight"]),
        failure=body["failure"],
        artifact=body["artifact"],
        deps=tuple(body["deps"]),
        epoch=body["epoch"],
        accepted=tuple(said["slot"] for said in body.get("opinions", ()) if said["verdict"] == Verdict.ACCEPT),
    )


def recount(state: State, role: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a role's (own, clade) counts, each of shape (2, nodes), anew from the records: the slow, plain way."""
    contents: dict[str, np.ndarray] = {}
    for record in state.live():
        if record.role == role:
            counts = contents.setdefault(state.nodes[record.node].content(role), np.zeros(2))
            counts[0 if record.y else 1] += record.weight
    own = np.zeros((2, len(state.nodes)))
    in_clade: list[set[str]] = [set() for _ in state.nodes]
    for node in state.nodes:
        own[:, node.index] = contents.get(node.content(role), np.zeros(2))
        for ancestor in state.path(node.index):
            in_clade[ancestor].add(node.content(role))
    clade = np.zeros((2, len(state.nodes)))
    for index, carried in enumerate(in_clade):
        clade[:, index] = sum((contents[c] for c in sorted(carried) if c in contents), start=np.zeros(2))
    return own, clade
