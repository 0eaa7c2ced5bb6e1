"""Teams of solvers: several runs of one role on one task, which may hear of each other before one answer is chosen."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rqgm.core.failures import Failure
from rqgm.core.hashes import hash_json
from rqgm.core.streams import stream_seed
from rqgm.core.trees import hash_tree
from rqgm.core.usage import Usage
from rqgm.orchestration.calls import all_of
from rqgm.orchestration.drafts import Draft
from rqgm.orchestration.propagation import Revision
from rqgm.orchestration.talk import silence
from rqgm.roles.messages import TEAM, Said, SolverResponse, TeamPlace, passable
from rqgm.roles.runner import Mount, run_role
from rqgm.tasks.solving import Solver, solver_job
from rqgm.tasks.task import task_profile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rqgm.core.grants import Models
    from rqgm.core.trees import File
    from rqgm.orchestration.talk import Talk
    from rqgm.roles.runner import RoleRun
    from rqgm.sandbox.pool import Sandboxes
    from rqgm.sandbox.profile import Profile
    from rqgm.tasks.task import Task

MAX_SHOWN_BYTES = 2 << 20
"""The largest artifact that is shown to others: a sandbox must hold those of a whole team."""
MAX_TEXT_BYTES = 64 * 1024
"""How much of an artifact a policy is told of."""
RULE: Final = "evidence"
"""How a team's answer is chosen: the largest cluster of equal answers among those with the most evidence."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one member of a team answered: the files that it made, or a failure."""

    tree: Mapping[str, File]
    answer: str | None
    evidence: float | None
    message: object
    notes: object
    failure: Failure | None
    detail: str
    usage: Usage

    @property
    def shown(self) -> bool:
        """Whether others see its files: it made some, and not too much."""
        return bool(self.tree) and sum(len(file.data) for file in self.tree.values()) <= MAX_SHOWN_BYTES

    @property
    def key(self) -> str:
        """Hash of all that others hear of it."""
        return hash_json([hash_tree(self.tree), self.answer, self.evidence, self.message])

    def draft(self) -> Draft:
        """Return what a policy is told of it."""
        text = b"\n".join(file.data for _, file in sorted(self.tree.items()))[:MAX_TEXT_BYTES]
        return Draft(
            text=text.decode("utf-8", "replace"),
            answer=self.answer,
            evidence=self.evidence,
            tokens=self.usage.input_tokens + self.usage.output_tokens,
            cpu_s=self.usage.cpu_s,
            failed=self.failure is not None,
        )


@dataclass(frozen=True)
class Assignment:
    """A task put to a solver role that works alone or as a team; `steps` are shared evenly by its members.

    `seed` is the run's. Members are told apart by number and seed; member 0 has the seed of a solver that works alone.
    """

    sandboxes: Sandboxes
    profile: Profile
    task: Task
    solver: Solver
    seed: int
    steps: int = 0
    models: Models | None = None
    scope: str = ""

    @property
    def members(self) -> int:
        """How many work on it."""
        return self.solver.manifest.roles[self.solver.role].team

    async def answer(
        self,
        member: int,
        turn: int = 0,
        own: Contribution | None = None,
        heard: Mapping[int, Contribution] | None = None,
    ) -> Contribution:
        """Return what a member answers, by itself or (turn 1 and on) when it hears others; its failures are answers.

        Raises InfrastructureError.
        """
        told = {f"{TEAM}/own": own} if own else {}
        told |= {f"{TEAM}/{other}": said for other, said in (heard or {}).items()}

        def place(seen: Callable[[str], str]) -> TeamPlace:
            return TeamPlace(
                member=member,
                members=self.members,
                turn=turn,
                own=_said(member, own, seen(f"{TEAM}/own")) if own else None,
                heard=[_said(other, said, seen(f"{TEAM}/{other}")) for other, said in (heard or {}).items()],
            )

        alone = self.members == 1
        job = solver_job(
            self.task,
            self.solver,
            seed=stream_seed(self.seed, "role", self.solver.role, self.task.name, *([member] if member else [])),
            wall_s=self.profile.wall_s,
            steps=max(1, self.steps // self.members) if self.steps else 0,  # 0 would be no limit
            models=self.models,
            scope=self.scope if alone else f"{self.scope}/member/{member}/turn/{turn}",
            place=None if alone else place,
            told=tuple(Mount(path, said.tree) for path, said in told.items() if said.shown),
        )
        run = await run_role(self.sandboxes, task_profile(self.task, self.profile), job)
        return _contribution(self.task, run)


@dataclass(frozen=True, slots=True)
class Solved:
    """What came of an assignment: the answer that was chosen, what everything cost, and of a team how it talked."""

    chosen: Contribution
    usage: Usage
    team: dict[str, Any] | None = field(default=None)


async def solve(assignment: Assignment, talk: Talk | None, gate: asyncio.Semaphore | None = None) -> Solved:
    """Let a role solve a task: alone, or as a team whose members answer in parallel and talk if `talk` says so.

    `gate` bounds how many members are at work at a time. Without `talk` nobody talks. Raises InfrastructureError.
    """
    if assignment.members == 1:
        only = await assignment.answer(0)
        return Solved(only, only.usage)

    gate = gate or asyncio.Semaphore(assignment.members)
    turns = [0] * assignment.members

    async def first(member: int) -> Contribution:
        async with gate:
            return await assignment.answer(member)

    async def again(member: int, own: Contribution, heard: Mapping[int, Contribution]) -> Revision[Contribution]:
        turns[member] += 1
        said = await assignment.answer(member, turns[member], own, heard)
        return Revision(None if said.failure else said, said.usage, said.failure, said.detail)

    drafts = await all_of(first(member) for member in range(assignment.members))
    talked = await (talk or silence()).hold(drafts, Contribution.draft, again, RULE, gate=gate)
    usage = sum((draft.usage for draft in drafts), Usage()) + talked.usage
    return Solved(talked.answers[talked.chosen], usage, talked.to_json())


def _contribution(task: Task, run: RoleRun) -> Contribution:
    failure, detail = run.failure, run.detail
    if failure is None and not run.tree:
        failure, detail = Failure.MISSING_ARTIFACT, f"none of {', '.join(task.artifacts)} was there"
    if failure is not None or not isinstance(run.response, SolverResponse):
        return Contribution({}, None, None, None, None, failure or Failure.MALFORMED_RESPONSE, detail, run.usage)
    said, tree = run.response, run.tree or {}
    answer = f"said:{said.answer}" if said.answer is not None else f"tree:{hash_tree(tree)}"
    return Contribution(tree, answer, said.evidence, passable(said.message), said.notes, None, "", run.usage)


def _said(member: int, said: Contribution, folder: str) -> Said:
    answer = said.answer.removeprefix("said:") if said.answer and said.answer.startswith("said:") else None
    artifact = folder if said.shown else None
    return Said(member=member, answer=answer, evidence=said.evidence, message=said.message, artifact=artifact)
