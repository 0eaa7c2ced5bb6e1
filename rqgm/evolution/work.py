"""The worker that runs jobs for real: roles, verifiers and panels in sandboxes."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from rqgm.archive.state import Artifact
from rqgm.core.errors import ArtifactError, IntegrityError
from rqgm.core.streams import stream_seed
from rqgm.core.trees import TreeLimits, check_tree
from rqgm.core.usage import Usage
from rqgm.core.words import RoleKind, Verdict
from rqgm.evolution.workspaces import Workspaces
from rqgm.judging.criteria import Checks
from rqgm.judging.evidence import recorded
from rqgm.judging.judge import JudgeCase, RoleJudge
from rqgm.tasks import teams
from rqgm.tasks.solving import Solver
from rqgm.tasks.task import task_profile
from rqgm.tasks.verifier import verify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rqgm.archive.adversarial import AdversarialItem
    from rqgm.archive.blobs import Blobs
    from rqgm.archive.lineage import Lineage
    from rqgm.core.grants import Models
    from rqgm.core.trees import File, Tree
    from rqgm.evolution.criterion import Criterion, MeasuredRole
    from rqgm.evolution.worker import Expansion, Labelling, Test, Validation
    from rqgm.evolution.workspaces import Workspace
    from rqgm.judging.judge import Judge, Opinion
    from rqgm.judging.panel import Panel, SeatSpec
    from rqgm.sandbox.pool import Sandboxes
    from rqgm.sandbox.profile import Profile
    from rqgm.tasks.suite import Suite
    from rqgm.tasks.task import Task

ITEM_LIMITS = TreeLimits(files=200, file_bytes=1 << 20, total_bytes=2 << 20)
"""The largest artifact that becomes an adversarial item: every judge to come reads it, not only one panel."""
KEPT = 1_024
"""Artifacts of solvers that are kept at hand for other jobs in flight."""
UNREADABLE = "unreadable"
TOO_LARGE = "too large"


@dataclass(frozen=True)
class Made:
    """What a solver made of a task: the files and where they are kept, or a failure."""

    artifact: Artifact
    tree: dict[str, File]
    notes: object
    usage: Usage
    team: Mapping[str, Any] | None = None
    """Of a team: how it talked."""


@dataclass(frozen=True)
class Bench:
    """What jobs are done with: the run's sandboxes and profile, its suites, its archive, its criterion and seed."""

    sandboxes: Sandboxes
    profile: Profile
    suites: Mapping[str, Suite]
    lineage: Lineage
    blobs: Blobs
    criterion: Criterion
    seed: int
    models: Models | None = None
    """Who lends jobs the models that their roles may call."""


class SandboxWorker:
    """Carries out jobs in sandboxes (see `rqgm.evolution.worker`)."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.workspaces = Workspaces(bench.lineage.tree, bench.criterion.role_kinds)
        self._making: dict[str, asyncio.Future[Made]] = {}
        self._paid: set[str] = set()
        self._verified: dict[tuple[str, str], dict[str, Any]] = {}
        self._gate = asyncio.Semaphore(os.cpu_count() or 1)  # members of teams at work
        from rqgm.evolution.expansion import Expander  # noqa: PLC0415  # the two rooms of one worker

        self._expander = Expander(self)

    # ------------------------------------------------------------------ jobs

    async def validate(self, job: Validation) -> dict[str, Any]:
        """Measure one cell."""
        role = self.bench.criterion.role(job.role)
        workspace = self.workspaces.get(job.commit)
        if role.kind is RoleKind.JUDGE:
            return await (
                self._judge_machine_made(workspace, role, job.item, f"validate/{job.n}")
                if job.item is not None
                else self.judge_item(workspace, role, job.task, f"validate/{job.n}")
            )
        made = await self._made(workspace, role, job)
        if job.artifact_key in self._paid:
            result = await self._measure(role, job, replace(made, usage=Usage()))
        else:
            result = await self._pay(role, job, made)
        kept = made.artifact
        told = {"team": dict(made.team)} if made.team else {}
        return result | {"made": {"blob": kept.blob, "failure": kept.failure, "detail": kept.detail}} | told

    async def _pay(self, role: MeasuredRole, job: Validation, made: Made) -> dict[str, Any]:
        """Measure an artifact and be charged for it; if that fails outside the agents, whoever comes next is."""
        self._paid.add(job.artifact_key)
        try:
            return await self._measure(role, job, made)
        except BaseException:
            self._paid.discard(job.artifact_key)
            raise

    async def label(self, job: Labelling) -> dict[str, Any]:
        """Read an artifact, and run its task's hidden tests unless their outcome is known or there are none."""
        try:
            tree = self.bench.blobs.get_tree(job.artifact)
        except (IntegrityError, ArtifactError):
            return {"y": None, "kept_out": UNREADABLE, "usage": {}}
        try:
            check_tree(tree, ITEM_LIMITS)
        except ArtifactError:
            return {"y": None, "kept_out": TOO_LARGE, "usage": {}}
        if not job.tested or job.y is not None:
            return {"y": job.y, "kept_out": None, "usage": {}}
        made = Made(Artifact(job.artifact, None, ""), tree, None, Usage())
        seen = await self.check_tests(self.bench.criterion.role(job.role), job.task, made)
        return {"y": seen["y"], "kept_out": None, "usage": seen["usage"]}

    async def expand(self, job: Expansion) -> dict[str, Any]:
        """Edit a node."""
        return await self._expander.expand(job)

    async def test(self, job: Test) -> dict[str, Any]:
        """Run one task of the test pool: a solver by the hidden tests, a judge by the labels."""
        role = self.bench.criterion.role(job.role)
        workspace = self.workspaces.get(job.commit)
        scope = f"test/{job.commit}/{job.role}/{job.task}"
        if role.kind is RoleKind.JUDGE:
            return await self.judge_item(workspace, role, job.task, scope)
        made = await self.solve(workspace, role, job.task, scope)
        told = {"team": dict(made.team)} if made.team else {}
        return await self.check_tests(role, job.task, made) | {"artifact": made.artifact.blob} | told

    async def expand_train(
        self, workspace: Workspace, role: MeasuredRole, task: str, scope: str
    ) -> tuple[dict[str, Any], Made | None]:
        """Run a role on a train task and return its outcome and, of a solver, what it made."""
        if role.kind is RoleKind.JUDGE:
            return await self.judge_item(workspace, role, task, scope), None
        made = await self.solve(workspace, role, task, scope)
        return await self.check_tests(role, task, made) | {"notes": made.notes}, made

    # ------------------------------------------------------------------ solving

    async def _made(self, workspace: Workspace, role: MeasuredRole, job: Validation) -> Made:
        if job.made is not None:
            tree = self.bench.blobs.get_tree(job.made.blob) if job.made.blob else {}
            return Made(job.made, tree, None, Usage())
        return await self._share(job, workspace, role)

    async def _share(self, job: Validation, workspace: Workspace, role: MeasuredRole) -> Made:
        """Let jobs in flight that need the same artifact have one solver's.

        It is kept until it has been committed: a stochastic solver that was run again would make another one.
        """
        making = self._making.get(job.artifact_key)
        if making is not None:
            return await asyncio.shield(making)
        task = asyncio.ensure_future(self.solve(workspace, role, job.task, f"work/{job.artifact_key}"))
        self._making[job.artifact_key] = task
        while len(self._making) > KEPT:  # the oldest is long committed
            del self._making[next(iter(self._making))]
        try:
            return await task
        except BaseException:
            self._making.pop(job.artifact_key, None)
            raise

    async def solve(self, workspace: Workspace, role: MeasuredRole, name: str, scope: str = "") -> Made:
        """Run a solver role on a task, alone or as a team, and keep what it declares as artifacts."""
        bench = self.bench
        solved = await teams.solve(
            teams.Assignment(
                sandboxes=bench.sandboxes,
                profile=bench.profile,
                task=self.task(role, name),
                solver=Solver(workspace.tree, workspace.manifest, role.name),
                seed=bench.seed,
                steps=role.steps,
                models=bench.models,
                scope=scope,
            ),
            role.talk,
            self._gate,
        )
        said = solved.chosen
        blob = None if said.failure else bench.blobs.put_tree(said.tree)
        artifact = Artifact(blob, said.failure.value if said.failure else None, said.detail)
        return Made(artifact, dict(said.tree), bounded(said.notes), solved.usage, solved.team)

    # ------------------------------------------------------------------ measures

    async def _measure(self, role: MeasuredRole, job: Validation, made: Made) -> dict[str, Any]:
        if job.measure == "tests":
            return await self.check_tests(role, job.task, made)
        return await self._ask_panel(role, job, made)

    async def check_tests(self, role: MeasuredRole, name: str, made: Made) -> dict[str, Any]:
        """Score what a solver made by the task's hidden tests; equal artifacts are verified once."""
        if made.artifact.blob is None:
            return outcome(0, 0.0, made.artifact.failure, made.artifact.detail, made.usage)
        key = (name, made.artifact.blob)
        if key not in self._verified:
            task = self.task(role, name)
            seen = await verify(task, made.tree, self.bench.sandboxes, task_profile(task, self.bench.profile))
            failure = seen.failure.value if seen.failure else None
            self._verified[key] = outcome(int(seen.success), seen.score, failure, seen.detail, Usage())
            return outcome(int(seen.success), seen.score, failure, seen.detail, made.usage + seen.usage)
        return self._verified[key] | {"usage": made.usage.to_json()}

    async def _ask_panel(self, role: MeasuredRole, job: Validation, made: Made) -> dict[str, Any]:
        if made.artifact.blob is None:
            return outcome(0, 0.0, made.artifact.failure, made.artifact.detail, made.usage)
        panel = next(m.panel for m in role.measures if m.name == job.measure)
        assert panel is not None
        case = self._case(role, job.task, made.tree)
        judges = {seat.name: self._judge(panel, seat, job) for seat in panel.spec.seats}
        heard = await panel.ask(judges, case, Checks(self.bench.sandboxes, self.bench.profile))
        verdict = panel.decide(heard)
        said = [opinion_json(panel.slot(seat), heard.opinions[seat.name]) for seat in panel.spec.seats]
        result = outcome(int(verdict.accepted), verdict.score, None, "", made.usage + heard.usage)
        criteria = [found.to_json() for found in heard.criteria]
        told = {"criteria": criteria, "talk": [dict(one) for one in heard.talks]}
        return result | {"opinions": said} | {key: value for key, value in told.items() if value}

    def _judge(self, panel: Panel, seat: SeatSpec, job: Validation) -> Judge:
        bench, slot = self.bench, panel.slot(seat)
        scope = f"validate/{job.n}/{slot}"
        if seat.role is None:
            lend = partial(bench.models.lease, slot, scope) if bench.models else None
            return panel.fixed[seat.name].judge(bench.sandboxes, bench.profile, lend)
        sits = job.seats[slot]
        workspace = self.workspaces.get(sits.commit)
        return self._role_judge(workspace, sits.role, scope)

    def _role_judge(self, workspace: Workspace, role: str, scope: str) -> RoleJudge:
        bench = self.bench
        return RoleJudge(bench.sandboxes, bench.profile, workspace.manifest, workspace.tree, role, bench.models, scope)

    def _case(self, role: MeasuredRole, name: str, tree: Tree) -> JudgeCase:
        task = self.task(role, name)
        steps = max((r.steps for r in self.bench.criterion.roles if r.kind is RoleKind.JUDGE), default=0)
        seed = stream_seed(self.bench.seed, "judge", name)
        return JudgeCase(name, task.instruction, task.environment, tree, seed, steps)

    async def judge_item(self, workspace: Workspace, role: MeasuredRole, name: str, scope: str = "") -> dict[str, Any]:
        """Let a judge role judge one labelled item of its suite."""
        suite = self.suite(role)
        assert suite.kind == "judging"
        item = suite.item(name)
        seed = stream_seed(self.bench.seed, "judge", name)
        case = JudgeCase(item.task, item.instruction, item.environment, item.artifact, seed, role.steps)
        return await self._judge_case(self._role_judge(workspace, role.name, scope), case, suite.label(name))

    async def _judge_machine_made(
        self, workspace: Workspace, role: MeasuredRole, item: AdversarialItem, scope: str
    ) -> dict[str, Any]:
        """Let a judge role judge an adversarial item. It is shown what a panel would show it, so it cannot tell."""
        assert item.label is not None, "an item without a label does not enter a pool"
        case = self._case(self.bench.criterion.role(item.role), item.task, self.bench.blobs.get_tree(item.artifact))
        return await self._judge_case(self._role_judge(workspace, role.name, scope), case, item.label)

    async def _judge_case(self, judge: RoleJudge, case: JudgeCase, label: Verdict) -> dict[str, Any]:
        """Ask a judge role; right = its verdict is the label, and abstaining is wrong."""
        opinion = await judge.judge(case)
        right = int(opinion.verdict is not Verdict.ABSTAIN and opinion.verdict == label)
        failure = opinion.failure.value if opinion.failure else None
        return outcome(right, opinion.score, failure, opinion.detail, opinion.usage) | {
            "made": None,
            "opinions": [opinion_json("", replace(opinion, evidence=()))],  # measured by the label; nothing is checked
            "notes": bounded(opinion.notes),
        }

    # ------------------------------------------------------------------ look-ups

    def suite(self, role: MeasuredRole) -> Suite:
        """Return a role's suite."""
        return self.bench.suites[role.suite]

    def task(self, role: MeasuredRole, name: str) -> Task:
        """Return a solver role's task."""
        suite = self.suite(role)
        assert suite.kind == "solving"
        return suite.task(name)


def outcome(y: int, score: float, failure: str | None, detail: str, usage: Usage) -> dict[str, Any]:
    """Return an outcome as plain data."""
    return {"y": y, "score": score, "failure": failure, "detail": detail, "usage": usage.to_json()}


def opinion_json(slot: str, opinion: Opinion) -> dict[str, Any]:
    """Return an opinion as plain data, with the evidence that was checked."""
    failure = opinion.failure.value if opinion.failure else None
    said = {"slot": slot, "verdict": opinion.verdict.value, "score": opinion.score, "failure": failure}
    evidence = recorded(opinion.evidence)
    return said | ({"evidence": evidence} if evidence else {})


def bounded(notes: object, max_chars: int = 4_000) -> object:
    """Return a role's notes if they are small enough to keep, else their beginning as text."""
    text = json.dumps(notes, allow_nan=False, default=str)
    return notes if len(text) <= max_chars else text[:max_chars]
