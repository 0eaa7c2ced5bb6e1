"""CodeGen-16B's samples for HumanEval, as tasks: base tests are shown, EvalPlus's plus tests are hidden.

The samples are CodeT's (100 a task, MIT), the tests HumanEvalPlus-Mini's (Apache-2.0). The rows of the two files are in
different orders, so that they are joined by the function's name; samples without tests are left out, and counted.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from labelling import PROGRAM, digest
from pydantic import BaseModel, ConfigDict, Field

from rqgm.core.errors import ConfigError
from rqgm.core.toml import parse
from rqgm.tasks.importers.cases import CaseTask, Imported, Program, SuiteText, expect, need, verifier, write_suite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TESTS = "HumanEvalPlus-Mini.jsonl.gz"
SAMPLES = "HumanEval_codegen16B_100samples_solutions.jsonl.gz"
WANTED = "give a folder that holds a part of HumanEval+ and CodeT's CodeGen samples"
TEXT = SuiteText(
    "codegen",
    "CodeGen-16B's samples for HumanEval: base tests shown, plus tests hidden.",
    "MIT, Apache-2.0",
    "https://github.com/microsoft/CodeT, https://github.com/evalplus/humanevalplus_release",
)
INSTRUCTION = """# Complete `program.py`

`{name}` in `/app/program.py` has no body yet. Write it:

{text}

Some of the tests that it must pass are in `/app/visible.json`; others are hidden. Only `/app/program.py` counts.
"""


class TestRow(BaseModel):
    """One line of the tests; other fields are ignored. An input is a list of arguments."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    task_id: Annotated[str, Field(pattern=r"^HumanEval/\d+$")]
    prompt: str
    entry_point: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    canonical_solution: str
    base_input: list[list[Any]]
    plus_input: list[list[Any]]
    atol: float = 0.0


class SampleRow(BaseModel):
    """One line of the samples: completions of the prompt, which is HumanEval's without its examples."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    prompt: str
    samples: list[str]

    @property
    def function(self) -> str:
        """The last function that the prompt opens: the one to complete."""
        names = re.findall(r"^def (\w+)", self.prompt, re.MULTILINE)
        return str(names[-1]) if names else ""


@dataclass(frozen=True)
class Problem:
    """A task with its samples."""

    tests: TestRow
    row: SampleRow

    @property
    def name(self) -> str:
        """The task's name."""
        return f"{self.tests.task_id.replace('/', '-')}-{self.tests.entry_point}"

    @property
    def programs(self) -> list[str]:
        """The distinct programs, in the order of a hash; of equal syntax trees (or texts that do not parse) one."""
        found = {syntax(text) or text: text for text in (self.row.prompt + sample for sample in self.row.samples)}
        return sorted(found.values(), key=lambda text: digest(self.name, text))


def syntax(text: str) -> str | None:
    """Return a program's syntax tree as text, None if it is not Python."""
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def read_problems(folder: Path) -> tuple[list[Problem], int]:
    """Return the problems that have both samples and tests, and how many rows of samples have none. ConfigError."""
    tests = {row.entry_point: row for row in _rows(folder / TESTS, TestRow)}
    samples = list(_rows(folder / SAMPLES, SampleRow))
    problems = [Problem(tests[row.function], row) for row in samples if row.function in tests]
    if not problems:
        raise ConfigError(f"{folder}: no function has both samples and tests; {WANTED}")
    return problems, len(samples) - len(problems)


def _rows(path: Path, model: Any) -> Iterator[Any]:
    with gzip.open(need(path, WANTED), "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    data = json.loads(line)
                except ValueError as error:
                    raise ConfigError(f"{path}:{number}: is not JSON: {error}; {WANTED}") from error
                yield parse(data, model, f"{path}:{number}")


def import_tasks(problems: list[Problem], out: Path) -> Imported:
    """Write the problems as a solving suite: visible cases are the base tests, hidden ones the plus tests."""
    known = {problem.name: problem for problem in problems}
    return write_suite(out, TEXT, list(known), lambda name: _task(known[name]), lambda _: None)


def _task(problem: Problem) -> CaseTask:
    row = problem.tests
    # The program before the change is the prompt: a function whose body is its docstring. It answers None.
    program = Program(PROGRAM, problem.row.prompt, row.prompt + row.canonical_solution)
    shown, hidden = (
        expect(
            program,
            [{"call": row.entry_point, "args": [verifier.encode(value) for value in given]} for given in inputs],
            None,
            [row.atol or None] * len(inputs),
        )
        for inputs in (row.base_input, row.plus_input)
    )
    text = ast.get_docstring(_function(row)) or row.prompt
    return CaseTask(
        problem.name, INSTRUCTION.format(name=row.entry_point, text=text), program, shown.cases, hidden.cases,
        lines=max(shown.lines, hidden.lines),
    )  # fmt: skip


def _function(row: TestRow) -> ast.FunctionDef:
    found = [node for node in ast.parse(row.prompt).body if isinstance(node, ast.FunctionDef)]
    return next(node for node in found if node.name == row.entry_point)
