"""One task: a Harbor task folder read into a value."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ArtifactError, ConfigError
from rqgm.core.hashes import hash_json, sha256
from rqgm.core.toml import read_toml
from rqgm.core.trees import TreeLimits, check_path, hash_tree, read_file, read_tree
from rqgm.tasks.dockerfile import DOCKERFILE, OwnImageError, read_layout, read_partial_layout
from rqgm.tasks.harbor import parse_task_file

if TYPE_CHECKING:
    from rqgm.core.trees import File, Tree
    from rqgm.core.words import Pool
    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Backend
    from rqgm.tasks.harbor import TaskFile

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
CANARY = re.compile(r"\s*(<!--|#|//).*(canary|BENCHMARK DATA SHOULD NEVER)", re.IGNORECASE)
RESERVED = re.compile(r"/((tests|solution|logs|rqgm|proc|sys|dev|etc|usr|bin|lib|tmp)(/.*)?)?")
WITHOUT_IMAGES = ("bubblewrap", "process")
COMPOSE = ("docker-compose.yaml", "docker-compose.yml", "compose.yaml", "compose.yml")
MAX_INSTRUCTION_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Success:
    """How a reward becomes a success: the number under `key` is at least `at_least` (a suite's ``[success]``)."""

    key: str = "reward"
    at_least: float = 1.0


class TaskFolder:
    """The folder convention of a Harbor task.

    ::

    <task>/
      task.toml
      instruction.md
      environment/Dockerfile   and what it copies (or environment.docker_image in task.toml)
      tests/test.sh            and what it needs; brought to /tests after the agent has finished
      solution/solve.sh        optional; only `task check` sees it
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "task.toml"
        self.instruction = path / "instruction.md"
        self.environment = path / "environment"
        self.tests = path / "tests"
        self.solution = path / "solution"

    def read_instruction(self) -> str:
        """Return the instruction without leading canary comments; it may not be missing."""
        try:
            file = read_file(self.instruction, "instruction.md", MAX_INSTRUCTION_BYTES)
            return strip_canary(file.data.decode())
        except (ArtifactError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self.path}: {error}") from error

    def read(self, folder: Path) -> dict[str, File]:
        """Return one of the sub-folders as a tree, empty if there is none; links, devices and sizes are checked."""
        if not folder.is_dir() and not folder.is_symlink():
            return {}
        if folder.is_symlink():
            raise ConfigError(f"{folder}: is a link")
        try:
            return read_tree(folder, TreeLimits())
        except ArtifactError as error:
            raise ConfigError(f"{folder}: {error}") from error


@dataclass(frozen=True)
class Task:
    """One task. `environment` is what stands at `workdir` before the agent starts; `artifacts` are paths in it.

    `own_image` tells why the task cannot be held by the run's own image (None if it can). Only docker can hold it then,
    and `environment` is what its Dockerfile copies to `workdir`: what its image holds there besides is not seen.
    """

    name: str
    folder: Path
    instruction: str
    environment: Tree = field(repr=False)
    tests: Tree = field(repr=False)
    solution: Tree = field(repr=False)
    workdir: str
    artifacts: tuple[str, ...]
    file: TaskFile = field(repr=False)
    context: Tree = field(repr=False)
    own_image: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    success: Success = Success()

    @property
    def pool(self) -> Pool | None:
        """The pool that the task itself names; a suite may say otherwise for tasks that name none."""
        return self.file.rqgm.pool

    @property
    def agent_timeout_s(self) -> float:
        """Wall time an agent may take, in seconds."""
        return self.file.agent.timeout_sec

    @property
    def verifier_timeout_s(self) -> float:
        """Wall time the verifier may take, in seconds."""
        return self.file.verifier.timeout_sec

    @property
    def metadata(self) -> dict[str, Any]:
        """The task's own ``[metadata]``, which nothing reads but people and reports."""
        return self.file.metadata

    @cached_property
    def hash(self) -> str:
        """Hash of all that decides what the task is."""
        config = self.file.model_dump(mode="json", exclude={"metadata"})
        parts = [hash_tree(tree) for tree in (self.context, self.tests, self.solution)]
        return hash_json([config, sha256(self.instruction.encode()), *parts, [self.success.key, self.success.at_least]])


def strip_canary(text: str) -> str:
    """Return an instruction without the canary comments at its head."""
    lines = text.splitlines(keepends=True)
    start = 0
    while start < len(lines) and (CANARY.match(lines[start]) or (start and not lines[start].strip())):
        start += 1
    return "".join(lines[start:])


def load_task(path: Path, success: Success | None = None) -> Task:
    """Read one task folder; ConfigError names the file and what is wrong."""
    path = Path(path)
    folder = TaskFolder(path)
    if not NAME.fullmatch(path.name):
        raise ConfigError(f"{path}: {path.name!r} is not a task name (letters, digits, '.', '_', '-')")
    if not folder.config.is_file():
        raise ConfigError(f"{path}: task.toml is missing; `rqgm task new` makes a task folder")
    file = parse_task_file(read_toml(folder.config), folder.config)
    if (path / "steps").is_dir():
        raise ConfigError(f"{path}: steps: multi-step tasks are not supported")
    tests = folder.read(folder.tests)
    if "test.sh" not in tests:
        raise ConfigError(f"{path}: tests/test.sh is missing")
    task = Task(
        name=path.name,
        folder=path,
        instruction=folder.read_instruction(),
        environment={},
        tests=tests,
        solution=folder.read(folder.solution),
        workdir=file.environment.workdir or "",
        artifacts=(),
        file=file,
        context=folder.read(folder.environment),
        env=dict(file.environment.env),
        success=success or Success(),
    )
    task = _place_environment(task)
    return replace(task, artifacts=tuple(_artifact(path, task.workdir, item) for item in file.declared_artifacts))


def _place_environment(task: Task) -> Task:
    where = task.folder / "environment"
    compose = next((name for name in COMPOSE if name in task.context), None)
    if compose:
        raise ConfigError(f"{where / compose}: compose files are not supported; write one Dockerfile")
    dockerfile = task.context.get(DOCKERFILE)
    if dockerfile is None and task.file.environment.docker_image is None:
        raise ConfigError(f"{where}: has no Dockerfile, and task.toml no environment.docker_image")
    if task.file.environment.docker_image is not None or dockerfile is None:
        return replace(task, workdir=_workdir(task, ""), own_image="environment.docker_image names one")
    text = dockerfile.data.decode("utf-8", "replace")
    try:
        layout = read_layout(text, task.context)
        workdir = _workdir(task, layout.workdir)
        return replace(task, workdir=workdir, environment=layout.within(workdir), env={**layout.env, **task.env})
    except OwnImageError as error:
        layout = read_partial_layout(text, task.context)
        workdir = _workdir(task, layout.workdir)
        why = f"in its Dockerfile, {error}"
        return replace(task, workdir=workdir, environment=layout.part(workdir), own_image=why)


def _workdir(task: Task, from_dockerfile: str) -> str:
    workdir = posixpath.normpath(task.workdir or from_dockerfile or "/")
    if RESERVED.fullmatch(workdir):
        raise ConfigError(
            f"{task.folder}: environment.workdir: {workdir!r} cannot be a working folder; "
            "set WORKDIR in the Dockerfile or environment.workdir in task.toml, as /app"
        )
    return workdir


def _artifact(path: Path, workdir: str, declared: str) -> str:
    relative = declared.removeprefix(workdir + "/") if declared.startswith("/") else posixpath.normpath(declared)
    try:
        return check_path(relative.rstrip("/"))
    except ArtifactError as error:
        raise ConfigError(f"{path}/task.toml: artifacts: {declared!r} is not a path in {workdir}") from error


def task_profile(task: Task, base: Profile) -> Profile:
    """Return the profile that a sandbox for this task needs: the run's own, with the task's image and variables.

    Limits stay the run's. A task with an image of its own can only be held by docker (`check_backend`).
    """
    changes: dict[str, Any] = {}
    if task.own_image is not None:
        image = task.file.environment.docker_image
        folder = (task.folder / "environment").resolve()
        changes |= {"image": image, "dockerfile": None if image else DOCKERFILE, "folder": folder}
        changes |= {"name": _profile_name(base.name, task)}
        if base.seccomp and base.folder:  # which lies beside the run's profile, not here
            changes["seccomp"] = str((base.folder / base.seccomp).resolve())
    if task.env:
        changes["env"] = {**base.env, **task.env}
    top = "/" + task.workdir.split("/")[1]
    if top not in base.places:
        changes["places"] = (*base.places, top)
    return base.model_copy(update=changes) if changes else base


def check_backend(task: Task, backend: Backend) -> None:
    """Refuse a task that needs an image of its own on a back-end that has no images."""
    if task.own_image is not None and backend.name in WITHOUT_IMAGES:
        raise ConfigError(
            f"{task.folder}: needs an image of its own ({task.own_image}), which {backend.name} does not have; "
            "use --sandbox docker"
        )


def _profile_name(base: str, task: Task) -> str:
    name = re.sub(r"[^a-z0-9-]+", "-", task.name.lower()).strip("-")
    return f"{base}-{name}"[:50] + "-" + task.hash[:10]
