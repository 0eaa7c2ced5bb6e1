"""Judges: what a judge is shown, what it says, and the judge that is a role of a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rqgm.core.failures import Failure
from rqgm.core.words import Verdict
from rqgm.roles.messages import ARTIFACT, TASK, JudgeRequest, JudgeResponse, Limits
from rqgm.roles.runner import Mount, RoleJob, run_role

if TYPE_CHECKING:
    from rqgm.core.trees import Tree
    from rqgm.core.usage import Usage
    from rqgm.roles.manifest import WorkspaceManifest
    from rqgm.sandbox.pool import Sandboxes
    from rqgm.sandbox.profile import Profile


@dataclass(frozen=True, slots=True)
class JudgeCase:
    """What a judge is shown: one artifact and the public side of its task, never a label or a hidden test."""

    task: str
    instruction: str
    environment: Tree
    artifact: Tree
    seed: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one judge said. A judge that fails abstains, with the failure as its reason; it never accepts by default."""

    verdict: Verdict
    score: float
    failure: Failure | None
    detail: str
    usage: Usage
    notes: object = None


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

    async def judge(self, case: JudgeCase) -> Opinion:
        """Run the role on the case."""
        job = RoleJob(
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
            ),
            mounts=(Mount(ARTIFACT, case.artifact), Mount(TASK, case.environment)),
        )
        run = await run_role(self.sandboxes, self.profile, job)
        if not isinstance(run.response, JudgeResponse):
            return Opinion(Verdict.ABSTAIN, 0.0, run.failure or Failure.MALFORMED_RESPONSE, run.detail, run.usage)
        said = run.response
        failure = Failure.ABSTAINED if said.verdict is Verdict.ABSTAIN else None
        return Opinion(said.verdict, said.score, failure, "", run.usage, said.notes)
