"""What the pages show of a run, as plain data: a head that is always there, and parts that are read when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rqgm.archive.state import USAGE_KINDS
from rqgm.core.text import clean
from rqgm.core.words import Pool, RoleKind
from rqgm.evolution.checkpoint import node_scores
from rqgm.gateway.calls import CALLS_FILE
from rqgm.report.edits import edits
from rqgm.report.pages.chronicle import Chronicle
from rqgm.report.pages.judges import instances, judged, sittings
from rqgm.report.pages.nodes import NOTES_CHARS, node_page, node_rows, train_row
from rqgm.report.pages.ranks import rank_changes
from rqgm.run.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.gateway.calls import Call, Calls
    from rqgm.report.pages.chronicle import Sample
    from rqgm.run.session import OpenedRun

SCHEMA_VERSION = 1
TEXT_CHARS = 20_000
"""Characters of one request to a model, or of its answer, that are shown."""


class Pages:
    """A run's pages as data. `head` is JSON-able; `part(name)` returns one of `names()`, the most wanted first."""

    def __init__(self, run: OpenedRun) -> None:
        self.run = run
        self.chronicle = Chronicle(run)
        self.head: dict[str, Any] = {}
        self.record: Calls | None = None
        self.calls: list[Call] = []
        self.catch_up()

    def catch_up(self) -> bool:
        """Read on in the ledger; tell whether anything was new. The run itself is only read."""
        if not self.chronicle.catch_up():
            return False
        self.head = self._head()
        return True

    @property
    def over(self) -> bool:
        """Whether the run is over, so that labels may be shown."""
        return self.run.state.finished is not None

    def _head(self) -> dict[str, Any]:
        run, chronicle = self.run, self.chronicle
        criterion, state = run.criterion, run.state
        found = {edit.index: edit for edit in edits(run)}
        return {
            "schema_version": SCHEMA_VERSION,
            "version": chronicle.seq,
            "summary": summarise(run) | {"folder": run.folder.name, "wall_s": round(chronicle.running_s, 1)},
            "criterion": self._criterion(),
            "nodes": node_rows(chronicle, found),
            "endpoints": _endpoint_nodes(state.endpoints),
            "seats": {slot: seat.node for slot, seat in state.seats.items()},
            "samples": [_sample_json(sample) for sample in (*chronicle.samples, chronicle.now)],
            "epochs": [{"epoch": e["epoch"], "outcomes": e["outcomes"]} for e in state.epochs],
            "sittings": sittings(chronicle, criterion),
            "judges": instances(chronicle, criterion),
            "ranks": rank_changes(state.epochs, node_scores(state), state.spent),
            "rejected": len(chronicle.rejected),
            "calls": self._read_calls(),
            "labels": self.over,
        }

    def _criterion(self) -> dict[str, Any]:
        criterion, experiment = self.run.criterion, self.run.lock.experiment
        return {
            "roles": [
                {
                    "name": role.name,
                    "kind": role.kind.value,
                    "suite": role.suite,
                    "measures": [measure.name for measure in role.measures],
                    "tasks": {pool.value: len(role.tasks.get(pool, ())) for pool in Pool},
                }
                for role in criterion.roles
            ],
            "editor": criterion.editor,
            "slots": dict(criterion.slots),
            "epsilon": experiment.endpoints.epsilon,
            "min_outcomes": experiment.endpoints.min_outcomes,
            "utility_id": self.run.state.utility_id,
        }

    # ------------------------------------------------------------------ parts

    def names(self) -> list[str]:
        """Return the names of all parts: what a report keeps longest comes first."""
        state = self.run.state
        ends = [*_endpoint_nodes(state.endpoints).values(), *(sitting["node"] for sitting in self.head["sittings"])]
        nodes = dict.fromkeys(index for end in ends for index in state.path(end))
        nodes |= dict.fromkeys(range(len(state.nodes)))
        parts = ["signs", "outcomes", *(["judged"] if self.over else []), *(f"node/{index}" for index in nodes)]
        texts = [f"call/{number}" for number in range(self.head["calls"])]
        return [*parts, "rejected", *(["calls"] if texts else []), *texts]

    def part(self, name: str) -> Any:
        """Return one part; KeyError if there is none of that name."""
        kind, _, number = name.partition("/")
        if kind == "node":
            return self._node(_place(name, number, len(self.run.state.nodes)))
        if kind == "call":
            return self._texts(_place(name, number, self.head["calls"]))
        readers: dict[str, Callable[[], Any]] = {"outcomes": self._outcomes, "rejected": self._rejected}
        readers["signs"] = lambda: signs_of(self.run)
        readers |= {"judged": self._judged} if self.over else {}
        readers |= {"calls": self._calls} if self.head["calls"] else {}
        if number:
            raise KeyError(name)
        return readers[name]()

    def _node(self, index: int) -> dict[str, Any]:
        return node_page(self.chronicle, self.run.criterion, index, labels=self.over)

    def _outcomes(self) -> dict[str, Any]:
        """Return every outcome, as rows with words replaced by their places in `words`.

        A row is [n, node, role, task, measure, y, score, failure, epoch, live, outcomes so far, judges], `judges`
        [slot, verdict, node] of each seat. Of judges' own outcomes there are only counts while labels are hidden.
        """
        state, chronicle = self.run.state, self.chronicle
        judges = {role.name for role in self.run.criterion.roles if role.kind is RoleKind.JUDGE}
        words = _Words()
        rows = []
        for record in state.records.values():
            if record.role in judges and not self.over:
                continue
            heard = chronicle.heard[record.n]
            said = {opinion["slot"]: opinion["verdict"] for opinion in heard.opinions}
            seats = [[words.of(slot), words.of(said.get(slot, "")), node] for slot, node in heard.judges.items()]
            named = [words.of(text) for text in (record.role, record.task, record.measure)]
            failure = words.of(record.failure) if record.failure else None
            tail = [record.y, round(record.score, 3), failure, record.epoch, int(record.live), heard.outcomes, seats]
            rows.append([record.n, record.node, *named, *tail])
        tests = [
            [node, words.of(role), words.of(task), told["y"], round(told["score"], 3), told["failure"]]
            for (node, role, task), told in state.test.items()
        ]
        return {"words": words.all, "rows": rows, "tests": tests}

    def _judged(self) -> dict[str, Any]:
        return judged(self.chronicle, self.run.criterion)

    def _rejected(self) -> list[dict[str, Any]]:
        return [
            {
                "job": event["n"],
                "parent": event["parent"],
                "epoch": event["epoch"],
                "outcomes": event["outcomes"],
                "failure": event["failure"],
                "detail": clean(event["detail"], 500),
                "tried": clean(event["tried"], 300),
                "why": clean(event["why"], NOTES_CHARS, lines=True),
                "train": [train_row(outcome) for outcome in event["train"]],
            }
            for event in self.chronicle.rejected
        ]

    def _read_calls(self) -> int:
        """Read the record of calls to models anew, and return how many there are; none where nothing was asked."""
        if not (self.run.folder / CALLS_FILE).exists():
            return 0
        from rqgm.gateway.calls import Calls  # noqa: PLC0415  # only runs with models have any

        self.record = Calls(self.run.folder, read_only=True)
        try:
            self.calls = list(self.record)
        finally:
            self.record.close()  # the texts of calls are files
        return len(self.calls)

    def _calls(self) -> list[dict[str, Any]]:
        return [
            {
                "scope": clean(call.scope, 300),
                "role": clean(call.role, 100),
                "model": clean(call.model, 100),
                "status": call.status,
                "tokens": [call.tokens.get("input", 0), call.tokens.get("output", 0)],
                "cost_usd": call.cost_usd,
                "wall_s": round(call.wall_s, 2),
                "notes": [name for name in ("refused", "replayed") if getattr(call, name)],
            }
            for call in self.calls
        ]

    def _texts(self, number: int) -> list[str | None]:
        """Return what a call asked and what was answered; None where it was not kept."""
        assert self.record is not None
        texts = self.record.texts(self.calls[number])
        return [clean(text, TEXT_CHARS, lines=True) if text is not None else None for text in texts]


def _place(name: str, number: str, size: int) -> int:
    if not (number.isascii() and number.isdecimal() and int(number) < size):
        raise KeyError(name)
    return int(number)


class _Words:
    """Words by their place in one list."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def of(self, word: str) -> int:
        return self.places.setdefault(word, len(self.places))

    @property
    def all(self) -> list[str]:
        return [clean(word, 300) for word in self.places]


def _sample_json(sample: Sample) -> dict[str, Any]:
    """Return a sample as plain data: best beliefs as [node, belief], costs in the order of USAGE_KINDS."""
    ends = {"generalist": sample.generalist, **sample.specialists}
    return {
        "outcomes": sample.outcomes,
        "epoch": sample.epoch,
        "closing": sample.closing,
        "best": {name: [best.node, best.belief] for name, best in ends.items()},
        "cpu_s": [sample.cpu_s[kind] for kind in USAGE_KINDS],
        "cost_usd": [sample.cost_usd[kind] for kind in USAGE_KINDS],
        "tokens": [sample.tokens[kind] for kind in USAGE_KINDS],
        "running_s": sample.running_s,
    }


def _endpoint_nodes(endpoints: dict[str, Any]) -> dict[str, int]:
    """Return the endpoints' nodes by name, none before there are any."""
    if not endpoints:
        return {}
    specialists = {f"specialist:{role}": found["node"] for role, found in endpoints["specialists"].items()}
    return {"generalist": endpoints["generalist"]["node"], **specialists}


def signs_of(run: OpenedRun) -> dict[str, Any]:
    """Return the signs of cheating in a run, and what was looked for. It reads every workspace, so it takes long."""
    from rqgm.report.signs import DETECTORS, find_signs  # noqa: PLC0415  # not needed by the other parts

    return {
        "detectors": {name: detector.about for name, detector in DETECTORS.items()},
        "signs": [sign.to_json() for sign in find_signs(run)],
    }
