"""Panels: seats, criteria, an aggregation and a threshold, in ``judges/<panel>/panel.toml``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
    field_validator,
    model_validator,
)

from rqgm.core.criteria import Criteria, Criterion  # pydantic reads them
from rqgm.core.errors import ConfigError
from rqgm.core.failures import Failure
from rqgm.core.hashes import hash_json
from rqgm.core.toml import parse, read_toml
from rqgm.core.usage import Usage
from rqgm.core.words import Verdict
from rqgm.judging.aggregation import CALIBRATED, Aggregation, PanelVerdict, aggregate
from rqgm.judging.calibration import Calibration, load_calibration
from rqgm.judging.conversation import converse, place
from rqgm.judging.criteria import Checks, CriterionFinding, all_criteria, answered, settle, share_met
from rqgm.judging.evidence import check_evidence
from rqgm.judging.heard import heard_words
from rqgm.judging.judge import Opinion, RoleJudge
from rqgm.judging.seats import open_seat
from rqgm.orchestration.calls import Call, run_calls
from rqgm.orchestration.talk import TalkSpec, find_weights, open_talk, spelled_out
from rqgm.orchestration.weights import copy_weights

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping
    from pathlib import Path

    from rqgm.judging.judge import Judge, JudgeCase
    from rqgm.judging.seats import FindWorkspace, FixedSeat
    from rqgm.orchestration.talk import Talk

PANEL_FILE = "panel.toml"
POLICY = "policy"
"""Folder of a run's own copy of a panel that holds its policy's weights."""
WEIGHTS = "weights.safetensors"


class SeatSpec(BaseModel):
    """One seat and who sits in it.

    `judge` is ``role:<name>``, an evolvable slot that generation zero's role fills first; ``path:<folder>#<role>``,
    a judge role of a folder of the panel that has a workspace.toml, run in a sandbox; ``rubric:<file>``, a rubric in
    the panel's folder (`rqgm judge refine`); ``plugin:<name>``, an installed judge (entry point `rqgm.judges`), run
    in the engine's process; or ``model:<provider>/<name>``, a language model, asked by the template `prompt`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    judge: str = Field(
        pattern=r"^(role:[a-z][a-z0-9_-]{0,62}|path:[A-Za-z0-9._/-]{1,200}(#[a-z][a-z0-9_-]{0,62})?|rubric:[A-Za-z0-9._/-]{1,200}|plugin:[A-Za-z0-9._-]{1,100}|model:[a-z0-9_]+/[^\s\x00]{1,200})$"
    )
    prompt: Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]{1,200}$")] | None = Field(
        default=None, description="file of the panel's folder by which a model seat asks, a Jinja template"
    )
    packages: list[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]] = Field(
        default=[], max_length=16, description="installed pure-Python packages that a path seat sees"
    )
    borrows: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]{1,200}:[A-Za-z0-9._/-]{1,200}$")]] = Field(
        default=[],
        max_length=16,
        description="<workspace>:<folder> of a shelf that a path seat sees under its own name",
    )
    config: dict[str, JsonValue] = Field(
        default={}, description="what a plug-in's judge is made with, or a model's parameters"
    )

    @model_validator(mode="after")
    def _fits(self) -> SeatSpec:
        if (self.packages or self.borrows) and self.kind != "path":
            raise ValueError("packages and borrows go with a judge by path: only such a one has files of its own")
        if self.config and self.kind not in {"plugin", "model"}:
            raise ValueError("config goes with a judge by plug-in or by model")
        if self.kind == "model" and self.prompt is None:
            raise ValueError('a judge by model needs its prompt, a file of the panel: prompt = "prompts/review.md.j2"')
        if self.prompt is not None and self.kind != "model":
            raise ValueError('prompt goes with a judge by model: judge = "model:provider/name"')
        return self

    @property
    def kind(self) -> str:
        """How the seat is filled: ``role``, ``path``, ``rubric``, ``plugin`` or ``model``."""
        return self.judge.partition(":")[0]

    @property
    def target(self) -> str:
        """The role, folder, file, entry point or model."""
        return self.judge.partition(":")[2]

    @property
    def role(self) -> str | None:
        """The role that fills this seat if it is evolvable."""
        return self.target if self.kind == "role" else None


class PanelSpec(BaseModel):
    """``panel.toml``. An artifact is accepted when the score is at least `threshold`.

    The score is the seats' aggregated one; where there are criteria, of the panel or of the task, it is the weight of
    those that are met, of all weight.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    description: str = ""
    seats: list[SeatSpec] = Field(default=[], max_length=64)
    criteria: Criteria = Field(default=[], validate_default=True)
    aggregation: Aggregation = "majority"
    policy: Annotated[TalkSpec, BeforeValidator(spelled_out)] | None = Field(
        default=None,
        exclude_if=lambda policy: policy is None,  # what has none is hashed as before
        description="decides whether the seats talk after their first opinions: a name, or a table of policy, weights, "
        "embedder; without, they do not and are not told where they sit",
    )
    threshold: float = Field(default=0.5, gt=0, le=1)
    unsupported_weight: float = Field(
        default=1.0, ge=0, le=1, description="what an opinion counts whose evidence does not hold: 1 = flagged only"
    )

    @field_validator("seats")
    @classmethod
    def _names_differ(cls, seats: list[SeatSpec]) -> list[SeatSpec]:
        names = [seat.name for seat in seats]
        if len(set(names)) < len(names):
            raise ValueError("two seats share a name; give each its own")
        return seats

    @field_validator("criteria")
    @classmethod
    def _somebody_decides(cls, criteria: list[Criterion], info: ValidationInfo) -> list[Criterion]:
        if not info.data.get("seats", True):
            unasked = [criterion.id for criterion in criteria if criterion.check is None]
            if unasked:
                raise ValueError(f"{unasked[0]!r} has no check, and there is no seat to ask; add one of them")
            if not criteria:
                raise ValueError("there are no seats either; add a seat, or criteria with checks")
        return criteria

    @field_validator("aggregation")
    @classmethod
    def _criteria_have_their_own(cls, aggregation: Aggregation, info: ValidationInfo) -> Aggregation:
        if info.data.get("criteria") and aggregation != "majority":
            raise ValueError("with criteria the seats' answers count by majority; leave it out")
        return aggregation


@dataclass(frozen=True)
class Hearing:
    """What asking a panel about one case brought: opinions by seat, what came of each criterion, and the cost."""

    opinions: Mapping[str, Opinion]
    criteria: tuple[CriterionFinding, ...]
    usage: Usage
    talks: tuple[Mapping[str, Any], ...] = ()
    """How the seats talked, each time that they were asked."""


@dataclass(frozen=True)
class Panel:
    """A panel as it is used: its file, who sits in the seats that do not evolve, and how right each seat was."""

    spec: PanelSpec
    fixed: Mapping[str, FixedSeat] = field(default_factory=dict)
    calibration: Calibration | None = None
    talk: Talk | None = None
    """How its seats talk; None: they do not."""

    @property
    def name(self) -> str:
        """The panel's name."""
        return self.spec.name

    @cached_property
    def hash(self) -> str:
        """Hash of what decides how opinions come about and become a score, but for who sits in evolvable slots."""
        spec = self.spec.model_dump(mode="json", exclude={"description"})
        for seat in spec["seats"]:
            if seat["prompt"] is None:  # what only model seats have is no part of others
                del seat["prompt"]
        calibration = self.calibration.model_dump(mode="json") if self.calibration else None
        told = [spec, {name: seat.hash for name, seat in self.fixed.items()}, calibration]
        if self.talk is None:
            return hash_json(told)
        return hash_json([*told, self.talk.hash, *([heard_words()] if self.models else [])])

    @property
    def models(self) -> dict[str, str]:
        """``panel/seat`` → language model of the seats that a model fills."""
        return {self.slot(seat): seat.target for seat in self.spec.seats if seat.kind == "model"}

    @cached_property
    def slots(self) -> dict[str, str]:
        """Slot → judge role of the seats that evolve."""
        return {self.slot(seat): seat.role for seat in self.spec.seats if seat.role is not None}

    def slot(self, seat: SeatSpec) -> str:
        """Return a seat's name among all panels': of its evaluator slot, or of who is granted a model."""
        return f"{self.name}/{seat.name}"

    async def ask(
        self,
        judges: Mapping[str, Judge],
        case: JudgeCase,
        checks: Checks,
        gate: asyncio.Semaphore | None = None,
    ) -> Hearing:
        """Ask all seats at once, check what they point at, and settle the criteria. Raises InfrastructureError.

        With criteria, of the panel or of the case's task, the seats are asked about those that have no check and no
        unmet prerequisite; where none is left they are not asked. `gate` bounds the judges and checks at work.
        """
        criteria = all_criteria(self.spec.criteria, case.criteria, f"panel {self.name}, task {case.task}")
        if not criteria:
            opinions, talks = await self._opinions(judges, case, gate)
            return Hearing(opinions, (), _sum(opinions), talks)
        said: dict[str, Opinion] = {}
        held: list[Mapping[str, Any]] = []
        costs: list[Usage] = []

        async def check(criterion: Criterion) -> CriterionFinding:
            found, cost = await checks.run(criterion, case)
            costs.append(cost)
            return found

        async def ask(asked: list[Criterion]) -> list[CriterionFinding]:
            opinions, talks = await self._opinions(judges, replace(case, criteria=asked), gate)
            held.extend(talks)
            costs.append(_sum(opinions))
            for seat, opinion in opinions.items():
                said[seat] = _joined(said[seat], opinion) if seat in said else opinion
            return [answered(criterion, opinions, self.spec.unsupported_weight) for criterion in asked]

        findings = await settle(criteria, check, ask, gate)
        unasked = Opinion(Verdict.ABSTAIN, 0.0, Failure.ABSTAINED, "no criterion was left to ask", Usage())
        opinions = {seat: said.get(seat, unasked) for seat in judges}
        return Hearing(opinions, findings, sum(costs, start=Usage()), tuple(held))

    async def _opinions(
        self, judges: Mapping[str, Judge], case: JudgeCase, gate: asyncio.Semaphore | None
    ) -> tuple[dict[str, Opinion], tuple[Mapping[str, Any], ...]]:
        cases = {seat: place(case, number, len(judges)) if self.talk else case for number, seat in enumerate(judges)}
        calls = {seat: Call(partial(hear, judge, cases[seat])) for seat, judge in judges.items()}
        opinions = await run_calls(calls, gate)
        if self.talk is None or not judges:
            return opinions, ()

        async def again(seat: str, told: JudgeCase) -> Opinion:
            return await hear(judges[seat], told)

        stand, record = await converse(self.talk, case, opinions, again, gate)
        return stand, (record,)

    def decide(self, hearing: Hearing) -> PanelVerdict:
        """Return the panel's verdict: by criteria if there are any, else by its seats' opinions."""
        spec = self.spec
        if hearing.criteria:
            score = share_met(hearing.criteria)
            return PanelVerdict(score, accepted=score >= spec.threshold)
        return aggregate(hearing.opinions, spec.aggregation, spec.threshold, self.calibration, spec.unsupported_weight)


async def hear(judge: Judge, case: JudgeCase, _: Mapping[str, Opinion] | None = None) -> Opinion:
    """Return a judge's opinion with its evidence checked; without evidence nothing more is done."""
    opinion = await judge.judge(case)
    if not opinion.evidence:
        return opinion
    rerun = partial(judge.rerun, case) if isinstance(judge, RoleJudge) else None
    evidence, cost = await check_evidence(opinion.evidence, case.artifact, case.environment, rerun)
    return replace(opinion, evidence=evidence, usage=opinion.usage + cost)


def _joined(before: Opinion, after: Opinion) -> Opinion:
    """Return what a seat said in two rounds of criteria: the last opinion, with all evidence, answers and cost."""
    return replace(
        after,
        usage=before.usage + after.usage,
        evidence=before.evidence + after.evidence,
        criteria={**before.criteria, **after.criteria},
    )


def _sum(opinions: Mapping[str, Opinion]) -> Usage:
    return sum((opinion.usage for opinion in opinions.values()), start=Usage())


def load_panel(
    folder: Path,
    find: FindWorkspace | None = None,
    *,
    filled: bool = True,
    calibrated: bool = True,
    policy: TalkSpec | None = None,
) -> Panel:
    """Read a panel's folder; ConfigError names file, key and remedy. Without `filled` nobody sits in fixed seats.

    `find` returns the files of a workspace on the shelves, for seats that borrow from one; a run's own copy of a panel
    needs none.
    `policy` goes before the panel's own.
    Without `calibrated` a panel may lack the calibration that its aggregation needs; it is then not asked to decide.
    """
    path = folder / PANEL_FILE
    spec = parse(read_toml(path), PanelSpec, path)
    if policy is not None:
        spec = spec.model_copy(update={"policy": policy})
    fixed = {seat.name: open_seat(folder, seat, find) for seat in spec.seats if filled and seat.role is None}
    calibration = load_calibration(folder, [seat.name for seat in spec.seats])
    if calibrated and spec.aggregation in CALIBRATED and calibration is None:
        raise ConfigError(
            f"{path}: aggregation: {spec.aggregation!r} needs to know how right each seat is; "
            f"run `rqgm judge calibrate` first, or take majority, mean or min"
        )
    talk = _open_talk(spec.policy, folder, path) if spec.policy and filled else None
    return Panel(spec, fixed, calibration if spec.aggregation in CALIBRATED else None, talk)


def _open_talk(policy: TalkSpec, folder: Path, path: Path) -> Talk:
    own = folder / POLICY / WEIGHTS
    try:
        weights = own if policy.weights is None and own.is_file() else find_weights(policy, folder)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    return open_talk(policy, weights, f"{path}: policy")


def copy_policy(spec: PanelSpec, folder: Path, own: Path) -> None:
    """Copy the weights of a panel's policy into the run's own copy of it, so that no update reaches the run.

    Those that are named lie in the panel's folder, which was copied; of a copy of a copy all do.
    """
    weights = find_weights(spec.policy, folder) if spec.policy and spec.policy.weights is None else None
    if weights and not (own / POLICY / WEIGHTS).is_file():
        copy_weights(weights, own / POLICY / WEIGHTS)
