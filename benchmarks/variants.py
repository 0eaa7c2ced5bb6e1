"""More faulty programs: the tasks of `repair` with other faults, one or two small changes of the right program each.

A variant is a task of its own, in the same pool as the program that it is made from, with the same hidden tests and
solution. Its faults are drawn from `rqgm.judging.rubrics.mutants`, which knows nothing of the workspaces' parts. Each
fault by itself fails hidden tests; together they fail some visible tests and pass others. Where all visible tests
pass, the first hidden one that fails is shown as well. Equal arguments write equal folders.

`metadata.variant_of` names the program: variants of one program are not independent, so intervals are over programs.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import json
import random
import shutil
import sys
import tempfile
import tomllib
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import tomli_w
from common import parser

from rqgm.core.words import Pool
from rqgm.judging.rubrics.mutants import mutate
from rqgm.tasks import verify_cases
from rqgm.tasks.suite import SolvingSuite, load_suite

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

verifier: Any = verify_cases  # standalone, so without annotations
SUITE = Path(__file__).parents[1] / "tasks" / "repair"
PROGRAM, VISIBLE, CASES = "environment/program.py", "environment/visible.json", "tests/cases.json"
MOST_MUTANTS: Final = 200  # of one program
MOST_FAULTS: Final = 2
LEAST_SINGLE: Final = 12  # faults of which two are joined
LINES: Final = 20_000  # that a case of a faulty program may run, before it counts as failed
LOOPS: Final = 2  # cases that use them up before the rest count as failed


def variants(programs: Iterable[str] | None, per_program: int, faults: int, seed: int, out: Path) -> Path:
    """Write a suite with up to `per_program` variants of each program, with `faults` faults each, into a new folder.

    `programs` are names of tasks of `repair`, None all of them. Returns `out`. Raises ValueError for other numbers of
    faults than one and two, UnknownNameError for a name that is no task, FileExistsError where `out` is there already.
    """
    if not 1 <= faults <= MOST_FAULTS:
        raise ValueError(f"a variant has one fault or two, not {faults}")
    suite = load_suite(SUITE)
    assert isinstance(suite, SolvingSuite)
    folders = {name: suite.task(name).folder for name in sorted(suite.names() if programs is None else programs)}
    out.mkdir(parents=True)
    pools: dict[Pool, list[str]] = {}
    for program, folder in folders.items():
        for number, (source, shown) in enumerate(_drawn(folder, per_program, faults, seed)):
            name = f"{program}-{faults}f{number}"
            _write(folder, out / name, source, shown, faults)
            pools.setdefault(suite.pool_of[program], []).append(name)
    text = {
        "schema_version": 1,
        "name": f"repair-variants-{faults}f-{seed}",
        "kind": "solving",
        "description": f"Programs of the suite repair with {faults} other faults each; the same hidden tests.",
        "licence": suite.licence,
        "source": f"made from the suite repair by benchmarks/variants.py, seed {seed}",
        "pools": {pool.value: pools[pool] for pool in Pool if pool in pools},
    }
    (out / "suite.toml").write_text(tomli_w.dumps(text))
    return out


def _drawn(folder: Path, count: int, faults: int, seed: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield up to `count` faulty sources of a task, each with the visible cases that it is given."""
    visible, hidden = (json.loads((folder / path).read_text())["cases"] for path in (VISIBLE, CASES))
    right = ast.unparse(ast.parse((folder / "solution" / "program.py").read_text())) + "\n"
    rng = random.Random(f"{folder.name}/{faults}/{seed}")
    mutants = [text + "\n" for text in mutate(ast.parse(right), most=MOST_MUTANTS)]
    rng.shuffle(mutants)
    found = 0
    for source in mutants if faults == 1 else _doubled(right, mutants, count, [*visible, *hidden], rng):
        passed = _passed(source, [*visible, *hidden])
        seen, unseen = passed[: len(visible)], passed[len(visible) :]
        if all(unseen) or not any(seen):
            continue
        if found == count:
            return
        found += 1
        yield source, visible if not all(seen) else [*visible, hidden[unseen.index(False)]]


def _doubled(
    right: str, mutants: Sequence[str], count: int, cases: Sequence[dict[str, Any]], rng: random.Random
) -> Iterator[str]:
    """Yield programs with two faults on different lines, in a drawn order; each fault by itself fails a test."""
    single: list[str] = []
    for source in mutants:
        if len(single) == max(LEAST_SINGLE, 2 * count + 2):
            break
        if not all(_passed(source, cases)):
            single.append(source)
    pairs = list(combinations(single, 2))
    rng.shuffle(pairs)
    for first, second in pairs:
        joined = _joined(right.splitlines(), first.splitlines(), second.splitlines())
        if joined is not None:
            yield joined


def _joined(right: list[str], first: list[str], second: list[str]) -> str | None:
    """Return a program with the changes of both, None where these touch or do not parse together."""
    changes = sorted([*_changes(right, first), *_changes(right, second)])
    text, at = [], 0
    for start, end, new in changes:
        if at and start <= at:
            return None
        text += [*right[at:start], *new]
        at = end
    source = "\n".join([*text, *right[at:]]) + "\n"
    try:
        compile(source, "program.py", "exec")
    except (SyntaxError, ValueError):
        return None
    return source


def _changes(before: list[str], after: list[str]) -> list[tuple[int, int, tuple[str, ...]]]:
    """Return the places where two programs differ: (first line, line after the last, new lines), counted from 0."""
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return [
        (start, end, tuple(after[other:other_end]))
        for tag, start, end, other, other_end in matcher.get_opcodes()
        if tag != "equal"
    ]


def _passed(source: str, cases: Sequence[dict[str, Any]]) -> list[bool]:
    """Return for each case whether a program passes it, as the verifier tells; none of one that does not compile."""
    try:
        compile(source, "program.py", "exec")
    except (SyntaxError, ValueError):
        return [False] * len(cases)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.py"
        path.write_text(source)
        inputs = [case["input"] for case in cases]
        answers = verifier.observe(path, inputs, lines=LINES, hopeless=LOOPS)
    answers = [*answers, *({"$error": "Died"} for _ in range(len(cases) - len(answers)))]
    return [verifier.same(got, case["expected"]) for got, case in zip(answers, cases, strict=True)]


def _write(task: Path, out: Path, source: str, visible: list[dict[str, Any]], faults: int) -> None:
    """Write one variant of a task."""
    shutil.copytree(task, out)
    (out / PROGRAM).write_text(source)
    cases = {**json.loads((task / VISIBLE).read_text()), "cases": visible}
    (out / VISIBLE).write_text(json.dumps(cases, sort_keys=True) + "\n")
    table = tomllib.loads((task / "task.toml").read_text())
    table["metadata"] |= {"faults": faults, "variant_of": task.name}
    (out / "task.toml").write_text(tomli_w.dumps(table))


def digest(folder: Path) -> str:
    """Return a hash of all files of a suite."""
    made = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        made.update(f"{path.relative_to(folder)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return made.hexdigest()


def main() -> None:
    """Write a suite of variants and print how many tasks each pool has, with the hash of the whole."""
    options = parser(__doc__)
    options.add_argument("folder", type=Path, help="where the suite is written; not there yet")
    options.add_argument("--per-program", type=int, default=4)
    options.add_argument("--faults", type=int, default=1, choices=range(1, MOST_FAULTS + 1))
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--pools", nargs="+", choices=[pool.value for pool in Pool], help="only programs of these")
    chosen = options.parse_args()
    suite = load_suite(SUITE)
    names = suite.names() if chosen.pools is None else [name for pool in chosen.pools for name in suite.names(pool)]
    variants(names, chosen.per_program, chosen.faults, chosen.seed, chosen.folder)
    result = {"counts": load_suite(chosen.folder).counts(), "sha256": digest(chosen.folder)}
    json.dump(result, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
