"""Calls that need each other's results."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.core.errors import ConfigError, SandboxLostError, UnknownNameError
from rqgm.orchestration.calls import Call, all_of, run_calls

if TYPE_CHECKING:
    from collections.abc import Mapping


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Draw a directed acyclic graph: names need only names before them, and are then shuffled."""
    count = draw(st.integers(0, 8))
    needs = {f"c{k}": tuple(f"c{j}" for j in range(k) if draw(st.booleans())) for k in range(count)}
    return {name: needs[name] for name in draw(st.permutations(list(needs)))}


class Log:
    """Calls that note when they begin and end, and sum up what they were given."""

    def __init__(self, pauses: Mapping[str, int]) -> None:
        self.pauses = pauses
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.most = 0

    def call(self, name: str, needs: tuple[str, ...]) -> Call[int]:
        """Return a call that gives way to others a few times."""

        async def work(known: Mapping[str, int]) -> int:
            assert set(known) == set(needs)
            assert set(needs) <= set(self.ended)
            self.begun.append(name)
            self.most = max(self.most, len(self.begun) - len(self.ended))
            for _ in range(self.pauses[name]):
                await asyncio.sleep(0)
            self.ended.append(name)
            return 1 + sum(known.values())

        return Call(work, needs)


@given(graphs(), st.one_of(st.none(), st.integers(1, 4)), st.data())
def test_any_graph_is_carried_out_once_in_order_whatever_the_workers(
    needs: dict[str, tuple[str, ...]], workers: int | None, data: st.DataObject
) -> None:
    """Each call once, after its parents; never more at work than the gate lets; the result is that of the graph."""
    log = Log({name: data.draw(st.integers(0, 3)) for name in needs})

    async def run() -> dict[str, int]:
        gate = asyncio.Semaphore(workers) if workers else None
        return await run_calls({name: log.call(name, parents) for name, parents in needs.items()}, gate)

    found = asyncio.run(run())
    assert list(found) == list(needs)
    assert sorted(log.begun) == sorted(log.ended) == sorted(needs)
    assert workers is None or log.most <= workers
    assert all(found[name] == 1 + sum(found[other] for other in parents) for name, parents in needs.items())


async def test_a_call_waits_for_its_own_parents_and_for_no_level() -> None:
    """`deep` goes on while a call of the first level is still at work."""
    slow = asyncio.Event()

    async def wait(_: Mapping[str, Any]) -> None:
        await slow.wait()

    async def release(_: Mapping[str, Any]) -> None:
        slow.set()

    async def nothing(_: Mapping[str, Any]) -> None:
        return None

    async with asyncio.timeout(30):
        await run_calls(
            {
                "slow": Call(wait),
                "first": Call(nothing),
                "next": Call(nothing, ("first",)),
                "deep": Call(release, ("next",)),
            }
        )


async def test_a_call_that_waits_for_others_leaves_the_gate_to_them() -> None:
    """One at a time, written down in the worst order."""

    async def name(known: Mapping[str, str]) -> str:
        return "".join(known.values()) + "x"

    chain = {"d": Call(name, ("c",)), "c": Call(name, ("b",)), "b": Call(name, ("a",)), "a": Call(name)}
    async with asyncio.timeout(30):
        assert (await run_calls(chain, asyncio.Semaphore(1)))["d"] == "xxxx"


async def test_what_a_call_raises_is_raised_after_the_others_were_cancelled() -> None:
    """By its own type; calls that need it never begin, and nothing is left running."""
    begun: list[str] = []
    ended: list[str] = []

    async def lost(_: Mapping[str, Any]) -> None:
        await asyncio.sleep(0)
        raise SandboxLostError("gone")

    async def stubborn(_: Mapping[str, Any]) -> None:
        begun.append("stubborn")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("stubborn")

    async def never(_: Mapping[str, Any]) -> None:
        begun.append("never")

    before = asyncio.all_tasks()
    with pytest.raises(SandboxLostError, match="gone"):
        await run_calls({"never": Call(never, ("lost",)), "stubborn": Call(stubborn), "lost": Call(lost)})
    assert begun == ended == ["stubborn"]
    assert asyncio.all_tasks() == before


async def test_cancelling_cancels_every_call_and_waits_for_their_ends() -> None:
    """As of any coroutine."""
    ended: list[str] = []

    async def work(_: Mapping[str, Any]) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("x")

    running = asyncio.create_task(run_calls({"a": Call(work), "b": Call(work), "c": Call(work, ("a",))}))
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended == ["x", "x"]


async def test_a_circle_and_an_unknown_need_are_refused_before_anything_starts() -> None:
    """A plan that cannot end must not begin."""
    begun: list[str] = []

    async def work(_: Mapping[str, Any]) -> None:
        begun.append("x")

    with pytest.raises(ConfigError, match="circle"):
        await run_calls({"free": Call(work), "a": Call(work, ("b",)), "b": Call(work, ("a",))})
    with pytest.raises(UnknownNameError, match="nobody"):
        await run_calls({"a": Call(work, ("nobody",))})
    assert begun == []


async def test_all_of_keeps_the_order_and_leaves_nobody_at_work_when_one_fails() -> None:
    """What raised first is raised itself, after the others were cancelled and have cleaned up."""
    ended: list[int] = []

    async def work(number: int, *, fails: bool = False) -> int:
        try:
            await asyncio.sleep(0 if fails else 0.001 * (5 - number))
            if fails:
                raise SandboxLostError("gone")
            return number
        finally:
            ended.append(number)

    assert await all_of(work(number) for number in range(4)) == [0, 1, 2, 3]
    ended.clear()
    with pytest.raises(SandboxLostError, match="gone"):
        await all_of([work(0), work(1, fails=True), work(2)])
    assert sorted(ended) == [0, 1, 2]
    assert await all_of([]) == []
