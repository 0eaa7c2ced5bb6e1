"""`rqgm blame` from the command line, on a small real run."""

from __future__ import annotations

import json
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from rqgm.core.hashes import sha256

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

FEW = ("--tasks", "4", "--workers", "2")


@pytest.fixture(scope="module")
def deepest(finished) -> str:
    """The node with the longest path of the finished run."""
    project, summary = finished
    parents = {node["index"]: node["parent"] for node in project.json("lineage", summary["run"])["nodes"]}

    def depth(index: int) -> int:
        return 0 if parents[index] is None else 1 + depth(parents[index])

    node = max(parents, key=depth)
    assert depth(node) >= 1, "the run made no node"
    return f"#{node}"


def contents(folder: Path) -> dict[str, str]:
    """Hash every file of a run but what SQLite shares between readers."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    return {str(path): sha256(path.read_bytes()) for path in files}


def figures(result: dict[str, Any]) -> list[Any]:
    """What must be equal wherever it is run: all but times, cost and the sandbox."""
    return [result["path"], result["edits"], result["roles"], result["notes"], result["outcomes"]]


def test_blame_tells_of_each_edit_and_changes_nothing_of_the_run(finished, deepest, tmp_path):
    """The JSON object, the same in --out; text; the run's folder byte by byte; the same figures again."""
    project, summary = finished
    run = project.folder / "archive" / "runs" / summary["run"]
    before = contents(run)
    out = tmp_path / "blame.json"
    result = project.json("blame", summary["run"], deepest, "--only-in", "--out", str(out), *FEW)
    assert json.loads(out.read_text()) == result
    assert result["path"][0] == 0
    assert [edit["index"] for edit in result["edits"]] == result["path"][1:]
    assert [role["role"] for role in result["roles"]] == ["coder", "reviewer"]
    for role, size in zip(result["roles"], (3, 4), strict=True):
        assert len(role["tasks"]) == len(role["node"]["outcomes"]) == size
        assert [edit["index"] for edit in role["edits"]] == result["path"][1:]
        lost = sum(edit["loss"]["difference"] for edit in role["edits"])
        assert role["gain"]["difference"] == pytest.approx(lost + role["interaction"], abs=1e-5)
    text = project.rqgm("blame", summary["run"], deepest, "--workers", "1", "--tasks", "4")
    assert text.returncode == 0, text.stderr
    assert "Edits on its path, first to last:" in text.stdout
    assert "coder on mini, validation pool, 3 tasks" in text.stdout
    assert "reviewer on mini-reviews, anchor pool, 4 of 12 items" in text.stdout
    assert "interaction" in text.stdout
    assert "CPU-s" in text.stdout
    assert "jobs to run" in text.stderr
    assert contents(run) == before


def test_the_whole_path_reverted_is_generation_zero(finished, deepest):
    """The last edit alone reverted gives its parent's figures, and one edit's path the seed's."""
    project, summary = finished
    first = project.json("lineage", summary["run"], deepest)["nodes"][1]
    result = project.json("blame", summary["run"], f"#{first['index']}", *FEW)
    for role in result["roles"]:
        (edit,) = role["edits"]
        assert edit["without"]["outcomes"] == role["seed"]["outcomes"]
        assert edit["loss"]["difference"] == role["gain"]["difference"]
        assert role["interaction"] == 0


def test_what_the_node_does_now_is_what_the_run_recorded(finished, deepest):
    """Deterministic roles: each outcome of the node that is on record comes out again."""
    project, summary = finished
    shown = project.json("show", summary["run"], deepest)["outcomes"]
    recorded = {(r["role"], r["task"]): r["y"] for r in shown if r["measure"] in ("tests", "anchor") and r["live"]}
    result = project.json("blame", summary["run"], deepest, "--workers", "2")
    now = {
        (role["role"], task): y
        for role in result["roles"]
        for task, y in zip(role["tasks"], role["node"]["outcomes"], strict=True)
    }
    known = recorded.keys() & now.keys()
    assert known
    assert {key: now[key] for key in known} == {key: recorded[key] for key in known}


@pytest.mark.slow
@pytest.mark.bubblewrap
def test_the_back_end_does_not_change_the_figures(finished, deepest, bubblewrap):
    """Process and bubblewrap."""
    project, summary = finished
    one = project.json("blame", summary["run"], deepest, *FEW)
    other = project.json("blame", summary["run"], deepest, "--sandbox", "bubblewrap", *FEW)
    assert (one["sandbox"], other["sandbox"], other["isolated"]) == ("process", "bubblewrap", True)
    assert figures(one) == figures(other)


def test_the_test_pool_needs_asking_for(finished, deepest):
    """And then the figures are said to be descriptive."""
    project, summary = finished
    done = project.rqgm("blame", summary["run"], deepest, "--role", "coder", "--pool", "test", "--tasks", "1")
    assert done.returncode == 0, done.stderr
    assert "coder on mini, test pool, 1 of 3 tasks" in done.stdout
    assert "has no test pool left" in done.stdout


def test_an_interrupt_ends_it_at_once_and_leaves_nothing_behind(finished, deepest, tmp_path, monkeypatch):
    """SIGINT in the middle: exit code 130, one line, no traceback; sandboxes and scratch folders are gone."""
    project, summary = finished
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    process = project.start("blame", summary["run"], deepest, "--workers", "2")
    assert process.stderr is not None
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(iter(process.stderr.readline, "")))  # type: ignore[union-attr]
    reader.start()
    deadline = time.monotonic() + 60
    while not lines and time.monotonic() < deadline:
        time.sleep(0.02)
    assert "jobs to run" in lines[0]
    time.sleep(0.3)
    assert list(tmp_path.iterdir())
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    reader.join(timeout=30)
    assert lines[-1].startswith("interrupted")
    assert "Traceback" not in "".join(lines)
    assert list(tmp_path.iterdir()) == []
    assert process.stdout is not None
    assert process.stdout.read() == ""
    process.stdout.close()
    process.stderr.close()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["seed"], "no edit lies on its path"),
        (["NODE", "--role", "codr"], "did you mean 'coder'"),
        (["NODE", "--tasks", "0"], "--tasks"),
        (["NODE", "--out", "archive/runs/mini-seed0-1/blame.json"], "lies in the run's folder"),
        (["NODE", "--out", "nosuch/blame.json"], "does not exist"),
    ],
)
def test_wrong_use_is_refused_with_a_remedy(finished, deepest, argv, said):
    """Exit 2, one message, nothing run."""
    project, summary = finished
    done = project.rqgm("blame", summary["run"], *(deepest if word == "NODE" else word for word in argv))
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "jobs to run" not in done.stderr
