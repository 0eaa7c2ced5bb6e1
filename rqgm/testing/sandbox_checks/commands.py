"""Commands: arguments, environment, input, output and exit codes go through unchanged."""

# ruff: noqa: D401, PLR2004  # a check's docstring states a promise; its numbers are the promise

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

from rqgm.core.trees import File
from rqgm.sandbox.protocol import inside
from rqgm.testing.sandbox_checks import check, expect, output_of, python, sandbox_of, still_works

if TYPE_CHECKING:
    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Backend

STANDARD = {"PATH", "HOME", "TMPDIR", "LANG", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "RQGM_ROOT", "PWD"}
SHOW_ARGUMENTS = "import json\nprint(json.dumps(ARGS))"


@check
async def exit_codes_come_through(backend: Backend, profile: Profile) -> None:
    """Exit codes 0, 1, 3 and 255 are reported as they are."""
    async with sandbox_of(backend, profile) as sandbox:
        for code in (0, 1, 3, 255):
            done = await python(sandbox, f"sys.exit({code})")
            expect(done.exit_code == code, f"exit code {code} should come through", done)


@check
async def signals_are_128_and_more(backend: Backend, profile: Profile) -> None:
    """A command that dies of a signal reports 128 + its number."""
    async with sandbox_of(backend, profile) as sandbox:
        for number in (9, 11, 15):
            done = await python(sandbox, f"os.kill(os.getpid(), {number})\ntime.sleep(5)")
            expect(done.exit_code == 128 + number, f"signal {number} should be reported", done)
            expect(not done.timed_out and not done.out_of_memory, "and nothing else", done)


@check
async def standard_input_arrives(backend: Backend, profile: Profile) -> None:
    """Standard input of more than a pipe's size arrives whole, then ends."""
    async with sandbox_of(backend, profile) as sandbox:
        data = bytes(range(256)) * 2_000
        code = "import hashlib\nprint(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())"
        expect(await output_of(sandbox, code, stdin=data) == hashlib.sha256(data).hexdigest(), "input should arrive")
        expect(await output_of(sandbox, "print(len(sys.stdin.read()))") == "0", "no input is an empty input")


@check
async def unread_input_does_no_harm(backend: Backend, profile: Profile) -> None:
    """A command that does not read its input ends as usual."""
    async with sandbox_of(backend, profile) as sandbox:
        done = await python(sandbox, "print('done')", stdin=b"x" * 500_000)
        expect(done.stdout == b"done\n" and done.exit_code == 0, "unread input should not matter", done)
        closed = await python(sandbox, "os.close(0)\ntime.sleep(0.1)\nprint('done')", stdin=b"x" * 500_000)
        expect(closed.stdout == b"done\n", "closed input should not matter", closed)


@check
async def working_folder_is_taken(backend: Backend, profile: Profile) -> None:
    """`cwd` is where the command starts."""
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/app", {"sub/file": File(b"x")}, writable=True)
        seen = await output_of(sandbox, "print(os.getcwd(), os.listdir('.'))", cwd="/app/sub")
        expect(seen == f"{inside(sandbox, '/app/sub')} ['file']", "the command should start there", seen)


@check
async def missing_working_folder_is_reported(backend: Backend, profile: Profile) -> None:
    """A `cwd` that is not there gives 127 and a reason."""
    async with sandbox_of(backend, profile) as sandbox:
        done = await python(sandbox, "print(1)", cwd="/nowhere/at/all")
        expect(done.exit_code == 127 and done.stderr != b"", "a missing folder should be told", done)
        await still_works(sandbox)


@check
async def environment_is_passed(backend: Backend, profile: Profile) -> None:
    """`env` reaches the command, over the profile's, and RQGM_ROOT is the sandbox's prefix."""
    values = {"A": "one two", "B": "quote \" and ' and $HOME", "C": "line\nline", "D": "", "E": "ünïcode"}
    async with sandbox_of(backend, profile, env={"A": "profile", "F": "kept"}) as sandbox:
        seen = json.loads(await output_of(sandbox, "import json\nprint(json.dumps(dict(os.environ)))", env=values))
        expected = {**values, "F": "kept", "RQGM_ROOT": sandbox.root}
        expect({key: seen.get(key) for key in expected} == expected, "the environment should be passed on", seen)


@check
async def environment_is_an_allow_list(backend: Backend, profile: Profile) -> None:
    """Nothing of the host's environment gets in: only the standard variables and the profile's."""
    os.environ["RQGM_KIT_SECRET"] = "host"  # noqa: S105
    try:
        async with sandbox_of(backend, profile) as sandbox:
            seen = set(json.loads(await output_of(sandbox, "import json\nprint(json.dumps(list(os.environ)))")))
    finally:
        del os.environ["RQGM_KIT_SECRET"]
    expect(seen <= STANDARD | set(profile.env), "only known variables may be there", sorted(seen))
    expect(seen >= STANDARD - {"PWD"}, "the standard variables should be there", sorted(seen))


@check
async def python_is_deterministic(backend: Backend, profile: Profile) -> None:
    """Python's hash seed is fixed and no byte code is written."""
    code = "print(sys.flags.hash_randomization, sys.flags.dont_write_bytecode, hash('rqgm'))"
    async with sandbox_of(backend, profile) as sandbox:
        runs = [await sandbox.run(["python3", "-S", "-c", "import sys\n" + code], cwd="/tmp") for _ in range(2)]  # noqa: S108
        expect(runs[0].stdout == runs[1].stdout, "hashes should be equal in two runs", runs)
        expect(runs[0].stdout.startswith(b"0 1 "), "the flags should be set", runs[0])


@check
async def arguments_come_through(backend: Backend, profile: Profile) -> None:
    """Empty arguments, newlines, quotes, shell syntax and text that looks like options are passed as they are."""
    arguments = ["", " ", "a\nb", "it's", '"', "$(id)", "`id`", ";", "*", "--help", "-c", "--", "\\", "ü", "a" * 20_000]
    async with sandbox_of(backend, profile) as sandbox:
        seen = json.loads(await output_of(sandbox, SHOW_ARGUMENTS, *arguments))
        expect(seen == arguments, "arguments should not be touched", seen)


@check
async def missing_command_is_reported(backend: Backend, profile: Profile) -> None:
    """A command that is not there, or whose name looks like an option, gives 127 and a reason."""
    async with sandbox_of(backend, profile) as sandbox:
        for name in ("no-such-command", "/no/such/command", "--version", "-c"):
            done = await sandbox.run([name, "x"], cwd="/tmp")  # noqa: S108
            expect(done.exit_code == 127 and done.stderr != b"", f"{name!r} should be told as missing", done)
        await still_works(sandbox)


@check
async def unusable_command_is_reported(backend: Backend, profile: Profile) -> None:
    """A file that may not be executed, a folder, an empty name and a NUL give 127, not an exception."""
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/app", {"plain": File(b"#!/bin/sh\n")}, writable=True)
        for argv in ([inside(sandbox, "/app/plain")], [inside(sandbox, "/app")], [""], ["python3", "a\0b"], []):
            done = await sandbox.run(argv, cwd="/tmp")  # noqa: S108
            expect(done.exit_code == 127 and done.stderr != b"", f"{argv!r} should be refused", done)
        await still_works(sandbox)


@check
async def scripts_run_from_what_was_placed(backend: Backend, profile: Profile) -> None:
    """An executable script that was placed runs by its path."""
    script = File(b'#!/bin/sh\nprintf "%s|" "$@"\n', executable=True)
    async with sandbox_of(backend, profile) as sandbox:
        for writable, top in ((True, "/app"), (False, "/tests")):
            await sandbox.put(top, {"bin/tool": script}, writable=writable)
            done = await sandbox.run([inside(sandbox, f"{top}/bin/tool"), "a b", ""], cwd="/tmp")  # noqa: S108
            expect(done.stdout == b"a b||", "a placed script should run", done)


@check
async def output_streams_are_apart(backend: Backend, profile: Profile) -> None:
    """Standard output and error are kept apart, byte by byte, whatever the bytes are."""
    data = bytes(range(256))
    async with sandbox_of(backend, profile) as sandbox:
        done = await python(sandbox, "os.write(1, bytes(range(256)))\nos.write(2, bytes(range(255, -1, -1)))")
        expect(done.stdout == data and done.stderr == data[::-1], "bytes should come through", done)


@check
async def times_are_measured(backend: Backend, profile: Profile) -> None:
    """Wall and CPU time of a command are near the truth."""
    async with sandbox_of(backend, profile) as sandbox:
        slept = await python(sandbox, "time.sleep(0.3)")
        expect(0.3 <= slept.wall_s < 5 and slept.cpu_s < 0.3, "a sleep takes wall time only", slept)
        spun = await python(sandbox, "end = time.process_time() + 0.3\nwhile time.process_time() < end:\n    pass")
        expect(spun.cpu_s >= 0.29, "a busy loop takes CPU time", spun)


@check
async def runs_follow_each_other(backend: Backend, profile: Profile) -> None:
    """What one command wrote, the next one in the same sandbox finds."""
    async with sandbox_of(backend, profile) as sandbox:
        await sandbox.put("/app", {}, writable=True)
        for number in range(3):
            code = "open('log', 'a').write(ARGS[0])\nprint(open('log').read())"
            seen = await output_of(sandbox, code, str(number), cwd="/app")
            expect(seen == "012"[: number + 1], "state should last from run to run", seen)
