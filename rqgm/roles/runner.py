"""Run role r of node n on input x in a sandbox: the one mechanism behind solving, judging and editing."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from rqgm.core.errors import ArtifactError, RqgmError
from rqgm.core.failures import Failure
from rqgm.core.grants import SOCKET
from rqgm.core.hashes import canonical_json
from rqgm.core.text import clean
from rqgm.core.trees import File, TreeLimits
from rqgm.core.usage import Usage
from rqgm.roles.building import Built, build
from rqgm.roles.messages import IO, MAX_RESPONSE_BYTES, RESPONSES, ROLE
from rqgm.sandbox.protocol import inside

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from rqgm.core.grants import ModelLease, Models, Spent
    from rqgm.core.trees import Tree
    from rqgm.roles.manifest import WorkspaceManifest
    from rqgm.roles.messages import Request, Response
    from rqgm.sandbox.pool import Sandboxes
    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Completed, Sandbox


@dataclass(frozen=True, slots=True)
class Mount:
    """A tree that is placed in the sandbox before the role starts."""

    path: str
    tree: Tree
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Collect:
    """What is copied out afterwards: `names` inside the folder `path` (None = all of it)."""

    path: str
    names: Sequence[str] | None
    limits: TreeLimits = field(default_factory=TreeLimits)


@dataclass(frozen=True, slots=True)
class RoleJob:
    """One role to run. `request` builds the request, given a function from absolute paths to paths as seen inside."""

    manifest: WorkspaceManifest
    workspace: Tree
    role: str
    request: Callable[[Callable[[str], str]], Request]
    mounts: Sequence[Mount] = ()
    collect: Collect | None = None
    wall_s: float | None = None
    models: Models | None = None
    """Who lends the role the models that it may call."""
    scope: str = ""
    """What the job is called in the record of calls: once in a run, and the same when it is run again."""


@dataclass(frozen=True, slots=True)
class RoleRun:
    """What running a role came to: a response or a failure; `tree` is what was collected (None if refused)."""

    response: Response | None
    failure: Failure | None
    detail: str
    usage: Usage
    tree: dict[str, File] | None = None
    log: str = ""


async def run_role(sandboxes: Sandboxes, profile: Profile, job: RoleJob) -> RoleRun:
    """Run one role in a clean sandbox. The agent's failures are returned, the infrastructure's raised.

    Raises SandboxLostError or another InfrastructureError.
    """
    built = await _built(sandboxes, profile, job)
    if built.tree is None:
        return RoleRun(None, built.failure, built.detail, built.usage)
    lease = job.models.lease(job.role, job.scope) if job.models else None
    try:
        async with _furnished(sandboxes, profile, job, built.tree, lease) as sandbox:
            done = await sandbox.run(job.manifest.roles[job.role].command, cwd=ROLE, wall_s=job.wall_s)
            run = await _read(sandbox, job, done)
    except BaseException:
        if lease:
            with suppress(RqgmError):  # what went wrong first is what is told
                await lease.close()
        raise
    run = replace(run, usage=run.usage + built.usage)
    return _charged(run, await lease.close()) if lease else run


def _charged(run: RoleRun, spent: Spent) -> RoleRun:
    """Return a run with what it used of models. One that broke at its own limit failed by that."""
    run = replace(run, usage=run.usage + spent.usage)
    if spent.exhausted and run.failure in {Failure.CRASH, Failure.NO_RESPONSE}:
        return replace(run, failure=Failure.BUDGET_EXHAUSTED)
    return run


async def run_command(sandboxes: Sandboxes, profile: Profile, job: RoleJob, argv: Sequence[str]) -> Completed | None:
    """Run another command where a role would run, in a clean sandbox of its own; None if the role cannot be built.

    Raises SandboxLostError or another InfrastructureError.
    """
    built = await _built(sandboxes, profile, job)
    if built.tree is None:
        return None
    async with _furnished(sandboxes, profile, job, built.tree, None) as sandbox:
        return await sandbox.run(argv, cwd=ROLE, wall_s=job.wall_s)


async def _built(sandboxes: Sandboxes, profile: Profile, job: RoleJob) -> Built:
    manifest, tree = job.manifest.roles[job.role], job.manifest.role_tree(job.workspace, job.role)
    if manifest.build is None:
        return Built(tree)
    identity = job.manifest.role_hash(job.workspace, job.role)
    return await build(sandboxes, profile, manifest.build, tree, identity)


@asynccontextmanager
async def _furnished(
    sandboxes: Sandboxes, profile: Profile, job: RoleJob, tree: Tree, lease: ModelLease | None
) -> AsyncIterator[Sandbox]:
    """Lend a clean sandbox that holds the role's folders, its request and its mounts."""
    async with sandboxes.lease(profile, models=lease is not None) as sandbox:
        request = job.request(lambda path: inside(sandbox, path))
        if lease is not None:
            grant = lease.grant.model_copy(update={"socket": f"{sandbox.gateway}/{SOCKET}"})
            request = request.model_copy(update={"model": grant})
        await sandbox.put(ROLE, tree)
        await sandbox.put(IO, {"request.json": File(request.model_dump_json().encode())}, writable=True)
        for mount in job.mounts:
            await sandbox.put(mount.path, mount.tree, writable=mount.writable)
        yield sandbox


async def _read(sandbox: Sandbox, job: RoleJob, done: Completed) -> RoleRun:
    usage = Usage(cpu_s=done.cpu_s, wall_s=done.wall_s, agent_runs=1)
    log = _tail(done)
    failure = failure_of(done)
    if failure is not None:
        return RoleRun(None, failure, _last_line(log), usage, log=log)
    response, failure, detail = await _response(sandbox, job)
    tree: dict[str, File] | None = None
    if failure is None and job.collect is not None:
        try:
            tree = await sandbox.get(job.collect.path, job.collect.names, job.collect.limits)
        except ArtifactError as error:
            failure, detail = Failure.REFUSED_ARTIFACT, clean(str(error), 300)
    return RoleRun(response, failure, detail, usage, tree, log)


def failure_of(done: Completed) -> Failure | None:
    """Return which failure a finished command is, None if it ended well."""
    if done.out_of_memory:
        return Failure.OUT_OF_MEMORY
    if done.timed_out:
        return Failure.TIMEOUT
    if done.output_truncated:
        return Failure.OUTPUT_LIMIT
    return Failure.CRASH if done.exit_code != 0 else None


async def _response(sandbox: Sandbox, job: RoleJob) -> tuple[Response | None, Failure | None, str]:
    kind = job.manifest.roles[job.role].kind
    try:
        files = await sandbox.get(IO, ["response.json"], TreeLimits(files=1, file_bytes=MAX_RESPONSE_BYTES))
    except ArtifactError as error:
        return None, Failure.MALFORMED_RESPONSE, clean(str(error), 300)
    file = files.get("response.json")
    if file is None:
        return None, Failure.NO_RESPONSE, "response.json was not written"
    try:
        data = json.loads(file.data, parse_constant=_refuse_constant)
        canonical_json(data).encode()  # refuses infinities and lone surrogates, which could not be stored
        return RESPONSES[kind].model_validate(data), None, ""
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return None, Failure.MALFORMED_RESPONSE, clean(f"response.json: {place}: {first['msg']}", 300)
    except (ValueError, RecursionError) as error:
        return None, Failure.MALFORMED_RESPONSE, clean(f"response.json is not JSON: {error}", 300)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _tail(done: Completed) -> str:
    text = (done.stdout[-2_000:] + b"\n" + done.stderr[-4_000:]).decode("utf-8", "replace")
    return clean(text, 6_000, lines=True).strip()


def _last_line(log: str) -> str:
    return clean(log.rsplit("\n", 1)[-1], 300)
