"""A small project with a few real tasks and reviews, and one finished run in it; everything by the installed command."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rqgm.sandbox.backends import make_backend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rqgm.testing.providers import Asked

ROOT = Path(__file__).parents[2]
TASKS = {"train": 2, "validation": 3, "test": 3}
ITEMS = {"train": 4, "anchor": 12, "test": 6}


class Project:
    """A project folder and the `rqgm` command in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rqgm(self, *argv: str, timeout: float = 120, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the installed command to its end."""
        return subprocess.run(
            [rqgm_command(), *argv],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "160", **env},
        )

    def start(self, *argv: str) -> subprocess.Popen[str]:
        """Start the installed command and leave it running."""
        return subprocess.Popen(
            [rqgm_command(), *argv], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def kill(self, run: str, events: int, *argv: str, delay_s: float = 0.0) -> None:
        """Start a command and SIGKILL it, so many seconds after the run's ledger has come to so many events."""
        process = self.start(*argv)
        deadline = time.monotonic() + 300
        while self.events(run) < events:
            assert process.poll() is None, f"{argv} ended before the run had {events} events"
            assert time.monotonic() < deadline, f"{argv} did not come to {events} events"
            time.sleep(0.02)
        time.sleep(delay_s)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL, f"{argv} ended before it was killed"

    def events(self, run: str) -> int:
        """Return how many events a run's ledger holds, also while it grows."""
        ledger = self.folder / run / "ledger.sqlite"
        if not ledger.exists():
            return 0
        with contextlib.closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=10)) as connection:
            try:
                return int(connection.execute("SELECT COUNT(*) FROM events").fetchone()[0])
            except sqlite3.OperationalError:  # the table is not there yet
                return 0

    def json(self, *argv: str) -> dict:
        """Run a command that prints JSON and return the object."""
        done = self.rqgm(*argv, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def rqgm_command() -> str:
    """Return the installed `rqgm` beside this Python."""
    return str(Path(sys.executable).with_name("rqgm"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A small project of one's own."""
    return make_project(tmp_path)


@pytest.fixture
def dear_project(tmp_path: Path) -> Project:
    """A project of one's own with a test pool of one task and two items, for roles that are dear: each imports an SDK."""
    return make_project(tmp_path, tasks=TASKS | {"test": 1}, items=ITEMS | {"test": 2})


def make_project(
    folder: Path, name: str = "mini", tasks: dict[str, int] = TASKS, items: dict[str, int] = ITEMS
) -> Project:
    """Make the small project in `folder`; its experiment is called `name`, its suites `name` and `name`-reviews."""
    (folder / "rqgm.toml").write_text(f'schema_version = 1\ndefault_experiment = "{name}"\n')
    (folder / "experiments").mkdir()
    for experiment in ("repair", "repair-blind"):
        text = (ROOT / "experiments" / f"{experiment}.toml").read_text()
        renamed = experiment.replace("repair", name)
        text = text.replace(f'name = "{experiment}"', f'name = "{renamed}"').replace(
            'suite = "repair', f'suite = "{name}'
        )
        text = re.sub(r"(?m)^outcomes = .*$", "outcomes = 20", re.sub(r"(?m)^first = .*$", "first = 8", text))
        text = re.sub(r"(?m)^train_samples = .*$", "train_samples = 1\nalpha = 0.5", text)  # edits take long
        (folder / "experiments" / f"{renamed}.toml").write_text(text)
    text = (ROOT / "experiments" / "coding-llm.toml").read_text().replace('suite = "repair', f'suite = "{name}')
    text = re.sub(
        r"(?m)^outcomes = .*$", "outcomes = 4", re.sub(r"(?m)^train_samples = .*$", "train_samples = 0", text)
    )
    (folder / "experiments" / "coding-llm.toml").write_text(text)
    make_seed(folder / "archive" / "seeds" / "repair")
    make_tasks(folder / "tasks" / name, tasks)
    make_items(folder / "tasks" / f"{name}-reviews", items)
    return Project(folder)


def make_seed(seed: Path) -> None:
    """Copy the seed `repair`, with an editor that tries one draft of an edit on one task: runs are many here."""
    shutil.copytree(ROOT / "archive" / "seeds" / "repair", seed, ignore=shutil.ignore_patterns("__pycache__"))
    plan = seed / "editor" / "plan.py"
    text, changed = re.subn(r"(?m)^(DRAFTS|TRIED_FAILED|TRIED_VERDICTS) = .*$", r"\1 = 1", plan.read_text())
    text, dropped = re.subn(r"(?m)^TRIED_SOLVED = .*$", "TRIED_SOLVED = 0", text)
    assert changed + dropped == 4
    plan.write_text(text)


def make_tasks(suite: Path, counts: dict[str, int]) -> None:
    """Copy the first few tasks of each pool of the suite `repair`."""
    import tomllib

    pools = tomllib.loads((ROOT / "tasks" / "repair" / "suite.toml").read_text())["pools"]
    kept = {pool: names[: counts[pool]] for pool, names in pools.items()}
    for names in kept.values():
        for name in names:
            shutil.copytree(ROOT / "tasks" / "repair" / name, suite / name)
    lines = [f"{pool} = {json.dumps(names)}" for pool, names in kept.items()]
    head = f'schema_version = 1\nname = "{suite.name}"\nkind = "solving"\nlicence = "Apache-2.0"\nsource = "repair"\n[pools]\n'
    (suite / "suite.toml").write_text(head + "\n".join(lines) + "\n")


def make_items(suite: Path, counts: dict[str, int]) -> None:
    """Copy the first few items of each pool of the suite `repair-reviews`."""
    suite.mkdir(parents=True)
    source = ROOT / "tasks" / "repair-reviews"
    items = [json.loads(line) for line in (source / "items.jsonl").read_text().splitlines()]
    left = dict(counts)
    kept = [
        item
        for item in items
        if left.get(item["pool"], 0) > 0 and not left.update({item["pool"]: left[item["pool"]] - 1})
    ]
    ids = {item["id"] for item in kept}
    labels = [line for line in (source / "labels.jsonl").read_text().splitlines() if json.loads(line)["id"] in ids]
    (suite / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in kept))
    (suite / "labels.jsonl").write_text("\n".join(labels) + "\n")
    head = f'schema_version = 1\nname = "{suite.name}"\nkind = "judging"\nlicence = "Apache-2.0"\nsource = "repair"\n'
    (suite / "suite.toml").write_text(head)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict]:
    """A project with one finished run in it, named mini-seed0-1, and the run's summary. Not to be changed."""
    project = make_project(tmp_path_factory.mktemp("finished"))
    return project, project.json("run", "--workers", "2", "--sandbox", "process")


@pytest.fixture(scope="session")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which the names of the documentation stand for the small experiment and suites."""
    place = tmp_path_factory.mktemp("documented")
    return make_project(place, "repair", tasks=TASKS | {"test": 1}, items=ITEMS | {"test": 2})


@pytest.fixture
def scripted_models() -> Iterator[dict[str, str]]:
    """The environment of an engine whose providers are scripted: every role ends its work with its first call."""
    from rqgm.testing.providers import Reply, ToolCall, serve

    verdict = {"verdict": "accept", "score": 1.0, "probability": 0.5, "reason": "scripted"}
    ending = {"submit": {"summary": "done"}, "verdict": verdict, "done": {"tried": "nothing", "why": "scripted"}}

    def script(asked: Asked) -> Reply:
        known = [tool.name for tool in asked.tool_definitions if tool.name in ending]
        return Reply(tool_calls=[ToolCall(name, ending[name]) for name in known]) if known else Reply("ok")

    with serve(script) as provider:
        yield {
            "OPENAI_BASE_URL": provider.url + "/v1",
            "ANTHROPIC_BASE_URL": provider.url,
            "OPENAI_API_KEY": "sk-scripted-0123456789",
            "ANTHROPIC_API_KEY": "sk-ant-scripted-0123456789",
        }


@pytest.fixture(scope="session")
def at() -> type[Project]:
    """`at(folder)`: the command in a folder that is no project yet."""
    return Project


@pytest.fixture
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def bubblewrap() -> None:
    """Skip where bubblewrap does not work, unless RQGM_REQUIRE_BUBBLEWRAP says that it must."""
    need("bubblewrap")


@pytest.fixture
def docker() -> None:
    """Skip where no Docker engine answers, unless RQGM_REQUIRE_DOCKER says that it must."""
    need("docker")


def need(name: str) -> None:
    """Try a back-end for real; skip with its reason, or fail where it is required."""
    probe = asyncio.run(make_backend(name).probe())
    if probe.usable:
        return
    if os.environ.get(f"RQGM_REQUIRE_{name.upper()}") == "1":
        pytest.fail(f"{name} is required here: {probe.detail}")
    pytest.skip(f"{name}: {probe.detail}")
