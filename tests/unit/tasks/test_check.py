"""`task check`: what makes a task unsound is named, and a verifier that can be fooled is found out."""

from pathlib import Path

import pytest

from rqgm.core.errors import ConfigError, SandboxLostError
from rqgm.sandbox.profile import Profile
from rqgm.tasks.check import Checker, check_judging, one_of_each_verifier
from rqgm.tasks.importers.cases import write_files
from rqgm.tasks.redteam import RedTeam
from rqgm.tasks.scaffold import new_task
from rqgm.tasks.suite import load_suite
from rqgm.tasks.task import load_task

RED_TEAM = Path(__file__).parents[3] / "archive/redteam"
PROFILE = Profile(name="test", memory_mb=512, wall_s=20)
SOLVE = {"solution/solve.sh": '#!/bin/sh\necho new > "$RQGM_ROOT/app/a.txt"\n'}
PAY_NEW = 'if grep -q new "$RQGM_ROOT/app/a.txt"; then echo 1; else echo 0; fi > reward.txt\n'


async def checked(process, folder):
    return await Checker(process, PROFILE).check_task(load_task(folder))


async def test_a_sound_task(process, make_task):
    """Twice 0, twice 1, nothing to say."""
    found = await checked(process, make_task(PAY_NEW, **SOLVE))
    assert (found.untouched, found.solution, found.problems, found.notes) == ((0, 0), (1, 1), (), ())


@pytest.mark.parametrize(
    ("script", "files", "config", "problem"),
    [
        ("echo 1 > reward.txt", SOLVE, {}, "untouched environment passes"),
        ("echo 0 > reward.txt", SOLVE, {}, "solution does not pass"),
        ("true", SOLVE, {}, "gives no reward on the untouched environment"),
        ("uvx pytest", SOLVE, {}, "may need a network (uvx)"),
        (PAY_NEW, {}, {}, "has no solution/solve.sh"),
        (PAY_NEW, {"solution/solve.sh": "#!/bin/sh\n# RQGM_ROOT\nexit 3\n"}, {}, "exit code 3"),
        (PAY_NEW, {"solution/solve.sh": "#!/bin/sh\necho new > /app/a.txt\n"}, {}, "uses absolute paths"),
        (
            PAY_NEW,
            {"solution/solve.sh": '#!/bin/sh\nln -sf x "$RQGM_ROOT/app/a.txt"\n'},
            {},
            "the solution's artifacts",
        ),
        (PAY_NEW, SOLVE, {"rqgm": {}}, "declares no artifacts"),
        ("date +0.%N > reward.txt", SOLVE, {}, "not deterministic"),
    ],
)
async def test_unsound_tasks_are_told_why(process, make_task, script, files, config, problem):
    """Each in its own words."""
    found = await checked(process, make_task(script, config=config, **files))
    assert problem in "; ".join(found.problems)


async def test_more_than_the_profile_gives_is_noted(process, make_task):
    """A note, not a problem: the solution passes all the same."""
    folder = make_task(PAY_NEW, config={"environment": {"memory_mb": 4096, "network_mode": "public"}}, **SOLVE)
    found = await checked(process, folder)
    assert not found.problems
    assert "memory_mb = 4096" in found.notes[0]
    assert "network" in found.notes[1]


async def test_a_foolable_verifier_is_found_out(process, tmp_path):
    """A verifier that runs the artifact in its own process, as many do, pays several cheats; the report says so."""
    folder = tmp_path / "weak" / "sum-up"
    new_task(folder)
    test = (
        "import os, sys\nroot = os.environ.get('RQGM_ROOT', '')\nsys.path.insert(0, root + '/app')\n"
        "reward = open(root + '/logs/verifier/reward.txt', 'w')\n"
        "import program\n"
        "print(int(program.total([]) == 0 and program.total([7]) == 7), file=reward)\n"
    )
    script = '#!/bin/sh\nmkdir -p "$RQGM_ROOT/logs/verifier"\npython3 "$RQGM_ROOT/tests/test.py"\nexit 0\n'
    write_files(folder, {"tests/test.sh": script, "tests/test.py": test})
    team = RedTeam.load(RED_TEAM)
    picked = ("equals-everything", "early-exit", "reward-at-import", "flattered-judge", "not-a-number")
    team = RedTeam({name: team.cheats[name] for name in picked})
    report = await Checker(process, PROFILE, team).check("weak", [load_task(folder)])
    assert {cheat.cheat for cheat in report.paid} == {"equals-everything", "early-exit", "reward-at-import"}
    assert not report.ok
    assert report.to_json()["ok"] is False


async def test_a_lost_sandbox_ends_the_check(process, make_task):
    """As one error, not a group of them: nothing was proved."""

    class Lost:
        backend = process.backend

        def lease(self, profile):
            raise SandboxLostError("gone")

    task = load_task(make_task(PAY_NEW, **SOLVE))
    with pytest.raises(SandboxLostError):
        await Checker(Lost(), PROFILE).check("x", [task, task])


async def test_a_cheat_that_leaves_no_evidence_is_not_caught(process, task_folder, tmp_path):
    """Scoring 0 is not enough: a red team that silently does nothing proves nothing."""
    write_files(
        tmp_path / "red/idle",
        {
            "workspace.toml": 'schema_version = 1\n[roles.solver]\nkind = "solver"\ncommand = ["python3", "x.py"]\nfolders = ["x.py"]\n',
            "x.py": "import os\nopen(os.environ['RQGM_ROOT'] + '/rqgm/io/response.json', 'w').write('{\"schema_version\": 1}')\n",
        },
    )
    found = await RedTeam.load(tmp_path / "red").attack("idle", load_task(task_folder), process, PROFILE)
    assert found.score == 0
    assert not found.caught


def test_a_red_team_needs_solvers(tmp_path):
    """A folder without workspaces, and a workspace without a solver."""
    with pytest.raises(ConfigError, match="no cheating workspace"):
        RedTeam.load(tmp_path)
    text = 'schema_version = 1\n[roles.judge]\nkind = "judge"\ncommand = ["x"]\nfolders = ["x.py"]\n'
    write_files(tmp_path / "judge", {"workspace.toml": text, "x.py": ""})
    with pytest.raises(ConfigError, match="exactly one solver"):
        RedTeam.load(tmp_path)


def test_tasks_that_differ_in_data_share_a_verifier(make_task):
    """The red team attacks one of each."""
    first = load_task(make_task("x", name="a", **{"tests/cases.json": "1"}))
    second = load_task(make_task("x", name="b", **{"tests/cases.json": "2"}))
    third = load_task(make_task("y", name="c", **{"tests/cases.json": "1"}))
    assert one_of_each_verifier([first, second, third]) == [first, third]


def test_a_sound_judging_suite(make_judging_suite):
    """Both labels in the pool, no contradiction."""
    report = check_judging(load_suite(make_judging_suite()))
    assert report.ok
    assert report.figures == {"anchor": {"accept": 1, "reject": 1}}


@pytest.mark.parametrize(
    ("changes", "label", "problem"),
    [
        ({}, "accept", "every label is 'accept'"),
        ({"artifact": {"a.txt": "new a"}}, "reject", "labelled differently"),
        ({"artifact": {"a.txt": "new a"}, "pool": "test"}, "accept", "different pools"),
    ],
)
def test_unsound_judging_suites(make_judging_suite, changes, label, problem):
    """Contradictions, leaks between pools, and labels that tell nothing."""
    first, second = make_judging_suite.item("a"), make_judging_suite.item("b", **changes)
    second["task"] = first["task"]
    labels = [{"id": "a", "label": "accept"}, {"id": "b", "label": label}]
    report = check_judging(load_suite(make_judging_suite([first, second], labels)))
    assert not report.ok
    assert problem in " ".join(report.problems)
