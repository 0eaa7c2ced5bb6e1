"""Small tasks and suites to test with."""

import json

import pytest
import tomli_w

from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.process import ProcessBackend
from rqgm.tasks.importers.cases import write_files
from rqgm.tasks.scaffold import new_task

TEST_SH = '#!/bin/sh\nmkdir -p "$RQGM_ROOT/logs/verifier"\ncd "$RQGM_ROOT/logs/verifier"\n'


@pytest.fixture
def task_folder(tmp_path):
    """Return a task that `task new` makes, in a suite of its own."""
    new_task(tmp_path / "mine" / "sum-up")
    return tmp_path / "mine" / "sum-up"


@pytest.fixture
def make_task(tmp_path):
    """Make a task folder whose verifier is a shell script, run in the folder for rewards."""

    def make(script, name="scripted", config=None, **files):
        folder = tmp_path / "tasks" / name
        base = {"schema_version": "1.0", "rqgm": {"artifacts": ["a.txt"]}, **(config or {})}
        write_files(
            folder,
            {
                "task.toml": tomli_w.dumps(base),
                "instruction.md": "Do it.\n",
                "environment/Dockerfile": "FROM scratch\nWORKDIR /app\nCOPY . .\n",
                "environment/a.txt": "old\n",
                "tests/test.sh": TEST_SH + script,
                **files,
            },
        )
        return folder

    return make


@pytest.fixture
def make_judging_suite(tmp_path):
    """Make a judging suite's folder from item and label lines."""

    def item(name, **changes):
        task = {"name": f"task-{name}", "instruction": "Do it.", "files": {"a.txt": "old"}}
        line = {
            "id": name,
            "task": task,
            "artifact": {"a.txt": f"new {name}"},
            "provenance": "machine",
            "pool": "anchor",
        }
        return {**line, **changes}

    def make(items=None, labels=None, config=None):
        folder = tmp_path / "judged"
        base = {"schema_version": 1, "name": "judged", "kind": "judging", "licence": "MIT", "source": "here"}
        items = [item("a"), item("b")] if items is None else items
        labels = [{"id": "a", "label": "accept"}, {"id": "b", "label": "reject"}] if labels is None else labels
        write_files(
            folder,
            {
                "suite.toml": tomli_w.dumps({**base, **(config or {})}),
                "items.jsonl": "".join(json.dumps(line) + "\n" for line in items),
                "labels.jsonl": "".join(json.dumps(line) + "\n" for line in labels),
            },
        )
        return folder

    make.item = item
    return make


@pytest.fixture
async def process():
    """Return a pool of `process` sandboxes: limits only, for code that we wrote ourselves."""
    async with Sandboxes(ProcessBackend(), "test-tasks", spare=1) as sandboxes:
        yield sandboxes
