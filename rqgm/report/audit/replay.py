"""Replays: outcomes of a run's record made once more, in fresh sandboxes, and compared with what is on record.

Every job is given what it had then: the same node, task, seats and adversarial item. What a solver made is made again,
not taken from the record. Models answer from the run's own recorded calls; nothing is asked of a provider.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import tempfile
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rqgm.archive.blobs import Blobs
from rqgm.archive.state import State
from rqgm.core.errors import ConfigError, InfrastructureError, ReplayMissError
from rqgm.core.failures import Failure
from rqgm.evolution.work import Bench, SandboxWorker
from rqgm.evolution.worker import Expansion, SeatRef, Test, Validation
from rqgm.gateway.calls import CALLS_FILE
from rqgm.report.audit.findings import Sheet
from rqgm.run.seats import panels_of
from rqgm.run.session import make_gateway, open_run
from rqgm.sandbox.backends import choose
from rqgm.sandbox.pool import Sandboxes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from rqgm.gateway.gateway import Gateway
    from rqgm.report.audit.findings import Finding
    from rqgm.run.session import OpenedRun

ATTEMPTS = 2
Difference = str
"""What a replay came to that is not on record, in words; empty = equal."""


@dataclass(frozen=True)
class ReplayOptions:
    """How much is replayed, and where.

    `count` outcomes are drawn by `seed`, so that who made the run cannot know which; None = all of them. `edits` also
    runs the editors again. The sandbox is the strongest that works, not the run's: the code is a stranger's.
    """

    count: int | None
    edits: bool = False
    sandbox: str = "auto"
    allow_unsafe: bool = False
    workers: int | None = None
    seed: int | None = None
    tell: Callable[[int, int], None] = lambda _done, _total: None
    """Told how many jobs are done, of how many."""


@dataclass(frozen=True)
class _Job:
    """One thing to do again: `stratum` is what it is drawn by, `again` makes it and compares."""

    where: str
    stratum: tuple[Any, ...]
    again: Callable[[SandboxWorker], Awaitable[Difference]]
    comparable: bool


async def replay(folder: Path, options: ReplayOptions) -> Finding:
    """Return how a run's outcomes came out when they were made again; raises ConfigError, NoSandboxError."""
    seed = secrets.randbits(32) if options.seed is None else options.seed
    run = open_run(folder)
    try:
        jobs = _draw(_jobs(run, edits=options.edits), options.count, seed)
        return await _run_all(run, jobs, options, seed)
    finally:
        run.archive.close()


# ------------------------------------------------------------------ what there is to do again


def _jobs(run: OpenedRun, *, edits: bool) -> list[_Job]:
    """Return all that is on record, each with the state as it was."""
    state, jobs = State(), []
    for event in run.archive.ledger.events():
        body = event.body
        if event.kind == "outcome":
            jobs.append(_outcome(run, state, body))
        elif event.kind == "test_outcome":
            jobs.append(_test(run, state, body))
        elif edits and event.kind in {"node_added", "edit_rejected"} and body["n"] is not None:
            jobs.append(_edit(run, state, event.kind, body))
        state.apply(event.kind, body)
    return jobs


def _repeatable(run: OpenedRun, state: State, node: int, role: str) -> bool:
    """Tell whether a role must do the same again: it is deterministic, or all that it asks is answered from record."""
    return role in state.nodes[node].deterministic or role in run.criterion.models


def _outcome(run: OpenedRun, state: State, body: dict[str, Any]) -> _Job:
    role = run.criterion.role(body["role"])
    slots = role.measure(body["measure"]).slots
    seats = {
        slot: SeatRef(
            state.nodes[state.seats[slot].node].commit, run.criterion.slots[slot], state.seats[slot].role_hash
        )
        for slot in slots
    }
    hard = body["measure"] == "adversarial"
    item = state.adversarial[role.name].items[body["task"]] if hard else None
    key = body["artifact_key"] or ""
    commit = state.nodes[body["node"]].commit
    job = Validation(body["n"], commit, role.name, body["task"], body["measure"], seats, key, None, item)
    judged = all(_repeatable(run, state, state.seats[slot].node, run.criterion.slots[slot]) for slot in slots)
    where = f"outcome {body['n']} (node #{body['node']}, {role.name}, {body['task']}, {body['measure']})"

    async def again(worker: SandboxWorker) -> Difference:
        told, found = _told(body), _told(await worker.validate(job))
        if "team" not in told:  # it measured what an earlier job had made
            found.pop("team", None)
        return _compare(told, found)

    comparable = judged and _repeatable(run, state, body["node"], role.name)
    return _Job(where, ("outcome", role.name, body["measure"], body["epoch"]), again, comparable)


def _test(run: OpenedRun, state: State, body: dict[str, Any]) -> _Job:
    job = Test(state.nodes[body["node"]].commit, body["role"], body["task"])
    where = f"test of node #{body['node']}, {body['role']}, {body['task']}"

    async def again(worker: SandboxWorker) -> Difference:
        told, found = _scored(body), await worker.test(job)
        told |= {"artifact": body["artifact"]} if body.get("artifact") else {}  # older records did not say
        told |= {"team": body["team"]} if "team" in body else {}
        return _compare(told, {name: found.get(name) for name in told})

    comparable = _repeatable(run, state, body["node"], body["role"])
    return _Job(where, ("test", body["role"], body["node"]), again, comparable)


def _edit(run: OpenedRun, state: State, kind: str, body: dict[str, Any]) -> _Job:
    pending = state.pending[body["n"]]
    node = state.nodes[body["parent"]]
    mate = state.nodes[body["mate"]].commit if body["mate"] is not None else None
    known = {key: state.train[key] for key in pending["known"]}
    job = Expansion(body["n"], node.commit, mate, tuple((role, task) for role, task in pending["train"]), known)
    editor = run.criterion.editor
    where = f"edit {body['n']} of node #{body['parent']}"
    siblings = [state.nodes[child].commit for child in node.children]

    def known_trees(worker: SandboxWorker) -> set[str]:
        return {worker.bench.blobs.put_tree(run.archive.lineage.tree(commit)) for commit in siblings}

    async def again(worker: SandboxWorker) -> Difference:
        found = await worker.expand(job)
        tree = worker.bench.blobs.put_tree(run.archive.lineage.tree(body["commit"])) if kind == "node_added" else None
        if (
            kind == "edit_rejected"
            and body["failure"] == Failure.UNCHANGED_WORKSPACE
            and found["tree"] in known_trees(worker)
        ):
            return ""  # the same edit of the same node as one before: the lineage took it once
        told = {"workspace": tree, "failure": body.get("failure"), "tried": body["tried"]}
        made = {"workspace": found["tree"], "failure": found["failure"], "tried": found["tried"]}
        return _compare(told, made)

    return _Job(where, ("edit", state.epoch), again, _repeatable(run, state, body["parent"], editor))


def _scored(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("y", "score", "failure")}


def _told(body: dict[str, Any]) -> dict[str, Any]:
    """Return what an outcome says, without what it cost."""
    made = body.get("made")
    said = {said["slot"] or "verdict": (said["verdict"], said["score"]) for said in body.get("opinions", ())}
    talks = {name: body[name] for name in ("team", "talk") if name in body}
    return _scored(body) | {"artifact": made["blob"] if made else None} | said | talks


def _compare(told: dict[str, Any], found: dict[str, Any]) -> Difference:
    names = [name for name in told | found if told.get(name) != found.get(name)]
    return "; ".join(f"{name}: on record {told.get(name)!r:.80}, now {found.get(name)!r:.80}" for name in names)


# ------------------------------------------------------------------ which of it, and doing it


def _draw(jobs: list[_Job], count: int | None, seed: int) -> list[_Job]:
    """Draw `count` jobs at random, spread over strata (what, role, measure, epoch) as evenly as these have any."""
    if count is None or count >= len(jobs):
        return jobs
    rng = random.Random(seed)  # a sample; the seed is secret unless it was given
    strata: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for number, job in enumerate(jobs):
        strata[job.stratum].append(number)
    queues = [rng.sample(numbers, len(numbers)) for numbers in strata.values()]
    rng.shuffle(queues)
    drawn: list[int] = []
    while len(drawn) < count:
        drawn += [queue.pop() for queue in [queue for queue in queues if queue][: count - len(drawn)]]
    return [jobs[number] for number in sorted(drawn)]


def _gateway(run: OpenedRun, scratch: Path) -> Gateway | None:
    experiment = run.lock.experiment
    if experiment.models is None:
        return None
    if experiment.models.mode == "live" or not (run.folder / CALLS_FILE).exists():
        raise ConfigError(
            f'{run.folder}: its calls to models were made with models.mode = "live", their texts were not kept: '
            "it cannot be replayed. Audit it without --replay, or record the next run"
        )
    models = experiment.models.model_copy(update={"mode": "replay", "cassette": str(run.folder), "check": False})
    return make_gateway(experiment.model_copy(update={"models": models}), scratch, panels_of(run.criterion))


async def _run_all(run: OpenedRun, jobs: Sequence[_Job], options: ReplayOptions, seed: int) -> Finding:
    backend = await choose(options.sandbox, trusted=False, allow_unsafe=options.allow_unsafe, profile=run.profile)
    await backend.prepare(run.profile)
    gate = asyncio.Semaphore(options.workers or os.cpu_count() or 1)
    sheet, counts = Sheet("replay"), {"equal": 0, "other": 0, "lost": 0, "loose": 0}
    with tempfile.TemporaryDirectory(prefix="rqgm-") as name:
        scratch = Path(name)
        async with AsyncExitStack() as stack:
            gateway = _gateway(run, scratch)
            if gateway:
                await stack.enter_async_context(gateway)
            place = gateway.place if gateway else None
            label = f"replay-{os.getpid()}"
            sandboxes = await stack.enter_async_context(Sandboxes(backend, label, spare=1, gateway=place))
            blobs, experiment = Blobs(scratch / "blobs"), run.lock.experiment
            bench = Bench(
                sandboxes, run.profile, run.suites, run.archive.lineage, blobs, run.criterion, experiment.seed, gateway
            )
            worker = _Replaying(bench, run.archive.blobs)

            async def one(job: _Job) -> None:
                async with gate:
                    await _again(job, worker, sheet, counts)
                options.tell(sum(counts.values()), len(jobs))

            try:
                async with asyncio.TaskGroup() as group:
                    for job in jobs:
                        group.create_task(one(job))
            except BaseExceptionGroup as several:
                raise several.exceptions[0] from None  # the others were cancelled because of it
    if counts["loose"]:
        sheet.note(f"{counts['loose']} of roles that are not deterministic came out otherwise, which proves nothing")
    if counts["lost"]:
        sheet.note(f"{counts['lost']} could not be made again here: the sandbox failed")
    if jobs and counts["lost"] == len(jobs):
        sheet.fault(backend.name, "the sandbox failed every time: nothing was shown")
    made = f"{counts['equal']} of {len(jobs)} equal, on {backend.name}"
    return sheet.close(made + (f" (drawn with --sample-seed {seed})" if options.count is not None else ""))


class _Replaying(SandboxWorker):
    """A worker whose adversarial items' artifacts come from the record: their makers need not have been replayed."""

    def __init__(self, bench: Bench, recorded: Blobs) -> None:
        super().__init__(bench)
        self._recorded = recorded

    async def validate(self, job: Validation) -> dict[str, Any]:
        if job.item is not None:
            self.bench.blobs.put_tree(self._recorded.get_tree(job.item.artifact))
        return await super().validate(job)

    async def expand(self, job: Expansion) -> dict[str, Any]:
        for outcome in job.known.values():
            if outcome["artifact"]:
                self.bench.blobs.put_tree(self._recorded.get_tree(outcome["artifact"]))
        return await super().expand(job)


async def _again(job: _Job, worker: SandboxWorker, sheet: Sheet, counts: dict[str, int]) -> None:
    for attempt in range(ATTEMPTS):
        try:
            difference = await job.again(worker)
            break
        except ReplayMissError as error:
            difference = f"asks a model what is not on record: {error}"
            break
        except InfrastructureError:
            if attempt + 1 == ATTEMPTS:
                counts["lost"] += 1
                return
    if not difference:
        counts["equal"] += 1
    elif job.comparable:
        counts["other"] += 1
        sheet.fault(job.where, difference)
    else:
        counts["loose"] += 1
