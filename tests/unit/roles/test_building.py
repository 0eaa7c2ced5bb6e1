"""Building roles: once for a content, in a sandbox, and a build that fails is the role's failure."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from rqgm.core.failures import Failure
from rqgm.core.trees import File
from rqgm.roles.manifest import parse_manifest
from rqgm.roles.messages import Limits, SolverRequest
from rqgm.roles.runner import RoleJob, run_role
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.process import ProcessBackend
from rqgm.sandbox.profile import Profile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PROFILE = Profile(name="small", wall_s=20, disk_mb=16)
ANSWER = """
import json, os, sys
path = os.environ["RQGM_ROOT"] + "/rqgm/io/response.json"
json.dump({"schema_version": 1, "notes": open("made").read()}, open(path, "w"))
"""
BUILD = "import os; open('made', 'w').write('built'); os.mkdir('__pycache__'); open('__pycache__/kept', 'w').close()"


def workspace(build: str) -> dict[str, File]:
    """Return a workspace whose one role is built by a line of Python."""
    text = f"""
schema_version = 1
[roles.coder]
kind = "solver"
command = ["python3", "coder/main.py"]
build = ["python3", "-c", {build!r}]
folders = ["coder"]
"""
    return {"workspace.toml": File(text.encode()), "coder/main.py": File(ANSWER.encode())}


def job(tree: dict[str, File]) -> RoleJob:
    """Return the job that runs the role."""
    request = SolverRequest(
        role="coder", seed=1, limits=Limits(wall_s=5), task="t", instruction="", workdir="/app", artifacts=[]
    )
    return RoleJob(parse_manifest(tree), tree, "coder", lambda _: request)


@pytest.fixture
async def sandboxes() -> AsyncIterator[Sandboxes]:
    """A pool of real processes."""
    async with Sandboxes(ProcessBackend(), "build-test", spare=0) as pool:
        yield pool


async def test_a_role_sees_what_its_build_left(sandboxes: Sandboxes) -> None:
    """The build's files are in the role's folder, caches included."""
    run = await run_role(sandboxes, PROFILE, job(workspace(BUILD)))
    assert run.failure is None, run.detail
    assert run.response.notes == "built"
    (built,) = sandboxes.kept.values()
    assert "__pycache__/kept" in built.result().tree


async def test_equal_content_is_built_once(sandboxes: Sandboxes) -> None:
    """The second run takes the first one's build, and is not charged for it."""
    first = await run_role(sandboxes, PROFILE, job(workspace(BUILD)))
    second = await run_role(sandboxes, PROFILE, job(workspace(BUILD)))
    assert len(sandboxes.kept) == 1
    assert first.usage.agent_runs == second.usage.agent_runs == 1
    assert first.usage.wall_s > second.usage.wall_s / 2
    await run_role(sandboxes, PROFILE, job(workspace(BUILD + "  # another")))
    assert len(sandboxes.kept) == 2


async def test_a_build_that_fails_is_the_roles_failure(sandboxes: Sandboxes) -> None:
    """Nothing is run, and the message says what the build said."""
    run = await run_role(sandboxes, PROFILE, job(workspace("raise SystemExit('no compiler')")))
    assert run.failure is Failure.CRASH
    assert "no compiler" in run.detail


async def test_who_gives_up_waiting_for_a_build_leaves_it_to_the_others(sandboxes: Sandboxes) -> None:
    """The first one that asked is cancelled; the second one still gets the build."""
    tree = workspace(f"import time; time.sleep(0.5); {BUILD}")
    first = asyncio.create_task(run_role(sandboxes, PROFILE, job(tree)))
    second = asyncio.create_task(run_role(sandboxes, PROFILE, job(tree)))
    await asyncio.sleep(0.1)
    first.cancel()
    run = await second
    assert (run.failure, run.response.notes if run.response else None) == (None, "built")
