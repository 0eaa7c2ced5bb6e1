"""Make the tasks of the suite `repair` from ``programs/*.py``: run ``python tasks/repair/build.py [NAME ...]``.

Each file in ``programs/`` is one authored program (see ``programs/README.md``). This script checks it and writes
a Harbor task folder beside itself: the faulty program and its visible tests in ``environment/``, the stored hidden
cases in ``tests/``, the right program in ``solution/``. Equal sources give equal folders.
"""

import argparse
import importlib.util
import json
import random
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
VERIFIER = HERE.parents[1] / "rqgm" / "tasks" / "verify_cases.py"
HIDDEN_CASES = 60


class ProgramError(ValueError):
    """An authored program breaks a rule of ``programs/README.md``."""


def load(path: Path, name: str) -> ModuleType:
    """Import one file by path."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ProgramError(f"{path}: not importable")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


verifier = load(VERIFIER, "verify_cases")


def replace(source: str, edits: list[tuple[str, str]], where: str) -> str:
    """Apply textual edits, each of whose old text must occur exactly once."""
    for old, new in edits:
        if source.count(old) != 1:
            raise ProgramError(f"{where}: {old!r} occurs {source.count(old)} times, not once")
        source = source.replace(old, new)
    compile(source, where, "exec")
    return source


def observe(source: str, inputs: list[dict]) -> list:
    """Return the encoded results of a program on inputs (a child process, bounded by lines, not by the clock)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.py"
        path.write_text(source)
        results = verifier.observe(path, inputs)
    return results + [{"$error": "Died"}] * (len(inputs) - len(results))


def encode_input(program: ModuleType, item) -> dict:
    """Return the INPUT of one authored item: a tuple of arguments, or a dict that is already an INPUT."""
    if isinstance(item, dict):
        return {key: verifier.encode(value) if key == "args" else value for key, value in item.items()}
    case = {"call": program.ENTRY, "args": [verifier.encode(value) for value in item]}
    if getattr(program, "OBSERVE", None):
        case["observe"] = program.OBSERVE
    return case


def make_inputs(program: ModuleType, name: str) -> tuple[list[dict], list[dict]]:
    """Return (visible, hidden) inputs without repeats; hidden = authored EDGES, then generated ones."""
    visible = [encode_input(program, item) for item in program.VISIBLE]
    seen = {verifier.canonical(item) for item in visible}
    hidden = []
    rng = random.Random(f"repair/{name}")
    authored = [encode_input(program, item) for item in getattr(program, "EDGES", [])]
    for attempt in range(HIDDEN_CASES * 40):
        item = authored.pop(0) if authored else encode_input(program, program.generate(rng))
        key = verifier.canonical(item)
        if key not in seen and len(hidden) < HIDDEN_CASES:
            seen.add(key)
            hidden.append(item)
    return visible, hidden


def variants(program: ModuleType, kind: str, name: str) -> list[str]:
    """Return the authored right or wrong repairs (lists of edits of the *right* program) as sources."""
    return [replace(program.SOLUTION, edits, f"{name}.{kind}[{i}]") for i, edits in enumerate(getattr(program, kind))]


def check(program: ModuleType, name: str) -> dict:
    """Check one authored program and return its sources and cases; ProgramError says what is wrong."""
    solution = program.SOLUTION
    faulty = replace(solution, program.FAULTS, f"{name}.FAULTS")
    visible, hidden = make_inputs(program, name)
    if len(hidden) < 25:
        raise ProgramError(f"{name}: only {len(hidden)} distinct hidden inputs; generate() is too narrow")
    inputs = visible + hidden
    expected = observe(solution, inputs)
    if "Died" in str(expected) or "LineLimit" in str(expected) or "$huge" in str(expected):
        raise ProgramError(f"{name}: the right program dies, is too slow or answers too much")
    if expected != observe(solution, inputs):
        raise ProgramError(f"{name}: the right program is not deterministic")

    def passes(source: str) -> list[bool]:
        return [verifier.same(got, want) for got, want in zip(observe(source, inputs), expected)]

    seen, count = passes(faulty), len(visible)
    if not 3 <= count <= 6 or all(seen[:count]) or not any(seen[:count]):
        raise ProgramError(f"{name}: visible tests on the faulty program {seen[:count]}: want 3-6, mixed")
    rights, wrongs = variants(program, "RIGHT", name), variants(program, "WRONG", name)
    for i, source in enumerate(rights):
        if not all(passes(source)):
            raise ProgramError(f"{name}.RIGHT[{i}] fails {[inputs[k] for k, ok in enumerate(passes(source)) if not ok][:3]}")
    for i, source in enumerate(wrongs):
        result = passes(source)
        if not all(result[:count]) or all(result[count:]):
            raise ProgramError(f"{name}.WRONG[{i}] must pass the visible tests {result[:count]} and fail hidden ones")
    pairs = [{"input": item, "expected": value} for item, value in zip(inputs, expected)]
    return {
        "faulty": faulty,
        "solution": solution,
        "visible": pairs[:count],
        "hidden": pairs[count:],
        "rights": rights,
        "wrongs": wrongs,
    }


TASK_TOML = """schema_version = "1.0"

[metadata]
topic = {topic}
faults = {faults}
tags = ["python", "program-repair"]

[agent]
timeout_sec = 60.0

[verifier]
timeout_sec = 60.0

[environment]
cpus = 1
memory_mb = 1024
workdir = "/app"

[rqgm]
artifacts = ["program.py"]
"""

INSTRUCTION = """# Repair `program.py`

{text}

The program in `/app/program.py` has a fault. Change it so that it does what is said above. Some of the tests that it
must pass are in `/app/visible.json`; others are hidden. Only `/app/program.py` counts.
"""

DOCKERFILE = """ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}
WORKDIR /app
COPY . /app
"""


def write(folder: Path, program: ModuleType, parts: dict) -> None:
    """Write one task folder, replacing what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    case_file = {"schema_version": 1, "program": "program.py"}
    text = (program.__doc__ or "").strip()
    files = {
        "task.toml": TASK_TOML.format(topic=json.dumps(program.TOPIC), faults=len(program.FAULTS)),
        "instruction.md": INSTRUCTION.format(text=text),
        "environment/Dockerfile": DOCKERFILE,
        "environment/program.py": parts["faulty"],
        "environment/visible.json": to_json({**case_file, "cases": parts["visible"]}),
        "tests/test.sh": '#!/bin/sh\nexec python3 -I -S "${RQGM_ROOT:-}/tests/verify.py"\n',
        "tests/verify.py": VERIFIER.read_text(),
        "tests/cases.json": to_json({**case_file, "cases": parts["hidden"]}),
        "solution/solve.sh": '#!/bin/sh\nexec cp "${RQGM_ROOT:-}/solution/program.py" "${RQGM_ROOT:-}/app/program.py"\n',
        "solution/program.py": parts["solution"],
    }
    for relative, content in files.items():
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o755 if path.suffix == ".sh" else 0o644)


SUITE_TOML = """schema_version = 1
name = "repair"
kind = "solving"
description = "Small Python programs with one or two seeded faults; few visible tests, strong hidden ones."
licence = "Apache-2.0"
source = "authored for this project; made from programs/ by build.py"

[pools]
"""


def write_suite(pools: dict[str, list[str]]) -> None:
    """Write suite.toml with the pools of programs/pools.toml."""
    text = SUITE_TOML
    for pool in ("train", "validation", "test"):
        text += f"{pool} = [\n" + "".join(f'  "{task_name(name)}",\n' for name in pools[pool]) + "]\n"
    (HERE / "suite.toml").write_text(text)


def task_name(name: str) -> str:
    """Return the task folder's name of a program."""
    return name.replace("_", "-")


def to_json(case_file: dict) -> str:
    """Return a case file with one case a line, so that diffs stay readable."""
    cases = ",\n".join("  " + json.dumps(case, sort_keys=True) for case in case_file["cases"])
    head = {key: value for key, value in case_file.items() if key != "cases"}
    return json.dumps(head)[:-1] + ', "cases": [\n' + cases + "\n]}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="programs to build (all)")
    parser.add_argument("--check", action="store_true", help="check only, write nothing")
    options = parser.parse_args()
    failed = 0
    pools = tomllib.loads((HERE / "programs" / "pools.toml").read_text())
    tasks = {name for pool, names in pools.items() for name in names if pool != "reviews"}
    names = options.names or sorted(path.stem for path in (HERE / "programs").glob("*.py"))
    for name in names:
        program = load(HERE / "programs" / f"{name}.py", f"program_{name}")
        try:
            parts = check(program, name)
        except ProgramError as error:
            failed += 1
            print(f"FAIL {error}", file=sys.stderr)
            continue
        if not options.check and name in tasks:
            write(HERE / task_name(name), program, parts)
        print(f"ok   {name}: {len(parts['visible'])} visible, {len(parts['hidden'])} hidden, "
              f"{len(parts['rights'])} right, {len(parts['wrongs'])} wrong")
    if not options.check:
        write_suite(pools)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
