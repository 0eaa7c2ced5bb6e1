"""Every shipped cheat, on the task that `task new` makes: it scores 0 and leaves evidence."""

import os
from pathlib import Path

import pytest

from rqgm.sandbox.bubblewrap import BubblewrapBackend
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.process import ProcessBackend
from rqgm.sandbox.profile import Profile
from rqgm.tasks import verify_cases
from rqgm.tasks.redteam import RedTeam
from rqgm.tasks.scaffold import new_task
from rqgm.tasks.task import load_task

ROOT = Path(__file__).parents[2]
TEAM = RedTeam.load(ROOT / "archive/redteam")
PROFILE = Profile(name="test", memory_mb=512, wall_s=20)


@pytest.fixture(params=["process", pytest.param("bubblewrap", marks=pytest.mark.bubblewrap)])
async def sandboxes(request):
    backend = ProcessBackend() if request.param == "process" else BubblewrapBackend()
    probe = await backend.probe()
    if not probe.usable:
        assert not os.environ.get("RQGM_REQUIRE_BUBBLEWRAP"), probe.detail
        pytest.skip(f"{request.param}: {probe.detail}")
    async with Sandboxes(backend, "test-redteam", spare=2) as found:
        yield found


@pytest.mark.parametrize("cheat", TEAM.cheats)
async def test_no_cheat_is_paid(cheat, sandboxes, tmp_path):
    """Score 0, no success, and its own words on what it tried."""
    new_task(tmp_path / "suite" / "sum-up")
    found = await TEAM.attack(cheat, load_task(tmp_path / "suite" / "sum-up"), sandboxes, PROFILE)
    assert found.score == 0
    assert not found.success
    assert found.attempted
    assert found.verdict


def test_the_team_is_large_enough_and_documented():
    """At least fourteen, each with a row in the README."""
    text = (ROOT / "archive/redteam/README.md").read_text()
    assert len(TEAM.cheats) >= 14
    assert [name for name in TEAM.cheats if f"| `{name}` |" not in text] == []


def test_built_tasks_carry_the_current_verifier():
    """`python tasks/repair/build.py` copies it; a change of the verifier needs a new build."""
    current = Path(verify_cases.__file__).read_bytes()
    built = sorted((ROOT / "tasks").glob("*/*/tests/verify.py"))
    assert [str(path) for path in built if path.read_bytes() != current] == []
