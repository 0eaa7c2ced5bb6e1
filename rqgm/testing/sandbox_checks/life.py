"""Life: sandboxes start clean, end whole, and leave nothing behind."""

# ruff: noqa: D401, PLR2004, ASYNC240  # a check's docstring states a promise; its numbers are the promise

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from rqgm.core.errors import SandboxLostError
from rqgm.core.trees import File
from rqgm.testing.sandbox_checks import LABEL, check, expect, output_of, python, sandbox_of, still_works

if TYPE_CHECKING:
    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Backend

ENGINE = """
import asyncio, json, sys
from pathlib import Path
from rqgm.sandbox.backends import make_backend
from rqgm.sandbox.profile import Profile

async def main():
    name, label, mark, profile, folder = sys.argv[1:]
    profile = Profile.model_validate(json.loads(profile)).model_copy(update={"folder": folder and Path(folder)})
    sandbox = await make_backend(name).start(profile, label)
    command = asyncio.create_task(sandbox.run(["python3", "-c", "import time; time.sleep(30)", mark], cwd="/tmp"))
    await asyncio.sleep(0.5)
    print("running", flush=True)
    await command

asyncio.run(main())
"""


@check
async def probe_says_usable(backend: Backend, profile: Profile) -> None:
    """The back-end says that it works here, and prepares the profile to an equal digest twice."""
    probe = await backend.probe()
    expect(probe.usable and probe.detail != "", "the back-end should be usable", probe)
    expect(await backend.prepare(profile) == await backend.prepare(profile), "digests should be equal")


@check
async def state_does_not_leak(backend: Backend, profile: Profile) -> None:
    """A new sandbox shows nothing of the one before."""
    code = "print(sorted(os.listdir(ROOT + '/tmp')), os.path.exists(ROOT + '/app/mark'))"
    async with sandbox_of(backend, profile) as first:
        await first.put("/app", {"mark": File(b"")}, writable=True)
        await output_of(first, "open(ROOT + '/tmp/mark', 'w').close()")
    async with sandbox_of(backend, profile) as second:
        seen = await output_of(second, code)
        expect(seen == "[] False", "a new sandbox should be clean", seen)


@check
async def close_may_be_called_twice(backend: Backend, profile: Profile) -> None:
    """Closing twice, or while nothing ran, is fine; afterwards the sandbox is lost."""
    sandbox = await backend.start(profile, LABEL)
    await sandbox.close()
    await sandbox.close()
    try:
        await sandbox.run(["true"], cwd="/")
    except SandboxLostError:
        return
    expect(False, "a closed sandbox should be lost")


@check
async def close_ends_a_running_command(backend: Backend, profile: Profile) -> None:
    """Closing while a command runs ends it and is quick; the command is lost."""
    mark = f"rqgm-running-{uuid4().hex}"
    sandbox = await backend.start(profile, LABEL)
    running = asyncio.create_task(python(sandbox, "time.sleep(20)", mark))
    await asyncio.sleep(0.3)
    started = time.monotonic()
    await sandbox.close()
    expect(time.monotonic() - started < 8, "closing should be quick")
    result = (await asyncio.gather(running, return_exceptions=True))[0]
    expect(isinstance(result, SandboxLostError), "the command should be lost", result)
    expect(await _gone(mark), "no process should be left on the host")


@check
async def cancelled_run_can_be_closed(backend: Backend, profile: Profile) -> None:
    """A run that is cancelled leaves a sandbox that can be closed, and nothing alive."""
    mark = f"rqgm-cancelled-{uuid4().hex}"
    async with sandbox_of(backend, profile) as sandbox:
        running = asyncio.create_task(python(sandbox, "time.sleep(20)", mark))
        await asyncio.sleep(0.3)
        running.cancel()
        result = (await asyncio.gather(running, return_exceptions=True))[0]
        expect(isinstance(result, asyncio.CancelledError), "the cancellation should come through", result)
    expect(await _gone(mark), "no process should be left on the host")


@check
async def sandboxes_run_side_by_side(backend: Backend, profile: Profile) -> None:
    """Several sandboxes work at the same time, each with its own files."""

    async def work(number: int) -> str:
        async with sandbox_of(backend, profile) as sandbox:
            await sandbox.put("/app", {"number": File(str(number).encode())}, writable=True)
            return await output_of(sandbox, "time.sleep(0.2)\nprint(open('number').read())", cwd="/app")

    seen = await asyncio.gather(*(work(number) for number in range(4)))
    expect(list(seen) == ["0", "1", "2", "3"], "sandboxes should not disturb each other", seen)


@check
async def killed_engine_leaves_nothing(backend: Backend, profile: Profile) -> None:
    """An engine killed in the middle of a run leaves no sandbox and no process after the next start."""
    label, mark = f"kit-{uuid4().hex}", f"rqgm-orphan-{uuid4().hex}"
    arguments = [backend.name, label, mark, json.dumps(profile.model_dump(mode="json")), str(profile.folder or "")]
    engine = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ENGINE, *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert engine.stdout is not None
        line = await asyncio.wait_for(engine.stdout.readline(), 30)
        expect(line == b"running\n", "the helper engine should run a command", line)
    finally:
        engine.kill()
        await engine.wait()
    await backend.reap(label)
    expect(await _gone(mark), "no process should be left on the host")
    expect(await backend.reap(label) == 0, "nothing should be left to reap")


@check
async def reap_leaves_others_alone(backend: Backend, profile: Profile) -> None:
    """Reaping one run's label does not touch another run's sandboxes."""
    async with sandbox_of(backend, profile) as sandbox:
        await backend.reap(f"other-{uuid4().hex}")
        await still_works(sandbox)


async def _gone(mark: str, within_s: float = 5.0) -> bool:
    """Tell whether no process on this host has `mark` among its arguments, soon."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not any(mark.encode() in _arguments(path) for path in Path("/proc").glob("[0-9]*/cmdline")):
            return True
        await asyncio.sleep(0.05)
    return False


def _arguments(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
