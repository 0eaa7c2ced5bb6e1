"""Does talking help a search? Five seeds of `repair-team` with its policies on and off, at the same cost.

``python benchmarks/teams.py --out benchmarks/results/teams.json`` (about an hour on 2 cores). Both arms have the
same roles, tasks and seeds, and may spend the same CPU time of roles and tests on the search (`CPU_S`); the arm in which
nobody talks comes to more outcomes for it. Runs go to a scratch folder, or with ``--runs FOLDER`` stay; seeds that the file
named by ``--out`` has already, made of the same code, tasks and settings, are taken from it.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import common
from improvement import difference, run_one

from rqgm.run.comparison import pool
from rqgm.run.session import open_run
from rqgm.run.summary import summarise

EXPERIMENT = "repair-team"
CPU_S = 150
"""Of each search; the test pool's comes on top of it."""
SETTINGS = (f"budget.cpu_s={CPU_S}", "budget.outcomes=10000", "epochs.first=40", "search.train_samples.coder=3")
ARMS = {"talking": (), "silent": ("roles.coder.policy=parallel", "panels.review-team.policy=parallel")}


def describe(folder: Path) -> dict[str, Any]:
    """Return what the table needs of one finished run."""
    run = open_run(folder)
    try:
        summary = summarise(run)
        found = {
            name: summary[name] for name in ("seed", "outcomes", "nodes", "wall_s", "seed_test", "gain", "lineage_head")
        }
        total = summary["usage"]["total"]
        return found | {
            "generalist": summary["endpoints"]["generalist"],
            "replacements": len(summary["replacements"]),
            "cpu_s": total["cpu_s"],
            "agent_runs": total["agent_runs"],
            "talk": summary["talk"],
        }
    finally:
        run.archive.close()


async def measure(options: Any) -> dict[str, Any]:
    """Run both arms of every seed that the result does not have yet, and write after each."""
    options.config = [*SETTINGS, *options.config]
    made_of = common.made_of(EXPERIMENT, options.config)
    found = json.loads(options.out.read_text()) if options.out and options.out.exists() else {}
    found.pop("machine", None)
    if found.get("made_of") != made_of:
        found = {"made_of": made_of, "settings": options.config, "runs": {arm: [] for arm in ARMS}, "by_seed": []}
    for seed in range(options.seeds):
        if seed in [pair["seed"] for pair in found["by_seed"]]:
            continue
        places = {arm: await run_one(EXPERIMENT, seed, overrides, options) for arm, overrides in ARMS.items()}
        for arm, folder in places.items():
            found["runs"][arm].append(describe(folder))
        found["by_seed"].append(difference(seed, places, "silent", "talking"))
        found["pooled"] = pool(found["by_seed"])
        if options.out:
            common.report(found, options.out, quiet=True)
    return found


def main() -> None:
    options = common.parser(__doc__)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--sandbox", default="auto")
    options.add_argument("--runs", type=Path, help="keep the runs in this folder (and reuse those that are there)")
    options.add_argument("-c", "--config", action="append", default=[], help="passed on to every run")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        chosen.runs = chosen.runs or Path(scratch)
        common.report(asyncio.run(measure(chosen)), chosen.out)


if __name__ == "__main__":
    main()
