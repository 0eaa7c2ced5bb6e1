"""QuixBugs: one-line faults in classic algorithms (https://github.com/jkoppel/QuixBugs), Python side.

Faulty programs come over untouched, docstring and all. Programs with ``json_testcases/<name>.json`` get one case a
line; the others (graphs, linked lists) one a test function of ``python_testcases/test_<name>.py``, rewritten so that
it reports instead of comparing, with ``node.py`` beside it.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rqgm.tasks.importers.cases import (
    CannotImportError,
    CaseTask,
    Expected,
    Imported,
    Program,
    SuiteText,
    choose_visible,
    expect,
    need,
    read_source_note,
    verifier,
    write_suite,
)
from rqgm.tasks.importers.driven import describe, driven
from rqgm.tasks.importers.drivers import parse_tests

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = SuiteText(
    "quixbugs",
    "Classic algorithms with a fault in one line each (QuixBugs, Python).",
    "MIT",
    "https://github.com/jkoppel/QuixBugs",
)
WANTED = "give the root of a QuixBugs checkout (python_programs/, correct_python_programs/, json_testcases/)"
APPROXIMATE = re.compile(r"approx\(\s*expected\s*,\s*abs\s*=\s*input_data\[-1\]\s*\)")
SUPPORT = "node"
INSTRUCTION = """# Repair `program.py`

{text}

The program in `/app/program.py` has a fault. Change it so that it does what is said above. Some of the tests that it
must pass are in `/app/visible.json`; others are hidden. Only `/app/program.py` counts.
"""


def import_quixbugs(folder: Path, out: Path, tell: Callable[[str], None] = lambda _: None) -> Imported:
    """Make a suite of the programs in a QuixBugs checkout. Raises ConfigError."""
    need(folder / "python_programs", WANTED)
    need(folder / "correct_python_programs", WANTED)
    names = [
        path.stem
        for path in sorted((folder / "python_programs").glob("*.py"))
        if not path.stem.endswith("_test") and path.stem not in (SUPPORT, "__init__")
    ]
    return write_suite(out, read_source_note(folder, TEXT), names, lambda name: _task(folder, name), tell)


def _task(folder: Path, name: str) -> CaseTask:
    right = folder / "correct_python_programs" / f"{name}.py"
    if not right.is_file():
        raise CannotImportError(f"there is no {right.relative_to(folder)}")
    node = folder / "python_programs" / f"{SUPPORT}.py"
    support = {node.name: node.read_text()} if node.is_file() else {}
    faulty = (folder / "python_programs" / f"{name}.py").read_text()
    program = Program("program.py", faulty, right.read_text(), support)
    recorded = folder / "json_testcases" / f"{name}.json"
    if recorded.is_file():
        return _from_json(folder, name, program, recorded)
    return _from_tests(folder, name, program)


def _instruction(program: Program) -> str:
    texts = [
        item.value.value
        for item in ast.parse(program.faulty).body
        if isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant) and isinstance(item.value.value, str)
    ]
    return INSTRUCTION.format(text="\n\n".join(text.strip("\n") for text in texts).strip() or "(see the program)")


def _from_json(folder: Path, name: str, program: Program, recorded: Path) -> CaseTask:
    tests = folder / "python_testcases" / f"test_{name}.py"
    approximate = tests.is_file() and bool(APPROXIMATE.search(tests.read_text()))
    inputs, wanted, tolerances = [], [], []
    for line in recorded.read_text().splitlines():
        if line.strip():
            arguments, value = json.loads(line)
            arguments = arguments if isinstance(arguments, list) else [arguments]
            inputs.append({"call": name, "args": [verifier.encode(item) for item in arguments]})
            wanted.append(value)
            tolerances.append(float(arguments[-1]) if approximate else None)
    expected = expect(program, inputs, None, tolerances)
    expected = expected.without(_disagreements(expected, inputs, wanted))
    if not expected.cases:
        raise CannotImportError("the right program answers no line of its json_testcases as recorded")
    visible, hidden = choose_visible(expected)
    metadata = describe(name, expected, [f"line {index + 1}" for index in expected.dropped])
    return CaseTask(name, _instruction(program), program, visible, hidden, lines=expected.lines, metadata=metadata)


def _disagreements(expected: Expected, inputs: list[dict[str, Any]], wanted: list[Any]) -> list[int]:
    """Return the recorded cases that the right program does not answer as recorded (tuples count as lists)."""
    kept = [index for index in range(len(inputs)) if index not in expected.dropped]
    pairs = zip(kept, expected.cases, strict=True)
    return [
        index
        for index, case in pairs
        if not verifier.same(_as_json(case["expected"]), wanted[index], case.get("tolerance", 1e-6))
    ]


def _as_json(value: Any) -> Any:
    """Return an encoded value as the set's own tests see it: tuples and sets as lists, infinity as a number."""
    if isinstance(value, dict) and len(value) == 1:
        ((tag, body),) = value.items()
        if tag in ("$tuple", "$set"):
            return _as_json(body)
        if tag == "$float":
            return float(body)
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value


def _from_tests(folder: Path, name: str, program: Program) -> CaseTask:
    path = folder / "python_testcases" / f"test_{name}.py"
    if not path.is_file():
        raise CannotImportError(f"has neither json_testcases/{name}.json nor python_testcases/test_{name}.py")
    try:
        tests = parse_tests(path.read_text(), name, [Path(item).stem for item in program.support])
    except ValueError as error:
        raise CannotImportError(str(error)) from error
    return driven(name, _instruction(program), program, tests)
