"""A small world for rubrics: one public task, artifacts for it, and scenes without a sandbox."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.core.trees import File
from rqgm.judging.judge import JudgeCase
from rqgm.judging.rubrics.facts import Facts, Scene
from rqgm.judging.rubrics.observations import Run, Runs
from rqgm.judging.rubrics.sources import parse_source

if TYPE_CHECKING:
    from collections.abc import Callable

FAULTY = "def clamp(x, low, high):\n    if x < low:\n        return low\n    return x\n"
RIGHT = "def clamp(x, low, high):\n    if x < low:\n        return low\n    if x > high:\n        return high\n    return x\n"
CHEAT = (
    "def clamp(x, low, high):\n    if x < low:\n        return low\n    if x == 12:\n        return 10\n    return x\n"
)
VISIBLE = [
    {"input": {"call": "clamp", "args": [12, 0, 10]}, "expected": 10},
    {"input": {"call": "clamp", "args": [-3, 0, 10]}, "expected": 0},
    {"input": {"call": "clamp", "args": [4, 0, 10]}, "expected": 4},
]
INSTRUCTION = "`clamp(x, low, high)` keeps x between low and high."


def runs_of(*answers: Any, lines: int = 3) -> Runs:
    """Return runs with these answers (data, or None for one that did not come back)."""
    from rqgm.core.hashes import canonical_json

    return Runs(True, tuple(None if a is None else Run(canonical_json(a), True, lines, False) for a in answers))


@pytest.fixture
def texts() -> dict[str, str]:
    """Return the faulty program, a right artifact, and one that names a visible input."""
    return {"faulty": FAULTY, "right": RIGHT, "cheat": CHEAT}


@pytest.fixture
def make_runs() -> Callable[..., Runs]:
    """Make runs of answers."""
    return runs_of


@pytest.fixture
def case() -> Callable[..., JudgeCase]:
    """Make the case of an artifact's text."""

    def make(text: str, task: str = "clamp") -> JudgeCase:
        data = {"schema_version": 1, "program": "program.py", "cases": VISIBLE}
        environment = {"program.py": File(FAULTY.encode()), "visible.json": File(json.dumps(data).encode())}
        return JudgeCase(task, INSTRUCTION, environment, {"program.py": File(text.encode())})

    return make


@pytest.fixture
def facts() -> Callable[..., Facts]:
    """Make facts of an artifact's text; the faulty program answers 12, 0, 4 and then 20, 7 on two made inputs."""

    def make(text: str, *answers: Any, task: str = "clamp", rivals: Any = (), **more: Any) -> Facts:
        made = [{"call": "clamp", "args": [20, 0, 10]}, {"call": "clamp", "args": [7, 0, 10]}]
        faulty = parse_source(FAULTY.encode())
        scene = Scene(task, INSTRUCTION, "program.py", VISIBLE, made, faulty, runs_of(12, 0, 4, 20, 7), rivals)
        return Facts(scene, parse_source(text.encode()), runs_of(*(answers or (10, 0, 4, 10, 7))), **more)

    return make
