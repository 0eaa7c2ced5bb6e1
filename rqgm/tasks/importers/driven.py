"""Tasks whose cases are the tests of a Python test file, rewritten to report instead of comparing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rqgm.tasks.importers.cases import (
    LINES,
    CannotImportError,
    CaseTask,
    choose_visible,
    expect,
    run_cases,
)
from rqgm.tasks.importers.drivers import case_name

if TYPE_CHECKING:
    from rqgm.tasks.importers.cases import Expected, Program
    from rqgm.tasks.importers.drivers import TestFile


def driven(name: str, instruction: str, program: Program, tests: TestFile) -> CaseTask:
    """Return a task whose cases are a test file's tests, rewritten to report; some of them are shown."""
    sound, unsound = prove(program, tests)
    if not sound:
        raise CannotImportError(f"the right program passes no test: {next(iter(unsound.values()))}")
    inputs = [{"drive": case_name(test), "args": []} for test in sound]
    driver = tests.observing(sound)
    expected = expect(program, inputs, driver, [driver.tolerance] * len(inputs))
    visible, hidden = choose_visible(expected)
    shown, kept = (tests.observing(_names(cases, sound)) for cases in (visible, hidden))
    left_out = [f"{test} ({why})" for test, why in unsound.items()] + [sound[index] for index in expected.dropped]
    metadata = describe(name, expected, left_out)
    if kept.weak:
        metadata["weak"] = "; ".join(kept.weak)[:2_000]
    return CaseTask(name, instruction, program, visible, hidden, shown.source, kept.source, expected.lines, metadata)


def prove(program: Program, tests: TestFile) -> tuple[list[str], dict[str, str]]:
    """Run the tests as they are on the right program: return those that pass, and why the others do not."""
    inputs = [{"drive": case_name(test), "args": []} for test in tests.tests]
    results = run_cases(program.right, program, inputs, tests.proving().source, lines=LINES[1])
    failed = {
        test: str(result["$error"]) for test, result in zip(tests.tests, results, strict=True) if "$error" in result
    }
    return [test for test in tests.tests if test not in failed], failed


def _names(cases: list[dict[str, Any]], tests: list[str]) -> list[str]:
    wanted = {case["input"]["drive"] for case in cases}
    return [test for test in tests if case_name(test) in wanted]


def describe(name: str, expected: Expected, left_out: list[str]) -> dict[str, Any]:
    """Return the metadata of an imported task: what of its tests was left out, and why."""
    metadata: dict[str, Any] = {"imported_name": name, "tags": ["python", "program-repair"]}
    if left_out:
        metadata["left_out"] = "the right program is too slow, not deterministic or wrong: " + "; ".join(left_out)
    if expected.lines != LINES[0]:
        metadata["lines"] = expected.lines
    return metadata
