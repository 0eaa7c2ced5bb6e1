"""Exercism's Python exercises, as in Aider's polyglot benchmark: write a program so that hidden unit tests pass.

The stub is what the agent finds, ``.docs`` the instruction, ``.meta/example.py`` the solution. Each test method is one
case, rewritten so that it reports instead of comparing; some are shown.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from rqgm.core.errors import ConfigError
from rqgm.core.toml import parse
from rqgm.tasks.importers.cases import (
    CannotImportError,
    CaseTask,
    Imported,
    Program,
    SuiteText,
    need,
    read_source_note,
    write_suite,
)
from rqgm.tasks.importers.driven import driven
from rqgm.tasks.importers.drivers import parse_tests

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXT = SuiteText(
    "polyglot",
    "Exercism's Python exercises from Aider's polyglot benchmark.",
    "MIT (Exercism's tracks)",
    "https://github.com/Aider-AI/polyglot-benchmark",
)
EXERCISES = "python/exercises/practice"
WANTED = f"give the root of a polyglot-benchmark checkout ({EXERCISES}/)"
DOCS = ("introduction.md", "instructions.md", "instructions.append.md")
INSTRUCTION = """{text}

---

Write your solution in `/app/{name}`; use Python's standard library only. Some of the tests are in
`/app/visible.json` (run by `/app/driver.py`); others are hidden. Only `/app/{name}` counts.
"""


class Files(BaseModel):
    """Which file of an exercise is what."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    solution: list[str] = Field(min_length=1)
    test: list[str] = Field(min_length=1)
    example: list[str] = Field(min_length=1)


class Config(BaseModel):
    """``.meta/config.json``."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    files: Files


def import_polyglot(folder: Path, out: Path, tell: Callable[[str], None] = lambda _: None) -> Imported:
    """Make a suite of the Python exercises. Raises ConfigError."""
    exercises = need(folder / EXERCISES, WANTED)
    names = [path.name for path in sorted(exercises.iterdir()) if (path / ".meta/config.json").is_file()]
    if not names:
        raise ConfigError(f"{exercises}: holds no exercise (<name>/.meta/config.json); {WANTED}")
    return write_suite(out, read_source_note(folder, TEXT), names, lambda name: _task(exercises / name), tell)


def _task(folder: Path) -> CaseTask:
    where = folder / ".meta/config.json"
    try:
        found = parse(json.loads(where.read_text()), Config, where).files
    except ValueError as error:
        raise CannotImportError(str(error)) from error
    if len(found.solution) != 1 or len(found.test) != 1:
        raise CannotImportError("has several solution or test files")
    name = found.solution[0]
    program = Program(name, _read(folder, name), _read(folder, found.example[0]))
    text = "\n\n".join(
        (folder / ".docs" / doc).read_text().strip() for doc in DOCS if (folder / ".docs" / doc).is_file()
    )
    try:
        tests = parse_tests(_read(folder, found.test[0]), name.removesuffix(".py"))
    except ValueError as error:
        raise CannotImportError(str(error)) from error
    return driven(folder.name, INSTRUCTION.format(text=text, name=name), program, tests)


def _read(folder: Path, name: str) -> str:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise CannotImportError(f"{name} is not a file of the exercise")
    return path.read_text()
