"""A tiny project, and runs in it whose outcomes are drawn: no sandbox is ever started."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.evolution.loop import Loop
from rqgm.run.experiment import load_experiment
from rqgm.run.session import RunOptions, loop_settings, open_run, start
from rqgm.run.shelves import Shelves
from rqgm.testing.worlds import SyntheticWorker, World

if TYPE_CHECKING:
    from collections.abc import Callable

EXPERIMENT = """
schema_version = 1
name = "tiny"
workspace = "seeds/tiny"
profile = "plain"
seed = 3

[roles.coder]
kind = "solver"
suite = "sums"
measures = [{ kind = "tests", weight = 3 }, { kind = "panel", panel = "review" }]

[roles.reviewer]
kind = "judge"
suite = "sum-reviews"
measures = [{ kind = "anchor" }]

[roles.editor]
kind = "editor"

[budget]
outcomes = 40

[search]
lag = 4

[epochs]
first = 10
"""
WORKSPACE = "schema_version = 1\n" + "".join(
    f'[roles.{name}]\nkind = "{kind}"\ncommand = ["true"]\nfolders = ["all"]\ndeterministic = true\n'
    for name, kind in (("coder", "solver"), ("reviewer", "judge"), ("editor", "editor"))
)
SUITE = 'schema_version = 1\nname = "{name}"\nkind = "{kind}"\nlicence = "MIT"\nsource = "here"\n'
TASK = 'schema_version = "1.0"\n[rqgm]\nartifacts = ["a.txt"]\npool = "{pool}"\n'
PANEL = 'schema_version = 1\nname = "review"\n[[seats]]\nname = "only"\njudge = "role:reviewer"\n'


def write(folder: Path, files: dict[str, str]) -> None:
    """Write text files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def suites() -> dict[str, str]:
    """Return the files of a solving and a judging suite with a few members in each pool."""
    files = {"sums/suite.toml": SUITE.format(name="sums", kind="solving")}
    files["sum-reviews/suite.toml"] = SUITE.format(name="sum-reviews", kind="judging")
    for pool in ("train", "validation", "test"):
        for number in range(5):
            task = f"sums/{pool}-{number}"
            files[f"{task}/task.toml"] = TASK.format(pool=pool)
            files[f"{task}/instruction.md"] = "Sum up.\n"
            files[f"{task}/environment/Dockerfile"] = "FROM scratch\nWORKDIR /app\nCOPY . .\n"
            files[f"{task}/environment/a.txt"] = f"{number}\n"
            files[f"{task}/tests/test.sh"] = "#!/bin/sh\n"
    public = {"name": "t", "instruction": "Sum up."}
    items = [
        {"id": f"{pool}-{k}", "task": public, "artifact": {"a.txt": str(k)}, "provenance": "machine", "pool": pool}
        for pool in ("train", "anchor", "test")
        for k in range(8)
    ]
    files["sum-reviews/items.jsonl"] = "".join(json.dumps(item) + "\n" for item in items)
    labels = [{"id": item["id"], "label": "accept"} for item in items]
    files["sum-reviews/labels.jsonl"] = "".join(json.dumps(label) + "\n" for label in labels)
    return files


@pytest.fixture(scope="session")
def tiny_files() -> dict[str, str]:
    """Return the files of the tiny project by path."""
    files = {"rqgm.toml": 'schema_version = 1\ndefault_experiment = "tiny"\n', "experiments/tiny.toml": EXPERIMENT}
    files |= {f"tasks/{name}": text for name, text in suites().items()}
    files |= {"judges/review/panel.toml": PANEL, "sandboxes/plain/profile.toml": 'name = "plain"\n'}
    files |= {"archive/seeds/tiny/workspace.toml": WORKSPACE, "archive/seeds/tiny/all/a.py": "1\n"}
    files["archive/seeds/tiny/quality.json"] = json.dumps({"coder": 0.4, "reviewer": 0.6})
    return files


@pytest.fixture
def tiny(tmp_path: Path, tiny_files: dict[str, str]) -> Path:
    """Return a tiny project of one's own."""
    write(tmp_path / "project", tiny_files)
    return tmp_path / "project"


def run_tiny(project: Path, out: Path, *overrides: str, finish: bool = True) -> Path:
    """Make a run of the tiny experiment, and carry it to its end with drawn outcomes."""
    experiment = load_experiment(project / "experiments" / "tiny.toml", overrides)
    shelves = Shelves(project)
    options = RunOptions(out=out, sandbox="process", allow_unsafe=True, shelves=shelves)
    folder = asyncio.run(start(experiment, options))
    if finish:
        run = open_run(folder, writer=True)
        try:
            world = World(seed=run.lock.experiment.seed, step=0.3)
            worker = SyntheticWorker(world, run.archive)
            asyncio.run(Loop(run.archive, run.criterion, loop_settings(run.lock, 1), worker).run())
        finally:
            run.archive.close()
    return folder


@pytest.fixture(scope="session")
def make_run() -> Callable[..., Path]:
    """Make a run: `make_run(project, out, *overrides, finish=True)`."""
    return run_tiny


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny_files: dict[str, str]) -> Path:
    """Return a finished run, for reading only."""
    base = tmp_path_factory.mktemp("finished")
    write(base / "project", tiny_files)
    return run_tiny(base / "project", base / "run")


@pytest.fixture
def spoil() -> Callable[[Path, str, str], Any]:
    """Replace text in a file: `spoil(path, old, new)`."""

    def replace(path: Path, old: str, new: str) -> None:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return replace
