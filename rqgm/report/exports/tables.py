"""Tables of a run: what their columns mean, and their rows in one pass over the ledger.

The same tables are written as CSV and as Parquet. `TABLES` is the documentation of the columns as well.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from rqgm.core.usage import Usage
from rqgm.report.exports.events import settled
from rqgm.report.exports.jobs import usage_of
from rqgm.report.exports.texts import cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rqgm.archive.ledger import Event
    from rqgm.archive.run_archive import RunArchive
    from rqgm.archive.state import State

Kind = Literal["int", "float", "text", "bool"]
Value = int | float | str | bool | None
Row = tuple[str, tuple[Value, ...]]
"""A table's name, and a value for each of its columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; empty (null) where there is nothing to say."""

    name: str
    kind: Kind
    meaning: str


def _columns(*told: tuple[str, Kind, str]) -> tuple[Column, ...]:
    return tuple(Column(*column) for column in told)


_USAGE_MEANINGS = {
    "input_tokens": "input tokens",
    "output_tokens": "output tokens",
    "cost_usd": "US dollars",
    "cpu_s": "seconds of CPU",
    "wall_s": "seconds",
    "agent_runs": "commands of roles that were run",
    "cached_tokens": "part of the input that came from a provider's cache",
    "reasoning_tokens": "part of the output that was reasoning",
    "model_calls": "calls to language models",
}
_USAGE_FIELDS = tuple(field.name for field in fields(Usage))
_USAGE_COLUMNS = tuple(
    Column(name, "float" if name in {"cost_usd", "cpu_s", "wall_s"} else "int", _USAGE_MEANINGS[name])
    for name in _USAGE_FIELDS
)

TABLES: dict[str, tuple[Column, ...]] = {
    "nodes": _columns(
        ("node", "int", "index, in the order of making; 0 is generation zero"),
        ("commit", "text", "commit id in the lineage"),
        ("parent", "int", "index of the node that was edited"),
        ("mate", "int", "index of the node that the editor could take from"),
        ("n", "int", "dispatch number of the job that made it"),
        ("epoch", "int", "epoch in which it was made"),
        ("at", "float", "when, seconds since 1970"),
        ("best_belief", "float", "5 % quantile of the posterior of its utility, over live outcomes"),
        ("endpoint", "text", "generalist, specialist:<role>; several are divided by spaces"),
        ("tried", "text", "what the editor says it tried (foreign text)"),
        ("why", "text", "why (foreign text)"),
    ),
    "node_roles": _columns(
        ("node", "int", "index"),
        ("role", "text", "role"),
        ("role_hash", "text", "hash of all that decides what the role does"),
        ("deterministic", "bool", "whether nodes with an equal hash share outcomes"),
        ("successes", "float", "weighted successes among its live outcomes; null if the role is not measured"),
        ("failures", "float", "weighted failures"),
    ),
    "outcomes": _columns(
        ("n", "int", "dispatch number"),
        ("node", "int", "index of the node that was measured"),
        ("role", "text", "role"),
        ("task", "text", "task or item"),
        ("measure", "text", "tests, panel:<name>, anchor, adversarial"),
        ("pool", "text", "pool that the task is of"),
        ("epoch", "int", "epoch"),
        ("y", "int", "the outcome: 1 success, 0 failure"),
        ("score", "float", "score in [0, 1] that was binarised"),
        ("weight", "float", "what it counts"),
        ("failure", "text", "kind of the agent's failure, if it failed to do the job"),
        ("detail", "text", "detail of the failure (foreign text)"),
        ("artifact", "text", "blob of what a solver made"),
        ("live", "bool", "false: erased or retired at a checkpoint, and counted no more"),
        ("ended_by", "int", "the epoch at whose end it was erased or retired"),
        ("deps", "text", "slots whose judges decided it, divided by spaces"),
        ("utility_id", "text", "the criterion that was in force"),
        ("at", "float", "when it was committed, seconds since 1970"),
    ),
    "opinions": _columns(
        ("about", "text", "outcome or test"),
        ("n", "int", "dispatch number of the outcome; null of a test"),
        ("node", "int", "index of the node that was measured"),
        ("role", "text", "role that was measured"),
        ("task", "text", "task or item"),
        ("slot", "text", "panel/seat of the judge; empty if the measured role is the judge"),
        ("verdict", "text", "accept, reject, abstain"),
        ("score", "float", "the judge's score in [0, 1]"),
        ("failure", "text", "kind of the judge's failure"),
        ("evidence", "text", "what it pointed at, and what the check of that found, as JSON (foreign text)"),
    ),
    "edits": _columns(
        ("n", "int", "dispatch number"),
        ("parent", "int", "index of the node that was edited"),
        ("mate", "int", "index of the mate"),
        ("epoch", "int", "epoch"),
        ("node", "int", "index of the node that came of it; null if it was rejected"),
        ("failure", "text", "why it was rejected"),
        ("detail", "text", "in words (foreign text)"),
        ("tried", "text", "what the editor says it tried (foreign text)"),
        ("train_outcomes", "int", "outcomes on the train pool that were run for it"),
        ("at", "float", "when it was committed, seconds since 1970"),
    ),
    "epochs": _columns(
        ("epoch", "int", "the epoch that was closed"),
        ("outcomes", "int", "outcomes committed until then"),
        ("rule", "text", "rule of replacement"),
        ("replaced", "int", "slots whose judge was replaced"),
        ("erased", "int", "outcomes erased"),
        ("retired", "int", "outcomes retired with their adversarial item"),
        ("utility_id", "text", "the criterion from then on"),
        ("at", "float", "when, seconds since 1970"),
    ),
    "decisions": _columns(
        ("epoch", "int", "the epoch that was closed"),
        ("slot", "text", "the slot"),
        ("replaced", "bool", "whether the challenger took it"),
        ("reason", "text", "in words"),
        ("incumbent", "int", "index of the node whose judge sat in it"),
        ("incumbent_score", "float", "by the rule"),
        ("challenger", "int", "index of the node whose judge took the slot; null if it stayed"),
        ("challenger_score", "float", "by the rule"),
        ("challengers", "int", "how many stood"),
    ),
    "usage": (
        *_columns(
            ("kind", "text", "validation, expansion, train, test: sums by kind are what `rqgm status` tells"),
            ("seq", "int", "event of the ledger that it was charged with"),
            ("n", "int", "dispatch number; null of tests and checkpoints"),
            ("node", "int", "index of the node that was measured or edited"),
            ("role", "text", "role"),
            ("task", "text", "task"),
            ("epoch", "int", "epoch"),
        ),
        *_USAGE_COLUMNS,
    ),
    "tests": _columns(
        ("node", "int", "index of the node that was tested"),
        ("commit", "text", "its commit id"),
        ("role", "text", "role"),
        ("task", "text", "task or item of the test pool"),
        ("y", "int", "the outcome: 1 success, 0 failure"),
        ("score", "float", "score in [0, 1]"),
        ("failure", "text", "kind of the agent's failure"),
        ("detail", "text", "detail (foreign text)"),
        ("at", "float", "when it was committed, seconds since 1970"),
    ),
}


def rows(archive: RunArchive) -> Iterator[Row]:
    """Yield every row of every table in the order of the ledger; what is live is so at the ledger's end."""
    state = archive.state
    reader = _Reader(state)
    for event in settled(archive.ledger):
        found = reader.readers.get(event.kind)
        if found is not None:
            yield from found(event)


class _Reader:
    """Makes rows of events. All but the epoch in force and the number of nodes is in the event or the state."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.nodes = 0
        self.epoch = 0
        self.ended_by = {n: body["epoch"] for body in state.epochs for n in (*body["erased"], *body.get("retired", ()))}
        self.endpoints = _endpoints(state)
        self.readers: dict[str, Callable[[Event], Iterator[Row]]] = {
            "node_added": self._node,
            "edit_rejected": self._edit,
            "outcome": self._outcome,
            "epoch_closed": self._epoch,
            "test_outcome": self._test,
        }

    def _node(self, event: Event) -> Iterator[Row]:
        body, index = event.body, self.nodes
        self.nodes += 1
        node = self.state.nodes[index]
        belief = round(self.state.belief(index), 9)
        texts = cell(node.tried), cell(node.why)
        place = index, node.commit, node.parent, body["mate"], node.n, node.epoch, event.at
        yield "nodes", (*place, belief, self.endpoints.get(index), *texts)
        for role in sorted(node.roles):
            counts = self.state.counts(index, role) if role in self.state.measured else None
            told = (counts.successes, counts.failures) if counts else (None, None)
            yield "node_roles", (index, role, node.roles[role], role in node.deterministic, *told)
        if body["n"] is not None:
            yield from self._edit(event, index)

    def _edit(self, event: Event, made: int | None = None) -> Iterator[Row]:
        body = event.body
        place = body["n"], body["parent"], body["mate"], body["epoch"], made
        failed = body.get("failure"), cell(body.get("detail", ""))
        yield "edits", (*place, *failed, cell(body["tried"]), len(body["train"]), event.at)
        charged = body["n"], body["parent"], None, None
        yield from self._charge("expansion", event, charged, body["usage"])
        yield from self._charge("train", event, charged, body["train_usage"])

    def _outcome(self, event: Event) -> Iterator[Row]:
        body = event.body
        live = self.state.records[body["n"]].live
        what = body["n"], body["node"], body["role"], body["task"], body["measure"], body["pool"], body["epoch"]
        result = body["y"], body["score"], body["weight"], body["failure"], cell(body["detail"]), body["artifact"]
        ended_by = None if live else self.ended_by.get(body["n"])
        yield (
            "outcomes",
            (*what, *result, live, ended_by, " ".join(body["deps"]), body["utility_id"], event.at),
        )
        yield from self._charge(
            "validation", event, (body["n"], body["node"], body["role"], body["task"]), body["usage"]
        )
        yield from _opinions("outcome", body)

    def _epoch(self, event: Event) -> Iterator[Row]:
        body = event.body
        for role, pool in body.get("adversarial", {}).items():
            if "items" in pool:
                yield from self._charge("validation", event, (None, None, role, None), pool["usage"])
        replaced = sum(decision["replaced"] for decision in body["decisions"])
        counts = replaced, len(body["erased"]), len(body.get("retired", ()))
        yield "epochs", (body["epoch"], body["outcomes"], body["rule"], *counts, body["utility_id"], event.at)
        for decision in body["decisions"]:
            sat, stood = decision["incumbent"], decision.get("challenger") or {}
            yield (
                "decisions",
                (
                    body["epoch"],
                    decision["slot"],
                    decision["replaced"],
                    cell(decision["reason"]),
                    sat["node"],
                    sat.get("score"),
                    stood.get("node"),
                    stood.get("score"),
                    decision.get("challengers"),
                ),
            )
        self.epoch = body["epoch"] + 1

    def _test(self, event: Event) -> Iterator[Row]:
        body = event.body
        what = body["node"], self.state.nodes[body["node"]].commit, body["role"], body["task"]
        yield "tests", (*what, body["y"], body["score"], body["failure"], cell(body["detail"]), event.at)
        yield from self._charge("test", event, (None, body["node"], body["role"], body["task"]), body["usage"])
        yield from _opinions("test", body)

    def _charge(
        self, kind: str, event: Event, whom: tuple[Value, Value, Value, Value], told: dict[str, Any]
    ) -> Iterator[Row]:
        if told:
            usage = usage_of(told)
            charged = tuple(getattr(usage, name) for name in _USAGE_FIELDS)
            yield "usage", (kind, event.seq, *whom, event.body.get("epoch", self.epoch), *charged)


def _opinions(about: str, body: dict[str, Any]) -> Iterator[Row]:
    what = about, body.get("n"), body["node"], body["role"], body["task"]
    for said in body.get("opinions", ()):
        evidence = cell(json.dumps(said["evidence"])) if said.get("evidence") else None
        yield "opinions", (*what, said["slot"], said["verdict"], said["score"], said["failure"], evidence)


def _endpoints(state: State) -> dict[int, str]:
    found: dict[int, list[str]] = {}
    if state.endpoints:
        found.setdefault(state.endpoints["generalist"]["node"], []).append("generalist")
        for role, endpoint in state.endpoints["specialists"].items():
            found.setdefault(endpoint["node"], []).append(f"specialist:{role}")
    return {index: " ".join(names) for index, names in found.items()}
