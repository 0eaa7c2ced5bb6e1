"""What a role is asked and what it answers: ``/rqgm/io/request.json`` and ``/rqgm/io/response.json``.

These models are the contract with every workspace, in any language; `rqgm schema` prints them as JSON Schema.
Folders in a request are absolute paths as the role sees them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from rqgm.core.criteria import MAX_CRITERIA
from rqgm.core.grants import ModelGrant
from rqgm.core.hashes import canonical_json
from rqgm.core.words import Fulfilment, RoleKind, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

IO = "/rqgm/io"
ROLE = "/rqgm/role"
WORKSPACE = "/rqgm/workspace"
MATE = "/rqgm/mate"
TRAIN = "/rqgm/train"
ARTIFACT = "/rqgm/artifact"
TASK = "/rqgm/task"
TEAM = "/rqgm/team"
MAX_RESPONSE_BYTES = 1 << 20
MAX_POINTERS = 100
MAX_ANSWER_CHARS = 2_000
MAX_MESSAGE_BYTES = 64 * 1024
MAX_MESSAGE_DEPTH = 64

Note = Annotated[str, Field(max_length=20_000)]


def _is_none(value: object) -> bool:
    """Tell what is left out of a request: a role that works alone is asked as it was before there were teams."""
    return value is None


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
    model: ModelGrant | None = None


def passable(message: object) -> Any:
    """Return a message as others hear it, plain JSON; None where it is none, or too large or too deep to be passed on.

    That is beyond `MAX_MESSAGE_BYTES`, or lists and tables more than `MAX_MESSAGE_DEPTH` deep: whoever hears it must be
    able to read it.
    """
    try:
        text = canonical_json(message)
        if len(text.encode()) > MAX_MESSAGE_BYTES:
            return None
        plain = json.loads(text)
    except (TypeError, ValueError, RecursionError):  # an installed judge may leave anything there
        return None
    level, depth = [plain], 0
    while level := [part for value in level for part in _parts(value)]:
        depth += 1
        if depth > MAX_MESSAGE_DEPTH:
            return None
    return plain


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


class Said(BaseModel):
    """What a member of a team answered, as another one hears it, or the member itself when it is asked again.

    `answer`, `evidence` and `message` are as its response had them (a message that is too large or too deep is None);
    `artifact` is a folder with what it made, for reading only (None: it made nothing, or more than is passed on).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    member: int
    answer: str | None = None
    evidence: float | None = None
    message: JsonValue = None
    artifact: str | None = None


class TeamPlace(BaseModel):
    """Where a solver stands in its team: member `member` (from 0) of `members`.

    All members answer by themselves first (`turn` 0: nothing is `heard`). Then the run's policy may ask some of them
    again: `turn` counts these, `own` is what the member said last, `heard` what it is told, in that order.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    member: int
    members: int
    turn: int = 0
    own: Said | None = None
    heard: list[Said] = []


class SolverRequest(_Request):
    """Solve one task: change the files in `workdir`; only `artifacts` (paths in it) count.

    `workdir` holds the untouched task in every turn. `team` is None for a solver that works alone.
    """

    kind: Literal[RoleKind.SOLVER] = RoleKind.SOLVER
    task: str
    instruction: str
    workdir: str
    artifacts: list[str]
    team: Annotated[TeamPlace | None, Field(exclude_if=_is_none)] = None


class AskedCriterion(BaseModel):
    """A criterion that a judge is asked about: its id and what the artifact must fulfil."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    text: str


class EvidencePointer(BaseModel):
    """Where the engine can check a judge's claim: what a line of a file says, or what a command prints.

    `file` is a path in the artifact (`place` = ``task``: in the public task), `quote` a piece of the line `line`, or
    without one of any line. `command` is run again from the role's folder (``/rqgm/role``) in a clean sandbox that
    holds what this one held; `output_sha256` is of all that it prints on standard output, so name files by relative
    paths (``../artifact/program.py``) and print no time, place or chance. `criterion` names the criterion that this is
    about.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    claim: Annotated[str, Field(max_length=2_000)]
    criterion: Annotated[str, Field(max_length=63)] | None = None
    place: Literal["artifact", "task"] = "artifact"
    file: Annotated[str, Field(max_length=400)] | None = None
    line: Annotated[int, Field(ge=1)] | None = None
    quote: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None
    command: Annotated[list[Annotated[str, Field(max_length=1_000)]], Field(min_length=1, max_length=64)] | None = None
    output_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    exit_code: Annotated[int, Field(ge=0, le=255)] = 0


class CheckedPointer(BaseModel):
    """What a judge pointed at, with what came of it when the engine looked: held, not-held or unchecked."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    pointer: EvidencePointer
    standing: Literal["held", "not-held", "unchecked"]


class SaidJudge(BaseModel):
    """What a judge of a panel said, as another one hears it, or the judge itself when it is asked again.

    `criteria` has its answers to those that are asked now, by id; `message` is None if it is too large or too deep.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    seat: int
    verdict: Verdict
    score: float
    evidence: list[CheckedPointer] = []
    criteria: dict[str, Fulfilment] = {}
    message: JsonValue = None


class PanelPlace(BaseModel):
    """Where a judge sits in a panel that may talk: seat `seat` (from 0) of `seats`; the rest as in `TeamPlace`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    seat: int
    seats: int
    turn: int = 0
    own: SaidJudge | None = None
    heard: list[SaidJudge] = []


class JudgeRequest(_Request):
    """Judge one artifact: `artifact` holds the artifact's files, `task_dir` the public task's (its environment).

    Where `criteria` are asked, an answer to each is wanted beside the verdict. `panel` is None for a judge that is
    asked alone, or in a panel without a policy.
    """

    kind: Literal[RoleKind.JUDGE] = RoleKind.JUDGE
    task: str
    instruction: str
    artifact: str
    task_dir: str
    criteria: list[AskedCriterion] = []
    panel: Annotated[PanelPlace | None, Field(exclude_if=_is_none)] = None


class Evidence(BaseModel):
    """One train outcome of the node that is edited.

    Its files are in ``folder``: ``instruction.md``, ``artifact/`` (what the role made or was shown), ``task/`` (public)
    and, because it is the train pool, ``label/`` (the reference solution, or label.json).
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
    """A solver's answer; the work itself is in the artifacts.

    For a team: `answer` is equal for artifacts that do the same (without one, equal files are equal answers),
    `evidence` the share of what the solver could check itself that holds, `message` what others hear of it.
    """

    answer: Annotated[str, Field(max_length=MAX_ANSWER_CHARS)] | None = None
    evidence: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    message: JsonValue = None
    notes: JsonValue = None
    usage: dict[str, int | float] = {}


class JudgeResponse(_Message):
    """A judge's answer. `score` and `probability` (that the artifact is right) are finite numbers in [0, 1].

    `criteria` has the answer to each criterion that was asked, by id; one that is left out is an abstention.
    `message` is what other seats hear of it in a panel that talks, beside verdict, score and evidence.
    """

    verdict: Verdict
    score: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    probability: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    evidence: Annotated[list[EvidencePointer], Field(max_length=MAX_POINTERS)] = []
    criteria: Annotated[dict[str, Fulfilment], Field(max_length=MAX_CRITERIA)] = {}
    message: JsonValue = None
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
