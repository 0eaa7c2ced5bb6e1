"""Checks of the record against the algorithm: every event is held against what the rules say of the state before it.

The state is folded anew, event by event; nothing that the record says of itself is taken for granted. What is a pure
function of that state is computed again: the criterion's id, decisions of the search, races, replacements, erasures,
endpoints. Verdicts become outcomes by the labels, panels' outcomes by their seats' opinions. What only a sandbox can
tell (did the tests pass?) is for a replay.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rqgm.archive.state import State, recount
from rqgm.core.errors import RqgmError
from rqgm.core.failures import Failure
from rqgm.core.usage import Usage
from rqgm.core.words import Pool
from rqgm.evolution.cells import OpenCells
from rqgm.evolution.checkpoint import next_checkpoint, plan_race
from rqgm.evolution.endpoints import choose_endpoints, plan_tests
from rqgm.evolution.search import Search, decide
from rqgm.evolution.worker import work_key
from rqgm.report.audit.checkpoints import CheckpointRules, same_data
from rqgm.report.audit.findings import Sheet, skipped
from rqgm.report.audit.outcomes import OutcomeRules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rqgm.archive.ledger import Event
    from rqgm.evolution.criterion import Criterion
    from rqgm.evolution.loop import LoopSettings
    from rqgm.report.audit.findings import Finding

CHECKS = {
    "fold": "what the record says of itself (counts, scores, heads) is what its events add up to",
    "criterion": "each outcome carries its epoch's utility id, and the id follows from lock, seats and pools",
    "order": "jobs were numbered, held back and committed as the rules say",
    "outcomes": "outcomes follow from labels and opinions, by the measure that was in force",
    "search": "the jobs are those that the search, from its seed, decides on",
    "replacements": "who was raced, who was seated, and why, by the run's rule",
    "erasures": "each replacement erased its dependents, all of them and nothing else; none counts later",
    "adversarial": "items of adversarial pools are what displaced judges accepted, labelled as the record knows",
    "endpoints": "generalist and specialists are those with the best beliefs",
    "test pool": "touched once, after the endpoints were chosen",
    "budget": "no limit was passed",
    "usage": "what was charged adds up",
}
MAX_DECISIONS = 2_000
"""Decisions of the search that are made again unless all are asked for; one takes about a millisecond."""
_FIRST = ("run_started", "node_added")
_MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, StopIteration, AssertionError, RqgmError)


class Walk:
    """One pass over a ledger's events."""

    def __init__(
        self, criterion: Criterion, settings: LoopSettings, lock_hash: str | None, dispatched: int, *, every: bool
    ) -> None:
        self.criterion = criterion
        self.settings = settings
        self.lock_hash = lock_hash
        self.state = State()
        self.sheets = {name: Sheet(name) for name in CHECKS}
        self.outcomes = OutcomeRules(criterion, self.sheets)
        self.checkpoints = CheckpointRules(criterion, settings, self.sheets)
        self.finished = False
        self._stride = 1 if every else max(1, math.ceil(dispatched / MAX_DECISIONS))
        self._search = Search(settings.search, criterion, settings.seed, settings.budget.outcomes)
        self._cells: OpenCells | None = None
        self._due_epoch, self._due_after = -1, 0
        self._rules: dict[str, Callable[[Event, str], None]] = {
            "run_started": self._meet_run_started,
            "node_added": self._meet_node_added,
            "edit_rejected": self._meet_edit_rejected,
            "dispatched": self._meet_dispatched,
            "race_round": self._meet_race_round,
            "voided": self._meet_voided,
            "outcome": self._meet_outcome,
            "epoch_closed": self._meet_epoch_closed,
            "endpoints_chosen": self._meet_endpoints_chosen,
            "test_outcome": self._meet_test_outcome,
            "run_finished": self._meet_run_finished,
        }
        self._race: list[dict[str, Any]] | None = None
        self._raced = 0
        self._decisions = self._recomputed = 0
        self._tests: set[tuple[int, str, str]] = set()
        self._plan: set[tuple[int, str, str]] = set()

    # ------------------------------------------------------------------ the pass

    def follow(self, events: Iterable[Event]) -> list[Finding]:
        """Hold every event against the state before it; return one finding a check."""
        for event in events:
            try:
                self._meet(event)
                self.state.apply(event.kind, event.body)
                self._after(event)
            except _MALFORMED as error:
                self.sheets["fold"].fault(
                    f"event {event.seq}", f"{event.kind} cannot be applied: {type(error).__name__}: {error}"
                )
                return self._broken(event.seq)
        return self._close()

    def _meet(self, event: Event) -> None:
        where = f"event {event.seq}"
        if self.finished:
            self.sheets["order"].fault(where, f"{event.kind} after the run's end")
        if event.seq <= len(_FIRST):
            first = _FIRST[event.seq - 1]
            self.sheets["order"].expect(event.kind == first, where, f"{event.kind}, should be {first}")
        elif event.kind == _FIRST[0]:
            self.sheets["order"].fault(where, "the run begins a second time")
        meet = self._rules.get(event.kind)
        if meet is not None:
            meet(event, where)

    def _after(self, event: Event) -> None:
        cells, body = self._cells, event.body
        if event.kind in {"node_added", "edit_rejected"}:
            if cells is None:
                self._cells = OpenCells(self.state, self.criterion, self.settings.seed)
            else:
                cells.sync()
        elif event.kind == "epoch_closed":
            self._cells = OpenCells(self.state, self.criterion, self.settings.seed)
            self._race = None
            self._recount(f"event {event.seq}")
        elif cells is not None and event.kind in {"outcome", "voided"}:
            job = body if event.kind == "outcome" else body["job"]
            if event.kind == "outcome" or job["kind"] == "validate":
                cell = (job["task"], job["measure"])
                cells.release(job["node"], job["role"], cell, measured=event.kind == "outcome")

    # ------------------------------------------------------------------ the beginning

    def _meet_run_started(self, event: Event, where: str) -> None:
        fold, body = self.sheets["fold"], event.body
        if self.lock_hash is not None:
            fold.expect(body["lock_hash"] == self.lock_hash, where, "was started with another lock")
            fold.expect(body["seed"] == self.settings.seed, where, "was started with another seed")
        fold.expect(body["roles"] == [role.name for role in self.criterion.roles], where, "has other roles")

    def _meet_node_added(self, event: Event, where: str) -> None:
        body, state = event.body, self.state
        order = self.sheets["order"]
        if not state.nodes:
            seats = {slot: body["roles"][role] for slot, role in self.criterion.slots.items()}
            self.sheets["criterion"].expect(
                state.utility_id == self.criterion.utility_id(seats),
                where,
                "the first utility id is not that of the lock",
            )
            order.expect(body["parent"] is None and body["n"] is None, where, "generation zero has a parent")
            order.expect(dict(body["seats"]) == dict(self.criterion.slots), where, "other seats than the lock's")
            return
        self._meet_edit(event, where)
        order.expect(body["commit"] not in state.by_commit, where, f"commit {body['commit']} is a node already")
        order.expect(set(body["roles"]) == set(self.criterion.role_kinds), where, "has other roles")
        allowed = set(self.criterion.deterministic(body["roles"]))
        order.expect(set(body["deterministic"]) <= allowed, where, "a role that calls a model is called deterministic")

    def _meet_edit_rejected(self, event: Event, where: str) -> None:
        self._meet_edit(event, where)
        self.sheets["outcomes"].expect(event.body["failure"] in set(Failure), where, "an unknown failure")

    def _meet_edit(self, event: Event, where: str) -> None:
        body = event.body
        job = self._turn(body["n"], where)
        same = job["kind"] == "expand" and (job["node"], job["mate"]) == (body["parent"], body["mate"])
        self.sheets["order"].expect(same, where, f"job {body['n']} was to edit another node")
        self.sheets["criterion"].expect(body["epoch"] == self.state.epoch, where, f"says epoch {body['epoch']}")
        for outcome in body["train"]:
            role = self.criterion.role(outcome["role"])
            known = outcome["task"] in role.tasks.get(Pool.TRAIN, ())
            self.sheets["order"].expect(
                known, where, f"its editor was shown {outcome['task']!r}: not of the train pool"
            )
        self._usage(body["usage"], where)
        self._usage(body["train_usage"], where)

    # ------------------------------------------------------------------ dispatches

    def _meet_dispatched(self, event: Event, where: str) -> None:
        state, order = self.state, self.sheets["order"]
        n, job = event.body["n"], event.body["job"]
        if n != state.dispatched + 1:
            order.fault(where, f"job {n} follows job {state.dispatched}")
        if state.endpoints:
            order.fault(where, f"job {n} after the endpoints were chosen")
        cells = self._cells
        assert cells is not None
        expected, why = self._expected(job, cells, where)
        if expected is not None and not same_data(job, expected):
            self.sheets["search"].fault(where, f"job {n} is not what the {why} decides on")
        if job["kind"] == "validate":
            cell = (job["task"], job["measure"])
            if not cells.is_open(job["node"], job["role"], cell):
                order.fault(where, f"job {n} measures what is measured already, or is no cell")
            cells.reserve(job["node"], job["role"], cell)
        else:
            for role, task in job["train"]:
                known = task in self.criterion.role(role).tasks.get(Pool.TRAIN, ())
                order.expect(known, where, f"job {n} shows its editor {task!r}: not of the train pool")

    def _expected(self, job: dict[str, Any], cells: OpenCells, where: str) -> tuple[dict[str, Any] | None, str]:
        """Return the job that should come now, None if it is not made again; and by what."""
        state, settings = self.state, self.settings
        if state.spent >= self._due() and (not state.pending or self._race is not None):
            if self._race is None:
                self._race, self._raced = self._plan_race(cells), 0
            self._raced += 1
            return (self._race[self._raced - 1] if self._raced <= len(self._race) else {}), "race"
        taken = state.spent + cells.reserved
        room_left = taken < min(self._due(), settings.budget.outcomes) and len(state.pending) < settings.search.lag
        self.sheets["order"].expect(room_left, where, "a job more than may be in flight")
        self._decisions += 1
        if self._decisions % self._stride:
            return None, ""
        self._recomputed += 1
        expected = decide(self._search, state, cells)
        if expected is not None and expected["kind"] == "expand":
            expected["known"] = job.get("known", [])  # what was shown is held against the train outcomes below
            self._check_known(job, where)
        return expected or {}, "search"

    def _check_known(self, job: dict[str, Any], where: str) -> None:
        nodes = [self.state.nodes[index] for index in (job["node"], job["mate"]) if index is not None]
        keys = [work_key(self.criterion, node, role, task) for node in nodes for role, task in job["train"]]
        known = [key for key in dict.fromkeys(keys) if key in self.state.train]
        self.sheets["search"].expect(job["known"] == known, where, "its editor is shown other outcomes")

    def _due(self) -> int:
        """Return after how many outcomes the coming checkpoint is due. Asked at every event, so kept for an epoch."""
        if self._due_epoch != self.state.epoch:
            after = self.state.epochs[-1]["outcomes"] if self.state.epochs else 0
            self._due_epoch, self._due_after = self.state.epoch, next_checkpoint(self.settings.epochs, after)
        return self._due_after

    def _plan_race(self, cells: OpenCells) -> list[dict[str, Any]]:
        settings, state = self.settings, self.state
        planned = plan_race(state, cells, self.criterion, settings.epochs, settings.seed)
        if planned is None:
            return []
        began = state.epochs[-1]["outcomes"] if state.epochs else 0
        cap = int(settings.epochs.race.share * (self._due() - began))
        left = min(cap - max(0, state.spent - self._due()), settings.budget.outcomes - state.spent)
        return planned.jobs[: max(0, left)]

    def _meet_race_round(self, event: Event, where: str) -> None:
        cells, sheet = self._cells, self.sheets["replacements"]
        assert cells is not None
        race = self._race if self._race is not None else self._plan_race(cells)
        sheet.expect(event.body["round"] == self.state.race_rounds + 1, where, f"round {event.body['round']}")
        sheet.expect(event.body["jobs"] == len(race), where, f"{event.body['jobs']} jobs, should be {len(race)}")
        self._race = None

    # ------------------------------------------------------------------ outcomes

    def _turn(self, n: int, where: str) -> dict[str, Any]:
        """Check that it is job n's turn, and return the job."""
        order = self.sheets["order"]
        job = self.state.pending[n]
        if self.settings.search.commit == "dispatch" and n != (first := min(self.state.pending)):
            order.fault(where, f"job {n} is committed before job {first}")
        return job

    def _meet_voided(self, event: Event, where: str) -> None:
        job = self._turn(event.body["n"], where)
        self.sheets["order"].expect(same_data(job, event.body["job"]), where, "voids a job that was not dispatched")

    def _meet_outcome(self, event: Event, where: str) -> None:
        body, state = event.body, self.state
        job = self._turn(body["n"], where)
        if any(body[key] != job.get(key) for key in ("node", "role", "task", "measure")):
            self.sheets["order"].fault(where, f"job {body['n']} was to measure another cell")
        self.outcomes.check(body, state, where)
        self._usage(body["usage"], where)
        if state.spent >= self.settings.budget.outcomes:
            self.sheets["budget"].fault(where, f"outcome {state.spent + 1} of {self.settings.budget.outcomes}")

    # ------------------------------------------------------------------ the end

    def _meet_epoch_closed(self, event: Event, where: str) -> None:
        self.checkpoints.check(event.body, self.state, self._due(), where)

    def _meet_endpoints_chosen(self, event: Event, where: str) -> None:
        state, sheet = self.state, self.sheets["endpoints"]
        sheet.expect(not state.pending, where, "jobs are still in flight")
        sheet.expect(not state.endpoints, where, "chosen for a second time")
        expected = choose_endpoints(state, self.criterion, self.settings.endpoints)
        sheet.expect(same_data(event.body["endpoints"], expected), where, "by the live record they are others")
        if event.body["reason"] == "the budget of outcomes is spent":
            self.sheets["budget"].expect(
                state.spent == self.settings.budget.outcomes, where, f"says so after {state.spent} outcomes"
            )

    def _meet_test_outcome(self, event: Event, where: str) -> None:
        body, state, sheet = event.body, self.state, self.sheets["test pool"]
        if not sheet.expect(bool(state.endpoints), where, "the test pool was run before the endpoints were chosen"):
            return
        if not self._plan:
            self._plan = set(plan_tests(state, self.criterion))
        job = (body["node"], body["role"], body["task"])
        sheet.expect(job in self._plan, where, f"{job} is no test of an endpoint")
        sheet.expect(job not in self._tests, where, f"{job} was run twice")
        sheet.expect(body["y"] in (0, 1), where, f"outcome {body['y']!r}")
        self._tests.add(job)
        self.outcomes.check_team(body, state, where)
        self._usage(body["usage"], where)

    def _meet_run_finished(self, event: Event, where: str) -> None:
        fold, state, body = self.sheets["fold"], self.state, event.body
        fold.expect(body["lineage_head"] == state.lineage_head, where, "ends in another lineage head")
        fold.expect(body["ledger_head"] == event.prev_hash, where, "ends in another ledger head")
        self.sheets["order"].expect(bool(state.endpoints), where, "ended without endpoints")
        self.finished = True

    # ------------------------------------------------------------------ what is counted along

    def _usage(self, usage: Mapping[str, Any], where: str) -> None:
        for name, value in usage.items():
            if not 0 <= value < math.inf:
                self.sheets["usage"].fault(where, f"{name} = {value!r}")

    def _recount(self, where: str) -> None:
        """Count all live records anew, the slow way: what was erased may be nowhere in the counts."""
        for role, evidence in self.state.evidence.items():
            own, clade = recount(self.state, role)
            same = bool((own == evidence.own).all() and (clade == evidence.clade).all())
            self.sheets["erasures"].expect(same, where, f"the counts of {role} are not those of its live records")

    def _broken(self, seq: int) -> list[Finding]:
        fold = self.sheets.pop("fold").close()
        others = [
            sheet.close() if sheet.count else skipped(sheet.check, f"the record cannot be followed beyond event {seq}")
            for sheet in self.sheets.values()
        ]
        return [fold, *others]

    def _close(self) -> list[Finding]:
        state, budget = self.state, self.settings.budget
        self._recount("at the end")
        if not self.finished:
            self.sheets["order"].note(f"the run is not finished: {len(state.pending)} jobs are in flight")
        used = sum(state.usage.values(), start=Usage())
        missing = self._plan - self._tests
        if self.finished and missing:
            self.sheets["test pool"].note(f"{len(missing)} of {len(self._plan)} tests were not run")
        spent = {"usd": (used.cost_usd, budget.usd), "tokens": (used.blended_tokens, budget.tokens)}
        for name, (amount, cap) in spent.items():
            within = cap is None or amount <= cap * (1 + 1e-9)
            self.sheets["budget"].expect(within, "at the end", f"{name}: {amount:g} of {cap}")
        replaced = sum(len(epoch["seats"]) for epoch in state.epochs)
        figures = {
            "fold": f"{len(state.nodes)} nodes, {len(state.records)} outcomes, {len(state.epochs)} checkpoints",
            "criterion": f"{len(state.records)} outcomes, {len(self.checkpoints.ids) + 1} utility ids",
            "order": f"{state.dispatched} jobs",
            "outcomes": f"{self.outcomes.by_label} by label, {self.outcomes.by_panel} by their panels' opinions",
            "search": f"{self._recomputed} of {self._decisions} decisions made again",
            "replacements": f"{replaced} in {len(state.epochs)} checkpoints, rule {self.settings.epochs.replacement!r}",
            "erasures": f"{self.checkpoints.erased} outcomes erased or given up",
            "adversarial": f"{sum(len(pool.items) for pool in state.adversarial.values())} items",
            "endpoints": "chosen by best belief" if state.endpoints else "not chosen yet",
            "test pool": f"{len(self._tests)} outcomes, after the search",
            "budget": f"{state.spent} of {budget.outcomes} outcomes",
            "usage": f"{used.cpu_s:.0f} CPU-s, {used.blended_tokens} tokens, {used.cost_usd:.4f} usd",
        }
        return [sheet.close(figures[name]) for name, sheet in self.sheets.items()]
