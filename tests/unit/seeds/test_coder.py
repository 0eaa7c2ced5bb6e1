"""The coder role of the seed workspace `repair`: end to end as the `process` back-end runs it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rqgm.core.trees import read_tree
from rqgm.roles.manifest import parse_manifest
from rqgm.roles.messages import Limits, SolverRequest, SolverResponse

SEED = Path(__file__).resolve().parents[3] / "archive" / "seeds" / "repair"

FAULTY = '''"""Clamp."""


def clamp(value, low, high):
    """Return value, or the nearer bound."""
    # the lower bound first
    if value < low:
        return low
    if value >= high + 1:  # above
        return high - 1
    return value
'''
CASES = [
    {"input": {"call": "clamp", "args": [5, 1, 9]}, "expected": 5},
    {"input": {"call": "clamp", "args": [0, 1, 9]}, "expected": 1},
    {"input": {"call": "clamp", "args": [12, 1, 9]}, "expected": 9},
]


def lay_out(root, faulty=FAULTY, cases=CASES, steps=0):
    """Lay out a task below `root` and return the role's folder."""
    role, app, io = root / "rqgm" / "role", root / "app", root / "rqgm" / "io"
    app.mkdir(parents=True)
    io.mkdir(parents=True)
    for folder in ("coder", "shared"):
        shutil.copytree(SEED / folder, role / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (app / "program.py").write_text(faulty)
    (app / "visible.json").write_text(
        cases if isinstance(cases, str) else json.dumps({"schema_version": 1, "program": "program.py", "cases": cases})
    )
    request = SolverRequest(
        role="coder",
        seed=7,
        limits=Limits(wall_s=30, steps=steps),
        task="clamp",
        instruction="",
        workdir=str(app),
        artifacts=["program.py"],
    )
    (io / "request.json").write_text(request.model_dump_json())
    return role


def solve(root, **task):
    """Run the role once; return the process and the response (None when there is none)."""
    role = lay_out(root, **task)
    environment = {
        "RQGM_ROOT": str(root),
        "PATH": os.environ["PATH"],
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "coder"],
        cwd=role,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    answer = root / "rqgm" / "io" / "response.json"
    return ended, SolverResponse.model_validate_json(answer.read_bytes()) if answer.exists() else None


def test_a_single_fault_is_repaired_and_the_rest_of_the_text_is_kept(tmp_path):
    ended, response = solve(tmp_path)
    assert ended.returncode == 0, ended.stderr
    text = (tmp_path / "app" / "program.py").read_text()
    assert text == FAULTY.replace("high - 1", "high - 0")
    assert response.notes["plausible"] == 1
    assert response.notes["operators"] == ["constants"]
    assert response.usage["steps"] == response.notes["steps"] > 0


def test_a_program_without_a_plausible_patch_is_left_as_it_is(tmp_path):
    cases = [*CASES, {"input": {"call": "clamp", "args": [1, 2, 3]}, "expected": "no clamp"}]
    ended, response = solve(tmp_path, cases=cases)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "app" / "program.py").read_text() == FAULTY
    assert response.notes["chosen"] is None


def test_equal_results_in_two_runs_and_under_another_folder(tmp_path):
    answers = [solve(tmp_path / name)[1] for name in ("one", "one-more", "a/deeper/folder")]
    assert answers[0] == answers[1] == answers[2]
    texts = {(tmp_path / name / "app" / "program.py").read_text() for name in ("one", "one-more", "a/deeper/folder")}
    assert len(texts) == 1


def test_the_request_limits_the_steps(tmp_path):
    _, response = solve(tmp_path, steps=150)
    assert response.notes["limit_hit"]
    assert response.notes["candidates"] < 10


@pytest.mark.parametrize(
    "cases",
    [
        "{",
        "[]",
        '{"cases": []}',
        '{"cases": [{"input": 3, "expected": 1}]}',
        '{"cases": [{"input": {"call": "clamp"}}]}',
        '{"cases": [{"input": {"drive": "f"}, "expected": 1}]}',
    ],
)
def test_garbage_visible_cases_are_a_clear_failure(tmp_path, cases):
    ended, response = solve(tmp_path, cases=cases)
    assert ended.returncode == 1
    assert response is None
    assert "visible.json" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_program_that_is_not_python_is_a_clear_failure(tmp_path):
    ended, response = solve(tmp_path, faulty="def f(:\n")
    assert (ended.returncode, response) == (1, None)
    assert "program.py" in ended.stderr


def test_an_endless_program_is_ended_by_counted_steps(tmp_path):
    endless = "def clamp(value, low, high):\n    while value < low:\n        value -= 1\n    return min(value, high)\n"
    ended, response = solve(tmp_path, faulty=endless)
    assert ended.returncode == 0, ended.stderr
    assert response.notes["steps"] < 400_000


def test_the_manifest_names_folders_that_exist():
    manifest = parse_manifest(read_tree(SEED))
    assert manifest.trusted
    assert {name: role.kind.value for name, role in manifest.roles.items()} == {
        "coder": "solver",
        "reviewer": "judge",
        "editor": "editor",
    }
    assert all(role.deterministic for role in manifest.roles.values())
