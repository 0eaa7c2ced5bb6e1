"""The probe in a real sandbox, and what it left behind read as hostile data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.core.errors import ConfigError
from rqgm.core.streams import python_stream
from rqgm.core.trees import File
from rqgm.judging.rubrics.inputs import generate, plain, visible_cases
from rqgm.judging.rubrics.observations import LINES, Probe, read
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.process import ProcessBackend
from rqgm.sandbox.profile import Profile

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = [{"call": "f", "args": [[3, 1]]}, {"call": "f", "args": [[]]}]
PROGRAMS = {
    "sorts": "def f(x):\n    return sorted(x)\n",
    "changes": "def f(x):\n    x.append(0.1 + 0.2)\n    return (x, 2.0)\n",
    "raises": "def f(x):\n    return x[0]\n",
    "loops": "def f(x):\n    while True:\n        pass\n",
    "catches": "def f(x):\n    while True:\n        try:\n            x = 1\n        except BaseException:\n            pass\n",
    "remembers": "seen = []\ndef f(x):\n    seen.append(x)\n    return len(seen)\n",
    "exits": "import os\ndef f(x):\n    os._exit(0)\n",
    "broken": "raise SystemExit\n",
}


async def observe(tmp_path: Path, programs: list[str], inputs: list[dict[str, Any]] = INPUTS) -> Any:
    """Run programs in the `process` back-end."""
    async with Sandboxes(ProcessBackend(tmp_path), "rubrics", spare=0) as sandboxes:
        return await Probe(sandboxes, Profile(name="test", wall_s=30)).observe(programs, inputs)


async def test_the_probe_writes_down_what_programs_do(tmp_path: Path) -> None:
    """Answers, errors, changed arguments, used-up lines; one program's end is not another's."""
    found = dict(zip(PROGRAMS, await observe(tmp_path, list(PROGRAMS.values())), strict=True))
    answers = {name: runs.answers() for name, runs in found.items()}
    assert answers["sorts"] == ["[1,3]", "[]"]
    assert answers["changes"] == ['{"$tuple":[[3,1,0.3],2]}', '{"$tuple":[[0.3],2]}']
    assert [run.changed for run in found["changes"].runs] == [True, True]
    assert [run.changed for run in found["sorts"].runs] == [False, False]
    assert answers["raises"] == ["3", '{"$error":"IndexError"}']
    assert found["raises"].runs[1].error == "IndexError"
    assert answers["loops"] == ['{"$error":"LineLimit"}'] * 2
    assert found["loops"].runs[0].lines == LINES + 1
    assert answers["exits"] == [None, None]
    assert (found["exits"].loads, found["broken"].loads) == (True, False)


async def test_the_first_program_is_asked_twice_in_another_order(tmp_path: Path) -> None:
    """One that remembers answers otherwise."""
    (steady,) = await observe(tmp_path, [PROGRAMS["sorts"]])
    (unsteady,) = await observe(tmp_path, [PROGRAMS["remembers"]])
    assert [run.again for run in steady.runs] == [True, True]
    assert [run.again for run in unsteady.runs] == [False, False]


async def test_classes_are_driven_as_the_verifier_drives_them(tmp_path: Path) -> None:
    """Operations, attributes, an operation's error as its answer, tagged values."""
    text = "class C:\n    def __init__(self, n):\n        self.n = n\n    def add(self, t):\n        self.n += t[0]\n        return {self.n}\n"
    item = {"new": "C", "args": [1], "ops": [["add", [{"$tuple": [2]}]], ["@n"], ["add", [{"$tuple": []}]]]}
    (runs,) = await observe(tmp_path, [text], [item])
    assert json.loads(runs.answers()[0]) == [{"$set": [3]}, 3, {"$error": "IndexError"}]


async def test_a_program_that_breaks_the_probe_is_observed_as_nothing(tmp_path: Path) -> None:
    """It killed the parent: its own failure, no infrastructure's."""
    killer = "import os, signal\ndef f(x):\n    os.kill(os.getppid(), signal.SIGKILL)\n    os._exit(0)\n"
    assert await observe(tmp_path, [killer]) is None


async def test_only_inputs_are_in_the_sandbox(fake_backend: Any) -> None:
    """No label, no expected value, no other artifact."""
    backend = fake_backend(lambda sandbox: sandbox.answer({}))
    async with Sandboxes(backend, "test", spare=0) as sandboxes:
        assert await Probe(sandboxes, Profile(name="p")).observe(["x = 1"], INPUTS) is None
    (sandbox,) = backend.used
    assert sandbox.placed == [("/rqgm/role", ["probe.py"], False), ("/rqgm/io", ["request.json"], True)]
    assert set(sandbox.request) == {"programs", "inputs", "lines", "cpu_s"}
    assert (sandbox.request["programs"], sandbox.request["inputs"]) == (["x = 1"], INPUTS)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b'[{"loads": true}]',
        b'[{"loads": 1, "runs": [[0, true, 1, false]]}]',
        b'[{"loads": true, "runs": []}]',
        b'[{"loads": true, "runs": [[0, true, -1, false]]}]',
        b'[{"loads": true, "runs": [[0, true, 1e9, false]]}]',
        b'[{"loads": true, "runs": [[0, 1, 1, false]]}]',
        b'[{"loads": true, "runs": [[NaN, true, 1, false]]}]',
        b'[{"loads": true, "runs": [[0, true, 1]]}]',
        b'[{"loads": true, "runs": [7]}]',
        b"\xff",
    ],
)
def test_a_forged_file_is_read_as_nothing(data: bytes) -> None:
    """Every form but the one that was asked for."""
    assert read(data, 1, 1) is None


def test_a_well_formed_file_is_read() -> None:
    """With the error's name at hand."""
    (found,) = read(b'[{"loads": true, "runs": [[{"$error": "KeyError"}, false, 2, true], null]}]', 1, 2) or [None]
    assert found is not None
    assert (found.runs[0].error, found.runs[0].again, found.runs[0].lines, found.runs[1]) == (
        "KeyError",
        False,
        2,
        None,
    )


def test_made_inputs_follow_the_seed_and_keep_the_visible_ones_form() -> None:
    """Distinct, never visible, of the same call; ascending lists stay ascending."""
    visible = [{"call": "f", "args": [[1, 4, 9], "ab"]}, {"call": "f", "args": [[2, 3, 5], "c"]}]
    found = generate(visible, 30, python_stream(1, "inputs"))
    assert found == generate(visible, 30, python_stream(1, "inputs"))
    assert found != generate(visible, 30, python_stream(2, "inputs"))
    assert len({json.dumps(item) for item in found}) == len(found) == 30
    assert not any(item in visible for item in found)
    assert all(item["call"] == "f" and item["args"][0] == sorted(item["args"][0]) for item in found)
    assert {type(item["args"][1]) for item in found} == {str}


def test_equal_values_have_one_form() -> None:
    """Floats to nine digits, whole ones as integers, so that 2.0 is 2, as the verifier has it."""
    assert plain([2.0, {"a": 0.1 + 0.2}, True, 1e300, "2.0"]) == [2, {"a": 0.3}, True, 1e300, "2.0"]
    assert type(plain([2.0])[0]) is int


@pytest.mark.parametrize(
    "data",
    [b"{}", b"[]", b'{"program": "p.py", "cases": []}', b'{"program": "p.py", "cases": [{"input": {}}]}', b"\xff"],
)
def test_a_task_without_visible_cases_is_refused(data: bytes) -> None:
    """With the file and where to read on."""
    with pytest.raises(ConfigError, match=r"visible\.json.*docs/tasks\.md"):
        visible_cases({"visible.json": File(data)})
