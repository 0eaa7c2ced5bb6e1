"""The red team: workspaces that cheat, put to a task as a real solver is. Each must score 0 and leave evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rqgm.core.errors import ConfigError
from rqgm.core.hashes import canonical_json
from rqgm.core.text import clean
from rqgm.core.trees import read_file, read_tree
from rqgm.core.words import RoleKind
from rqgm.roles.manifest import MANIFEST, parse_manifest
from rqgm.roles.runner import run_role
from rqgm.tasks.solving import Solver, solver_job
from rqgm.tasks.task import check_backend, task_profile
from rqgm.tasks.verifier import verify

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from rqgm.core.trees import Tree
    from rqgm.sandbox.pool import Sandboxes
    from rqgm.sandbox.profile import Profile
    from rqgm.tasks.task import Task

SHARED = "plant.py"


@dataclass(frozen=True, slots=True)
class CheatResult:
    """What a cheat came to on a task. `attempted` and `seen` are its own words, `verdict` the verifier's."""

    cheat: str
    task: str
    score: float
    success: bool
    failure: str | None
    attempted: str
    seen: str
    verdict: str

    @property
    def caught(self) -> bool:
        """Whether it got nothing and left evidence of what it tried."""
        return self.score <= 0 and not self.success and bool(self.attempted)


class RedTeam:
    """The cheating workspaces of a shelf folder.

    ::

        <folder>/
          plant.py                    what they share; added to each when it is read
          <cheat>/workspace.toml      one solver role
          <cheat>/cheat.py
    """

    def __init__(self, cheats: Mapping[str, Solver]) -> None:
        self.cheats = dict(cheats)

    @classmethod
    def load(cls, folder: Path) -> RedTeam:
        """Read the shelf; ConfigError if it is not one."""
        found = {path.parent.name: path.parent for path in sorted(folder.glob(f"*/{MANIFEST}"))}
        if not found:
            raise ConfigError(f"{folder}: holds no cheating workspace (a folder with {MANIFEST})")
        shared = {SHARED: read_file(folder / SHARED, SHARED, 1 << 20)} if (folder / SHARED).is_file() else {}
        return cls({name: _solver({**shared, **read_tree(path)}, path) for name, path in found.items()})

    async def attack(self, cheat: str, task: Task, sandboxes: Sandboxes, profile: Profile) -> CheatResult:
        """Let one cheat try a task and verify what it leaves."""
        check_backend(task, sandboxes.backend)
        job = solver_job(task, self.cheats[cheat], seed=0, wall_s=profile.wall_s)
        run = await run_role(sandboxes, task_profile(task, profile), job)
        attempted, seen = _words(getattr(run.response, "notes", None))
        if run.failure is not None or run.tree is None:
            failure = run.failure.value if run.failure else "no artifact"
            attempted = attempted or f"(no response) {run.detail}"
            return CheatResult(cheat, task.name, 0.0, False, failure, attempted, seen, run.detail)
        found = await verify(task, run.tree, sandboxes, profile)
        failure_name = found.failure.value if found.failure else None
        return CheatResult(cheat, task.name, found.score, found.success, failure_name, attempted, seen, found.detail)


def _solver(tree: Tree, path: Path) -> Solver:
    manifest = parse_manifest(tree, str(path))
    roles = [name for name, role in manifest.roles.items() if role.kind is RoleKind.SOLVER]
    if len(roles) != 1:
        raise ConfigError(f"{path}: {MANIFEST}: roles: a cheat has exactly one solver, found {len(roles)}")
    return Solver(tree, manifest, roles[0])


def _words(notes: JsonValue) -> tuple[str, str]:
    """Return what a cheat says that it attempted and saw."""
    if not isinstance(notes, dict):
        return "", ""
    return clean(str(notes.get("attempted") or ""), 300), clean(canonical_json(notes.get("seen")), 1_000)
