"""What the engine itself costs: time per outcome, resume, memory, start-up. Jobs are drawn, not run (rqgm.testing.worlds).

Run it on a quiet machine: ``python benchmarks/overhead.py --out benchmarks/results/overhead.json``.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import common
import numpy as np

from rqgm.archive.run_archive import LOCK_FILE, RunArchive
from rqgm.archive.state import recount
from rqgm.evolution.loop import Loop, LoopSettings
from rqgm.evolution.settings import BudgetSettings, EndpointSettings, EpochSettings, SearchSettings
from rqgm.testing.worlds import SyntheticWorker, World, begin

NEVER = EpochSettings(first=10**9)
OUTCOMES = 12_288


def make(
    folder: Path, world: World, outcomes: int, epochs: EpochSettings, **search: Any
) -> tuple[RunArchive, Loop, list[float]]:
    """Return an archive, its loop, and the list in which the time of each commit is kept."""
    (folder / LOCK_FILE).write_text("{}")
    archive = RunArchive(folder, writer=True, create=True)
    criterion = begin(archive, world)
    settings = LoopSettings(
        seed=1,
        search=SearchSettings(**search),
        epochs=epochs,
        endpoints=EndpointSettings(),
        budget=BudgetSettings(outcomes=outcomes),
        workers=2,
    )
    times: list[float] = []

    def observe(_state: object, stage: str) -> None:
        if stage == "search":
            times.append(time.perf_counter())

    return archive, Loop(archive, criterion, settings, SyntheticWorker(world, archive), observe), times


def per_outcome() -> dict[str, Any]:
    """Time per outcome in windows of a run of 12,288 outcomes, with checkpoints, replacement and erasure on."""
    with tempfile.TemporaryDirectory() as folder:
        archive, loop, times = make(Path(folder), World(tasks=100, anchors=400), OUTCOMES, EpochSettings(first=32))
        began = time.perf_counter()
        asyncio.run(loop.run())
        total = time.perf_counter() - began
        stamps = np.array(times[: OUTCOMES + len(archive.state.nodes)])
        steps = 1e3 * np.diff(stamps)
        windows = {}
        for position in (100, 500, 1_000, 2_500, 5_000, 10_000, 12_000):
            windows[str(position)] = round(float(np.mean(steps[max(0, position - 100) : position + 100])), 3)
        equal = True
        for role, evidence in archive.state.evidence.items():
            own, clade = recount(archive.state, role)
            equal = equal and bool(np.array_equal(own, evidence.own) and np.array_equal(clade, evidence.clade))
        return {
            "outcomes": archive.state.spent,
            "nodes": len(archive.state.nodes),
            "epochs": len(archive.state.epochs) + 1,
            "erased": archive.state.erased,
            "shared": archive.state.shared(),
            "total_s": round(total, 2),
            "mean_ms_per_outcome": round(1e3 * total / archive.state.spent, 3),
            "mean_ms_around_outcome": windows,
            "growth_100_to_10000": round(windows["10000"] / windows["100"], 2),
            "clade_counts_equal_recount": equal,
        }


def many_nodes(nodes: int) -> dict[str, Any]:
    """Grow a run of `nodes` nodes of 20 kB (an expansion a outcome), then time decisions and a resume."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = World(tasks=100, anchors=400, padding_bytes=20_000, rejected=0.0)
        _warm_up()
        before = _rss_mib()
        archive, loop, times = make(folder, world, nodes, NEVER, alpha=1.0, max_nodes=nodes, train_samples=0)
        asyncio.run(loop.run())
        gc.collect()
        grown = _rss_mib() - before
        steps = 1e3 * np.diff(np.array(times))
        archive.close()
        began = time.perf_counter()
        again = RunArchive(folder)
        resume_s = time.perf_counter() - began
        result = {
            "nodes": len(again.state.nodes),
            "records": len(again.state.records),
            "mean_ms_per_job_at_the_end": round(float(np.mean(steps[-400:])), 3),
            "resume_s": round(resume_s, 3),
            "memory_mib_grown": round(grown, 1),
            "memory_mib_per_1000_nodes": round(1_000 * grown / nodes, 1),
            "disk_mib": round(sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 2**20, 1),
        }
        again.close()
        return result


def _warm_up() -> None:
    """Run a little, so that imports and allocator pools are not counted as the archive's memory."""
    with tempfile.TemporaryDirectory() as folder:
        archive, loop, _ = make(Path(folder), World(), 100, NEVER)
        asyncio.run(loop.run())
        archive.close()


def many_records(records: int) -> dict[str, Any]:
    """Make a run of `records` records, then measure resume and memory in this fresh process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive, loop, _ = make(folder, World(tasks=400, anchors=1_600), records, EpochSettings(first=1_000))
        asyncio.run(loop.run())
        archive.close()
        return common.in_process(__file__, "--part", "reopen", "--folder", name)


def reopen(folder: Path) -> dict[str, Any]:
    """Open a run's folder and say how long that took and how much memory it needs."""
    before = _rss_mib()
    began = time.perf_counter()
    archive = RunArchive(folder)
    resume_s = time.perf_counter() - began
    return {
        "records": len(archive.state.records),
        "nodes": len(archive.state.nodes),
        "resume_s": round(resume_s, 3),
        "memory_mib": round(_rss_mib(), 1),
        "memory_mib_over_imports": round(_rss_mib() - before, 1),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def start_up() -> dict[str, Any]:
    """Time `rqgm --help` and an empty interpreter, ten times each."""
    times: dict[str, list[float]] = {"rqgm --help": [], "python -c pass": []}
    for _ in range(10):
        for name, argv in (("rqgm --help", ["-m", "rqgm", "--help"]), ("python -c pass", ["-c", "pass"])):
            began = time.perf_counter()
            subprocess.run([sys.executable, *argv], stdout=subprocess.DEVNULL, check=True)
            times[name].append(time.perf_counter() - began)
    return {name: common.summary(values) for name, values in times.items()}


def _rss_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


PARTS = {
    "per_outcome": per_outcome,
    "1000_nodes": lambda: many_nodes(1_000),
    "10000_nodes": lambda: many_nodes(10_000),
    "100000_records": lambda: many_records(100_000),
    "start_up": start_up,
}


def main() -> None:
    options = common.parser(__doc__)
    options.add_argument("--part", choices=[*PARTS, "reopen"], help="only this part")
    options.add_argument("--folder", type=Path)
    chosen = options.parse_args()
    if chosen.part == "reopen":
        print(json.dumps(reopen(chosen.folder)))
    elif chosen.part:
        print(json.dumps(PARTS[chosen.part]()))
    else:
        common.report({part: common.in_process(__file__, "--part", part) for part in PARTS}, chosen.out)


if __name__ == "__main__":
    main()
