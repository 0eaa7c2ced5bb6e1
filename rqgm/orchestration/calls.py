"""Calls that need each other's results: a directed acyclic graph, each call started when what it needs is there."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rqgm.core.graphs import ordered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Call(Generic[Result]):
    """One call: `work` is given the results of the calls that it `needs`, by name."""

    work: Callable[[Mapping[str, Result]], Awaitable[Result]]
    needs: tuple[str, ...] = ()


async def run_calls(calls: Mapping[str, Call[Result]], gate: asyncio.Semaphore | None = None) -> dict[str, Result]:
    """Carry out every call once, after those that it needs, and return their results in the order of `calls`.

    There are no levels: a call starts when its own needs are met. `gate` bounds how many are at work at a time, over
    all graphs that share it; a call that waits for others does not hold it. When a call raises, the others are
    cancelled and awaited, and what it raised is raised. Raises ConfigError or UnknownNameError (see
    `rqgm.core.graphs.ordered`) before anything starts.
    """
    ordered({name: call.needs for name, call in calls.items()}, "calls")
    tasks: dict[str, asyncio.Task[Result]] = {}

    async def carry_out(call: Call[Result]) -> Result:
        known = {name: await tasks[name] for name in call.needs}
        async with gate or nullcontext():
            return await call.work(known)

    async with _first_failure(), asyncio.TaskGroup() as group:
        for name, call in calls.items():
            tasks[name] = group.create_task(carry_out(call))
    return {name: task.result() for name, task in tasks.items()}


async def all_of(works: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """Carry out all works at once and return their results in order.

    When one raises, the others are cancelled and have ended before what it raised is raised.
    """
    async with _first_failure(), asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
    return [task.result() for task in tasks]


@asynccontextmanager
async def _first_failure() -> AsyncIterator[None]:
    """Raise what failed first, not the group: the others failed because it did, or in the same turn of the loop."""
    try:
        yield
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
