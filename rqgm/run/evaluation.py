"""Evaluation: an archived node on any suite, outside of the run's record."""

from __future__ import annotations

import asyncio
import os
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rqgm.archive.blobs import Blobs
from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.words import Pool, RoleKind
from rqgm.evolution.criterion import Measure, MeasuredRole
from rqgm.evolution.work import Bench, SandboxWorker
from rqgm.evolution.worker import Test
from rqgm.gateway.calls import CALLS_FILE
from rqgm.run.seats import panels_of
from rqgm.run.session import check_suite_backend, make_gateway, open_run
from rqgm.run.shelves import Shelves
from rqgm.run.summary import find_node, rate_of
from rqgm.sandbox.backends import choose
from rqgm.sandbox.pool import Sandboxes
from rqgm.tasks.suite import load_suite

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from rqgm.archive.lineage import Lineage
    from rqgm.gateway.gateway import Gateway
    from rqgm.run.session import OpenedRun
    from rqgm.tasks.suite import Suite


@dataclass(frozen=True)
class EvaluationRequest:
    """Which node of which run is evaluated on what; None = the default."""

    run: Path
    node: str
    suite: str
    role: str | None = None
    pool: str | None = None
    workers: int | None = None
    sandbox: str | None = None


async def evaluate(request: EvaluationRequest) -> dict[str, Any]:
    """Return {node, suite, passed, total, rate, interval, tasks[{task, outcome, score, failure}]} and who was run."""
    suite = load_suite(Shelves.seen_from(Path.cwd()).find("suite", request.suite).path)
    names = pool_names(suite, request.pool)
    run = open_run(request.run)
    try:
        index = find_node(run.state, request.node)
        role = role_on(run, suite, request.role)
        commit = run.state.nodes[index].commit
        async with working(run, [role], {suite.name: suite}, sandbox=request.sandbox) as worker:
            outcomes = await run_tests(worker, [Test(commit, role.name, name) for name in names], request.workers)
    finally:
        run.archive.close()
    tasks = [
        {"task": name, "outcome": result["y"], "score": result["score"], "failure": result["failure"]}
        for name, result in zip(names, outcomes, strict=True)
    ]
    head = {"node": commit, "index": index, "role": role.name, "suite": suite.name, "pool": request.pool}
    return {**head, **rate_of([bool(result["y"]) for result in outcomes]), "tasks": tasks}


def pool_names(suite: Suite, pool: str | None) -> tuple[str, ...]:
    """Return the names of a pool's tasks or items, or of all; UnknownNameError, or ConfigError if there are none."""
    if pool is not None and pool not in list(Pool):
        raise UnknownNameError("pool", pool, [known.value for known in Pool], suite.name)
    names = suite.names(pool)
    if not names:
        raise ConfigError(f"suite {suite.name!r} has nothing in pool {pool!r}; it has {suite.counts()}")
    return names


def role_on(run: OpenedRun, suite: Suite, name: str | None) -> MeasuredRole:
    """Return the role to run as a role measured on `suite`, with the step count that the run gave it."""
    wanted = RoleKind.JUDGE if suite.kind == "judging" else RoleKind.SOLVER
    able = {role.name: role for role in run.criterion.roles if role.kind is wanted}
    if name is not None and name not in able:
        raise UnknownNameError(f"{wanted} role", name, able, f"suite {suite.name} is a {suite.kind} suite")
    if not able:
        raise ConfigError(f"run {run.lock.run} has no {wanted} role, which suite {suite.name!r} ({suite.kind}) needs")
    own = able[name] if name else next(iter(able.values()))
    measure = Measure("anchor" if wanted is RoleKind.JUDGE else "tests", 1.0)
    return MeasuredRole(own.name, wanted, suite.name, suite.hash, {}, (measure,), own.steps, talk=own.talk)


def _gateway(run: OpenedRun, scratch: Path) -> Gateway | None:
    """Return the way to the run's models, None if it has none. What the run itself recorded costs nothing again."""
    experiment = run.lock.experiment
    if experiment.models is None:
        return None
    recorded = experiment.models.mode != "live" and (run.folder / CALLS_FILE).exists()
    mode = {"mode": "replay-or-live", "cassette": str(run.folder)} if recorded else {"mode": "live", "cassette": None}
    models = experiment.models.model_copy(update=mode)
    return make_gateway(experiment.model_copy(update={"models": models}), scratch, panels_of(run.criterion))


@asynccontextmanager
async def working(
    run: OpenedRun,
    roles: Sequence[MeasuredRole],
    suites: Mapping[str, Suite],
    *,
    sandbox: str | None = None,
    lineage: Lineage | None = None,
) -> AsyncIterator[SandboxWorker]:
    """Give a worker that tests workspaces of `lineage` (None = the run's) in `roles`; nothing is kept when it ends.

    `suites` are those of the roles, beside the run's; `sandbox` None = the run's back-end.
    """
    backend = await choose(
        sandbox or run.lock.sandbox, trusted=not run.lock.isolated, allow_unsafe=False, profile=run.profile
    )
    for suite in suites.values():
        check_suite_backend(suite, backend)
    await backend.prepare(run.profile)
    names = {role.name for role in roles}
    others = tuple(other for other in run.criterion.roles if other.name not in names)
    criterion = replace(run.criterion, roles=(*roles, *others))
    label = f"evaluate-{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="rqgm-") as scratch:
        async with AsyncExitStack() as stack:
            gateway = _gateway(run, Path(scratch))
            if gateway:
                await stack.enter_async_context(gateway)
            place = gateway.place if gateway else None
            sandboxes = await stack.enter_async_context(Sandboxes(backend, label, spare=1, gateway=place))
            every = {**run.suites, **suites}
            seed = run.lock.experiment.seed
            blobs = Blobs(Path(scratch) / "blobs")
            trees = lineage or run.archive.lineage
            yield SandboxWorker(Bench(sandboxes, run.profile, every, trees, blobs, criterion, seed, gateway))


async def run_tests(
    worker: SandboxWorker,
    tests: Sequence[Test],
    workers: int | None = None,
    observe: Callable[[int], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """Return each test's outcome, in order; `observe` is told how many are done. What fails outside agents is raised.

    At most `workers` run at a time, None = one a processor.
    """
    places = asyncio.Semaphore(workers or os.cpu_count() or 1)
    done = 0

    async def one(test: Test) -> dict[str, Any]:
        nonlocal done
        async with places:
            result = await worker.test(test)
        done += 1
        observe(done)
        return result

    results = await asyncio.gather(*(one(test) for test in tests), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if isinstance(result, dict)]
