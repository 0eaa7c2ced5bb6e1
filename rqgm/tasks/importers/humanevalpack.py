"""HumanEvalFix: hand-written faults in HumanEval's Python solutions (HumanEvalPack, bigcode-project/octopack).

A test whose statements are all assertions on direct calls becomes one case a call. Any other is one case: the whole
test, rewritten so that it reports instead of comparing. Examples are shown, the test is hidden.
"""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from rqgm.core.errors import ConfigError
from rqgm.core.toml import parse
from rqgm.tasks.importers.cases import (
    LINES,
    CannotImportError,
    Case,
    CaseTask,
    Expected,
    Imported,
    Program,
    SuiteText,
    choose_visible,
    expect,
    keep_one_secret,
    need,
    read_source_note,
    run_cases,
    write_suite,
)
from rqgm.tasks.importers.drivers import Driver, TestFile, case_name
from rqgm.tasks.importers.observing import depends, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXT = SuiteText(
    "humanevalpack",
    "HumanEval's Python functions with a hand-written fault each (HumanEvalFix).",
    "MIT",
    "https://github.com/bigcode-project/octopack",
)
WANTED = "give a folder with HumanEvalPack's python.jsonl"
EXAMPLES, TEST = "examples", "test"
RECORDER = """

def record_{name}(program):
    start(program, "program", _setup)
    calls = []
    real = program.{entry}

    def recording(*arguments, **named):
        if named:
            raise TypeError("named arguments")
        calls.append(snapshot(list(arguments)))
        return real(*arguments)

    globals()[{parameter!r}] = recording
    run({name})
    return calls
"""
INSTRUCTION = """# Repair `program.py`

The function `{signature}` in `/app/program.py` should do this:

{text}

It has a fault. Change it so that it does what is said above. Some of the tests that it must pass are in
`/app/visible.json`; others are hidden. Only `/app/program.py` counts.
"""


class Row(BaseModel):
    """One line of ``python.jsonl``; other fields are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    task_id: Annotated[str, Field(min_length=1, max_length=100)]
    prompt: str
    canonical_solution: str
    buggy_solution: str
    test: str
    entry_point: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    example_test: str = ""
    docstring: str = ""
    signature: str = ""
    bug_type: str = ""

    @property
    def name(self) -> str:
        """The task's name."""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", f"{self.task_id.lower()}-{self.entry_point}")[:100]


def import_humanevalpack(folder: Path, out: Path, tell: Callable[[str], None] = lambda _: None) -> Imported:
    """Make a suite of HumanEvalFix's Python rows. Raises ConfigError."""
    path = need(folder / "python.jsonl", WANTED)
    rows: dict[str, Row] = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if line.strip():
            try:
                row = parse(json.loads(line), Row, f"{path}:{number}")
            except json.JSONDecodeError as error:
                raise ConfigError(f"{path}:{number}: is not JSON: {error}; {WANTED}") from error
            rows[row.name] = row
    return write_suite(out, read_source_note(folder, TEXT), list(rows), lambda name: _task(rows[name]), tell)


def _task(row: Row) -> CaseTask:
    program = Program("program.py", row.prompt + row.buggy_solution, row.prompt + row.canonical_solution)
    hidden = _Block(row, TEST, row.test)
    expected, driver = hidden.cases(program)
    if not any(expected.failing):
        raise CannotImportError("the faulty program passes every hidden case")
    metadata = {"imported_name": row.task_id, "bug_type": row.bug_type, "tags": ["python", "program-repair"]}
    if driver and driver.weak:
        metadata["weak"] = "; ".join(driver.weak)[:2_000]
    visible, shown = _examples(row, program, expected, driver)
    return CaseTask(
        row.name,
        INSTRUCTION.format(signature=row.signature or row.entry_point, text=row.docstring.strip() or "(see its text)"),
        program,
        visible,
        expected.cases,
        shown.source if shown else None,
        driver.source if driver else None,
        expected.lines,
        metadata,
    )


def _examples(row: Row, program: Program, hidden: Expected, driver: Driver | None) -> tuple[list[Case], Driver | None]:
    """Return the visible cases and their driver: the examples, else a part of the hidden cases."""
    if row.example_test.strip():
        given, shown = _Block(row, EXAMPLES, row.example_test).cases(program)
        if given.cases:
            return (given.cases, shown) if driver or shown else (keep_one_secret(given.cases, hidden), None)
    return choose_visible(hidden)[0], driver


class _Block:
    """A ``check`` function of the set."""

    def __init__(self, row: Row, name: str, source: str) -> None:
        found = [item for item in ast.parse(source).body if isinstance(item, ast.FunctionDef)]
        check = next((item for item in found if item.name == "check"), None)
        if check is None or not check.args.args:
            raise CannotImportError(f"its {name} has no function check(candidate)")
        self.name = name
        self.entry = row.entry_point
        self.parameter = check.args.args[0].arg
        self.body = check.body
        self.prelude = _prelude(row, {self.parameter})

    def cases(self, program: Program) -> tuple[Expected, Driver | None]:
        """Return the cases with the right program's answers, and their driver if they need one."""
        calls = self._record(program)
        tolerance = rewrite(self.body, {self.parameter}, self.name).tolerance
        tolerance = _smallest_bound(self.body) if tolerance is None else tolerance
        if self._direct() and not any(tag in json.dumps(calls) for tag in ('"$object"', '"$type"', '"$huge"')):
            unique = {json.dumps(call): call for call in calls}
            inputs = [{"call": self.entry, "args": call} for call in unique.values()]
            return expect(program, inputs, None, [tolerance] * len(inputs)), None
        driver = self._tests().observing([self.name])
        inputs = [{"drive": case_name(self.name), "args": []}]
        return expect(program, inputs, driver, [tolerance]), driver

    def _tests(self) -> TestFile:
        function = ast.FunctionDef(self.name, ast.arguments([], [], None, [], [], None, []), self.body, [])
        return TestFile("program", self.prelude, {self.name: function}, {}, {self.parameter: self.entry})

    def _record(self, program: Program) -> list[list[object]]:
        """Run the test as it is on the right program and return the arguments of each call."""
        recorder = RECORDER.format(name=self.name, entry=self.entry, parameter=self.parameter)
        source = self._tests().proving().source + recorder
        (result,) = run_cases(program.right, program, [{"drive": f"record_{self.name}"}], source, 10 * LINES[1])
        if not isinstance(result, list):
            raise CannotImportError(f"the right program fails its {self.name}: {result}")
        return result

    def _direct(self) -> bool:
        """Tell whether all statements are assertions in which only direct calls come from the program."""
        return all(
            isinstance(item, ast.Assert)
            and not any(isinstance(inner, (ast.comprehension, ast.Lambda)) for inner in ast.walk(item))
            for item in self.body
            if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
        )


def _smallest_bound(body: list[ast.stmt]) -> float | None:
    """Return the bound of a test's own ``... < 1e-6``, where there is one."""
    bounds = [
        float(other.value)
        for item in body
        for node in ast.walk(item)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Lt, ast.LtE))
        for other in node.comparators
        if isinstance(other, ast.Constant) and isinstance(other.value, float)
    ]
    return min(bounds, default=None)


def _prelude(row: Row, taken: set[str]) -> list[ast.stmt]:
    """Return what a test may use besides the function: the prompt's imports and helper functions."""
    body = ast.parse(row.prompt + row.canonical_solution).body
    kept = [item for item in body if not (isinstance(item, ast.FunctionDef) and item.name == row.entry_point)]
    return [item for item in kept if not depends(item, taken)]
