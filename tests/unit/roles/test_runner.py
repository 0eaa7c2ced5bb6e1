"""Running a role in a sandbox, with a sandbox that is a dictionary."""

from __future__ import annotations

from typing import Any

import pytest

from rqgm.core.errors import SandboxLostError
from rqgm.core.failures import Failure
from rqgm.core.trees import File, TreeLimits
from rqgm.roles.manifest import parse_manifest
from rqgm.roles.messages import MAX_RESPONSE_BYTES, Limits, SolverRequest, SolverResponse
from rqgm.roles.runner import Collect, Mount, RoleJob, RoleRun, failure_of, run_role
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.profile import Profile

MANIFEST = b"""
schema_version = 1
[roles.coder]
kind = "solver"
command = ["python3", "-m", "coder"]
folders = ["coder"]
"""
WORKSPACE = {"workspace.toml": File(MANIFEST), "coder/a.py": File(b"1"), "other/b.py": File(b"2")}


def job(collect: Collect | None = None) -> RoleJob:
    """Return a solver's job on one program."""
    return RoleJob(
        parse_manifest(WORKSPACE),
        WORKSPACE,
        "coder",
        request=lambda at: SolverRequest(
            role="coder",
            seed=5,
            limits=Limits(wall_s=3),
            task="t",
            instruction="i",
            workdir=at("/app"),
            artifacts=["p.py"],
        ),
        mounts=[Mount("/app", {"p.py": File(b"bug")}, writable=True)],
        collect=collect,
        wall_s=3.0,
    )


async def run(backend: Any, collect: Collect | None = None) -> RoleRun:
    """Run the job on a fake back-end."""
    async with Sandboxes(backend, "test", spare=0) as sandboxes:
        return await run_role(sandboxes, Profile(name="p"), job(collect))


async def test_a_role_runs_in_its_folder_with_its_folders_alone(fake_backend: Any) -> None:
    """Its command, its files, its task; nothing else of the workspace."""
    backend = fake_backend(lambda sandbox: sandbox.answer({"notes": "done"}))
    result = await run(backend)
    (sandbox,) = backend.used
    assert sandbox.placed == [
        ("/rqgm/role", ["coder/a.py"], False),
        ("/rqgm/io", ["request.json"], True),
        ("/app", ["p.py"], True),
    ]
    assert sandbox.commands == [{"argv": ["python3", "-m", "coder"], "cwd": "/rqgm/role", "wall_s": 3.0}]
    assert sandbox.request["workdir"] == "/app"
    assert result.response == SolverResponse(notes="done")
    assert (result.failure, result.tree, result.usage.agent_runs) == (None, None, 1)


async def test_a_sandbox_is_used_once_and_closed(fake_backend: Any) -> None:
    """Also when the role failed."""
    backend = fake_backend(lambda sandbox: sandbox.answer({}, exit_code=1))
    await run(backend)
    await run(backend)
    assert len(backend.used) == 2
    assert all(sandbox.closed for sandbox in backend.started)


async def test_only_what_was_asked_for_is_collected(fake_backend: Any) -> None:
    """Other files that the role left behind stay behind."""

    def work(sandbox: Any) -> Any:
        sandbox.files |= {"/app/p.py": File(b"fix"), "/app/junk": File(b"")}
        return sandbox.answer({})

    result = await run(fake_backend(work), Collect("/app", ["p.py"]))
    assert result.tree == {"p.py": File(b"fix")}


async def test_an_artifact_that_may_not_be_copied_is_a_failure_of_the_agent(fake_backend: Any) -> None:
    """The answer is kept, the artifact is not."""

    def work(sandbox: Any) -> Any:
        sandbox.files["/app/p.py"] = File(b"x" * 100)
        return sandbox.answer({})

    result = await run(fake_backend(work), Collect("/app", ["p.py"], TreeLimits(file_bytes=10)))
    assert (result.failure, result.tree) == (Failure.REFUSED_ARTIFACT, None)
    assert "100 bytes, allowed 10" in result.detail


async def test_a_failed_role_leaves_no_artifact(fake_backend: Any) -> None:
    """What a killed role left in its place is not collected."""
    result = await run(fake_backend(lambda sandbox: sandbox.answer({}, exit_code=1)), Collect("/app", None))
    assert (result.response, result.failure, result.tree) == (None, Failure.CRASH, None)


@pytest.mark.parametrize(
    ("fields", "failure"),
    [
        ({}, None),
        ({"exit_code": 1}, Failure.CRASH),
        ({"exit_code": 137, "timed_out": True}, Failure.TIMEOUT),
        ({"exit_code": 137, "out_of_memory": True, "timed_out": True}, Failure.OUT_OF_MEMORY),
        ({"exit_code": 137, "output_truncated": True}, Failure.OUTPUT_LIMIT),
        ({"exit_code": 0, "timed_out": True}, Failure.TIMEOUT),
    ],
)
def test_each_end_of_a_command_is_one_failure(
    end_of_command: Any, fields: dict[str, Any], failure: Failure | None
) -> None:
    """The cause comes before the exit code."""
    assert failure_of(end_of_command(**fields)) is failure


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "response.json"),
        (b'{"notes": NaN}', "NaN is not JSON"),
        (b'{"notes": -Infinity}', "-Infinity is not JSON"),
        (b'{"reward": 1}', "reward"),
        (b'{"schema_version": 2}', "schema_version"),
        (b"[" * 100_000, "not JSON"),
        (b'{"notes": ' + b"[" * 900 + b"]" * 900 + b"}", "notes"),
        (b'{"notes": ' + b"9" * 10_000 + b"}", "not JSON"),
        (b" " * (MAX_RESPONSE_BYTES + 1), "bytes, allowed"),
    ],
)
async def test_a_malformed_answer_is_a_failure_of_the_agent(fake_backend: Any, answer: bytes, detail: str) -> None:
    """Whatever the role wrote, the engine goes on, and says what was wrong in one clean line."""
    result = await run(fake_backend(lambda sandbox: sandbox.answer(answer)))
    assert (result.response, result.failure) == (None, Failure.MALFORMED_RESPONSE)
    assert detail in result.detail
    assert len(result.detail) <= 300


async def test_no_answer_is_a_failure_of_the_agent(fake_backend: Any, end_of_command: Any) -> None:
    """A role that exits with 0 and says nothing has not answered."""
    result = await run(fake_backend(lambda _: end_of_command()))
    assert (result.failure, result.detail) == (Failure.NO_RESPONSE, "response.json was not written")


async def test_the_last_line_of_a_crash_is_its_detail(fake_backend: Any) -> None:
    """Cleaned, so that it can be shown."""
    stderr = b"Traceback\nValueError: \x1b[31mno\xff\n"
    result = await run(fake_backend(lambda sandbox: sandbox.answer({}, exit_code=1, stderr=stderr)))
    assert result.detail.startswith("ValueError:")
    assert "\x1b" not in result.detail + result.log


async def test_a_lost_sandbox_is_raised_and_the_sandbox_closed(fake_backend: Any) -> None:
    """Nothing is scored; nothing leaks."""

    def vanish(_: Any) -> Any:
        raise SandboxLostError("gone")

    backend = fake_backend(vanish)
    with pytest.raises(SandboxLostError):
        await run(backend)
    assert all(sandbox.closed for sandbox in backend.started)


@pytest.mark.parametrize("answer", [b'{"notes": 1e999}', b'{"notes": "\\ud800"}', b'{"notes": {"\\udfff": 1}}'])
async def test_notes_that_cannot_be_stored_are_a_malformed_answer(fake_backend: Any, answer: bytes) -> None:
    """What passes here must survive canonical JSON and UTF-8."""
    result = await run(fake_backend(lambda sandbox: sandbox.answer(answer)))
    assert result.failure is Failure.MALFORMED_RESPONSE
