"""The verifier: only declared artifacts, a fresh sandbox, the reward read as hostile text."""

import pytest

from rqgm.core.errors import ConfigError, SandboxLostError
from rqgm.core.failures import Failure
from rqgm.core.trees import File
from rqgm.sandbox.profile import Profile
from rqgm.tasks.suite import Success
from rqgm.tasks.task import load_task
from rqgm.tasks.verifier import overlay, script_argv, verify

PROFILE = Profile(name="test", memory_mb=512, wall_s=20)
NEW = {"a.txt": File(b"new\n")}


async def verdict(process, folder, artifact=NEW, success=None):
    return await verify(load_task(folder, success), artifact, process, PROFILE)


async def test_a_solution_passes_and_the_untouched_does_not(process, task_folder):
    """The scaffolded task, end to end."""
    task = load_task(task_folder)
    solved = await verify(task, task.solution, process, PROFILE)
    assert (solved.score, solved.success, solved.failure) == (1.0, True, None)
    assert solved.rewards == {"reward": 1.0, "passed": 4.0, "total": 4.0}
    assert solved.usage.wall_s > 0
    bare = await verify(task, task.environment, process, PROFILE)
    assert (bare.score, bare.success, bare.failure) == (0.0, False, None)


@pytest.mark.parametrize(
    ("script", "score"),
    [
        ("echo 1 > reward.txt", 1.0),
        ("echo ' 0.25 ' > reward.txt", 0.25),
        ('echo \'{"reward": 0.5, "other": 9}\' > reward.json', 0.5),
        ("echo 1 > reward.txt; echo '{\"reward\": 0}' > reward.json", 0.0),
        ("echo 0 > reward.txt; exit 1", 0.0),
        ('echo \'{"reward": 0, "passed": 3}\' > reward.json; exit 1', 0.0),
        ("echo -1 > reward.txt", -1.0),
    ],
)
async def test_rewards_that_count(process, make_task, script, score):
    """reward.json first, then reward.txt; a failing exit code is fine where nothing is paid."""
    found = await verdict(process, make_task(script))
    assert (found.score, found.success, found.failure) == (score, score == 1.0, None)


@pytest.mark.parametrize(
    "script",
    [
        "true",
        ": > reward.txt",
        "echo one > reward.txt",
        "echo nan > reward.txt",
        "echo inf > reward.txt",
        "echo '1 1' > reward.txt",
        "printf '\\377' > reward.txt",
        "echo '{\"reward\": NaN}' > reward.json",
        "echo '{\"reward\": 1e999}' > reward.json",
        "echo '{\"reward\": true}' > reward.json",
        'echo \'{"reward": "1"}\' > reward.json',
        'echo \'{"reward": 1, "other": null}\' > reward.json',
        "echo '{\"other\": 1}' > reward.json",
        "echo '{}' > reward.json",
        "echo '[1]' > reward.json",
        "echo '1' > reward.json",
        "echo '{' > reward.json; echo 1 > reward.txt",
        "python3 -c 'print(\"[\" * 30000)' > reward.json",
        'python3 -c \'print("{\\"reward\\": " + "9" * 5000 + "}")\' > reward.json',
        "echo 1 > real; ln -s real reward.txt",
        "echo 1 > real; ln real reward.txt",
        "mkfifo reward.json",
        "mkdir reward.json; echo 1 > reward.json/x",
        "head -c 100000 /dev/zero > reward.txt",
        "echo 1 > reward.txt; exit 1",
        "echo 1 > reward.txt; kill -9 $$",
        "echo 1 > reward.txt; yes",
    ],
)
async def test_anything_else_is_a_failed_verifier(process, make_task, script):
    """Never a score, never an exception: the artifact broke it."""
    found = await verdict(process, make_task(script))
    assert (found.score, found.success, found.failure) == (0.0, False, Failure.VERIFIER_FAILED)
    assert found.detail


async def test_a_verifier_that_hangs_is_a_timeout(process, make_task):
    """Within the task's own limit, even if it has paid already."""
    found = await verdict(
        process, make_task("echo 1 > reward.txt; sleep 60", config={"verifier": {"timeout_sec": 0.5}})
    )
    assert (found.score, found.failure) == (0.0, Failure.TIMEOUT)


async def test_the_suites_rule_decides_what_success_is(process, make_task):
    """Another key and another threshold."""
    folder = make_task('echo \'{"correctness": 0.75, "reward": 0}\' > reward.json')
    assert (await verdict(process, folder, success=Success("correctness", 0.7))).success
    assert not (await verdict(process, folder, success=Success("correctness", 0.8))).success
    assert (await verdict(process, folder, success=Success("speed", 0.8))).failure is Failure.VERIFIER_FAILED


async def test_only_declared_artifacts_arrive(process, make_task):
    """What else an agent left stays behind; the environment is untouched."""
    folder = make_task(
        'ls "$RQGM_ROOT/app" > seen; [ "$(cat seen)" = "a.txt\nkept" ] && grep -q new "$RQGM_ROOT/app/a.txt" && echo 1 > reward.txt',
        **{"environment/kept": "k"},
    )
    artifact = {**NEW, "extra": File(b"x"), "conftest.py": File(b"x"), "kept": File(b"changed")}
    assert (await verdict(process, folder, artifact)).success


async def test_no_declared_artifact_is_a_missing_one(process, make_task):
    """No sandbox is needed to see that."""
    assert (await verdict(process, make_task("true"), {"b.txt": File(b"")})).failure is Failure.MISSING_ARTIFACT


async def test_a_task_that_declares_none_is_refused(process, make_task):
    """It would score 0 whatever an agent does."""
    with pytest.raises(ConfigError, match="declares no artifacts"):
        await verdict(process, make_task("true", config={"rqgm": {}}))


async def test_absolute_paths_are_refused_where_nothing_is_mounted(process, make_task):
    """With what to do about it."""
    folder = make_task("")
    (folder / "tests/test.sh").write_text("#!/bin/sh\necho 1 > /logs/verifier/reward.txt\n")
    with pytest.raises(ConfigError, match="RQGM_ROOT"):
        await verdict(process, folder)


async def test_a_lost_sandbox_is_never_a_score(process, make_task):
    """It is raised, so that the job can be tried again."""
    task = load_task(make_task("true"))

    class Lost:
        backend = process.backend

        def lease(self, profile):
            raise SandboxLostError("gone")

    with pytest.raises(SandboxLostError):
        await verify(task, NEW, Lost(), PROFILE)


async def test_variables_and_the_working_folder_are_set(process, make_task):
    """verifier.env, RQGM_WORKDIR, and tests that start there."""
    script = 'cd "$RQGM_ROOT$RQGM_WORKDIR" && [ "$WORD" = "a b" ] && [ -f a.txt ] && echo 1 > "$RQGM_ROOT/logs/verifier/reward.txt"'
    assert (await verdict(process, make_task(script, config={"verifier": {"env": {"WORD": "a b"}}}))).success


def test_a_folder_in_the_place_of_a_file_replaces_it(make_task):
    """An artifact's shape is the agent's choice, its place is not."""
    task = load_task(make_task("", **{"environment/b": "kept"}))
    assert set(overlay(task, {"a.txt/inner": File(b""), "b": File(b"changed")})) == {"a.txt/inner", "b"}
    assert overlay(task, {"a.txt/inner": File(b""), "b": File(b"changed")})["b"].data == b"kept"


@pytest.mark.parametrize(
    ("first", "argv"),
    [
        (b"#!/bin/bash\n", ["/bin/bash", "T"]),
        (b"#!/usr/bin/env python3\n", ["/usr/bin/env", "python3", "T"]),
        (b"#! /bin/sh -e", ["/bin/sh", "-e", "T"]),
        (b"echo", ["sh", "T"]),
        (b"", ["sh", "T"]),
        (b'#!/bin/sh "', ["sh", "T"]),
        (b"\xff\xfe", ["sh", "T"]),
    ],
)
def test_scripts_run_by_their_first_line(first, argv):
    """No shell string is ever made."""
    assert script_argv(File(first), "T") == argv
