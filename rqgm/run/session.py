"""Runs, started and gone on with."""

from __future__ import annotations

import os
import shutil
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rqgm.archive.run_archive import RunArchive
from rqgm.core.errors import ConfigError
from rqgm.core.hashes import sha256
from rqgm.evolution.loop import Loop, LoopSettings
from rqgm.evolution.work import Bench, SandboxWorker
from rqgm.run.lock import (
    freeze,
    load_inputs,
    load_own_panels,
    load_own_profile,
    load_own_talks,
    make_criterion,
    read_lock,
    resolve,
)
from rqgm.run.seats import panels_of, seat_models
from rqgm.run.shelves import Shelves
from rqgm.sandbox.backends import choose
from rqgm.sandbox.pool import Sandboxes
from rqgm.tasks.task import check_backend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rqgm.archive.state import State
    from rqgm.evolution.criterion import Criterion
    from rqgm.gateway.gateway import Gateway
    from rqgm.judging.panel import Panel
    from rqgm.run.experiment import Experiment
    from rqgm.run.lock import Lock, Resolved
    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Backend
    from rqgm.tasks.suite import Suite


@dataclass(frozen=True)
class RunOptions:
    """What a person says beside the experiment."""

    out: Path | None = None
    workers: int | None = None
    sandbox: str = "auto"
    allow_unsafe: bool = False
    tell: Callable[[str], None] | None = None
    """Told which sandbox was taken, and why not a stronger one."""
    shelves: Shelves = field(default_factory=lambda: Shelves.seen_from(Path.cwd()))


@dataclass(frozen=True)
class OpenedRun:
    """A run's folder with what its lock defines; reading only."""

    folder: Path
    lock: Lock
    suites: dict[str, Suite]
    profile: Profile
    criterion: Criterion
    archive: RunArchive

    @property
    def state(self) -> State:
        """The state folded from the ledger."""
        return self.archive.state


def open_run(folder: Path, *, writer: bool = False) -> OpenedRun:
    """Open a run's folder. Raises ConfigError if it is none, IntegrityError if it was altered, RunBusyError."""
    lock = read_lock(folder)
    archive = RunArchive(folder, writer=writer)
    try:
        if writer:  # going on would build on forged outcomes, and seal them with new hashes
            archive.ledger.verify()
        suites, profile = load_inputs(folder, lock), load_own_profile(folder, lock)
        panels = load_own_panels(folder, lock, asked=writer)
        talks = load_own_talks(folder, lock, asked=writer)
    except BaseException:
        archive.close()
        raise
    return OpenedRun(folder, lock, suites, profile, make_criterion(lock, suites, panels, talks), archive)


async def start(experiment: Experiment, options: RunOptions) -> Path:
    """Resolve an experiment, write its run's folder with generation zero in it, and return the folder."""
    check_workers(experiment, options.workers)
    resolved = resolve(experiment, options.shelves)
    trusted = resolved.seed_workspace.manifest.trusted
    backend = await choose(
        options.sandbox,
        trusted=trusted,
        allow_unsafe=options.allow_unsafe,
        profile=resolved.profile,
        tell=options.tell,
    )
    for suite in resolved.suites.values():
        check_suite_backend(suite, backend)
    digest = await backend.prepare(resolved.profile)
    folder = _new_folder(options, experiment)
    scratch = folder.with_name(f".{folder.name}.part")  # so that a run's folder appears whole or not at all
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    lock = freeze(resolved, scratch, folder.name, backend.name, isolated=backend.isolated, profile_digest=digest)
    with RunArchive(scratch, writer=True, create=True) as archive:
        _add_seed(archive, resolved, lock)
    try:
        await _check_models(resolved, scratch)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        folder.rmdir()
        raise
    scratch.rename(folder)
    return folder


async def _check_models(resolved: Resolved, folder: Path) -> None:
    """Find out whether the models can be used, before anything is started: what is wrong with them ends in exit 2."""
    experiment = resolved.experiment
    if experiment.models is None:
        return
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(make_gateway(experiment, folder, resolved.panels.values()))
        if experiment.models.check and experiment.models.mode in {"live", "record"}:
            await gateway.check(tools=experiment.models.tools)


def check_suite_backend(suite: Suite, backend: Backend) -> None:
    """Refuse a suite with tasks that need images of their own on a back-end that has none."""
    if suite.kind == "solving":
        for name in suite.names():
            check_backend(suite.task(name), backend)


def _new_folder(options: RunOptions, experiment: Experiment) -> Path:
    if options.out is not None:
        if options.out.exists() and any(options.out.iterdir()):
            raise ConfigError(f"--out {options.out}: exists and is not empty; name another folder, or `rqgm resume` it")
        options.out.mkdir(parents=True, exist_ok=True)
        return options.out.resolve()
    base = options.shelves.runs
    for number in range(1, 10_000):
        folder = base / f"{experiment.name}-seed{experiment.seed}-{number}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise ConfigError(f"{base}: is full of runs of {experiment.name}; move some away")


def _add_seed(archive: RunArchive, resolved: Resolved, lock: Lock) -> None:
    criterion = make_criterion(lock, resolved.suites, resolved.panels, resolved.talks)
    workspace = resolved.seed_workspace
    seats = {slot: workspace.roles[role] for slot, role in criterion.slots.items()}
    commit = archive.lineage.add(0, workspace.tree, None, f"seed: {lock.workspace.name}", {"Rqgm-Epoch": "0"})
    started = {
        "schema_version": 1,
        "run": lock.run,
        "seed": lock.experiment.seed,
        "lock_hash": lock.hash,
        "roles": [role.name for role in criterion.roles],
        "utility_id": criterion.utility_id(seats),
        "sandbox": lock.sandbox,
        "isolated": lock.isolated,
    }
    seed = {
        "n": None,
        "commit": commit,
        "parent": None,
        "mate": None,
        "epoch": 0,
        "tried": "generation zero",
        "why": "",
        "roles": dict(workspace.roles),
        "deterministic": criterion.deterministic(workspace.deterministic),
        "seats": dict(criterion.slots),
        "train": [],
        "usage": {},
        "train_usage": {},
    }
    archive.commit(("run_started", started), ("node_added", seed))


async def proceed(
    folder: Path, options: RunOptions, observe: Callable[[State, str], None] = lambda _s, _g: None
) -> None:
    """Carry a run on to its end, from wherever it stands. Cancelling pauses it; nothing committed is lost."""
    run = open_run(folder, writer=True)
    try:
        if run.state.finished:
            return
        backend = await choose(run.lock.sandbox, trusted=True, allow_unsafe=True, profile=run.profile)
        digest = await backend.prepare(run.profile)
        _check_digest(run.lock, digest)
        label = run_label(folder)
        await backend.reap(label)
        settings = loop_settings(run.lock, options.workers)
        async with AsyncExitStack() as stack:
            experiment = run.lock.experiment
            gateway = make_gateway(experiment, folder, panels_of(run.criterion)) if experiment.models else None
            if gateway:
                await stack.enter_async_context(gateway)
            place = gateway.place if gateway else None
            pool = Sandboxes(backend, label, spare=settings.workers, gateway=place)
            bench = Bench(
                await stack.enter_async_context(pool),
                run.profile,
                run.suites,
                run.archive.lineage,
                run.archive.blobs,
                run.criterion,
                settings.seed,
                gateway,
            )
            await Loop(run.archive, run.criterion, settings, SandboxWorker(bench), observe).run()
    finally:
        run.archive.close()


def make_gateway(experiment: Experiment, folder: Path, panels: Iterable[Panel]) -> Gateway:
    """Return the gateway to the models of an experiment's roles and its panels' seats; calls are kept in `folder`."""
    from rqgm.gateway.gateway import Gateway, RunLimits  # noqa: PLC0415  # not needed by runs without models

    assert experiment.models is not None
    budget = experiment.budget
    limits = RunLimits(budget.usd, budget.tokens, budget.test_share)
    return Gateway(folder, experiment.models, list(experiment.roles), limits, seats=seat_models(panels))


def run_label(folder: Path) -> str:
    """Return the label that all sandboxes of the run in `folder` carry, so that leftovers can be found."""
    return sha256(str(folder.resolve()).encode())[:16]


def _check_digest(lock: Lock, digest: str) -> None:
    if digest != lock.profile_digest:
        raise ConfigError(
            f"run {lock.run} was made on {lock.sandbox} with digest {lock.profile_digest[:12]}, here it is "
            f"{digest[:12]}: another image or Python (then {lock.versions['python']}). Outcomes would "
            "not be comparable; resume it where it was made, or start a new run"
        )


def check_workers(experiment: Experiment, workers: int | None) -> None:
    """Refuse more workers than decisions may be in flight."""
    lag = experiment.search.lag
    if workers is not None and workers > lag and experiment.search.commit == "dispatch":
        raise ConfigError(
            f"--workers {workers}: more than search.lag = {lag}; lower it, or start a run with a larger lag"
        )


def loop_settings(lock: Lock, workers: int | None = None) -> LoopSettings:
    """Return what the loop of a run is told."""
    experiment = lock.experiment
    check_workers(experiment, workers)
    return LoopSettings(
        seed=experiment.seed,
        search=experiment.search,
        epochs=experiment.epochs,
        endpoints=experiment.endpoints,
        budget=experiment.budget,
        adversarial=experiment.adversarial,
        workers=workers or max(1, min(experiment.search.lag, os.cpu_count() or 1)),
    )
