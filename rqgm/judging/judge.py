"""Judges: what a judge is shown, what it says, and the judge that is a role of a workspace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from rqgm.core.failures import Failure
from rqgm.core.words import Verdict
from rqgm.judging.evidence import Evidence, Standing
from rqgm.roles.messages import ARTIFACT, TASK, AskedCriterion, JudgeRequest, JudgeResponse, Limits
from rqgm.roles.runner import Mount, RoleJob, run_command, run_role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rqgm.core.criteria import Criterion
    from rqgm.core.grants import Models
    from rqgm.core.trees import Tree
    from rqgm.core.usage import Usage
    from rqgm.core.words import Fulfilment
    from rqgm.roles.manifest import WorkspaceManifest
    from rqgm.roles.messages import PanelPlace
    from rqgm.sandbox.pool import Sandboxes
    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Completed


@dataclass(frozen=True, slots=True)
class JudgeCase:
    """What a judge is shown: one artifact and the public side of its task, never a label or a hidden test.

    `criteria` are those of the task; a judge in a panel sees those that are left to ask.
    """

    task: str
    instruction: str
    environment: Tree
    artifact: Tree
    seed: int = 0
    steps: int = 0
    criteria: Sequence[Criterion] = ()
    place: PanelPlace | None = None
    """In a panel that may talk: where the judge sits, and what it hears of the others when it is asked again."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one judge said. A judge that fails abstains, with the failure as its reason; it never accepts by default.

    `evidence` is what it points at, checked by the panel that asked; `criteria` its answers to those that were asked.
    """

    verdict: Verdict
    score: float
    failure: Failure | None
    detail: str
    usage: Usage
    notes: object = None
    evidence: tuple[Evidence, ...] = ()
    criteria: Mapping[str, Fulfilment] = field(default_factory=dict)
    message: object = None
    """What other seats of a panel that talks hear of it, beside verdict, score and evidence."""

    def unsupported(self, criterion: str | None = None) -> bool:
        """Tell whether something that it points at does not hold; with `criterion`, in its answer to that one."""
        return any(
            entry.standing is Standing.NOT_HELD and criterion in (None, entry.pointer.criterion)
            for entry in self.evidence
        )


class Judge(Protocol):
    """Anything that forms an opinion on a case; plug-ins come by the entry point `rqgm.judges`."""

    async def judge(self, case: JudgeCase) -> Opinion:
        """Return an opinion; agent failures are abstentions, infrastructure failures raise."""


@dataclass(frozen=True)
class RoleJudge:
    """The judge that is role `role` of a workspace, run in a sandbox: one frozen judge instance."""

    sandboxes: Sandboxes
    profile: Profile
    manifest: WorkspaceManifest
    workspace: Tree
    role: str
    models: Models | None = None
    scope: str = ""
    """What its job is called in the record of calls."""

    async def judge(self, case: JudgeCase) -> Opinion:
        """Run the role on the case."""
        run = await run_role(self.sandboxes, self.profile, self._job(case))
        if not isinstance(run.response, JudgeResponse):
            return Opinion(Verdict.ABSTAIN, 0.0, run.failure or Failure.MALFORMED_RESPONSE, run.detail, run.usage)
        said = run.response
        failure = Failure.ABSTAINED if said.verdict is Verdict.ABSTAIN else None
        evidence = tuple(Evidence(pointer) for pointer in said.evidence)
        words = (said.notes, evidence, said.criteria, said.message)
        return Opinion(said.verdict, said.score, failure, "", run.usage, *words)

    async def rerun(self, case: JudgeCase, argv: Sequence[str]) -> Completed | None:
        """Run a command that the judge points at, in a clean sandbox that holds what the judge's held."""
        return await run_command(self.sandboxes, self.profile, self._job(case), argv)

    def _job(self, case: JudgeCase) -> RoleJob:
        return RoleJob(
            self.manifest,
            self.workspace,
            self.role,
            request=lambda at: JudgeRequest(
                role=self.role,
                seed=case.seed,
                limits=Limits(wall_s=self.profile.wall_s, steps=case.steps),
                task=case.task,
                instruction=case.instruction,
                artifact=at(ARTIFACT),
                task_dir=at(TASK),
                criteria=[AskedCriterion(id=one.id, text=one.text) for one in case.criteria],
                panel=case.place,
            ),
            mounts=(Mount(ARTIFACT, case.artifact), Mount(TASK, case.environment)),
            models=self.models,
            scope=f"{self.scope}/turn/{case.place.turn}" if case.place and case.place.turn else self.scope,
        )
