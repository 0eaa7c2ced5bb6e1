"""The judge that is a role of a workspace."""

from __future__ import annotations

from typing import Any

import pytest

from rqgm.core.errors import SandboxLostError
from rqgm.core.failures import Failure
from rqgm.core.trees import File
from rqgm.core.words import Verdict
from rqgm.judging.judge import JudgeCase, Opinion, RoleJudge
from rqgm.roles.manifest import parse_manifest
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.profile import Profile

MANIFEST = b"""
schema_version = 1
[roles.reviewer]
kind = "judge"
command = ["python3", "-m", "reviewer"]
folders = ["reviewer"]
[roles.coder]
kind = "solver"
command = ["python3", "-m", "coder"]
folders = ["coder"]
"""
WORKSPACE = {"workspace.toml": File(MANIFEST), "reviewer/a.py": File(b"1"), "coder/secret.py": File(b"2")}
CASE = JudgeCase("task-1", "Mend it.", {"program.py": File(b"bug")}, {"program.py": File(b"fix")}, seed=7, steps=99)


async def ask(backend: Any) -> Opinion:
    """Let the reviewer judge the case."""
    async with Sandboxes(backend, "test", spare=0) as sandboxes:
        judge = RoleJudge(sandboxes, Profile(name="p", wall_s=12), parse_manifest(WORKSPACE), WORKSPACE, "reviewer")
        return await judge.judge(CASE)


async def test_a_judge_says_what_its_response_says(fake_backend: Any) -> None:
    """Verdict, score and notes are passed on, with the cost."""
    answer = {"verdict": "accept", "score": 0.8, "notes": {"why": "fine"}}
    said = await ask(fake_backend(lambda sandbox: sandbox.answer(answer)))
    assert (said.verdict, said.score, said.failure, said.notes) == (Verdict.ACCEPT, 0.8, None, {"why": "fine"})
    assert (said.usage.agent_runs, said.usage.cpu_s) == (1, 0.25)


async def test_a_judge_sees_the_artifact_the_public_task_and_its_own_folders_only(fake_backend: Any) -> None:
    """No label, no hidden test, no other role; nothing of it writable but the in-tray."""
    backend = fake_backend(lambda sandbox: sandbox.answer({"verdict": "reject", "score": 0}))
    await ask(backend)
    (sandbox,) = backend.used
    assert sandbox.placed == [
        ("/rqgm/role", ["reviewer/a.py"], False),
        ("/rqgm/io", ["request.json"], True),
        ("/rqgm/artifact", ["program.py"], False),
        ("/rqgm/task", ["program.py"], False),
    ]
    assert sandbox.request == {
        "schema_version": 1,
        "kind": "judge",
        "role": "reviewer",
        "seed": 7,
        "limits": {"wall_s": 12.0, "steps": 99},
        "task": "task-1",
        "instruction": "Mend it.",
        "artifact": "/rqgm/artifact",
        "task_dir": "/rqgm/task",
        "criteria": [],
        "model": None,
    }


async def test_an_abstention_has_itself_as_its_reason(fake_backend: Any) -> None:
    """So that nobody mistakes it for a rejection."""
    said = await ask(fake_backend(lambda sandbox: sandbox.answer({"verdict": "abstain", "score": 1})))
    assert (said.verdict, said.failure) == (Verdict.ABSTAIN, Failure.ABSTAINED)


@pytest.mark.parametrize(
    ("answer", "completed", "failure"),
    [
        ({"verdict": "accept", "score": 1}, {"exit_code": 1}, Failure.CRASH),
        ({"verdict": "accept", "score": 1}, {"exit_code": 137, "timed_out": True}, Failure.TIMEOUT),
        ({"verdict": "accept", "score": 1.01}, {}, Failure.MALFORMED_RESPONSE),
        ({"verdict": "accept"}, {}, Failure.MALFORMED_RESPONSE),
        ({"verdict": "sure", "score": 1}, {}, Failure.MALFORMED_RESPONSE),
        (b'{"verdict": "accept", "score": NaN}', {}, Failure.MALFORMED_RESPONSE),
        (b"accept", {}, Failure.MALFORMED_RESPONSE),
    ],
)
async def test_a_judge_that_fails_abstains_and_never_accepts(
    fake_backend: Any, answer: object, completed: dict[str, Any], failure: Failure
) -> None:
    """Not by crashing after a verdict, not by a score out of range, not by NaN."""
    said = await ask(fake_backend(lambda sandbox: sandbox.answer(answer, **completed)))
    assert (said.verdict, said.score, said.failure) == (Verdict.ABSTAIN, 0.0, failure)


async def test_a_lost_sandbox_is_nobodys_opinion(fake_backend: Any) -> None:
    """Infrastructure failures are raised, so that nothing is counted."""

    def vanish(_: Any) -> Any:
        raise SandboxLostError("gone")

    with pytest.raises(SandboxLostError):
        await ask(fake_backend(vanish))
