"""The checks of the sandbox conformance kit: what they are made of. `rqgm.testing.sandbox_kit` runs them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Backend, Completed, Sandbox

    Check = Callable[[Backend, Profile], Awaitable[None]]

CHECKS: dict[str, Check] = {}
"""Every check by name, in the order of definition."""

LABEL = "conformance-kit"
MIB = 1 << 20


class BrokenPromiseError(AssertionError):
    """A back-end does not keep what the protocol promises."""


def check(function: Check) -> Check:
    """Register a check under its function's name."""
    CHECKS[function.__name__] = function
    return function


def expect(kept: bool, what: str, seen: object = None) -> None:
    """Raise BrokenPromiseError unless a promise was kept; unlike `assert` it stays with ``python -O``."""
    if not kept:
        raise BrokenPromiseError(what if seen is None else f"{what}; seen: {seen!r:.600}")


@asynccontextmanager
async def sandbox_of(backend: Backend, profile: Profile, **limits: Any) -> AsyncIterator[Sandbox]:
    """Start one sandbox, with some of the profile's limits replaced, and close it."""
    sandbox = await backend.start(profile.model_copy(update=limits), LABEL)
    try:
        yield sandbox
    finally:
        await sandbox.close()


async def python(sandbox: Sandbox, code: str, *arguments: str, cwd: str = "/tmp", **options: Any) -> Completed:  # noqa: S108
    """Run Python code in a sandbox; ``ROOT`` is the prefix of inside paths, ``ARGS`` the arguments."""
    prelude = "import os, sys, time\nROOT = os.environ['RQGM_ROOT']\nARGS = sys.argv[1:]\n"
    return await sandbox.run(["python3", "-I", "-S", "-c", prelude + code, *arguments], cwd=cwd, **options)


async def output_of(sandbox: Sandbox, code: str, *arguments: str, **options: Any) -> str:
    """Run Python code that must succeed and return what it printed."""
    done = await python(sandbox, code, *arguments, **options)
    expect(done.exit_code == 0, "the probe program should succeed", done)
    return done.stdout.decode("utf-8", "replace").strip()


async def still_works(sandbox: Sandbox) -> None:
    """Expect that a sandbox runs one more command."""
    expect(await output_of(sandbox, "print(6 * 7)") == "42", "the sandbox should still work")
