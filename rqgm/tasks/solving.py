"""Let a solver role try a task: the one way, for the run, for `task check` and for the red team."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rqgm.core.errors import ConfigError
from rqgm.core.trees import TreeLimits
from rqgm.core.words import RoleKind
from rqgm.roles.messages import Limits, SolverRequest
from rqgm.roles.runner import Collect, Mount, RoleJob
from rqgm.sandbox.protocol import inside
from rqgm.tasks.task import check_backend, task_profile
from rqgm.tasks.verifier import script_argv

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.core.grants import Models
    from rqgm.core.trees import File, Tree
    from rqgm.roles.manifest import WorkspaceManifest
    from rqgm.roles.messages import TeamPlace
    from rqgm.sandbox.pool import Sandboxes
    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Completed
    from rqgm.tasks.task import Task

ARTIFACT_LIMITS = TreeLimits(files=500, file_bytes=4 << 20, total_bytes=16 << 20)
SOLUTION = "/solution"


@dataclass(frozen=True, slots=True)
class Solver:
    """A workspace's solver role, ready to be put to a task."""

    workspace: Tree
    manifest: WorkspaceManifest
    role: str


def solver_job(
    task: Task,
    solver: Solver,
    *,
    seed: int,
    wall_s: float,
    steps: int = 0,
    models: Models | None = None,
    scope: str = "",
    place: Callable[[Callable[[str], str]], TeamPlace] | None = None,
    told: tuple[Mount, ...] = (),
) -> RoleJob:
    """Return the job that lets a solver try a task; what comes back is `RoleRun.tree`, the artifacts alone.

    `place` says where a member of a team stands, given a function from absolute paths to paths as seen inside; `told`
    holds what it is told of the others.
    """
    limit_s = min(wall_s, task.agent_timeout_s)

    def request(seen: Callable[[str], str]) -> SolverRequest:
        return SolverRequest(
            role=solver.role,
            kind=RoleKind.SOLVER,
            seed=seed,
            limits=Limits(wall_s=limit_s, steps=steps),
            task=task.name,
            instruction=task.instruction,
            workdir=seen(task.workdir),
            artifacts=list(task.artifacts),
            team=place(seen) if place else None,
        )

    return RoleJob(
        manifest=solver.manifest,
        workspace=solver.workspace,
        role=solver.role,
        request=request,
        mounts=(Mount(task.workdir, task.environment, writable=True), *told),
        collect=Collect(task.workdir, list(task.artifacts), ARTIFACT_LIMITS),
        wall_s=limit_s,
        models=models,
        scope=scope,
    )


async def run_solution(task: Task, sandboxes: Sandboxes, profile: Profile) -> tuple[Completed, dict[str, File]]:
    """Run ``solution/solve.sh`` on the untouched environment, as Harbor's oracle does; return also its artifacts.

    Raises ConfigError if the task has none, ArtifactError if what it leaves may not be copied out.
    """
    script = task.solution.get("solve.sh")
    if script is None:
        raise ConfigError(f"{task.folder}: has no solution/solve.sh, so that nothing can prove it solvable")
    check_backend(task, sandboxes.backend)
    async with sandboxes.lease(task_profile(task, profile)) as sandbox:
        if sandbox.root and b"RQGM_ROOT" not in script.data:
            raise ConfigError(
                f"{task.folder}/solution/solve.sh: uses absolute paths, which the back-end `process` does not have; "
                'use docker or bubblewrap, or write "${RQGM_ROOT:-}/solution"'
            )
        await sandbox.put(task.workdir, task.environment, writable=True)
        await sandbox.put(SOLUTION, task.solution)
        done = await sandbox.run(
            script_argv(script, inside(sandbox, f"{SOLUTION}/solve.sh")),
            cwd=task.workdir,
            env=task.file.solution.env,
            wall_s=min(task.agent_timeout_s, profile.wall_s),
        )
        return done, await sandbox.get(task.workdir, list(task.artifacts), ARTIFACT_LIMITS)
