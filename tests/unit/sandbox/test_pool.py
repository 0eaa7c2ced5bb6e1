"""The pool hands out clean sandboxes, each once, and closes all of them whatever happens."""

from __future__ import annotations

import asyncio

import pytest

from rqgm.core.errors import InfrastructureError
from rqgm.sandbox import pool
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.profile import Profile
from rqgm.testing.sandboxes import FakeBackend

A, B = Profile(name="a"), Profile(name="b")


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "PAUSE_S", 0.0)


def _all_closed_once(backend: FakeBackend) -> bool:
    return bool(backend.started) and all(sandbox.closed == 1 for sandbox in backend.started)


async def test_each_lease_gets_a_new_sandbox() -> None:
    """No sandbox is handed out twice, and all are closed at the end."""
    backend = FakeBackend()
    seen = []
    async with Sandboxes(backend, "run") as sandboxes:
        for _ in range(5):
            async with sandboxes.lease(A) as sandbox:
                seen.append(id(sandbox))
    assert len(set(seen)) == 5
    assert _all_closed_once(backend)


async def test_spare_sandboxes_are_ready() -> None:
    """While one is in use, `spare` others are started; so a later lease does not wait."""
    backend = FakeBackend(start_s=0.05)
    async with Sandboxes(backend, "run", spare=2) as sandboxes:
        async with sandboxes.lease(A):
            await asyncio.sleep(0.1)
            assert len(backend.started) == 3
        before = asyncio.get_running_loop().time()
        async with sandboxes.lease(A):
            assert asyncio.get_running_loop().time() - before < 0.03


async def test_no_spare_means_none() -> None:
    """With `spare=0` sandboxes are started only when they are asked for."""
    backend = FakeBackend()
    async with Sandboxes(backend, "run", spare=0) as sandboxes, sandboxes.lease(A):
        await asyncio.sleep(0.01)
        assert len(backend.started) == 1


async def test_profiles_are_apart_and_prepared_once() -> None:
    """Each profile has its own sandboxes and is made ready once."""
    backend = FakeBackend()
    async with Sandboxes(backend, "run") as sandboxes:
        for profile in (A, B, A, B):
            async with sandboxes.lease(profile):
                pass
        assert await sandboxes.prepare(A) == "a"
    assert sorted(backend.prepared) == ["a", "b"]


async def test_spares_of_profiles_long_unused_are_closed() -> None:
    """Only the latest few profiles keep spare sandboxes."""
    backend = FakeBackend()
    async with Sandboxes(backend, "run", spare=1) as sandboxes:
        for number in range(3 * pool.MAX_PROFILES):
            async with sandboxes.lease(Profile(name=f"p{number}")):
                await asyncio.sleep(0)
        await asyncio.sleep(0.02)
        alive = [sandbox for sandbox in backend.started if not sandbox.closed]
        assert len(alive) <= pool.MAX_PROFILES
    assert _all_closed_once(backend)


async def test_failed_starts_are_tried_again() -> None:
    """A start that fails is tried again, a bounded number of times."""
    backend = FakeBackend(failures=pool.ATTEMPTS - 1)
    async with Sandboxes(backend, "run", spare=0) as sandboxes, sandboxes.lease(A):
        assert len(backend.started) == 1


async def test_lasting_failure_is_an_infrastructure_error() -> None:
    """When every attempt fails, the lease says so; a later one is tried afresh."""
    backend = FakeBackend(failures=pool.ATTEMPTS)
    async with Sandboxes(backend, "run", spare=0) as sandboxes:
        with pytest.raises(InfrastructureError, match="told to fail"):
            async with sandboxes.lease(A):
                pass
        async with sandboxes.lease(A):
            pass


async def test_failed_spare_does_not_fail_a_later_lease() -> None:
    """A spare that could not be started earlier is forgotten."""
    backend = FakeBackend()
    async with Sandboxes(backend, "run", spare=1) as sandboxes:
        async with sandboxes.lease(A):
            pass
        await asyncio.sleep(0.01)
        backend.failures = 2 * pool.ATTEMPTS
        async with sandboxes.lease(A):
            await asyncio.sleep(0.02)
        backend.failures = 0
        async with sandboxes.lease(A):
            pass


async def test_exception_in_a_lease_closes_the_sandbox() -> None:
    """An error of the job goes through, and everything is closed."""
    backend = FakeBackend()
    with pytest.raises(ZeroDivisionError):
        async with Sandboxes(backend, "run") as sandboxes, sandboxes.lease(A):
            raise ZeroDivisionError
    assert _all_closed_once(backend)


async def test_cancelled_wait_gives_the_sandbox_to_the_next() -> None:
    """A job that is cancelled while it waits does not lose the sandbox that is being started."""
    backend = FakeBackend(start_s=0.05)
    async with Sandboxes(backend, "run", spare=0) as sandboxes:

        async def job() -> None:
            async with sandboxes.lease(A):
                pass

        waiting = asyncio.create_task(job())
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await job()
        assert len(backend.started) == 1
    assert _all_closed_once(backend)


async def test_cancelled_pool_closes_everything() -> None:
    """A run that is cancelled leaves no sandbox open, also none that is just being started."""
    backend = FakeBackend(start_s=0.02)

    async def run() -> None:
        async with Sandboxes(backend, "run", spare=3) as sandboxes, sandboxes.lease(A):
            await asyncio.sleep(10)

    running = asyncio.create_task(run())
    await asyncio.sleep(0.05)
    running.cancel()
    result = (await asyncio.gather(running, return_exceptions=True))[0]
    assert isinstance(result, asyncio.CancelledError)
    assert _all_closed_once(backend)


async def test_entering_reaps_what_a_killed_engine_left() -> None:
    """The run's label is reaped before anything is started; a closed pool lends nothing."""
    backend = FakeBackend()
    async with Sandboxes(backend, "run") as sandboxes:
        assert backend.reaped == ["run"]
    with pytest.raises(InfrastructureError, match="closed"):
        async with sandboxes.lease(A):
            pass
