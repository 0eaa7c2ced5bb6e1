"""Checks that nobody was shown what they must not see: pools are apart, hidden tests are nowhere in the open."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rqgm.core.errors import RqgmError
from rqgm.core.hashes import hash_json
from rqgm.core.trees import hash_tree
from rqgm.report.audit.findings import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rqgm.core.words import Pool
    from rqgm.evolution.criterion import Criterion
    from rqgm.report.audit.findings import Finding
    from rqgm.tasks.suite import Suite
    from rqgm.tasks.task import Task

MIN_TELLING_CHARS = 40
"""A line of a hidden test that is at least so long, and is nowhere in the open, tells it from any other text."""


def check_pools(criterion: Criterion, suites: Mapping[str, Suite]) -> Finding:
    """Check that no task is in two pools, by name or by what it shows and asks."""
    sheet = Sheet("pools")
    counts: dict[str, int] = defaultdict(int)
    for role in criterion.roles:
        seen: dict[str, tuple[str, Pool]] = {}
        suite = suites[role.suite]
        for pool, names in role.tasks.items():
            counts[pool.value] += len(names)
            for name in names:
                try:
                    content = _content(suite, name)
                except RqgmError as error:
                    sheet.fault(f"{role.suite}/{name}", str(error))
                    continue
                other = seen.setdefault(content, (name, pool))
                same = other[1] is pool
                sheet.expect(same, f"{role.suite}/{name} ({pool})", f"is the same as {other[0]} ({other[1]})")
    return sheet.close(", ".join(f"{count} {pool}" for pool, count in sorted(counts.items())))


def _content(suite: Suite, name: str) -> str:
    """Return a hash of what a role is shown of a task or an item, whatever it is called."""
    if suite.kind == "solving":
        task = suite.task(name)
        return hash_json([task.instruction, hash_tree(task.environment)])
    item = suite.item(name)
    return hash_json([item.instruction, hash_tree(item.environment), hash_tree(item.artifact)])


def check_hidden(suites: Mapping[str, Suite], texts: Iterable[tuple[str, str]]) -> Finding:
    """Look for hidden tests and solutions where they must not be.

    In what each task shows (its instruction and environment), and in `texts`: (where, text) of what roles sent to
    models, as far as it was recorded. What a role was shown otherwise is not on record; that the sandbox mounts nothing
    else is for its conformance kit (`rqgm sandbox doctor`).
    """
    sheet = Sheet("hidden")
    tasks = [
        (suite.name, suite.task(name)) for suite in suites.values() if suite.kind == "solving" for name in suite.names()
    ]
    for suite, task in tasks:
        for path, file in task.environment.items():
            hidden = [test for test, other in task.tests.items() if other.data == file.data and len(file.data) > 1]
            sheet.expect(not hidden, f"{suite}/{task.name}", f"shows {path}, which is its hidden test {hidden[:1]}")
    telling = _telling([task for _, task in tasks])
    looked = 0
    for where, text in texts:
        looked += 1
        for line in {line.strip() for line in text.splitlines()} & telling.keys():
            sheet.fault(where, f"holds a line of {telling[line]}")
    figure = f"{len(tasks)} tasks: what they show holds no hidden test"
    return sheet.close(figure + (f"; {looked} texts that roles sent to models" if looked else ""))


def _telling(tasks: Sequence[Task]) -> dict[str, str]:
    """Return the lines that only one task's hidden tests have, and it does not show: line -> whose they are.

    Lines of several tasks' are a runner's, which tell nothing of a task.
    """
    found: dict[str, str] = {}
    common: set[str] = set()
    for task in tasks:
        shown = {line for file in task.environment.values() for line in _lines(file.data)}
        shown |= {line.strip() for line in task.instruction.splitlines()}
        for path, file in task.tests.items():
            where = f"{task.name}/tests/{path}"
            for line in _lines(file.data) - shown:
                if len(line) >= MIN_TELLING_CHARS and found.setdefault(line, where) != where:
                    common.add(line)
    return {line: where for line, where in found.items() if line not in common}


def _lines(data: bytes) -> set[str]:
    return {line.strip() for line in data.decode("utf-8", "replace").splitlines()}
