"""The pool: clean sandboxes made ahead of time, each used once and thrown away."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

from rqgm.core.errors import InfrastructureError, SandboxLostError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterable
    from pathlib import Path

    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Backend, Sandbox

ATTEMPTS = 3
PAUSE_S = 0.2
MAX_PROFILES = 4
"""For how many profiles sandboxes are kept ready: tasks with images of their own would else fill the machine."""


class Sandboxes:
    """Hands out clean sandboxes of one back-end: ``async with sandboxes.lease(profile) as sandbox``.

    `spare` sandboxes of each profile that was asked for are kept ready in the background. Leaving the pool, in whatever
    way, closes all that it made. Entering it removes what a killed engine of the same `label` left behind.
    """

    def __init__(self, backend: Backend, label: str, spare: int = 2, gateway: Path | None = None) -> None:
        self.backend = backend
        self.gateway = gateway
        """The host's folder with the socket that jobs which may call models are given."""
        self.label = label
        self._spare = spare
        self._ready: OrderedDict[str, deque[asyncio.Task[Sandbox]]] = OrderedDict()
        self._prepared: dict[str, asyncio.Task[str]] = {}
        self._background: set[asyncio.Task[Any]] = set()
        self._open = False
        self.kept: dict[str, asyncio.Future[Any]] = {}
        """What jobs keep for each other as long as the pool lives, by content (roles that were built)."""

    async def __aenter__(self) -> Self:
        await self.backend.reap(self.label)
        self._open = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self._open = False
        await _to_the_end(self._close_all())

    async def prepare(self, profile: Profile) -> str:
        """Make a profile ready once and return the digest of what will run."""
        key = _key(profile)
        if key not in self._prepared or _failed(self._prepared[key]):
            self._prepared[key] = asyncio.create_task(self.backend.prepare(profile))
        return await asyncio.shield(self._prepared[key])

    @asynccontextmanager
    async def lease(self, profile: Profile, *, models: bool = False) -> AsyncIterator[Sandbox]:
        """Lend one clean sandbox; afterwards it is closed in the background. Raises InfrastructureError.

        `models`: give it the gateway's socket. All others have no way out at all.
        """
        sandbox = await self._take(profile, self.gateway if models else None)
        try:
            yield sandbox
        finally:
            self._later(sandbox.close())

    async def _take(self, profile: Profile, gateway: Path | None) -> Sandbox:
        await self.prepare(profile)
        if not self._open:
            raise InfrastructureError("the pool of sandboxes is closed")
        key = f"{_key(profile)}{gateway or ''}"
        ready = self._ready.setdefault(key, deque())
        self._ready.move_to_end(key)
        while len(self._ready) > MAX_PROFILES:
            self._later(_discard(self._ready.popitem(last=False)[1]))
        while ready and _failed(ready[0]):
            ready.popleft()  # an old failure says nothing about now
        task = ready.popleft() if ready else self._start(profile, gateway)
        while len(ready) < self._spare:
            ready.append(self._start(profile, gateway))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            ready.appendleft(task)  # it is still clean, whoever comes next gets it
            raise

    def _start(self, profile: Profile, gateway: Path | None) -> asyncio.Task[Sandbox]:
        task = asyncio.create_task(self._try_to_start(profile, gateway))
        task.add_done_callback(_failed)  # a spare's failure that nobody asks about is no "never retrieved" warning
        return task

    async def _try_to_start(self, profile: Profile, gateway: Path | None) -> Sandbox:
        attempt = 1
        while True:
            try:
                if gateway is None:
                    return await self.backend.start(profile, self.label)
                return await self.backend.start(profile, self.label, gateway)
            except (InfrastructureError, SandboxLostError) as error:
                if attempt == ATTEMPTS:
                    message = f"{self.backend.name}: no sandbox could be started in {ATTEMPTS} attempts: {error}"
                    raise InfrastructureError(message) from error
            await asyncio.sleep(PAUSE_S * attempt)
            attempt += 1

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _close_all(self) -> None:
        started = [task for ready in self._ready.values() for task in ready]
        self._ready.clear()
        await asyncio.gather(_discard(started), _cancel(self._prepared.values()), _cancel(list(self.kept.values())))
        await asyncio.gather(*self._background, return_exceptions=True)


async def _cancel(tasks: Iterable[asyncio.Future[Any]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _discard(started: Iterable[asyncio.Task[Sandbox]]) -> None:
    """Close sandboxes that nobody took, also those that are just being started."""
    started = list(started)
    await _cancel(started)
    await asyncio.gather(*(task.result().close() for task in started if not _failed(task)))


def _key(profile: Profile) -> str:
    return f"{profile.folder}{profile.model_dump_json()}"


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Await clean-up that a cancellation must not cut short; the cancellation is passed on afterwards."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
