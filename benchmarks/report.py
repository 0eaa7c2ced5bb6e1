"""What a report of a large run costs: time to make it, its size, and how soon it can be used in a browser.

The run is a synthetic one (rqgm.testing.worlds) with workspaces of about 20 kB of code, of which each edit changes a
little. ``python benchmarks/report.py --out benchmarks/results/report.json``; the browser is Debian's chromium.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import common

from rqgm.archive.run_archive import LOCK_FILE, RunArchive
from rqgm.core.streams import python_stream
from rqgm.core.trees import File
from rqgm.evolution.loop import Loop, LoopSettings
from rqgm.report.pages.data import Pages, signs_of
from rqgm.report.pages.html import report
from rqgm.run.experiment import change_experiment, load_experiment
from rqgm.run.lock import Lock, Origin
from rqgm.run.session import OpenedRun
from rqgm.sandbox.profile import load_profile
from rqgm.testing.worlds import SyntheticWorker, World, begin

if TYPE_CHECKING:
    from rqgm.evolution.worker import Expansion

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FILES, LINES = 10, 52
WORDS = (
    "river",
    "stone",
    "window",
    "limit",
    "meadow",
    "lantern",
    "value",
    "harbour",
    "table",
    "ladder",
    "index",
    "cell",
)


@dataclass(frozen=True)
class Size:
    """How large the synthetic run is."""

    nodes: int = 1_000
    outcomes: int = 4_000
    first: int = 250
    tasks: int = 60
    anchors: int = 200


class CodeWorker(SyntheticWorker):
    """A synthetic worker whose workspaces also hold code, of which an edit changes some lines in some files."""

    async def expand(self, job: Expansion) -> dict[str, Any]:
        result = await super().expand(job)
        if result["tree"] is None:
            return result
        rng = python_stream(self.world.seed, "code", job.n, job.commit)
        parent = self.archive.lineage.tree(job.commit)
        code = {path: file for path, file in parent.items() if path.endswith(".py")}
        code = code or {f"coder/part_{k}.py": _file([_line(rng) for _ in range(LINES)]) for k in range(FILES)}
        for path in rng.sample(sorted(code), rng.randint(1, 3)):
            lines = code[path].data.decode().splitlines()
            at = rng.randrange(len(lines))
            lines[at : at + rng.randint(1, 8)] = [_line(rng) for _ in range(rng.randint(1, 12))]
            code[path] = _file(lines)
        tree = self.archive.blobs.get_tree(result["tree"]) | code
        why = " ".join(rng.choice(WORDS) for _ in range(60))
        train = [_train(rng, k) for k in range(4)]
        return result | {"tree": self.archive.blobs.put_tree(tree), "why": why, "train": train}


def _line(rng: Any) -> str:
    return f"    {rng.choice(WORDS)} = {rng.choice(WORDS)}({rng.randint(0, 999)}, '{rng.choice(WORDS)}')"


def _file(lines: list[str]) -> File:
    return File(("\n".join(lines) + "\n").encode())


def _train(rng: Any, number: int) -> dict[str, Any]:
    notes = {word: rng.random() for word in WORDS}
    told = {
        "key": f"{rng.random()}",
        "role": "coder",
        "task": f"train-{number:04d}",
        "y": rng.randint(0, 1),
        "score": 0.5,
    }
    return told | {"failure": None, "detail": "", "artifact": None, "verdict": None, "notes": notes}


def synthetic(folder: Path, size: Size, world: World, worker: type[SyntheticWorker] = CodeWorker) -> OpenedRun:
    """Carry a synthetic run in `folder` to its end and return it as an opened one; its lock is of our own making."""
    experiment = load_experiment(ROOT / "experiments" / "repair.toml")
    settings = [f"budget.outcomes={size.outcomes}", f"epochs.first={size.first}", f"search.max_nodes={size.nodes}"]
    experiment = change_experiment(experiment, [*settings, "search.alpha=0.84", "epochs.ratio=2.0"], "synthetic")
    archive = RunArchive(folder, writer=True, create=True)
    criterion = begin(archive, world)
    loop = LoopSettings(
        seed=1,
        search=experiment.search,
        epochs=experiment.epochs,
        endpoints=experiment.endpoints,
        budget=experiment.budget,
        adversarial=experiment.adversarial,
        workers=2,
    )
    asyncio.run(Loop(archive, criterion, loop, worker(world, archive)).run())
    archive.close()
    profile = load_profile(ROOT / "sandboxes" / "python")
    none = Origin(name="synthetic", origin="synthetic", hash="")
    lock = Lock(
        run="synthetic",
        experiment=experiment,
        workspace=none,
        suites={},
        panels={},
        profile=profile,
        profile_digest=criterion.profile_digest,
        sandbox="none",
        isolated=True,
        versions={},
    )
    (folder / LOCK_FILE).write_text(lock.model_dump_json())
    return OpenedRun(folder, lock, {}, profile, criterion, RunArchive(folder))


def made(run: OpenedRun, file: Path) -> dict[str, Any]:
    """Make the report and say how long that took and how large it is."""
    began, began_cpu = time.perf_counter(), time.process_time()
    found = report(Pages(run))
    file.write_text(found.html, "utf-8")
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    began_cpu = time.process_time()
    signs = len(signs_of(run)["signs"])
    return {
        "make_s": round(seconds, 2),
        "make_cpu_s": round(cpu_s, 2),
        "of_that_signs_cpu_s": round(time.process_time() - began_cpu, 2),
        "signs": signs,
        "mb": round(file.stat().st_size / 1e6, 2),
        "without_diffs": found.without_diffs,
    }


def opened(file: Path, times: int) -> dict[str, Any]:
    """Open the report in a fresh browser `times` times; seconds from the call to a page that answers."""
    from playwright.sync_api import sync_playwright

    found: dict[str, list[float]] = {"summary": [], "tree": [], "node": []}
    places = {"summary": "#/", "tree": "#/tree", "node": "#/node/500"}
    with sync_playwright() as playwright:
        for _ in range(times):
            for name, place in places.items():
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
                page = browser.new_page()
                page.set_default_timeout(30_000)
                began = time.perf_counter()
                page.goto(file.as_uri() + place)
                page.wait_for_selector("html[data-ready]")
                page.keyboard.press("/")
                page.wait_for_function("() => document.activeElement.id === 'search'")
                found[name].append(time.perf_counter() - began)
                browser.close()
    return {name: common.summary(seconds) for name, seconds in found.items()}


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--nodes", type=int, default=1_000)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="keep the report here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        folder.mkdir()
        (folder / LOCK_FILE).write_text("{}")
        size = replace(Size(), nodes=arguments.nodes)
        run = synthetic(folder, size, World(tasks=size.tasks, anchors=size.anchors, rejected=0.02, share=0.5))
        state = run.state
        tree = run.archive.lineage.tree(state.nodes[-1].commit)
        file = arguments.keep or Path(name) / "report.html"
        result = {
            "nodes": len(state.nodes),
            "outcomes": state.spent,
            "epochs": len(state.epochs) + 1,
            "workspace_bytes": sum(len(f.data) for f in tree.values()),
            "report": made(run, file),
            "open_s": opened(file, arguments.times),
        }
        run.archive.close()
    common.report(result, arguments.out)


if __name__ == "__main__":
    main()
