"""How long a job waits for a clean sandbox: the pool's hand-out against a plain start, in the same run. Prints JSON.

    python benchmarks/sandbox.py [--rounds 5] [--jobs 20] [--back-ends docker,bubblewrap,process]

Jobs are as long as a start, so that the pool has the time that real jobs give it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import RqgmError
from rqgm.sandbox.backends import STRONGEST_FIRST, make_backend
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.profile import load_profile

if TYPE_CHECKING:
    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Backend, Sandbox

SHELF = Path(__file__).parents[1] / "sandboxes" / "python"
EMPTY = ["python3", "-I", "-S", "-c", "pass"]


async def empty_run(sandbox: Sandbox) -> float:
    """Return the milliseconds that an empty Python takes in a sandbox."""
    started = time.perf_counter()
    done = await sandbox.run(EMPTY, cwd="/")
    if done.exit_code:
        raise RuntimeError(done.stderr)
    return 1e3 * (time.perf_counter() - started)


async def plain(backend: Backend, profile: Profile, jobs: int) -> dict[str, list[float]]:
    """Start, run and close one after the other."""
    times: dict[str, list[float]] = {"start": [], "run": [], "close": []}
    for _ in range(jobs):
        started = time.perf_counter()
        sandbox = await backend.start(profile, "benchmark")
        times["start"].append(1e3 * (time.perf_counter() - started))
        times["run"].append(await empty_run(sandbox))
        started = time.perf_counter()
        await sandbox.close()
        times["close"].append(1e3 * (time.perf_counter() - started))
    return times


async def pooled(backend: Backend, profile: Profile, jobs: int, job_s: float) -> list[float]:
    """Lease one after the other, each for as long as a job takes; return the waits."""
    waits = []
    async with Sandboxes(backend, "benchmark", spare=2) as sandboxes:
        async with sandboxes.lease(profile):  # the first one has to be started
            await asyncio.sleep(2 * job_s)
        for _ in range(jobs):
            started = time.perf_counter()
            async with sandboxes.lease(profile) as sandbox:
                waits.append(1e3 * (time.perf_counter() - started))
                await empty_run(sandbox)
                await asyncio.sleep(job_s)
    return waits


async def measure(name: str, profile: Profile, rounds: int, jobs: int) -> dict[str, Any]:
    """Return medians over rounds of each round's p50."""
    backend = make_backend(name)
    probe = await backend.probe()
    if not probe.usable:
        return {"usable": False, "why": probe.detail}
    try:
        await backend.prepare(profile)
    except RqgmError as error:
        return {"usable": False, "why": str(error)}
    found: dict[str, list[float]] = {key: [] for key in ("start", "run", "close", "handout")}
    for _ in range(rounds):
        times = await plain(backend, profile, jobs)
        for key, values in times.items():
            found[key].append(median(values))
        found["handout"].append(median(await pooled(backend, profile, jobs, median(times["start"]) / 1e3)))
    result: dict[str, Any] = {f"{key}_ms": round(median(values), 2) for key, values in found.items()}
    return {
        "usable": True,
        "detail": probe.detail,
        **result,
        "spread_ms": {k: [round(v, 2) for v in vs] for k, vs in found.items()},
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--back-ends", default=",".join(STRONGEST_FIRST))
    parser.add_argument("--out", type=Path, help="also write the JSON to this file")
    options = parser.parse_args()
    profile = load_profile(SHELF.resolve())
    names = options.back_ends.split(",")
    found = {name: asyncio.run(measure(name, profile, options.rounds, options.jobs)) for name in names}
    text = json.dumps({"rounds": options.rounds, "jobs": options.jobs, "back_ends": found}, indent=2)
    print(text)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
