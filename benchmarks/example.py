"""Make the small finished lineage that lies in ``archive/example/``: a run of `repair` on a few of its tasks.

``python benchmarks/example.py`` (about a minute). Equal code gives an equal lineage head. The run's database is left in
one file and its lineage packed, so that looking at it writes nothing and the repository holds few files.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parents[1]
TASKS = {"train": 8, "validation": 10, "test": 8}
ITEMS = {"train": 24, "anchor": 40, "test": 16}
SETTINGS = ("seed=3", "budget.outcomes=120", "epochs.first=30", "search.lag=8", "roles.coder.steps=150000")


def few(names: list[str], count: int) -> list[str]:
    """Return `count` of `names`, spread over them evenly."""
    return [names[k * len(names) // count] for k in range(count)]


def small_suites(shelf: Path) -> None:
    """Write suites ``repair-small`` and ``repair-reviews-small``: a few tasks and items of the shipped ones."""
    import tomllib

    source = ROOT / "tasks" / "repair"
    pools = tomllib.loads((source / "suite.toml").read_text())["pools"]
    chosen = {pool: few(names, TASKS[pool]) for pool, names in pools.items()}
    text = 'schema_version = 1\nname = "repair-small"\nkind = "solving"\nlicence = "Apache-2.0"\n'
    text += 'description = "A few tasks of repair."\nsource = "tasks/repair"\n\n[pools]\n'
    text += "".join(f"{pool} = {json.dumps(names)}\n" for pool, names in chosen.items())
    small = shelf / "repair-small"
    small.mkdir(parents=True)
    (small / "suite.toml").write_text(text)
    for name in (name for names in chosen.values() for name in names):
        shutil.copytree(source / name, small / name)
    source, small = ROOT / "tasks" / "repair-reviews", shelf / "repair-reviews-small"
    small.mkdir()
    items = [json.loads(line) for line in (source / "items.jsonl").read_text().splitlines()]
    by_pool = {pool: few([i["id"] for i in items if i["pool"] == pool], count) for pool, count in ITEMS.items()}
    kept = {name for names in by_pool.values() for name in names}
    (small / "suite.toml").write_text(
        (source / "suite.toml").read_text().replace('name = "repair-reviews"', 'name = "repair-reviews-small"')
    )
    for file in ("items.jsonl", "labels.jsonl"):
        lines = (source / file).read_text().splitlines()
        (small / file).write_text("".join(f"{line}\n" for line in lines if json.loads(line)["id"] in kept))


def main() -> None:
    """Run it and put it in its place."""
    target = ROOT / "archive" / "example" / "repair-small"
    with tempfile.TemporaryDirectory() as name:
        project = Path(name)
        (project / "rqgm.toml").write_text("schema_version = 1\n")
        small_suites(project / "tasks")
        shutil.copytree(ROOT / "archive" / "seeds" / "repair", project / "archive" / "seeds" / "repair")
        for shelf in ("judges", "sandboxes"):
            shutil.copytree(ROOT / shelf, project / shelf)
        experiment = (ROOT / "experiments" / "repair.toml").read_text()
        experiment = experiment.replace('suite = "repair"', 'suite = "repair-small"')
        experiment = experiment.replace('suite = "repair-reviews"', 'suite = "repair-reviews-small"')
        experiment = experiment.replace('name = "repair"', 'name = "repair-small"', 1)
        (project / "experiments").mkdir()
        (project / "experiments" / "repair-small.toml").write_text(experiment)
        run = project / "archive" / "runs" / "repair-small"
        rqgm = [sys.executable, "-m", "rqgm"]
        options = [part for setting in SETTINGS for part in ("-c", setting)]
        made = subprocess.run(
            [*rqgm, "run", "repair-small", *options, "--sandbox", "bubblewrap", "--out", str(run)],
            cwd=project,
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "NO_COLOR": "1"},
        )
        (run / "held").unlink()
        with closing(sqlite3.connect(run / "ledger.sqlite")) as ledger:
            ledger.execute("PRAGMA journal_mode=DELETE")
        git = ["git", "-c", "repack.writeBitmaps=false", "-C", str(run / "lineage.git")]
        subprocess.run([*git, "repack", "-adq"], check=True)
        subprocess.run([*git, "prune-packed", "-q"], check=True)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(run, target)
    print(made.stdout)


if __name__ == "__main__":
    main()
