"""What benchmarks share: where results go, and on what machine they were made."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that all benchmarks have."""
    made = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    made.add_argument("--out", type=Path, help="also write the JSON here")
    return made


def report(result: dict[str, Any], out: Path | None, *, quiet: bool = False) -> None:
    """Print a result as JSON, unless `quiet`, and write it to `out`."""
    text = json.dumps({"machine": machine(), **result}, indent=1)
    if not quiet:
        print(text)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n")


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}


def made_of(experiment: str, config: Sequence[str] = (), *dropped: str) -> str:
    """Return a hash of all that decides figures of `experiment` but seed, arm and machine: settings, tasks, code, judges.

    Rows of a committed result may stand beside new ones as long as this is equal. `dropped` settings (``table.key``) are
    the arms'.
    """
    from rqgm.core.hashes import hash_json
    from rqgm.run.experiment import load_experiment
    from rqgm.run.lock import resolve
    from rqgm.run.shelves import Shelves

    shelves = Shelves.seen_from(Path(__file__).parent)
    resolved = resolve(load_experiment(shelves.find("experiment", experiment).path, list(config)), shelves)
    settings = resolved.experiment.model_dump(mode="json", exclude={"seed"})
    for key in dropped:
        table, _, name = key.partition(".")
        settings[table].pop(name)
    suites = {name: origin.hash for name, origin in resolved.suite_origins.items()}
    panels = {name: panel.hash for name, panel in resolved.panels.items()}
    return hash_json([settings, resolved.workspace.hash, suites, panels])


def summary(values: list[float], digits: int = 3) -> dict[str, float]:
    """Return median, 5 % and 95 % quantile of repeated measurements."""
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), digits),
        "p05": round(ordered[int(0.05 * (len(ordered) - 1))], digits),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))], digits),
        "n": len(ordered),
    }


def in_process(*argv: str) -> dict[str, Any]:
    """Run a part of a benchmark in a process of its own, so that its memory and imports are its own."""
    done = subprocess.run([sys.executable, *argv], capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
