"""What a role is asked and what it answers: ``/rqgm/io/request.json`` and ``/rqgm/io/response.json``.

These models are the contract with every workspace, in any language; `rqgm schema` prints them as JSON Schema.
Folders in a request are absolute paths as the role sees them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from rqgm.core.words import RoleKind, Verdict

IO = "/rqgm/io"
ROLE = "/rqgm/role"
WORKSPACE = "/rqgm/workspace"
MATE = "/rqgm/mate"
TRAIN = "/rqgm/train"
ARTIFACT = "/rqgm/artifact"
TASK = "/rqgm/task"
MAX_RESPONSE_BYTES = 1 << 20

Note = Annotated[str, Field(max_length=20_000)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    schema_version: Literal[1] = 1


class Limits(BaseModel):
    """What a role may use. `steps` is the domain's own count of work (0 = not counted); the rest is enforced."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    wall_s: float
    steps: int = 0


class _Request(_Message):
    role: str
    seed: int
    limits: Limits


class SolverRequest(_Request):
    """Solve one task: change the files in `workdir`; only `artifacts` (paths in it) count."""

    kind: Literal[RoleKind.SOLVER] = RoleKind.SOLVER
    task: str
    instruction: str
    workdir: str
    artifacts: list[str]


class JudgeRequest(_Request):
    """Judge one artifact: `artifact` holds the artifact's files, `task_dir` the public task's (its environment)."""

    kind: Literal[RoleKind.JUDGE] = RoleKind.JUDGE
    task: str
    instruction: str
    artifact: str
    task_dir: str


class Evidence(BaseModel):
    """One train outcome of the node that is edited.

    Its files are in ``folder``: ``artifact/`` (what the role made or was shown), ``task/`` (public) and, because it is
    the train pool, ``label/`` (the reference solution, or label.json).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    role: str
    task: str
    success: bool
    score: float
    failure: str | None
    notes: JsonValue
    folder: str
    origin: Literal["self", "mate"] = "self"


class EditorRequest(_Request):
    """Edit the workspace in `workspace` in place. `mate` is another node's workspace, for reading only, or None."""

    kind: Literal[RoleKind.EDITOR] = RoleKind.EDITOR
    workspace: str
    mate: str | None = None
    evidence: list[Evidence] = []


Request = SolverRequest | JudgeRequest | EditorRequest


class SolverResponse(_Message):
    """A solver's answer; the work itself is in the artifacts."""

    notes: JsonValue = None
    usage: dict[str, int | float] = {}


class EvidencePointer(BaseModel):
    """Where a judge's claim can be checked: a line of a file, or a command and the hash of its output."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    claim: Annotated[str, Field(max_length=2_000)]
    file: Annotated[str, Field(max_length=400)] | None = None
    line: Annotated[int, Field(ge=1)] | None = None
    command: list[str] | None = None
    output_sha256: str | None = None


class JudgeResponse(_Message):
    """A judge's answer. `score` and `probability` (that the artifact is right) are finite numbers in [0, 1]."""

    verdict: Verdict
    score: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    probability: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    evidence: Annotated[list[EvidencePointer], Field(max_length=100)] = []
    notes: JsonValue = None
    usage: dict[str, int | float] = {}


class EditorResponse(_Message):
    """An editor's answer: what it tried, in a line, and why; the change itself is in the workspace."""

    tried: Annotated[str, Field(max_length=2_000)]
    why: Note = ""
    notes: JsonValue = None
    usage: dict[str, int | float] = {}


Response = SolverResponse | JudgeResponse | EditorResponse
RESPONSES: dict[RoleKind, type[SolverResponse | JudgeResponse | EditorResponse]] = {
    RoleKind.SOLVER: SolverResponse,
    RoleKind.JUDGE: JudgeResponse,
    RoleKind.EDITOR: EditorResponse,
}


def schemas() -> dict[str, Any]:
    """Return the JSON Schemas of all messages by name."""
    models = (SolverRequest, JudgeRequest, EditorRequest, SolverResponse, JudgeResponse, EditorResponse)
    return {model.__name__: model.model_json_schema() for model in models}
