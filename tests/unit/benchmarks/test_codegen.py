"""Samples are joined with their tests by the function's name, and become tasks whose plus tests are hidden."""

from __future__ import annotations

import gzip
import json

import codegen
import labelling
import pytest

from rqgm.core.errors import ConfigError
from rqgm.tasks.suite import load_suite

HELPER = "def other(n):\n    return n\n\n\n"
PROMPT = HELPER + 'def double(n: int):\n    """ Return twice n."""\n'
TESTS = {
    "task_id": "HumanEval/7",
    "prompt": PROMPT,
    "entry_point": "double",
    "canonical_solution": "    return 2 * n\n",
    "base_input": [[1], [2]],
    "plus_input": [[0], [-3]],
    "atol": 0,
    "contract": "",
}
RIGHT, EQUAL, OVERFIT, BROKEN = "    return n + n\n", "    return n+n\n\n", "    return abs(2 * n)\n", "    return (\n"


@pytest.fixture
def folder(tmp_path):
    """Return a folder of the public set's form: one row with tests, and before it one without."""
    samples = [
        {"prompt": "def elsewhere(n):\n", "samples": [RIGHT]},
        {"prompt": PROMPT, "samples": [RIGHT, EQUAL, OVERFIT, OVERFIT, BROKEN]},
    ]
    for name, rows in ((codegen.TESTS, [TESTS]), (codegen.SAMPLES, samples)):
        with gzip.open(tmp_path / name, "wt") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return tmp_path


def test_rows_are_joined_by_function_and_repeated_samples_count_once(folder):
    (problem,), without = codegen.read_problems(folder)
    assert (problem.name, without) == ("HumanEval-7-double", 1)
    assert len(problem.programs) == 3
    assert sorted(codegen.syntax(text) is None for text in problem.programs) == [False, False, True]


async def test_base_tests_are_shown_plus_tests_label(folder, tmp_path):
    problems, _ = codegen.read_problems(folder)
    imported = codegen.import_tasks(problems, tmp_path / "codegen")
    assert imported.left_out == {}
    task = load_suite(imported.suite).task("HumanEval-7-double")
    assert task.environment["program.py"].data.decode() == PROMPT
    assert "Return twice n." in task.instruction
    assert "-3" not in task.environment["visible.json"].data.decode()
    async with labelling.bench("process", 2, allow_unsafe=True) as at:
        found = await at.label(task, [PROMPT + sample for sample in (RIGHT, OVERFIT, BROKEN)])
    assert [(c.visible, c.right) for c in found] == [(1.0, True), (1.0, False), (0.0, False)]


def test_what_is_not_the_set_is_refused_with_the_remedy(folder):
    with pytest.raises(ConfigError, match="CodeGen"):
        codegen.read_problems(folder / "elsewhere")
    for text, where in (("{", ":1: is not JSON"), ('{"prompt": "def f(): pass"}', "samples"), ("", "no function")):
        with gzip.open(folder / codegen.SAMPLES, "wt") as file:
            file.write(text)
        with pytest.raises(ConfigError, match=where):
            codegen.read_problems(folder)
