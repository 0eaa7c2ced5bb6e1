"""Runs to read by command, of a project with many small tasks; outcomes are drawn, so no sandbox is ever started."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from rqgm.cli.app import app
from rqgm.evolution.loop import Loop
from rqgm.run.experiment import load_experiment
from rqgm.run.session import RunOptions, loop_settings, open_run, start
from rqgm.run.shelves import Shelves
from rqgm.testing.worlds import SyntheticWorker, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

EXPERIMENT = """
schema_version = 1
name = "drawn"
workspace = "seeds/drawn"
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
[epochs]
first = 60
"""
WORKSPACE = "schema_version = 1\n" + "".join(
    f'[roles.{name}]\nkind = "{kind}"\ncommand = ["true"]\nfolders = ["{folder}"]\ndeterministic = true\n'
    for name, kind, folder in (
        ("coder", "solver", "quality.json"),
        ("reviewer", "judge", "all"),
        ("editor", "editor", "all"),
    )
)
SUITE = 'schema_version = 1\nname = "{name}"\nkind = "{kind}"\nlicence = "MIT"\nsource = "here"\n'
TASK = 'schema_version = "1.0"\n[rqgm]\nartifacts = ["a.txt"]\npool = "{pool}"\n'
PANEL = 'schema_version = 1\nname = "review"\n[[seats]]\nname = "only"\njudge = "role:reviewer"\n'
MEMBERS = 40


class DrawnWorker(SyntheticWorker):
    """Edits that keep the manifest, as an editor's do."""

    async def expand(self, job: Any) -> dict[str, Any]:
        """Move a quality; the rest of the parent's workspace stays."""
        result = await super().expand(job)
        if result["tree"] is not None:
            parent = self.archive.lineage.tree(job.commit)
            result["tree"] = self.archive.blobs.put_tree(parent | self.archive.blobs.get_tree(result["tree"]))
        return result


def _project(folder: Path) -> Path:
    pools = [(pool, number) for pool in ("train", "validation", "test") for number in range(MEMBERS)]
    items = [
        {
            "id": f"{pool}-{k}",
            "task": {"name": f"t{k}", "instruction": "Sum up."},
            "artifact": {"a.txt": str(k)},
            "provenance": "machine",
            "pool": pool,
        }
        for pool in ("train", "anchor", "test")
        for k in range(MEMBERS)
    ]
    labels = [{"id": item["id"], "label": "reject" if k % 2 else "accept"} for k, item in enumerate(items)]
    files = {
        "rqgm.toml": 'schema_version = 1\ndefault_experiment = "drawn"\n',
        "experiments/drawn.toml": EXPERIMENT,
        "judges/review/panel.toml": PANEL,
        "sandboxes/plain/profile.toml": 'name = "plain"\n',
        "archive/seeds/drawn/workspace.toml": WORKSPACE,
        "archive/seeds/drawn/all/a.py": "1\n",
        "archive/seeds/drawn/quality.json": json.dumps({"coder": 0.4, "reviewer": 0.6}),
        "tasks/sums/suite.toml": SUITE.format(name="sums", kind="solving"),
        "tasks/sum-reviews/suite.toml": SUITE.format(name="sum-reviews", kind="judging"),
        "tasks/sum-reviews/items.jsonl": "".join(json.dumps(item) + "\n" for item in items),
        "tasks/sum-reviews/labels.jsonl": "".join(json.dumps(label) + "\n" for label in labels),
    }
    for pool, number in pools:
        files[f"tasks/sums/{pool}-{number}/task.toml"] = TASK.format(pool=pool)
        files[f"tasks/sums/{pool}-{number}/instruction.md"] = "Sum up.\n"
        files[f"tasks/sums/{pool}-{number}/environment/Dockerfile"] = "FROM scratch\nWORKDIR /app\nCOPY . .\n"
        files[f"tasks/sums/{pool}-{number}/tests/test.sh"] = "#!/bin/sh\n"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _draw(folder: Path, *overrides: str) -> Path:
    """Make a run in a project of its own, and carry it to its end."""
    project = _project(folder / "project")
    experiment = load_experiment(project / "experiments" / "drawn.toml", overrides)
    options = RunOptions(out=folder / "run", sandbox="process", allow_unsafe=True, shelves=Shelves(project))
    run = open_run(asyncio.run(start(experiment, options)), writer=True)
    try:
        worker = DrawnWorker(World(step=0.3, rejected=0.15), run.archive)
        asyncio.run(Loop(run.archive, run.criterion, loop_settings(run.lock, 1), worker).run())
    finally:
        run.archive.close()
    return run.folder


@pytest.fixture(scope="session")
def drawn_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 260 outcomes with several epochs and replacements, for reading only."""
    return _draw(tmp_path_factory.mktemp("drawn"), "budget.outcomes=260")


@pytest.fixture(scope="session")
def large_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of about 1,000 nodes, for reading only."""
    settings = ("search.alpha=0.9", "search.max_nodes=1000", "search.train_samples=0", "epochs.first=400")
    return _draw(tmp_path_factory.mktemp("large"), "budget.outcomes=2400", *settings)


@pytest.fixture
def rqgm() -> Callable[..., Result]:
    """Run a command in this process: `rqgm("lineage", run, columns=80)`. What goes wrong is in `result.exception`."""

    def invoke(*argv: object, columns: int | None = None) -> Result:
        env: dict[str, str | None] = {"COLUMNS": str(columns) if columns else None, "NO_COLOR": "1"}
        return CliRunner(env=env).invoke(app, [str(part) for part in argv])

    return invoke


@pytest.fixture
def told(rqgm: Callable[..., Result]) -> Callable[..., Any]:
    """Run a command with `--json` and return the object."""

    def invoke(*argv: object) -> Any:
        result = rqgm(*argv, "--json")
        assert result.exception is None, result.output
        return json.loads(result.stdout)

    return invoke
