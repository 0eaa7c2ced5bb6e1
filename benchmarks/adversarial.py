"""Does the adversarial objective make judges stricter with what machines make? Seeds of `repair` with it and without.

``python benchmarks/adversarial.py --runs FOLDER --out benchmarks/results/adversarial.json`` (two runs a seed, 4 minutes each
on 2 cores, and 2 minutes to compare them). Runs that ``improvement.py --runs FOLDER`` left are taken as they are; seeds
that the file named by ``--out`` has already, made of the same code, tasks and settings, are taken from it.

The judges compared are those that sit at the end of either run of a seed. Three sets of items, never mixed:

- ``anchor_held``: the test pool of `repair-reviews`: human-made and machine-made patches of programs that no run has seen.
  Here the stringency ratio is at home.
- ``machine_validation``: all distinct patches that the coders of either run made of validation tasks, labelled by the
  verifier; both judges judge all of them. ``held`` leaves out those that were ever in a pool of either run, because judges
  were chosen by them. Bias: what is left lacks what displaced judges accepted, was made under the pressure of these very
  judges and their predecessors, and is of programs that the anchor has too. It also holds patches that fail the visible
  cases, which a judge that runs these rejects with ease. Both judges have the same items, so their difference suffers
  less than their rates do.
- ``machine_test``: all distinct patches that generation zero and both generalists make of the test tasks; they are made
  here, after the runs have ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import common
import numpy as np
from improvement import run_one

from rqgm.archive.adversarial import AdversarialItem, item_id
from rqgm.archive.blobs import Blobs
from rqgm.core.words import Pool, Provenance, Verdict
from rqgm.evolution.work import Bench, SandboxWorker
from rqgm.evolution.worker import Labelling, Validation
from rqgm.judging.scoring.figures import bootstrapped, quietly
from rqgm.judging.scoring.recorded import Said, Truth
from rqgm.judging.scoring.samples import ACCEPT, Sample, sample_of
from rqgm.judging.scoring.scores import balanced_accuracy, stringency, table_figures
from rqgm.run.comparison import pool as over_seeds
from rqgm.run.evaluation import EvaluationRequest, evaluate
from rqgm.run.session import open_run
from rqgm.run.summary import headline_role, summarise
from rqgm.sandbox.backends import choose
from rqgm.sandbox.pool import Sandboxes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from rqgm.run.session import OpenedRun

ARMS = {"adversarial": [], "anchor-only": ["adversarial.enabled=false"]}
REVIEWS = "repair-reviews"
FIGURES = ("machine_accept", "human_accept", "ratio_accept", "machine_reject", "human_reject", "ratio_reject")
Judged = dict[str, Said]


@dataclass(frozen=True)
class Place:
    """One run, with a worker that judges and verifies by its archive; artifacts of all runs lie in one folder."""

    run: OpenedRun
    worker: SandboxWorker
    blobs: Blobs

    @property
    def seat(self) -> int:
        """The node whose judge sits at the end."""
        return next(iter(self.run.state.seats.values())).node

    def copy(self, blob: str) -> str:
        """Bring an artifact of the run to where the workers look."""
        return self.blobs.put_tree(self.run.archive.blobs.get_tree(blob))


async def gathered(calls: Iterable[Any]) -> list[Any]:
    """Await calls, as many at a time as there are cores, in their order."""
    gate = asyncio.Semaphore(os.cpu_count() or 1)

    async def one(call: Any) -> Any:
        async with gate:
            return await call

    return await asyncio.gather(*(one(call) for call in calls))


# ---------------------------------------------------------------------- items


async def validation_items(places: Mapping[str, Place]) -> tuple[list[AdversarialItem], set[str]]:
    """Return the distinct artifacts of both runs on validation tasks, labelled; and which were ever in a pool."""
    found: dict[str, AdversarialItem] = {}
    pooled: set[str] = set()
    for place in places.values():
        role = headline_role(place.run.criterion)
        known = {}
        for record in place.run.state.records.values():
            if record.role == role.name and record.measure == "tests" and record.artifact:
                known.setdefault((record.task, record.artifact), record.y)
        made = {(r.task, r.artifact) for r in place.run.state.records.values() if r.role == role.name and r.artifact}
        fresh = [(task, place.copy(blob), known.get((task, blob))) for task, blob in sorted(made)]
        found |= await label(place, role.name, role.suite_hash, fresh)
        for event in place.run.archive.ledger.events():
            if event.kind == "epoch_closed":
                pools = event.body.get("adversarial", {}).values()
                pooled |= {item["id"] for pool in pools for item in pool.get("items", ())}
    return sorted(found.values(), key=lambda item: item.id), pooled


async def test_items(places: Mapping[str, Place]) -> list[AdversarialItem]:
    """Let generation zero and both generalists work on the test tasks, and return what they made, labelled."""
    found: dict[str, AdversarialItem] = {}
    for arm, place in places.items():
        role = headline_role(place.run.criterion)
        nodes = [place.run.state.endpoints["generalist"]["node"]] + ([0] if arm == next(iter(places)) else [])
        workspaces = [place.worker.workspaces.get(place.run.state.nodes[node].commit) for node in nodes]
        jobs = [(workspace, task) for workspace in workspaces for task in role.tasks[Pool.TEST]]
        made = await gathered(place.worker.solve(workspace, role, task) for workspace, task in jobs)
        fresh = {
            (task, one.artifact.blob, None) for (_, task), one in zip(jobs, made, strict=True) if one.artifact.blob
        }
        found |= await label(place, role.name, role.suite_hash, sorted(fresh, key=lambda entry: entry[:2]))
    return sorted(found.values(), key=lambda item: item.id)


async def label(
    place: Place, role: str, suite_hash: str, fresh: list[tuple[str, str, int | None]]
) -> dict[str, AdversarialItem]:
    """Return items of (task, artifact, outcome of the tests if known) by id; what cannot be read or is huge is left out."""
    jobs = [Labelling(role, task, blob, True, y) for task, blob, y in fresh]
    results = await gathered(place.worker.label(job) for job in jobs)
    items = {}
    for job, result in zip(jobs, results, strict=True):
        if result["kept_out"] is None:
            name = item_id(role, suite_hash, job.task, job.artifact)
            verdict = Verdict.ACCEPT if result["y"] else Verdict.REJECT
            items[name] = AdversarialItem(name, role, job.task, job.artifact, 0, 0, verdict, "verifier")
    return items


# ---------------------------------------------------------------------- judging


async def judge(place: Place, items: list[AdversarialItem]) -> Judged:
    """Return what the judge that sits at the end says of each item."""
    commit = place.run.state.nodes[place.seat].commit
    role = next(iter(place.run.criterion.slots.values()))
    jobs = [Validation(0, commit, role, item.id, "adversarial", {}, "", None, item) for item in items]
    results = await gathered(place.worker.validate(job) for job in jobs)
    return {
        item.id: Said(Verdict(result["opinions"][0]["verdict"])) for item, result in zip(items, results, strict=True)
    }


async def judge_held(place: Place) -> tuple[dict[str, Truth], Judged]:
    """Return what is true of the anchor's held part, and what the judge that sits at the end says of it."""
    request = EvaluationRequest(place.run.folder, f"#{place.seat}", REVIEWS, None, "test")
    result = await evaluate(request)
    suite = place.run.suites[REVIEWS]
    assert suite.kind == "judging"
    truths, said = {}, {}
    for row in result["tasks"]:
        item, accept = suite.item(row["task"]), suite.label(row["task"]) is Verdict.ACCEPT
        truths[item.id] = Truth(accept, item.provenance, item.task)
        verdict = Verdict.ACCEPT if bool(row["outcome"]) is accept else Verdict.REJECT
        said[item.id] = Said(Verdict.ABSTAIN if row["failure"] else verdict)
    return truths, said


# ---------------------------------------------------------------------- figures


def compared(truths: Mapping[str, Truth], said: Mapping[str, Judged], figures: tuple[str, ...]) -> dict[str, Any]:
    """Return each arm's figures on the same items, and the first arm's minus the second's, paired by item.

    Intervals are of 95 %; items of one program are a cluster, and differences resample whole programs.
    """
    if not truths:
        return {"items": 0}
    samples = {arm: sample_of(truths, judged) for arm, judged in said.items()}
    labels = [truth.accept for truth in truths.values()]
    result: dict[str, Any] = {"items": len(truths), "accept": sum(labels), "reject": len(labels) - sum(labels)}
    for arm, sample in samples.items():
        own = {"balanced_accuracy": table_figures(sample, decided=False)["balanced_accuracy"], **stringency(sample)}
        result[arm] = {name: own[name].to_json() for name in ("balanced_accuracy", *figures)}
    first, second = samples.values()
    result["difference"] = {name: difference(first, second, name).to_json() for name in ("balanced_accuracy", *figures)}
    return result


def difference(first: Sample, second: Sample, name: str) -> Any:
    """Return one figure's difference, with its interval over resampled programs."""

    def compute(weights: Any) -> Any:
        return measure(first, name, weights) - measure(second, name, weights)

    value = float(quietly(compute, np.ones((1, len(first.accept))))[0])
    return bootstrapped(value, first.draws(compute, value), len(first.accept), why="undefined in one of the arms")


def measure(sample: Sample, name: str, weights: Any) -> Any:
    """Return a figure of weighted items, shape (k, n) to (k)."""
    if name == "balanced_accuracy":
        return balanced_accuracy(weights @ sample.cells)
    what, _, which = name.partition("_")
    side = sample.accept if which == "accept" else ~sample.accept
    makers = {"machine": [sample.machine], "human": [sample.human], "ratio": [sample.machine, sample.human]}[what]
    rates = [(weights @ (side & made & (sample.said == ACCEPT))) / (weights @ (side & made)) for made in makers]
    return rates[0] / rates[1] if what == "ratio" else rates[0]


def pooled(rows: list[dict[str, Any]], pick: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Return each difference over seeds, with its t interval; seeds in which it is undefined are left out and counted."""
    result: dict[str, Any] = {}
    for name in ("balanced_accuracy", *FIGURES):
        found = [pick(row).get("difference", {}).get(name, {}).get("value") for row in rows]
        known = [{"difference": value} for value in found if value is not None]
        result[name] = {"seeds": len(known), "of": len(rows), "mean": over_seeds(known)}
    return result


# ---------------------------------------------------------------------- the benchmark


@asynccontextmanager
async def opened(folders: Mapping[str, Path], scratch: Path) -> AsyncIterator[dict[str, Place]]:
    """Give both runs of a seed with workers."""
    runs = {arm: open_run(folder) for arm, folder in folders.items()}
    first = next(iter(runs.values()))
    backend = await choose(first.lock.sandbox, trusted=True, allow_unsafe=True, profile=first.profile)
    await backend.prepare(first.profile)
    try:
        async with Sandboxes(backend, f"adversarial-{os.getpid()}", spare=1) as sandboxes:
            blobs = Blobs(scratch)
            yield {arm: Place(run, SandboxWorker(bench(run, sandboxes, blobs)), blobs) for arm, run in runs.items()}
    finally:
        for run in runs.values():
            run.archive.close()


def bench(run: OpenedRun, sandboxes: Sandboxes, blobs: Blobs) -> Bench:
    """Return what a run's jobs are done with; new artifacts go to `blobs`."""
    seed = run.lock.experiment.seed
    return Bench(sandboxes, run.profile, run.suites, run.archive.lineage, blobs, run.criterion, seed)


def check_arms(places: Mapping[str, Place], seed: int) -> None:
    """Refuse runs that differ in more than the objective: those in --runs may have been made with other settings."""
    told = []
    for arm, place in places.items():
        settings = place.run.lock.experiment.model_dump(mode="json")
        if settings["adversarial"].pop("enabled") is not (arm == "adversarial") or settings["seed"] != seed:
            sys.exit(f"{place.run.folder}: is no run of arm {arm!r} and seed {seed}; take another --runs")
        if place.run.state.finished is None:
            sys.exit(f"{place.run.folder}: is not finished; `rqgm resume` it")
        told.append((settings, place.run.lock.suites, place.run.lock.workspace.hash, place.run.lock.profile_digest))
    if told[0] != told[1]:
        sys.exit(f"seed {seed}: the two runs differ in more than adversarial.enabled; take another --runs")


async def compare_seed(seed: int, folders: Mapping[str, Path], scratch: Path) -> dict[str, Any]:
    """Return one seed's row."""
    row: dict[str, Any] = {"seed": seed}
    async with opened(folders, scratch) as places:
        check_arms(places, seed)
        row["arms"] = {arm: describe(place) for arm, place in places.items()}
        first, second = (before_displacement(place) for place in places.values())
        row["same_until_displaced"] = first == second
        judges = {arm: row["arms"][arm]["judge"] for arm in places}
        row["same_judge"] = len(set(judges.values())) == 1
        held = {arm: await judge_held(place) for arm, place in places.items()}
        truths = next(iter(held.values()))[0]
        row["anchor_held"] = compared(truths, {arm: said for arm, (_, said) in held.items()}, FIGURES)
        items, pooled_ids = await validation_items(places)
        said = {arm: await judge(place, items) for arm, place in places.items()}
        free = [item for item in items if item.id not in pooled_ids]
        row["machine_validation"] = {"all": machine(items, said), "held": machine(free, said)}
        made = await test_items(places)
        row["machine_test"] = machine(made, {arm: await judge(place, made) for arm, place in places.items()})
    return row


def before_displacement(place: Place) -> list[Any]:
    """Return what happened before the first judge was displaced: the objective has no part in it, so arms are equal there.

    They are not where a role ran into its wall time on a busy machine; such a pair of runs compares luck as well.
    """
    state = place.run.state
    first = next((event["epoch"] for event in state.epochs if event["seats"]), state.epoch)
    records = [r for r in state.records.values() if r.epoch <= first]
    nodes = [node.commit for node in state.nodes if node.epoch <= first]
    return [[(r.n, r.node, r.role, r.task, r.measure, r.y) for r in records], nodes]


def machine(items: list[AdversarialItem], said: Mapping[str, Judged]) -> dict[str, Any]:
    """Compare the arms on machine-made items."""
    truths = {item.id: Truth(item.label is Verdict.ACCEPT, Provenance.MACHINE, item.task) for item in items}
    chosen = {arm: {name: judged[name] for name in truths} for arm, judged in said.items()}
    return compared(truths, chosen, ("machine_accept", "machine_reject"))


def describe(place: Place) -> dict[str, Any]:
    """Return who sits at the end of a run and what its pools were."""
    summary = summarise(place.run)
    seat = next(iter(place.run.state.seats.values()))
    return {
        "node": seat.node,
        "judge": seat.role_hash,
        "replacements": len(summary["replacements"]),
        "pools": [epoch["adversarial"] for epoch in summary["epochs"]],
        "retired": summary["adversarial"]["retired"],
        "adversarial_outcomes": sum(r.measure == "adversarial" for r in place.run.state.records.values()),
        "outcomes": summary["outcomes"],
        "gain": summary["gain"],
        "lineage_head": summary["lineage_head"],
    }


async def measure_all(options: Any, scratch: Path) -> dict[str, Any]:
    """Run what is missing, compare every seed, and pool the differences over seeds."""
    found = json.loads(options.out.read_text()) if options.out and options.out.exists() else {}
    made_of = common.made_of(options.experiment, options.config, "adversarial.enabled")
    rows = found["seeds"] if found.get("made_of") == made_of else []
    for seed in range(options.seeds):
        if seed in [row["seed"] for row in rows]:
            continue  # of a committed result that is gone on with
        folders = {arm: await run_one(options.experiment, seed, overrides, options) for arm, overrides in ARMS.items()}
        rows.append(await compare_seed(seed, folders, scratch / str(seed)))
        if options.out:
            common.report(over_all(options.experiment, rows, made_of), options.out, quiet=True)
    return over_all(options.experiment, rows, made_of)


def over_all(experiment: str, rows: list[dict[str, Any]], made_of: str | None) -> dict[str, Any]:
    """Return the result: rows by seed, and their differences over seeds."""
    picks: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "anchor_held": lambda row: row["anchor_held"],
        "machine_validation_held": lambda row: row["machine_validation"]["held"],
        "machine_test": lambda row: row["machine_test"],
    }
    over = {name: pooled(rows, pick) for name, pick in picks.items()}
    return {"experiment": experiment, "made_of": made_of, "seeds": rows, "difference_over_seeds": over}


def main() -> None:
    options = common.parser(__doc__)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--experiment", default="repair")
    options.add_argument("--sandbox", default="auto")
    options.add_argument("--runs", type=Path, help="keep the runs in this folder (and reuse those that are there)")
    options.add_argument("--outcomes", type=int, help="a smaller budget, for a look")
    options.add_argument("-c", "--config", action="append", default=[], help="passed on to every run")
    chosen = options.parse_args()
    if chosen.outcomes:
        chosen.config += [f"budget.outcomes={chosen.outcomes}", f"epochs.first={max(8, chosen.outcomes // 3)}"]
    with tempfile.TemporaryDirectory() as scratch:
        chosen.runs = chosen.runs or Path(scratch)
        common.report(asyncio.run(measure_all(chosen, Path(scratch) / "blobs")), chosen.out)


if __name__ == "__main__":
    main()
