"""One pass of a plan: who hears what, what stands, what it cost, and that nothing hangs or is lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.core.errors import BudgetSpentError, ReplayMissError, SandboxLostError
from rqgm.core.failures import Failure
from rqgm.core.usage import Usage
from rqgm.orchestration.drafts import Draft
from rqgm.orchestration.plans import Plan, PlanError, Turn
from rqgm.orchestration.propagation import Revision, Standing, no_evidence_lost, propagate

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Said:
    """An answer that tells all that went into it."""

    text: str
    evidence: float | None = None


def revised(agent: int, own: Said, heard: Mapping[int, Said], evidence: float | None) -> Said:
    """Return an answer that names everything that was heard, in order."""
    return Said(f"{agent}[{own.text}|{','.join(f'{k}:{v.text}' for k, v in heard.items())}]", evidence)


def reference(plan: Plan, drafts: list[Said], fate: Mapping[Turn, Any]) -> list[Said]:
    """Carry a plan out one call at a time, by looking for whatever is ready: the slow and plain way."""
    stands = {Turn(agent, 0): draft for agent, draft in enumerate(drafts)}
    while left := [turn for turn in plan.turns if turn not in stands]:
        turn = next(t for t in left if all(o in stands for o in (*plan.turns[t], Turn(t.agent, t.number - 1))))
        own = stands[Turn(turn.agent, turn.number - 1)]
        new = revised(turn.agent, own, {o.agent: stands[o] for o in plan.turns[turn]}, fate[turn][1])
        worse = own.evidence is not None and (new.evidence is None or new.evidence < own.evidence)
        stands[turn] = own if fate[turn][0] or worse else new
    return [stands[max(t for t in stands if t.agent == agent)] for agent in range(len(drafts))]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a random acyclic plan or a debate."""
    count = draw(st.integers(0, 6))
    order = list(draw(st.permutations(range(count))))
    if draw(st.booleans()):
        return Plan.debate(order, draw(st.integers(0, 3)))
    entries = draw(st.lists(st.integers(0, 2), min_size=count * count, max_size=count * count))
    return Plan.in_order(order, np.array(entries, dtype=int).reshape(count, count))


evidences = st.one_of(st.none(), st.sampled_from([0.0, 0.5, 1.0]))


@given(plans(), st.one_of(st.none(), st.integers(1, 3)), st.data())
def test_any_plan_comes_out_as_if_its_calls_were_made_one_by_one(
    plan: Plan, workers: int | None, data: st.DataObject
) -> None:
    """Whatever each call takes, fails at or loses: the answers are the reference's, and the counts add up."""
    drafts = [Said(f"d{k}", data.draw(evidences)) for k in range(plan.agents)]
    fate = {turn: (data.draw(st.booleans()), data.draw(evidences), data.draw(st.integers(0, 3))) for turn in plan.turns}
    numbers = dict.fromkeys(range(plan.agents), 0)
    at_work = most = 0

    async def revise(agent: int, own: Said, heard: Mapping[int, Said]) -> Revision[Said]:
        nonlocal at_work, most
        numbers[agent] += 1
        fails, evidence, pauses = fate[Turn(agent, numbers[agent])]
        at_work += 1
        most = max(most, at_work)
        for _ in range(pauses):
            await asyncio.sleep(0)
        at_work -= 1
        if fails and pauses % 2:
            raise ValueError("the agent broke")
        failure = Failure.CRASH if fails else None
        return Revision(revised(agent, own, heard, evidence), Usage(model_calls=1), failure)

    async def run() -> Any:
        return await propagate(plan, drafts, revise, gate=asyncio.Semaphore(workers) if workers else None)

    done = asyncio.run(run())
    assert list(done.answers) == reference(plan, drafts, fate)
    assert done.accepted + done.refused + done.failed == done.extra_calls == plan.extra_calls == sum(numbers.values())
    assert done.failed == sum(fails for fails, _, _ in fate.values())
    assert done.critical_path == plan.critical_path
    assert workers is None or most <= workers
    raised = sum(fails and pauses % 2 for fails, _, pauses in fate.values())
    assert done.usage == Usage(model_calls=plan.extra_calls - raised)


@pytest.mark.parametrize("gate", [False, True])
async def test_an_empty_plan_is_the_parallel_answer(gate: bool) -> None:
    """The drafts themselves, the same objects; nobody is asked."""
    drafts = [object(), object()]

    async def never(*_: Any) -> Revision[object]:
        raise AssertionError

    done = await propagate(Plan.none(2, gate=gate), drafts, never)
    assert all(one is other for one, other in zip(done.answers, drafts, strict=True))
    assert (done.extra_calls, done.critical_path, done.usage) == (0, 0, Usage())
    assert (await propagate(Plan.none(0), [], never)).answers == ()


async def test_independent_turns_are_at_work_together_and_a_chain_takes_its_length() -> None:
    """Time is the critical path, counted in steps of a barrier that only simultaneous calls can pass."""
    barrier = asyncio.Barrier(3)

    async def together(agent: int, own: str, heard: Mapping[int, str]) -> Revision[str]:
        await barrier.wait()
        return Revision(own + "!")

    async with asyncio.timeout(30):
        done = await propagate(Plan.hearing(4, {1: [0], 2: [0], 3: [0]}), list("abcd"), together)
    assert done.answers == ("a", "b!", "c!", "d!")


async def test_a_call_that_hangs_leaves_the_draft_and_the_rest_goes_on() -> None:
    """And who hears that agent hears its draft."""

    async def revise(agent: int, own: Draft, heard: Mapping[int, Draft]) -> Revision[Draft]:
        if agent == 1:
            await asyncio.Event().wait()
        return Revision(Draft(own.text + "".join(d.text for d in heard.values())), Usage(cpu_s=1.0))

    drafts = [Draft("a"), Draft("b"), Draft("c")]
    done = await propagate(Plan.hearing(3, {1: [0], 2: [1]}), drafts, revise, timeout_s=0.05)
    assert done.answers == (drafts[0], drafts[1], Draft("cb"))
    record = done.turns[Turn(1, 1)]
    assert (record.standing, record.failure) == (Standing.FAILED, Failure.TIMEOUT)
    assert done.usage == Usage(cpu_s=1.0)


@pytest.mark.parametrize(
    ("outcome", "failure", "detail"),
    [
        (Revision(None, Usage(model_calls=1)), Failure.NO_RESPONSE, ""),
        (
            Revision(None, Usage(model_calls=1), Failure.OUT_OF_MEMORY, "too\x1b[31m large"),
            Failure.OUT_OF_MEMORY,
            "too",
        ),
        (Revision("worse", Usage(model_calls=1), Failure.ABSTAINED), Failure.ABSTAINED, ""),
        ("a bare text", Failure.MALFORMED_RESPONSE, "str"),
        (TimeoutError("mine"), Failure.TIMEOUT, "in time"),
        (RecursionError("dee\x07p"), Failure.CRASH, "RecursionError"),
    ],
)
async def test_an_agents_failure_is_recorded_and_its_draft_stands(outcome: Any, failure: Failure, detail: str) -> None:
    """With what it cost; what it wrote about it is cleaned."""

    async def revise(*_: Any) -> Any:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    done = await propagate(Plan.hearing(2, {1: [0]}), ["a", "b"], revise)
    record = done.turns[Turn(1, 1)]
    assert done.answers == ("a", "b")
    assert (done.failed, record.failure) == (1, failure)
    assert detail in record.detail
    assert record.detail.isprintable()
    assert done.usage == (outcome.usage if isinstance(outcome, Revision) else Usage())


@pytest.mark.parametrize(
    "error", [SandboxLostError("gone"), BudgetSpentError("spent"), ReplayMissError("not recorded")]
)
async def test_what_is_not_the_agents_doing_is_raised_and_nothing_goes_on(error: Exception) -> None:
    """The others are cancelled and have ended; what waited never began."""
    begun: list[int] = []
    ended: list[int] = []

    async def revise(agent: int, own: str, heard: Mapping[int, str]) -> Revision[str]:
        begun.append(agent)
        if agent == 1:
            await asyncio.sleep(0)
            raise error
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(agent)
        raise AssertionError

    before = asyncio.all_tasks()
    with pytest.raises(type(error)):
        async with asyncio.timeout(10):
            await propagate(Plan.hearing(4, {1: [0], 2: [0], 3: [1]}), list("abcd"), revise)
    assert (sorted(begun), ended) == ([1, 2], [2])
    assert asyncio.all_tasks() == before


async def test_cancelling_ends_every_call() -> None:
    """Also under a time limit, which must not take it for its own."""
    ended: list[int] = []

    async def revise(agent: int, own: str, heard: Mapping[int, str]) -> Revision[str]:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(agent)
        raise AssertionError

    running = asyncio.create_task(
        propagate(Plan.hearing(3, {1: [0], 2: [0]}), list("abc"), revise, timeout_s=30)  # type: ignore[arg-type]
    )
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert sorted(ended) == [1, 2]


@pytest.mark.parametrize(
    ("old", "new", "stands"),
    [
        (None, None, True),
        (None, 0.0, True),
        (0.5, 0.5, True),
        (0.5, 1.0, True),
        (0.5, 0.4, False),
        (0.5, None, False),
        (0.0, None, False),
    ],
)
def test_a_revision_must_not_lose_evidence(old: float | None, new: float | None, stands: bool) -> None:
    """Evidence that is gone is lost too."""
    assert no_evidence_lost(Draft(evidence=old), Draft(evidence=new)) is stands


async def test_a_rule_of_ones_own_decides_and_its_bugs_are_not_the_agents() -> None:
    """`accept` is ours: what it raises is raised."""

    async def revise(agent: int, own: str, heard: Mapping[int, str]) -> Revision[str]:
        return Revision(own + heard[0])

    plan = Plan.hearing(3, {1: [0], 2: [0]})
    done = await propagate(plan, list("abc"), revise, lambda old, new: old == "b")
    assert (done.answers, done.accepted, done.refused) == (("a", "ba", "c"), 1, 1)

    def broken(old: str, new: str) -> bool:
        raise KeyError(old)

    with pytest.raises(KeyError):
        await propagate(plan, list("abc"), revise, broken)


async def test_drafts_must_be_the_plans() -> None:
    """Before anybody is asked."""

    async def never(*_: Any) -> Revision[str]:
        raise AssertionError

    with pytest.raises(PlanError, match="2 agents, 1 drafts"):
        await propagate(Plan.hearing(2, {1: [0]}), ["a"], never)
