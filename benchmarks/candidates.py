"""Pools of candidate patches: what a search with the seed workspace's parts library tries on a repair task.

Half of a pool's places are for plausible patches (they pass all visible tests), half for failed attempts that pass at
least as many visible tests as the faulty program. Both halves are drawn by a hash of the text: no label, no judge and
no ranking has a say. Run as a script it prints one task's pool; its attempts run there, in counted steps, as a coder's.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labelling import PROGRAM, VISIBLE, digest

ROOT = Path(__file__).parents[1]
SEARCHES = ("by_failing_case", "pairs", "greedy")
ORDER = "interleaved"
PLACES = 16


@dataclass(frozen=True)
class Pool:
    """The drawn programs of one task, and from how many distinct ones of each kind they were drawn."""

    texts: list[str]
    plausible: int
    failed: int


def find_pool(task: Path) -> Pool:
    """Return the pool of a repair task's folder, searched in a process of its own."""
    # There the seed's modules stay, and candidates that walk over sets do so in one order.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    argv = [sys.executable, __file__, str(task)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment)
    return Pool(**json.loads(done.stdout))


def write_held(out: Path, most: int | None = None) -> list[Path]:
    """Write the programs of the held part of `repair-reviews`, which are no tasks on the shelf, as tasks into `out`."""
    shelf = ROOT / "tasks" / "repair"
    build = _load(shelf / "build.py")
    folders = []
    for name in tomllib.loads((shelf / "programs" / "pools.toml").read_text())["reviews"][:most]:
        program = build.load(shelf / "programs" / f"{name}.py", f"program_{name}")
        folders.append(out / build.task_name(name))
        build.write(folders[-1], program, build.check(program, name))
    return folders


def search(task: Path) -> Pool:
    """Search one task with all operators of the library, and draw. A half that is too small leaves its places empty."""
    build = _load(ROOT / "tasks" / "repair-reviews" / "build.py")
    folder = task / "environment"
    cases = json.loads((folder / VISIBLE).read_text())["cases"]
    plan = build.plan(build.operators(), list(SEARCHES), ORDER)
    engine = build.engine.Engine(plan, (folder / PROGRAM).read_text(), cases, 0, 1)
    engine.search()
    before = sum(engine.base.spectrum.passed)
    failed = [a for a in engine.attempts if not all(a.passed) and a.score() >= before]
    plausible = _distinct(build, task.name, [patch.text for patch in engine.plausible])
    others = _distinct(build, task.name, [attempt.base.program.text(attempt.edit) for attempt in failed])
    return Pool([*plausible[: PLACES // 2], *others[: PLACES // 2]], len(plausible), len(others))


def _distinct(build: Any, name: str, texts: list[str]) -> list[str]:
    """Return one text for each syntax tree, in the order of a hash."""
    found = {build.normal(text): text for text in reversed(texts)}
    return [found[key] for key in sorted(found, key=lambda key: digest(name, key))]


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"build_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    print(json.dumps(asdict(search(Path(sys.argv[1])))))
