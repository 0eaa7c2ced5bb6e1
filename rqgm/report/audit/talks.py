"""Checks of how teams and panels are on record to have talked: by a plan of these agents, and by all of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from rqgm.core.failures import Failure
from rqgm.core.toml import explain
from rqgm.orchestration.plans import Plan, PlanError
from rqgm.orchestration.propagation import Standing

_Number = Annotated[int, Field(strict=True, ge=0)]


class _Record(BaseModel):
    """As `rqgm.orchestration.talk.Talked` writes it."""

    model_config = ConfigDict(extra="forbid")

    plan: dict[str, Any]
    chosen: _Number
    extra_calls: _Number
    critical_path: _Number
    turns: list[
        tuple[NonNegativeInt, NonNegativeInt, Standing]
        | tuple[NonNegativeInt, NonNegativeInt, Literal["failed"], Failure]
    ]
    trouble: str = ""


def talk_faults(record: object, agents: range, *, allowed: bool) -> list[str]:
    """Return what is wrong with the record of one talk; empty = nothing.

    `agents`: of how many it may have been; `allowed`: whether there was a policy that let anybody talk.
    """
    try:
        told = _Record.model_validate(record)
        plan = Plan.from_json(told.plan)
    except ValidationError as error:
        return [f"is no record of a talk: {explain(error, _Record)}"]
    except PlanError as error:
        return [str(error)]
    faults = []
    if plan.agents not in agents:
        faults.append(f"is of {plan.agents} agents, it should be of {_range_text(agents)}")
    if told.chosen >= plan.agents:
        faults.append(f"chooses agent {told.chosen} of {plan.agents}")
    if (told.extra_calls, told.critical_path) != (plan.extra_calls, plan.critical_path):
        faults.append(f"counts {told.extra_calls} calls in a chain of {told.critical_path}, the plan has others")
    if sorted(turn[:2] for turn in told.turns) != sorted(plan.turns):
        faults.append("has other turns than its plan")
    if told.trouble and not plan.empty:
        faults.append("has a plan, though the policy could not decide")
    if not allowed and not plan.empty:
        faults.append("lets agents talk without a policy")
    return faults


def _range_text(agents: range) -> str:
    return f"{agents.start}" if len(agents) == 1 else f"{agents.start} to {agents.stop - 1}"
