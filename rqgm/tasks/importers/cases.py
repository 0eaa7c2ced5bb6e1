"""What importers share: cases with expected values from the right program, visible and hidden ones, task folders."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from rqgm.core.errors import ConfigError
from rqgm.core.hashes import hash_json
from rqgm.tasks import verify_cases

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from rqgm.tasks.importers.drivers import Driver

Case = dict[str, Any]
verifier: Any = verify_cases  # standalone, so without annotations
LINES = (verify_cases.LINES_PER_CASE, 10 * verify_cases.LINES_PER_CASE)
TOO_SLOW = {"$error": "LineLimit"}
DIED = {"$error": "Died"}
VISIBLE_SHARE = 3
VISIBLE_MOST = 5
TEST_SH = '#!/bin/sh\nexec python3 -I -S "${RQGM_ROOT:-}/tests/verify.py"\n'
SOLVE_SH = '#!/bin/sh\nexec cp "${{RQGM_ROOT:-}}/solution/{name}" "${{RQGM_ROOT:-}}/app/{name}"\n'
DOCKERFILE = "ARG BASE=python:3.12-slim-bookworm\nFROM ${BASE}\nWORKDIR /app\nCOPY . /app\n"


class CannotImportError(ValueError):
    """One task of a public set cannot be made into a task of ours; the text says why."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program to repair or to write: its file, what the agent finds in it, the right one, what lies beside it."""

    name: str
    faulty: str
    right: str
    support: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseTask:
    """A task that the case verifier decides."""

    name: str
    instruction: str
    program: Program
    visible: list[Case]
    hidden: list[Case]
    visible_driver: str | None = None
    hidden_driver: str | None = None
    lines: int = LINES[0]
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to: the tasks written, and what was left out with the reason."""

    suite: Path
    tasks: list[str]
    left_out: dict[str, str]
    notes: dict[str, str]


def run_cases(source: str, program: Program, inputs: Sequence[Case], driver: str | None, lines: int) -> list[Any]:
    """Return the encoded results of a source on inputs, in child processes; a case that kills its process is DIED."""
    with tempfile.TemporaryDirectory(prefix="rqgm-import-") as folder:
        for name, text in {
            **program.support,
            program.name: source,
            **({"driver.py": driver} if driver else {}),
        }.items():
            Path(folder, name).write_text(text)
        path, driver_path = Path(folder, program.name), Path(folder, "driver.py") if driver else None
        results: list[Any] = []
        while len(results) < len(inputs):
            results += verifier.observe(path, list(inputs[len(results) :]), driver_path, lines)
            if len(results) < len(inputs):
                results.append(DIED)
    return results


@dataclass(frozen=True, slots=True)
class Expected:
    """Cases with the right program's answers, at `lines` a case; `failing` tells which the faulty program fails."""

    cases: list[Case]
    failing: list[bool]
    lines: int
    dropped: list[int]

    def without(self, unwanted: Collection[int]) -> Expected:
        """Return the same without some of the inputs, told by their index."""
        count = len(self.cases) + len(self.dropped)
        kept = [index for index in range(count) if index not in self.dropped]
        pairs = zip(kept, self.cases, self.failing, strict=True)
        left = [(case, failing) for index, case, failing in pairs if index not in unwanted]
        dropped = sorted({*self.dropped, *unwanted})
        return Expected([case for case, _ in left], [failing for _, failing in left], self.lines, dropped)


def expect(
    program: Program, inputs: Sequence[Case], driver: Driver | None, tolerances: Sequence[float | None]
) -> Expected:
    """Run the right program twice and the faulty one once. Cases that are too slow or not deterministic are dropped."""
    text = driver.source if driver else None
    lines, results = LINES[0], run_cases(program.right, program, inputs, text, LINES[0])
    if any(result == TOO_SLOW for result in results):
        longer = run_cases(program.right, program, inputs, text, LINES[1])
        if longer.count(TOO_SLOW) + longer.count(DIED) < results.count(TOO_SLOW) + results.count(DIED):
            lines, results = LINES[1], longer
    again = run_cases(program.right, program, inputs, text, lines)
    faulty = run_cases(program.faulty, program, inputs, text, lines)
    cases, failing, dropped = [], [], []
    for index, (item, right, second, wrong) in enumerate(zip(inputs, results, again, faulty, strict=True)):
        if right in (TOO_SLOW, DIED) or "$huge" in str(right) or not verifier.same(right, second):
            dropped.append(index)
            continue
        tolerance = {} if tolerances[index] is None else {"tolerance": tolerances[index]}
        cases.append({"input": item, "expected": right, **tolerance})
        failing.append(not verifier.same(wrong, right, tolerances[index] or 1e-9))
    return Expected(cases, failing, lines, dropped)


def choose_visible(expected: Expected) -> tuple[list[Case], list[Case]]:
    """Return (visible, hidden) cases.

    A third is shown (rounded up, 5 at most), in the order of the inputs' hashes: first one that the faulty program
    fails and one that it passes, if there is one, then the others. The rest is hidden. One case that the faulty program
    fails is always hidden and not shown, even if it is the only one: else a patch that knows the shown answers by heart
    would pass.
    """
    order = sorted(range(len(expected.cases)), key=lambda index: hash_json(expected.cases[index]["input"]))
    failing = [index for index in order if expected.failing[index]]
    passing = [index for index in order if not expected.failing[index]]
    if not failing:
        raise CannotImportError("the faulty program passes every case")
    secret = failing.pop()
    wanted = min(VISIBLE_MOST, -(-len(order) // VISIBLE_SHARE))
    first = [*failing[:1], *passing[:1]][:wanted]
    rest = [index for index in order if index not in first and index != secret]
    shown = {*first, *rest[: wanted - len(first)]}
    hidden = [case for index, case in enumerate(expected.cases) if index not in shown]
    return [expected.cases[index] for index in sorted(shown)], hidden


def keep_one_secret(visible: list[Case], hidden: Expected) -> list[Case]:
    """Return the given examples so that they go with hidden cases that may repeat them.

    If the faulty program passes all examples, a hidden case that it fails is shown too, where there are several; and if
    all hidden cases that it fails are among the examples, one of those is not shown.
    """
    order = sorted(range(len(hidden.cases)), key=lambda index: hash_json(hidden.cases[index]["input"]))
    failing = [hidden.cases[index] for index in order if hidden.failing[index]]
    if not failing:
        raise CannotImportError("the faulty program passes every hidden case")
    shown = [case["input"] for case in visible]
    if all(case["input"] not in shown for case in failing) and len(failing) > 1:
        return [*visible, failing[0]]
    if all(case["input"] in shown for case in failing):
        return [case for case in visible if case["input"] != failing[-1]["input"]]
    return visible


def write_task(folder: Path, task: CaseTask) -> None:
    """Write a Harbor task folder."""
    program = task.program
    config = {
        "schema_version": "1.0",
        "metadata": task.metadata,
        "agent": {"timeout_sec": 120.0},
        "verifier": {"timeout_sec": 60.0},
        "environment": {"cpus": 1, "memory_mb": 1024, "workdir": "/app"},
        "rqgm": {"artifacts": [program.name], "pool": "test"},
    }
    shown = {name: text for name, text in program.support.items() if task.visible_driver}
    contents = {
        "task.toml": tomli_w.dumps(config),
        "instruction.md": task.instruction,
        "environment/Dockerfile": DOCKERFILE,
        f"environment/{program.name}": program.faulty,
        "environment/visible.json": _case_file(task, task.visible),
        **{f"environment/{name}": text for name, text in shown.items()},
        "tests/test.sh": TEST_SH,
        "tests/verify.py": (files("rqgm.tasks") / "verify_cases.py").read_text(),
        "tests/cases.json": _case_file(task, task.hidden),
        "solution/solve.sh": SOLVE_SH.format(name=program.name),
        f"solution/{program.name}": program.right,
    }
    for place, driver in (("environment", task.visible_driver), ("tests", task.hidden_driver)):
        contents |= {f"{place}/driver.py": driver} if driver else {}
    if task.hidden_driver:
        contents |= {f"tests/{name}": text for name, text in program.support.items()}
    write_files(folder, contents)


def write_files(folder: Path, contents: dict[str, str]) -> None:
    """Write text files below a folder; scripts may be executed."""
    for name, text in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if path.suffix == ".sh" else 0o644)


def _case_file(task: CaseTask, cases: list[Case]) -> str:
    head: dict[str, Any] = {"schema_version": 1, "program": task.program.name}
    if task.lines != LINES[0]:
        head["lines"] = task.lines
    lines = ",\n".join("  " + json.dumps(case, sort_keys=True) for case in cases)
    return json.dumps(head)[:-1] + ', "cases": [\n' + lines + "\n]}\n"


@dataclass(frozen=True, slots=True)
class SuiteText:
    """What an imported suite's ``suite.toml`` says."""

    name: str
    description: str
    licence: str
    source: str


def write_suite(
    out: Path, text: SuiteText, names: Sequence[str], make: Callable[[str], CaseTask], tell: Callable[[str], None]
) -> Imported:
    """Make and write each task in turn; one that cannot be imported is left out with its reason.

    Raises ConfigError if `out` is not empty or nothing could be imported.
    """
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"{out}: is not empty; give a new folder with --out")
    done: list[str] = []
    left_out: dict[str, str] = {}
    notes: dict[str, str] = {}
    for name in names:
        try:
            task = make(name)
        except (ValueError, SyntaxError, OSError, LookupError, TypeError, RecursionError) as error:
            # border: one odd task of a foreign set does not stop the others
            left_out[name] = str(error) if isinstance(error, CannotImportError) else f"{type(error).__name__}: {error}"
            tell(f"{name}: left out: {left_out[name]}")
            continue
        task = replace(task, metadata={"imported_from": text.source, **task.metadata})
        shutil.rmtree(out / task.name, ignore_errors=True)
        write_task(out / task.name, task)
        done.append(task.name)
        if "weak" in task.metadata:
            notes[task.name] = str(task.metadata["weak"])
        tell(f"{task.name}: {len(task.visible)} visible, {len(task.hidden)} hidden")
    if not done:
        why = "; ".join(f"{name}: {reason}" for name, reason in list(left_out.items())[:3])
        raise ConfigError(f"{text.name}: nothing could be imported ({why})")
    config = {
        "schema_version": 1,
        "name": text.name,
        "kind": "solving",
        "description": text.description,
        "licence": text.licence,
        "source": text.source,
        "pools": {"test": done},
    }
    write_files(out, {"suite.toml": tomli_w.dumps(config)})
    return Imported(out, done, left_out, notes)


def read_source_note(folder: Path, default: SuiteText) -> SuiteText:
    """Return the suite's text with repository, commit and licence from a ``SOURCE.txt``, if the folder has one."""
    path = folder / "SOURCE.txt"
    if not path.is_file():
        return default
    found = dict(line.split(": ", 1) for line in path.read_text(errors="replace").splitlines() if ": " in line)
    source = " ".join(found[key].strip() for key in ("repo", "commit") if key in found)
    return replace(default, source=source or default.source, licence=found.get("licence", default.licence).strip())


def need(path: Path, what: str) -> Path:
    """Return a path that must exist in a public set's folder, or raise a ConfigError that says what to give."""
    if not path.exists():
        raise ConfigError(f"{path}: is missing; {what}")
    return path
