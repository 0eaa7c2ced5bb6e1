"""Propagation: a plan carried out once, in topological order; a revision counts only if it loses no evidence."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from rqgm.core.errors import InfrastructureError, RunStoppedError
from rqgm.core.failures import Failure
from rqgm.core.text import clean
from rqgm.core.usage import Usage
from rqgm.orchestration.calls import Call, run_calls
from rqgm.orchestration.plans import PlanError, Turn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from rqgm.orchestration.plans import Plan

Answer = TypeVar("Answer")
Said_contra = TypeVar("Said_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Revision(Generic[Answer]):
    """What came of asking an agent again. One that failed has no `answer`, and still cost something."""

    answer: Answer | None
    usage: Usage = field(default_factory=Usage)
    failure: Failure | None = None
    detail: str = ""


class Revise(Protocol[Answer]):
    """Asks one agent again."""

    async def __call__(self, agent: int, own: Answer, heard: Mapping[int, Answer], /) -> Revision[Answer]:
        """Return what agent `agent` says now that it hears `heard` (by agent, in the plan's order).

        `own` is its newest answer so far. The agent's own failures are a Revision with `failure`; what is raised is
        taken for one too, except InfrastructureError and RunStoppedError.
        """


class Accept(Protocol[Said_contra]):
    """Says whether a revision may stand in place of what the agent said before."""

    def __call__(self, old: Said_contra, new: Said_contra, /) -> bool:
        """Return whether `new` loses nothing that `old` has."""


class Standing(StrEnum):
    """What became of one turn."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TurnRecord(Generic[Answer]):
    """One turn: what became of it, and the answer that stands after it."""

    standing: Standing
    answer: Answer
    usage: Usage
    failure: Failure | None = None
    detail: str = ""
    """Of a failure, cleaned."""


@dataclass(frozen=True)
class Propagated(Generic[Answer]):
    """The answers that stand at the end, by agent, and what it took."""

    answers: tuple[Answer, ...]
    turns: Mapping[Turn, TurnRecord[Answer]]
    critical_path: int

    @property
    def extra_calls(self) -> int:
        """How many calls were made beyond the drafts."""
        return len(self.turns)

    @property
    def accepted(self) -> int:
        """How many revisions stand."""
        return self._count(Standing.ACCEPTED)

    @property
    def refused(self) -> int:
        """How many revisions were not accepted."""
        return self._count(Standing.REFUSED)

    @property
    def failed(self) -> int:
        """How many calls brought no revision."""
        return self._count(Standing.FAILED)

    @property
    def usage(self) -> Usage:
        """What all calls cost, the drafts left out."""
        return sum((record.usage for record in self.turns.values()), Usage())

    def _count(self, standing: Standing) -> int:
        return sum(record.standing is standing for record in self.turns.values())


def no_evidence_lost(old: object, new: object) -> bool:
    """Return whether `new` has no less evidence than `old`; answers tell it by `evidence` (a number, None is none)."""
    before, after = (getattr(answer, "evidence", None) for answer in (old, new))
    return before is None or (after is not None and bool(after >= before))


async def propagate(
    plan: Plan,
    drafts: Sequence[Answer],
    revise: Revise[Answer],
    accept: Accept[Answer] = no_evidence_lost,
    *,
    gate: asyncio.Semaphore | None = None,
    timeout_s: float | None = None,
) -> Propagated[Answer]:
    """Carry out `plan` once: each turn starts as soon as those that it hears have ended.

    An agent hears the answer of each parent that stands by then. Where a call fails, takes longer than `timeout_s`, or
    is not accepted, what the agent said before stands, and the record says so. An empty plan returns the drafts
    themselves and asks nobody. `gate` bounds how many calls are at work at a time. What a call cost that ran out of
    `timeout_s` is not known here and counts as nothing: where that matters, `revise` keeps its own time. Raises what
    `accept` raises, InfrastructureError and RunStoppedError from `revise`, after the other calls were cancelled and
    have ended; PlanError when there are not as many drafts as the plan has agents.
    """
    if len(drafts) != plan.agents:
        raise PlanError(f"a plan of {plan.agents} agents, {len(drafts)} drafts")

    async def take(turn: Turn, known: Mapping[str, TurnRecord[Answer]]) -> TurnRecord[Answer]:
        def said(agent: int, number: int) -> Answer:
            return known[_name(Turn(agent, number))].answer if number else drafts[agent]

        own = said(turn.agent, turn.number - 1)
        heard = {other.agent: said(*other) for other in plan.turns[turn]}
        revision = await _ask(partial(revise, turn.agent, own, heard), timeout_s)
        return _settle(own, revision, accept)

    calls = {
        _name(turn): Call(partial(take, turn), tuple(map(_name, plan.waits_for(turn))))
        for level in plan.levels()
        for turn in level
    }
    done = await run_calls(calls, gate)
    turns = {turn: done[_name(turn)] for level in plan.levels() for turn in level}
    answers = list(drafts)
    for turn, record in turns.items():  # by level, so an agent's last turn comes last
        answers[turn.agent] = record.answer
    return Propagated(tuple(answers), turns, plan.critical_path)


async def _ask(ask: Callable[[], Awaitable[Revision[Answer]]], timeout_s: float | None) -> Revision[Answer]:
    try:
        async with asyncio.timeout(timeout_s):
            revision = await ask()
    except TimeoutError:
        return Revision(None, failure=Failure.TIMEOUT, detail="no second answer in time")
    except (InfrastructureError, RunStoppedError):
        raise
    except Exception as error:  # noqa: BLE001  # the named border: an agent may raise anything
        return Revision(None, failure=Failure.CRASH, detail=f"{type(error).__name__}: {error}")
    if not isinstance(revision, Revision):
        return Revision(None, failure=Failure.MALFORMED_RESPONSE, detail=f"no Revision: {type(revision).__name__}")
    return revision


def _settle(own: Answer, revision: Revision[Answer], accept: Accept[Answer]) -> TurnRecord[Answer]:
    if revision.failure is not None or revision.answer is None:
        failure = revision.failure or Failure.NO_RESPONSE
        return TurnRecord(Standing.FAILED, own, revision.usage, failure, clean(revision.detail, 300))
    if not accept(own, revision.answer):
        return TurnRecord(Standing.REFUSED, own, revision.usage)
    return TurnRecord(Standing.ACCEPTED, revision.answer, revision.usage)


def _name(turn: Turn) -> str:
    return f"{turn.agent}.{turn.number}"
