"""What a panel adds to its judges: five seats of 200 ms, 32 calls that need each other, evidence that is checked. Prints JSON.

    python benchmarks/panels.py [--rounds 20] [--back-ends process,bubblewrap] [--out benchmarks/results/panels.json]

The judges sleep, so that what is left is the panel's own. Each figure in milliseconds is of one item, by `Panel.ask`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import tempfile
import time
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import parser, report, summary

from rqgm.core.graphs import ordered
from rqgm.core.trees import File
from rqgm.core.usage import Usage
from rqgm.core.words import Verdict
from rqgm.judging.criteria import Checks
from rqgm.judging.judge import JudgeCase, Opinion
from rqgm.judging.panel import Panel, PanelSpec, SeatSpec, load_panel
from rqgm.judging.seats import PluginSeat
from rqgm.orchestration.calls import Call, run_calls
from rqgm.sandbox.backends import make_backend
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.process import ProcessBackend
from rqgm.sandbox.profile import load_profile

if TYPE_CHECKING:
    from collections.abc import Mapping

SHELF = Path(__file__).parents[1] / "sandboxes" / "python"
SEATS, JUDGE_S = 5, 0.2
CALLS, GRAPHS = 32, 20
CASE = JudgeCase("t", "Mend it.", {}, {"program.py": File(b"def f(x):\n    return x + 1\n")})
PATH_SEAT = """
import json, os, time
root = os.environ.get("RQGM_ROOT", "") + "/rqgm/io"
time.sleep(SLEEP)
json.dump({"schema_version": 1, "verdict": "accept", "score": 1, "evidence": EVIDENCE}, open(f"{root}/response.json", "w"))
"""
WORKSPACE = """schema_version = 1
[roles.judge]
kind = "judge"
command = ["python3", "-S", "judge.py"]
folders = ["judge.py"]
"""
OUTPUT = b"2\n"
POINTERS: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "file": [{"claim": "adds one", "file": "program.py", "line": 2, "quote": "x + 1"}],
    "command": [
        {
            "claim": "two lines",
            "command": ["python3", "-S", "-c", "print(len(open('../artifact/program.py').readlines()))"],
            "output_sha256": hashlib.sha256(OUTPUT).hexdigest(),
        }
    ],
}


class Waiting:
    """An installed judge that waits as one that calls a model does."""

    async def judge(self, _: JudgeCase) -> Opinion:
        """Accept after a while."""
        await asyncio.sleep(JUDGE_S)
        return Opinion(Verdict.ACCEPT, 1.0, None, "", Usage())


class Blocking:
    """The same as a plain function, which the panel runs in a thread."""

    def judge(self, _: JudgeCase) -> Opinion:
        """Accept after a while."""
        time.sleep(JUDGE_S)
        return Opinion(Verdict.ACCEPT, 1.0, None, "", Usage())


async def ask_ms(panel: Panel, sandboxes: Sandboxes, rounds: int) -> dict[str, float]:
    """Return how long one item takes, asked one after the other, after one that is not counted."""
    profile = load_profile(SHELF.resolve())
    judges = {seat.name: panel.fixed[seat.name].judge(sandboxes, profile) for seat in panel.spec.seats}
    checks, times = Checks(sandboxes, profile), []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        heard = await panel.ask(judges, CASE, checks)
        times.append(1e3 * (time.perf_counter() - started))
        if not panel.decide(heard).accepted or any(opinion.unsupported() for opinion in heard.opinions.values()):
            raise RuntimeError(f"a judge did not do its part: {heard}")
        await asyncio.sleep(JUDGE_S)  # as long as a pool has between real items to make sandboxes
    return summary(times[1:], 1)


async def plugins(kind: str, rounds: int) -> dict[str, float]:
    """Measure five installed judges; their class is loaded by its entry point, as any plug-in's."""
    seats = [SeatSpec(name=f"s{k}", judge="plugin:sleeper") for k in range(SEATS)]
    seat = PluginSeat(EntryPoint("sleeper", f"{__name__}:{kind}", "rqgm.judges"), {})
    panel = Panel(PanelSpec(name="sleepers", seats=seats), {spec.name: seat for spec in seats})
    async with Sandboxes(ProcessBackend(), "benchmark", spare=0) as sandboxes:
        return await ask_ms(panel, sandboxes, rounds)


def path_panel(folder: Path, seats: int, sleep_s: float, evidence: list[dict[str, Any]]) -> Panel:
    """Write a panel of judges by path and load it."""
    (folder / "seat").mkdir()
    (folder / "seat" / "workspace.toml").write_text(WORKSPACE)
    code = PATH_SEAT.replace("SLEEP", repr(sleep_s)).replace("EVIDENCE", repr(evidence))
    (folder / "seat" / "judge.py").write_text(code)
    entries = "".join(f'[[seats]]\nname = "s{k}"\njudge = "path:seat"\n' for k in range(seats))
    (folder / "panel.toml").write_text(f'schema_version = 1\nname = "sleepers"\n{entries}')
    return load_panel(folder)


async def paths(name: str, seats: int, rounds: int, sleep_s: float, evidence: list[dict[str, Any]]) -> Any:
    """Measure judges by path, each in a sandbox from a pool that keeps enough of them ready."""
    backend = make_backend(name)
    probe = await backend.probe()
    if not probe.usable:
        return {"usable": False, "why": probe.detail}
    with tempfile.TemporaryDirectory() as scratch:
        panel = path_panel(Path(scratch), seats, sleep_s, evidence)
        async with Sandboxes(backend, "benchmark", spare=seats + len(evidence)) as sandboxes:
            return await ask_ms(panel, sandboxes, rounds)


def make_graph(seed: int) -> tuple[dict[str, tuple[str, ...]], dict[str, float]]:
    """Return who needs whom among 32 calls, up to three each, and how long each takes (10 to 60 ms, in seconds)."""
    rng = random.Random(seed)
    names = [f"c{k}" for k in range(CALLS)]
    needs = {name: tuple(rng.sample(names[:k], min(k, rng.randint(0, 3)))) for k, name in enumerate(names)}
    return needs, {name: rng.uniform(0.01, 0.06) for name in names}


def critical_path_s(needs: Mapping[str, tuple[str, ...]], takes_s: Mapping[str, float]) -> float:
    """Return the longest chain: less is not possible."""
    ends: dict[str, float] = {}
    for name in ordered(needs, "graph"):
        ends[name] = takes_s[name] + max((ends[other] for other in needs[name]), default=0.0)
    return max(ends.values())


def levels_s(needs: Mapping[str, tuple[str, ...]], takes_s: Mapping[str, float]) -> float:
    """Return what the graph would take level by level, each as long as its slowest call."""
    depth: dict[str, int] = {}
    for name in ordered(needs, "graph"):
        depth[name] = 1 + max((depth[other] for other in needs[name]), default=0)
    return sum(max(takes_s[name] for name in needs if depth[name] == level) for level in set(depth.values()))


async def graph_ratios(seed: int) -> tuple[float, float]:
    """Return wall time by critical path, and what waiting for levels would make of it."""
    needs, takes_s = make_graph(seed)

    async def call(name: str, _: Mapping[str, None]) -> None:
        await asyncio.sleep(takes_s[name])

    started = time.perf_counter()
    await run_calls({name: Call(partial(call, name), before) for name, before in needs.items()})
    longest = critical_path_s(needs, takes_s)
    return (time.perf_counter() - started) / longest, levels_s(needs, takes_s) / longest


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--back-ends", default="process,bubblewrap")
    chosen = options.parse_args()
    rounds, names = chosen.rounds, chosen.back_ends.split(",")
    ratios = [asyncio.run(graph_ratios(seed)) for seed in range(GRAPHS)]
    seats = {
        "plug-ins, coroutines": asyncio.run(plugins("Waiting", rounds)),
        "plug-ins, threads": asyncio.run(plugins("Blocking", rounds)),
        **{f"by path, {name}": asyncio.run(paths(name, SEATS, rounds, JUDGE_S, [])) for name in names},
        **{f"one by path, {name}": asyncio.run(paths(name, 1, rounds, JUDGE_S, [])) for name in names},
    }
    evidence = {
        name: {kind: asyncio.run(paths(name, 1, rounds, 0.0, pointers)) for kind, pointers in POINTERS.items()}
        for name in names
    }
    result = {
        "load_average": round(os.getloadavg()[0], 1),
        "five_seats_of_200_ms": {"rounds": rounds, "ms": seats},
        "graphs_of_32_calls": {
            "graphs": GRAPHS,
            "wall_by_critical_path": summary([ratio for ratio, _ in ratios]),
            "levels_by_critical_path": summary([ratio for _, ratio in ratios]),
        },
        "one_seat_with_evidence": {"rounds": rounds, "ms": evidence},
    }
    report(result, chosen.out)


if __name__ == "__main__":
    main()
