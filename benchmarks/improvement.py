"""Does it improve? Five seeds of `repair` with and without replacement, and the paper's ablations on `repair-blind`.

``python benchmarks/improvement.py --out benchmarks/results/improvement.json`` (about two hours on 2 cores; ``--seeds 1``
for a look). Runs go to a scratch folder, or with ``--runs FOLDER`` stay. Seeds that the file named by ``--out`` has already,
made of the same code, tasks and settings, are taken from it (`made_of`); ``--seeds 0`` reports what it has. Truth on
`repair-blind` is computed afterwards, from the stored artifacts: the run itself never sees it.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import common

from rqgm.core.counts import Counts
from rqgm.core.intervals import paired_difference
from rqgm.run.comparison import pool
from rqgm.run.evaluation import EvaluationRequest, evaluate
from rqgm.run.experiment import load_experiment
from rqgm.run.session import RunOptions, open_run, proceed, start
from rqgm.run.shelves import Shelves
from rqgm.run.summary import headline_role, summarise, test_outcomes
from rqgm.sandbox.backends import choose
from rqgm.sandbox.pool import Sandboxes
from rqgm.tasks.verifier import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rqgm.run.session import OpenedRun

ARMS = {
    "repair": {"rqgm": [], "control": ["epochs.replacement=off"]},
    "repair-blind": {"rqgm": [], "control": ["epochs.replacement=off"], "no-erasure": ["epochs.erasure=false"]},
}
BINS = 8


async def run_one(experiment: str, seed: int, overrides: Sequence[str], options: Any) -> Path:
    """Run one experiment to its end and return its folder."""
    shelves = Shelves.seen_from(Path(__file__).parent)
    path = shelves.find("experiment", experiment).path
    given = [f"seed={seed}", *options.config, *overrides]
    arm = "-".join(overrides).replace("=", "-").replace(".", "-") or "rqgm"
    out = options.runs / f"{experiment}-{arm}-{seed}"
    run_options = RunOptions(out=out, sandbox=options.sandbox, shelves=shelves)
    if not out.exists():
        await start(load_experiment(path, given), run_options)
    await proceed(out, run_options)
    return out


async def judge_quality(run: OpenedRun, folder: Path, node: int) -> dict[str, Any]:
    """Evaluate a node's reviewer on the anchor's held part (the test pool of its suite)."""
    request = EvaluationRequest(folder, f"#{node}", "repair-reviews", None, "test", None, None)
    result = await evaluate(request)
    suite = run.suites["repair-reviews"]
    assert suite.kind == "judging"
    cells = {"accept": [0, 0], "reject": [0, 0]}
    for row in result["tasks"]:
        label = suite.label(row["task"])
        cells[label][0] += row["outcome"]
        cells[label][1] += 1
    right = {label: Counts(hit, total - hit) for label, (hit, total) in cells.items()}
    balanced = sum(counts.rate or 0.0 for counts in right.values()) / 2
    # Delta method: the two rates are independent binomials.
    spread = sum((c.rate or 0) * (1 - (c.rate or 0)) / max(1, c.total) for c in right.values()) ** 0.5 / 2
    return {
        "node": node,
        "balanced_accuracy": round(balanced, 4),
        "interval": [round(balanced - 1.96 * spread, 4), round(balanced + 1.96 * spread, 4)],
        "accepts_right": [cells["accept"][0], cells["accept"][1]],
        "rejects_wrong": [cells["reject"][0], cells["reject"][1]],
    }


async def describe(folder: Path) -> dict[str, Any]:
    """Return what the README's table needs of one finished run."""
    run = open_run(folder)
    try:
        summary = summarise(run)
        seat = next(iter(run.state.seats.values()))
        before = await judge_quality(run, folder, 0)
        after = await judge_quality(run, folder, seat.node) if seat.node else before
        return {
            "seed": summary["seed"],
            "outcomes": summary["outcomes"],
            "nodes": summary["nodes"],
            "wall_s": summary["wall_s"],
            "cpu_s": summary["usage"]["total"]["cpu_s"],
            "seed_test": summary["seed_test"],
            "generalist": summary["endpoints"]["generalist"],
            "specialist": summary["endpoints"]["specialists"][headline_role(run.criterion).name],
            "gain": summary["gain"],
            "replacements": len(summary["replacements"]),
            "erased": summary["erased"],
            "seat_before": before,
            "seat_after": after,
            "lineage_head": summary["lineage_head"],
        }
    finally:
        run.archive.close()


def difference(seed: int, places: dict[str, Path], reference: str = "control", arm: str = "rqgm") -> dict[str, Any]:
    """Return the generalist of one arm minus that of another on the test pool, task by task, for one seed."""
    sides = []
    for name in (reference, arm):
        run = open_run(places[name])
        role = headline_role(run.criterion)
        sides.append(test_outcomes(run.state, role, run.state.endpoints["generalist"]["node"]) or [])
        run.archive.close()
    found = paired_difference(*sides)
    return {"seed": seed, "difference": found.difference, "interval": [found.low, found.high], "p": found.p_value}


async def truth_over_time(folder: Path) -> dict[str, Any]:
    """Return acceptance by the seat in force and true solve rate, binned over outcomes, for a blind run."""
    run = open_run(folder)
    try:
        records = [r for r in run.state.records.values() if r.measure.startswith("panel:")]
        truth = await _verify_artifacts(run, {(r.task, r.artifact) for r in records if r.artifact})
        spent = max((r.n for r in records), default=1)
        bins: list[dict[str, Any]] = []
        for k in range(BINS):
            part = [r for r in records if k * spent / BINS < r.n <= (k + 1) * spent / BINS]
            if part:
                accepted = sum(r.y for r in part) / len(part)
                right = sum(truth.get((r.task, r.artifact), False) for r in part) / len(part)
                wrong = [r for r in part if not truth.get((r.task, r.artifact), False)]
                fooled = sum(r.y for r in wrong) / len(wrong) if wrong else None
                bins.append(
                    {"until_job": round((k + 1) * spent / BINS), "n": len(part), "accepted": round(accepted, 3)}
                )
                bins[-1] |= {
                    "right": round(right, 3),
                    "wrong_accepted": round(fooled, 3) if fooled is not None else None,
                }
        return {"bins": bins, "rank_correlation": rank_correlations(run), "seats": seat_history(run)}
    finally:
        run.archive.close()


async def _verify_artifacts(run: OpenedRun, artifacts: set[tuple[str, str]]) -> dict[tuple[str, str | None], bool]:
    suite = run.suites["repair"]
    assert suite.kind == "solving"
    backend = await choose(run.lock.sandbox, trusted=True, allow_unsafe=True)
    gate = asyncio.Semaphore(os.cpu_count() or 1)
    async with Sandboxes(backend, f"truth-{os.getpid()}", spare=1) as sandboxes:

        async def one(task: str, blob: str) -> bool:
            async with gate:
                seen = await verify(suite.task(task), run.archive.blobs.get_tree(blob), sandboxes, run.profile)
                return seen.success

        ordered = sorted(artifacts)
        return dict(zip(ordered, await asyncio.gather(*(one(*pair) for pair in ordered)), strict=True))


def rank_correlations(run: OpenedRun) -> list[dict[str, Any]]:
    """Return Spearman's correlation of the nodes' order from each checkpoint to the next, and whether a seat changed."""
    from scipy.stats import spearmanr

    found = []
    for before, after in zip(run.state.epochs, run.state.epochs[1:], strict=False):
        left = {int(i): mean for i, mean, n in before["scores"] if n >= 5}
        right = {int(i): mean for i, mean, n in after["scores"] if n >= 5}
        common_nodes = sorted(left.keys() & right.keys())
        if len(common_nodes) >= 5:
            rho = spearmanr([left[i] for i in common_nodes], [right[i] for i in common_nodes]).statistic
            replaced = any(d["replaced"] for d in before["decisions"])
            found.append(
                {
                    "outcomes": after["outcomes"],
                    "rho": round(float(rho), 3),
                    "nodes": len(common_nodes),
                    "replaced": replaced,
                }
            )
    return found


def seat_history(run: OpenedRun) -> list[str]:
    """Return who sat in the seat, epoch by epoch, as short content hashes: oscillation shows as A, B, A."""
    history = []
    for event in run.state.epochs:
        decision = event["decisions"][0]
        if not history:
            history.append(decision["incumbent"]["role_hash"][:8])
        if decision["replaced"]:
            history.append(decision["challenger"]["role_hash"][:8])
    return history


async def measure(options: Any) -> dict[str, Any]:
    """Measure every arm on every seed that the result does not have yet, seed by seed, and write after each."""
    found = json.loads(options.out.read_text()) if options.out and options.out.exists() else {}
    for seed in range(options.seeds):
        for experiment in options.experiments:
            await one_seed(found, experiment, seed, options)
            if options.out:
                common.report(pooled(found), options.out, quiet=True)
    return pooled(found)


async def one_seed(found: dict[str, Any], experiment: str, seed: int, options: Any) -> None:
    """Run all arms of an experiment with one seed, and put them into `found`."""
    known, made_of = found.get(experiment, {}), common.made_of(experiment, options.config)
    if known.get("made_of") != made_of:  # figures of other code, tasks or settings are another result
        known = found[experiment] = {"made_of": made_of} | {arm: {"runs": []} for arm in ARMS[experiment]}
        known["rqgm_minus_control"] = {"by_seed": []}
    if all(seed in [row["seed"] for row in known[arm]["runs"]] for arm in ARMS[experiment]):
        return
    places = {arm: await run_one(experiment, seed, overrides, options) for arm, overrides in ARMS[experiment].items()}
    for arm, folder in places.items():
        row = await describe(folder)
        if experiment == "repair-blind":
            row["over_time"] = await truth_over_time(folder)
        rows = known[arm]["runs"]
        rows[:] = sorted([*(other for other in rows if other["seed"] != seed), row], key=lambda row: row["seed"])
    pairs = known["rqgm_minus_control"]["by_seed"]
    pairs[:] = [pair for pair in pairs if pair["seed"] != seed] + [difference(seed, places)]


def pooled(found: dict[str, Any]) -> dict[str, Any]:
    """Return the result with the differences from the control pooled over seeds."""
    for experiment in ARMS:
        if experiment in found:
            pairs = found[experiment]["rqgm_minus_control"]
            pairs["by_seed"].sort(key=lambda pair: pair["seed"])
            pairs["pooled"] = pool(pairs["by_seed"])
    return {experiment: found[experiment] for experiment in ARMS if experiment in found}


def main() -> None:
    options = common.parser(__doc__)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--sandbox", default="auto")
    options.add_argument("--experiments", nargs="+", default=list(ARMS), choices=list(ARMS))
    options.add_argument("--runs", type=Path, help="keep the runs in this folder (and reuse those that are there)")
    options.add_argument("-c", "--config", action="append", default=[], help="passed on to every run")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        chosen.runs = chosen.runs or Path(scratch)
        common.report(asyncio.run(measure(chosen)), chosen.out)


if __name__ == "__main__":
    main()
