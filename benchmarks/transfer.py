"""Programs that nobody here wrote: generation zero against the evolved generalists on imported public suites.

``RQGM_DATA=... python benchmarks/transfer.py --runs FOLDER`` takes the finished `repair` runs that
``improvement.py --runs FOLDER`` left, imports QuixBugs and HumanEvalFix from $RQGM_DATA untouched, and evaluates.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import common

from rqgm.core.intervals import paired_difference
from rqgm.run.evaluation import EvaluationRequest, evaluate
from rqgm.tasks.importers.humanevalpack import import_humanevalpack
from rqgm.tasks.importers.quixbugs import import_quixbugs

SUITES = {"quixbugs": import_quixbugs, "humanevalpack": import_humanevalpack}


async def measure(runs: list[Path], data: Path, scratch: Path) -> dict[str, Any]:
    """Return rates of generation zero and of each run's generalist on every suite."""
    result: dict[str, Any] = {}
    for kind, import_suite in SUITES.items():
        out = scratch / kind
        import_suite(data / kind, out)
        seed = await evaluate(EvaluationRequest(runs[0], "seed", str(out)))
        before = [bool(task["outcome"]) for task in seed["tasks"]]
        evolved = []
        for run in runs:
            found = await evaluate(EvaluationRequest(run, "generalist", str(out)))
            after = [bool(task["outcome"]) for task in found["tasks"]]
            gain = paired_difference(before, after)
            evolved.append(
                {key: found[key] for key in ("passed", "total", "rate", "interval")}
                | {"run": run.name, "difference": gain.difference, "difference_interval": [gain.low, gain.high]}
                | {"solved": [task["task"] for task in found["tasks"] if task["outcome"]]}
            )
        solved = [task["task"] for task in seed["tasks"] if task["outcome"]]
        keep = {key: seed[key] for key in ("passed", "total", "rate", "interval")}
        result[kind] = {"seed": keep | {"solved": solved}, "evolved": evolved}
    return {"suites": result}


def main() -> None:
    options = common.parser(__doc__)
    options.add_argument("--runs", type=Path, required=True, help="folder of finished repair runs (repair-rqgm-*)")
    chosen = options.parse_args()
    if "RQGM_DATA" not in os.environ:
        sys.exit("RQGM_DATA is not set: it names the folder of the public data")
    runs = sorted(chosen.runs.glob("repair-rqgm-*"))
    with tempfile.TemporaryDirectory() as scratch:
        common.report(asyncio.run(measure(runs, Path(os.environ["RQGM_DATA"]), Path(scratch))), chosen.out)


if __name__ == "__main__":
    main()
