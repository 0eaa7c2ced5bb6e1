"""Prove suites: the untouched environment fails, the solution passes, both twice alike, and no cheat is paid."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ArtifactError, ConfigError
from rqgm.core.failures import Failure
from rqgm.core.hashes import hash_json
from rqgm.core.trees import hash_tree, select
from rqgm.tasks.solving import run_solution
from rqgm.tasks.verifier import verify

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from rqgm.core.trees import Tree
    from rqgm.sandbox.pool import Sandboxes
    from rqgm.sandbox.profile import Profile
    from rqgm.tasks.redteam import CheatResult, RedTeam
    from rqgm.tasks.suite import JudgingSuite
    from rqgm.tasks.task import Task
    from rqgm.tasks.verifier import Verification

TIMES = 2
DOWNLOADS = re.compile(rb"\b(apt-get|apt|curl|wget|pip3?\s+install|uvx?|npm|git\s+clone|conda)\b")


@dataclass(frozen=True, slots=True)
class TaskCheck:
    """What was found about one task; it is sound when there are no `problems`. `notes` need no action."""

    task: str
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    untouched: tuple[float, ...] = ()
    solution: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What `rqgm task check` found."""

    name: str
    kind: str
    sandbox: str
    tasks: tuple[TaskCheck, ...] = ()
    cheats: tuple[CheatResult, ...] = ()
    problems: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the suite may be trusted."""
        return not self.problems and not any(task.problems for task in self.tasks) and not self.paid

    @property
    def paid(self) -> tuple[CheatResult, ...]:
        """The cheats that got something, or left no evidence."""
        return tuple(cheat for cheat in self.cheats if not cheat.caught)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"ok": self.ok, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks tasks in sandboxes, a few at a time; `tell` hears one line for each thing done."""

    sandboxes: Sandboxes
    profile: Profile
    red_team: RedTeam | None = None
    workers: int = os.cpu_count() or 2
    tell: Callable[[str], None] = lambda _: None

    async def check(self, name: str, tasks: Sequence[Task], *, thorough: bool = False) -> Report:
        """Check tasks. The red team attacks one task of each verifier, or (`thorough`) every task."""
        gate = asyncio.Semaphore(self.workers)
        checked = await _gather(gate, [partial(self.check_task, task) for task in tasks])
        sound = {found.task for found in checked if not found.problems}
        targets = [task for task in tasks if task.name in sound]
        targets = targets if thorough else one_of_each_verifier(targets)
        pairs = [(cheat, task) for task in targets for cheat in (self.red_team.cheats if self.red_team else ())]
        cheats = await _gather(gate, [partial(self._attack, *pair) for pair in pairs])
        figures = {"tasks": len(tasks), "sound": len(sound), "attacked": len(targets), "attacks": len(cheats)}
        return Report(name, "solving", self.sandboxes.backend.name, tuple(checked), tuple(cheats), figures=figures)

    async def _attack(self, cheat: str, task: Task) -> CheatResult:
        assert self.red_team is not None
        found = await self.red_team.attack(cheat, task, self.sandboxes, self.profile)
        self.tell(f"{task.name}: {cheat}: {'caught' if found.caught else 'PAID'}")
        return found

    async def check_task(self, task: Task) -> TaskCheck:
        """Check one task."""
        try:
            found = await self._prove(task)
        except ConfigError as error:
            found = TaskCheck(task.name, problems=(str(error),))
        self.tell(f"{task.name}: {'; '.join(found.problems) or 'sound'}")
        return found

    async def _prove(self, task: Task) -> TaskCheck:
        if not task.artifacts:
            why = "declares no artifacts, so an honest solution would score 0: set [rqgm] artifacts in task.toml"
            return TaskCheck(task.name, problems=(why,))
        bare = await self._verify(task, select(task.environment, task.artifacts))
        problems = list(_untouched_problems(bare))
        try:
            done, artifact = await run_solution(task, self.sandboxes, self.profile)
        except ArtifactError as error:
            return TaskCheck(task.name, (*problems, f"the solution's artifacts: {error}"), untouched=_scores(bare))
        if done.exit_code:
            problems.append(f"solution/solve.sh ends with exit code {done.exit_code}")
        solved = await self._verify(task, artifact)
        problems += _solution_problems(solved)
        if problems and _downloads(task):
            problems.append(f"its verifier may need a network ({_downloads(task)}), and verifiers have none")
        notes = tuple(_notes(task, self.profile))
        return TaskCheck(task.name, tuple(problems), notes, _scores(bare), _scores(solved))

    async def _verify(self, task: Task, artifact: Tree) -> list[Verification]:
        return [await verify(task, artifact, self.sandboxes, self.profile) for _ in range(TIMES)]


def _scores(found: Iterable[Verification]) -> tuple[float, ...]:
    return tuple(one.score for one in found)


def _untouched_problems(found: list[Verification]) -> Iterable[str]:
    if any(one.success for one in found):
        yield "the untouched environment passes the hidden tests: there is nothing to solve"
    broken = next((one for one in found if one.failure is Failure.VERIFIER_FAILED), None)
    if broken:
        yield f"the verifier gives no reward on the untouched environment: {broken.detail}"
    yield from _differences("untouched environment", found)


def _solution_problems(found: list[Verification]) -> Iterable[str]:
    failed = next((one for one in found if not one.success), None)
    if failed:
        yield f"the solution does not pass: {failed.detail}"
    yield from _differences("solution", found)


def _differences(what: str, found: list[Verification]) -> Iterable[str]:
    if len({(one.score, one.failure) for one in found}) > 1:
        yield f"the verifier is not deterministic: on the {what} it said {_scores(found)}"


def _downloads(task: Task) -> str:
    """Return what in the tests' scripts looks like a download, '' if nothing does."""
    scripts = [file.data for path, file in sorted(task.tests.items()) if path.endswith(".sh")]
    found = next((match for data in scripts if (match := DOWNLOADS.search(data))), None)
    return found.group().decode() if found else ""


def _notes(task: Task, profile: Profile) -> Iterable[str]:
    wanted = task.file.environment
    for key, asked, given in (
        ("cpus", wanted.cpus, profile.cpus),
        ("memory_mb", wanted.memory_mb, profile.memory_mb),
        ("storage_mb", wanted.storage_mb, profile.disk_mb),
    ):
        if asked is not None and asked > given:
            yield f"asks for {key} = {asked:g}, the profile {profile.name} gives {given:g}"
    if wanted.network_mode == "public" or wanted.allow_internet:
        yield "asks for a network; there is none unless the profile opens it"
    if task.own_image is not None:
        yield f"runs in an image of its own ({task.own_image}); what that holds in {task.workdir} is not seen"
    if task.metadata.get("weak"):
        yield f"weak: {task.metadata['weak']}"


def one_of_each_verifier(tasks: Sequence[Task]) -> list[Task]:
    """Return the first task of each verifier: tests that differ only in their data (``*.json``) are one verifier."""
    first: dict[str, Task] = {}
    for task in tasks:
        code = {path: file for path, file in task.tests.items() if not path.endswith(".json")}
        first.setdefault(hash_json([hash_tree(code), task.own_image is None]), task)
    return list(first.values())


async def _gather(gate: asyncio.Semaphore, jobs: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
    async def one(job: Callable[[], Awaitable[Any]]) -> Any:
        async with gate:
            return await job()

    try:
        async with asyncio.TaskGroup() as group:
            started = [group.create_task(one(job)) for job in jobs]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None  # the first failure ended the others
    return [task.result() for task in started]


def check_judging(suite: JudgingSuite) -> Report:
    """Check labelled items beyond what loading checks: no contradiction, nothing in two pools, both labels there."""
    problems = []
    seen: dict[str, str] = {}
    for name in suite.names():
        first = seen.setdefault(suite.item(name).hash, name)
        if suite.label(first) is not suite.label(name):
            problems.append(f"{first!r} and {name!r} show the same and are labelled differently")
        elif suite.pool_of[first] is not suite.pool_of[name]:
            problems.append(f"{first!r} and {name!r} show the same and are in different pools")
    figures: dict[str, Any] = {}
    for pool in suite.counts():
        labels = [suite.label(name).value for name in suite.names(pool)]
        figures[pool] = {label: labels.count(label) for label in sorted(set(labels))}
        if len(figures[pool]) == 1:
            problems.append(f"pool {pool}: every label is {labels[0]!r}: a judge that never looks would be right")
    return Report(suite.name, "judging", "none", problems=tuple(problems), figures=figures)
