"""`rqgm task`, as a user types it."""

import json
import os
import subprocess
import sys

import pytest

from rqgm.tasks.importers.cases import write_files


@pytest.fixture
def rqgm(tmp_path):
    """Run the sub-command in an empty folder."""

    def run(*arguments):
        env = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
        command = [sys.executable, "-m", "rqgm", "task", *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)

    return run


def test_new_check_list(rqgm, tmp_path):
    """A new task is sound; the red team gets nothing; the suite is listed."""
    made = rqgm("new", "mine/first")
    assert made.returncode == 0
    assert "mine/first/instruction.md" in made.stdout
    checked = rqgm("check", "mine/first", "--sandbox", "process", "--json")
    assert checked.returncode == 0, checked.stderr
    report = json.loads(checked.stdout)
    assert report["ok"] is True
    assert report["figures"]["attacks"] >= 14
    assert all(cheat["score"] == 0 and cheat["attempted"] for cheat in report["cheats"])
    listed = json.loads(rqgm("list", "mine", "--json").stdout)
    assert listed["suites"][0]["pools"] == {"train": 1}


def test_an_unsound_suite_exits_with_1_and_a_table(rqgm, tmp_path):
    """What is wrong is in the table."""
    rqgm("new", "mine/first")
    write_files(tmp_path / "mine/first", {"solution/program.py": "def total(numbers):\n    return 0\n"})
    checked = rqgm("check", "mine", "--sandbox", "process", "--no-red-team")
    assert checked.returncode == 1
    assert "the solution does not pass" in checked.stdout
    assert "0 of 1 tasks are sound" in checked.stdout


def test_the_shipped_suites_are_listed(rqgm):
    """Names, kinds, pools."""
    listed = rqgm("list")
    assert listed.returncode == 0
    assert "repair" in listed.stdout


def test_an_import(rqgm, tmp_path):
    """From a folder to a suite that is listed."""
    line = {
        "task_id": "Python/0",
        "prompt": "def f(x):\n",
        "canonical_solution": "    return x\n",
        "buggy_solution": "    return 0\n",
        "test": "def check(f):\n    assert f(1) == 1\n    assert f(2) == 2\n    assert f(0) == 0\n",
        "entry_point": "f",
    }
    write_files(tmp_path / "he", {"python.jsonl": json.dumps(line)})
    found = rqgm("import", "humanevalpack", "he", "--out", "suite", "--json")
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["tasks"] == ["python-0-f"]
    assert "MIT" in rqgm("list", "suite").stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("check", "nothing"), "unknown suite"),
        (("list", "nothing"), "holds no suite"),
        (("import", "quixbug", ".", "--out", "x"), "did you mean 'quixbugs'"),
        (("import", "quixbugs", ".", "--out", "x"), "python_programs"),
        (("new", "a b"), "not a task name"),
        (("check", "mine", "--sandbox", "chroot"), "unknown"),
    ],
)
def test_wrong_use_exits_with_2(rqgm, arguments, word):
    """And says what to do."""
    rqgm("new", "mine/first")
    found = rqgm(*arguments)
    assert found.returncode == 2
    assert word in found.stderr
