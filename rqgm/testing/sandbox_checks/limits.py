"""Bombs: what uses too much is stopped quickly, is reported as what it was, and the sandbox and the host go on."""

# ruff: noqa: D401, PLR2004, S108  # a check's docstring states a promise; its numbers are the promise

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from rqgm.testing.sandbox_checks import MIB, check, expect, output_of, python, sandbox_of, still_works

if TYPE_CHECKING:
    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Backend, Sandbox

# Every bomb stops by itself at some multiple of its limit, so that a back-end that keeps no limit does no harm.
BEAT = """
def beat():
    deadline = time.time() + 20
    while time.time() < deadline:
        with open(ROOT + '/tmp/beat', 'a') as file:
            file.write('.')
        time.sleep(0.01)
"""


async def _beats(sandbox: Sandbox) -> int:
    files = await sandbox.get("/tmp", ["beat"])
    return len(files["beat"].data) if "beat" in files else 0


async def _expect_dead(sandbox: Sandbox) -> None:
    before = await _beats(sandbox)
    expect(before > 0, "the left-over process should have lived for a while")
    await asyncio.sleep(0.2)
    expect(await _beats(sandbox) == before, "nothing may be alive after run")


@check
async def memory_bomb_is_killed(backend: Backend, profile: Profile) -> None:
    """A process that takes ever more memory is killed and reported as out of memory."""
    code = "kept = []\nfor _ in range(64):\n    kept.append(b'x' * (16 << 20))\n    time.sleep(0.005)\n"
    async with sandbox_of(backend, profile, memory_mb=96) as sandbox:
        done = await python(sandbox, code)
        expect(done.out_of_memory and done.exit_code != 0, "a memory bomb should be reported as such", done)
        await still_works(sandbox)


@check
async def memory_is_counted_over_processes(backend: Backend, profile: Profile) -> None:
    """Several processes that each keep below the limit but together do not are killed."""
    code = (
        "for _ in range(8):\n    if os.fork() == 0:\n        kept = b'x' * (40 << 20)\n        time.sleep(20)\n"
        "time.sleep(20)\n"
    )
    async with sandbox_of(backend, profile, memory_mb=96, wall_s=15) as sandbox:
        done = await python(sandbox, code)
        expect(done.out_of_memory, "the memory of all processes together should count", done)
        expect(done.wall_s < 10, "the limit should be noticed soon", done)
        await still_works(sandbox)


@check
async def fork_bomb_is_bounded(backend: Backend, profile: Profile) -> None:
    """Processes that fork as fast as they can are stopped at the limit, all die, and the sandbox still works."""
    code = (
        "deadline = time.time() + 3\nwhile time.time() < deadline:\n    try:\n        os.fork()\n"
        "    except OSError:\n        time.sleep(0.01)\n"
    )
    async with sandbox_of(backend, profile, pids=16, wall_s=1.5) as sandbox:
        started = time.monotonic()
        await python(sandbox, code)
        expect(time.monotonic() - started < 10, "a fork bomb should be over soon after its time")
        await still_works(sandbox)


@check
async def process_count_is_bounded(backend: Backend, profile: Profile) -> None:
    """No more processes than `pids` (and a little) live at once."""
    code = (
        "born = 0\nfor _ in range(200):\n    try:\n        if os.fork() == 0:\n            time.sleep(10)\n"
        "            os._exit(0)\n    except OSError:\n        break\n    born += 1\n    print(born, flush=True)\n"
        "    time.sleep(0.005)\n"
    )
    async with sandbox_of(backend, profile, pids=16) as sandbox:
        done = await python(sandbox, code)
        expect(len(done.stdout.split()) <= 16 + 32, "processes should be limited", done.stdout[-20:])
        await still_works(sandbox)


@check
async def disk_filler_is_bounded(backend: Backend, profile: Profile) -> None:
    """Writing without end stops near `disk_mb`, and the host's disk is not filled."""
    code = (
        "written = 0\ntry:\n    for name in range(16):\n        with open(ROOT + f'/tmp/{name}', 'wb', 0) as file:\n"
        "            for _ in range(4):\n                written += file.write(bytes(1 << 20))\n"
        "                print(written, flush=True)\n                time.sleep(0.005)\n"
        "except OSError:\n    pass\n"
    )
    async with sandbox_of(backend, profile, disk_mb=8) as sandbox:
        done = await python(sandbox, code)
        written = int((done.stdout.split() or [b"0"])[-1])
        expect(written <= 8 * MIB * 4, "the disk limit should hold", written)
        expect(written >= 4 * MIB, "up to the limit, writing should work", written)


@check
async def disk_is_counted_over_folders(backend: Backend, profile: Profile) -> None:
    """All writable folders together may hold `disk_mb`."""
    code = (
        "written = 0\ntry:\n    for top in ('/tmp', '/app', '/logs'):\n        for name in range(4):\n"
        "            with open(f'{ROOT}{top}/{name}', 'wb', 0) as file:\n"
        "                written += file.write(bytes(3 << 19))\n"
        "                print(written, flush=True)\n                time.sleep(0.2)\n"
        "except OSError:\n    pass\n"
    )
    async with sandbox_of(backend, profile, disk_mb=8) as sandbox:
        await sandbox.put("/app", {}, writable=True)
        await sandbox.put("/logs", {}, writable=True)
        done = await python(sandbox, code)
        written = int((done.stdout.split() or [b"0"])[-1])
        expect(4 * MIB <= written <= 12 * MIB, "the disk limit should hold over all folders", written)


@check
async def many_empty_files_are_bounded(backend: Backend, profile: Profile) -> None:
    """Files without content use the host's memory as well: their number is limited."""
    code = (
        "made = 0\ntry:\n    for folder in range(6):\n        os.mkdir(f'{ROOT}/tmp/{folder}')\n"
        "        for name in range(5_000):\n            open(f'{ROOT}/tmp/{folder}/{name}', 'w').close()\n"
        "            made += 1\n        print(made, flush=True)\nexcept OSError:\n    pass\n"
    )
    async with sandbox_of(backend, profile, disk_mb=8) as sandbox:
        done = await python(sandbox, code)
        made = int((done.stdout.split() or [b"0"])[-1])
        expect(made <= 20_000, "the number of files should be limited", made)


@check
async def shared_memory_is_bounded(backend: Backend, profile: Profile) -> None:
    """What is written to /dev/shm counts as disk."""
    code = (
        "written = 0\ntry:\n    with open('/dev/shm/rqgm-kit', 'wb', 0) as file:\n        for _ in range(64):\n"
        "            written += file.write(bytes(1 << 19))\nexcept OSError:\n    pass\n"
        "finally:\n    os.unlink('/dev/shm/rqgm-kit')\nprint(written)\n"
    )
    async with sandbox_of(backend, profile, disk_mb=8) as sandbox:
        done = await python(sandbox, code)
        written = int(done.stdout or b"0")
        expect(written <= 9 * MIB, "/dev/shm should be limited", written)


@check
async def endless_output_is_cut(backend: Backend, profile: Profile) -> None:
    """A command that writes without end is killed at `output_bytes`; its beginning is kept, exactly that much."""
    code = "while True:\n    os.write(1, b'o' * 1000)\n    os.write(2, b'e' * 1000)\n"
    async with sandbox_of(backend, profile, output_bytes=10_000) as sandbox:
        done = await python(sandbox, code)
        expect(done.output_truncated, "endless output should be reported", done)
        expect(len(done.stdout) + len(done.stderr) == 10_000, "exactly the limit should be kept", done)
        expect(done.wall_s < 5, "it should be killed at once", done.wall_s)


@check
async def output_at_the_bound_is_whole(backend: Backend, profile: Profile) -> None:
    """Output of exactly `output_bytes` is not truncated; one byte more is."""
    async with sandbox_of(backend, profile, output_bytes=5_000) as sandbox:
        exact = await python(sandbox, "os.write(1, b'o' * 3000)\nos.write(2, b'e' * 2000)")
        expect(not exact.output_truncated and exact.exit_code == 0, "the bound itself is allowed", exact)
        expect((len(exact.stdout), len(exact.stderr)) == (3_000, 2_000), "all of it should be kept", exact)
        more = await python(sandbox, "os.write(1, b'o' * 5001)")
        expect(more.output_truncated and len(more.stdout) == 5_000, "one byte more is too much", more)


@check
async def wall_limit_kills(backend: Backend, profile: Profile) -> None:
    """A command that sleeps is killed at `wall_s`."""
    async with sandbox_of(backend, profile, wall_s=0.4) as sandbox:
        done = await python(sandbox, "time.sleep(30)")
        expect(done.timed_out and done.exit_code == 137, "a time-out should be reported", done)
        expect(0.3 < done.wall_s < 3, "and come in time", done.wall_s)
        await still_works(sandbox)


@check
async def wall_argument_only_shortens(backend: Backend, profile: Profile) -> None:
    """`wall_s` of a run is taken where it is shorter than the profile's, never where it is longer."""
    async with sandbox_of(backend, profile, wall_s=1.0) as sandbox:
        longer = await python(sandbox, "time.sleep(30)", wall_s=20.0)
        shorter = await python(sandbox, "time.sleep(30)", wall_s=0.1)
        expect(longer.timed_out and longer.wall_s < 5, "the profile's limit should hold", longer)
        expect(shorter.timed_out and shorter.wall_s < 0.9, "a shorter one should be taken", shorter)


@check
async def spinner_that_ignores_signals_is_killed(backend: Backend, profile: Profile) -> None:
    """A busy loop that ignores every signal it can is killed at the wall limit."""
    code = (
        "import signal\nfor number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:\n"
        "    signal.signal(number, signal.SIG_IGN)\nwhile True:\n    pass\n"
    )
    async with sandbox_of(backend, profile, wall_s=0.6) as sandbox:
        done = await python(sandbox, code)
        expect(done.timed_out and done.wall_s < 4, "ignoring signals should not help", done)


@check
async def cpu_limit_kills(backend: Backend, profile: Profile) -> None:
    """A busy loop is killed at `cpu_s` though its wall limit is far."""
    async with sandbox_of(backend, profile, cpu_s=0.5, wall_s=20) as sandbox:
        done = await python(sandbox, "while True:\n    pass\n")
        expect(done.timed_out and done.wall_s < 15, "CPU time should be limited", done)
        expect(done.cpu_s > 0.3, "CPU time should be measured", done.cpu_s)


@check
async def cpu_is_counted_over_processes(backend: Backend, profile: Profile) -> None:
    """Short-lived processes that each keep below the CPU limit are counted together."""
    code = (
        "for _ in range(100):\n    if os.fork() == 0:\n        end = time.process_time() + 0.2\n"
        "        while time.process_time() < end:\n            pass\n        os._exit(0)\n    os.wait()\n"
    )
    async with sandbox_of(backend, profile, cpu_s=0.8, wall_s=30) as sandbox:
        done = await python(sandbox, code)
        expect(done.timed_out and done.cpu_s < 8, "children's CPU time should count", done)


@check
async def time_out_kills_everything(backend: Backend, profile: Profile) -> None:
    """At a time-out, children and grandchildren die with the command."""
    code = BEAT + "if os.fork() == 0:\n    if os.fork() == 0:\n        beat()\n    time.sleep(20)\ntime.sleep(20)\n"
    async with sandbox_of(backend, profile, wall_s=0.5) as sandbox:
        done = await python(sandbox, code)
        expect(done.timed_out, "the command should time out", done)
        await _expect_dead(sandbox)


@check
async def daemon_dies_with_its_command(backend: Backend, profile: Profile) -> None:
    """A grandchild that made a session of its own and lost its parent dies when the command ends."""
    code = (
        BEAT + "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        for fd in (0, 1, 2):\n            os.close(fd)\n        beat()\n    os._exit(0)\n"
        "os.wait()\ntime.sleep(0.2)\nprint('done')\n"
    )
    async with sandbox_of(backend, profile) as sandbox:
        done = await python(sandbox, code)
        expect(done.exit_code == 0 and done.stdout == b"done\n", "the command itself should succeed", done)
        await _expect_dead(sandbox)


@check
async def background_child_does_not_delay(backend: Backend, profile: Profile) -> None:
    """A child that holds the output open neither delays the end of its command nor outlives it."""
    code = BEAT + "if os.fork() == 0:\n    beat()\n    os._exit(0)\ntime.sleep(0.2)\nprint('done')\n"
    async with sandbox_of(backend, profile) as sandbox:
        done = await python(sandbox, code)
        expect(done.exit_code == 0 and done.stdout == b"done\n", "the command itself should succeed", done)
        expect(done.wall_s < 3, "it should not be waited for", done.wall_s)
        await _expect_dead(sandbox)


@check
async def no_core_dumps(backend: Backend, profile: Profile) -> None:
    """A crash leaves no core file."""
    async with sandbox_of(backend, profile) as sandbox:
        done = await python(sandbox, "os.abort()")
        expect(done.exit_code == 134, "an abort is signal 6", done)
        expect(await output_of(sandbox, "print(os.listdir(ROOT + '/tmp'))") == "[]", "no core file should be left")
