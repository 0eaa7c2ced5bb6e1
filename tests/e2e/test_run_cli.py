"""Runs from the command line: what is printed, what is refused, what survives."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import time

import pytest


def test_a_run_ends_with_the_documented_summary(finished):
    """`run --json` prints one object with everything that DESIGN names."""
    _, summary = finished
    wanted = {"run", "seed", "lineage_head", "ledger_head", "outcomes", "nodes", "epochs", "replacements", "erased"}
    assert wanted | {"endpoints", "seed_test", "usage", "wall_s"} <= summary.keys()
    assert summary["outcomes"] == 20
    assert summary["finished"]
    generalist = summary["endpoints"]["generalist"]
    assert {"node", "best_belief", "test"} <= generalist.keys()
    assert generalist["test"].keys() == {"passed", "total", "rate", "interval"}
    assert summary["seed_test"]["total"] == 3
    assert set(summary["endpoints"]["specialists"]) == {"coder", "reviewer"}


@pytest.mark.slow
def test_the_same_seed_gives_the_same_lineage_with_one_worker(finished, project):
    """The number of workers does not change the lineage."""
    _, summary = finished
    one = project.json("run", "--workers", "1", "--sandbox", "process")
    assert one["lineage_head"] == summary["lineage_head"]


@pytest.mark.slow
@pytest.mark.bubblewrap
def test_the_same_seed_gives_the_same_lineage_on_bubblewrap(finished, project, bubblewrap):
    """The back-end does not change the lineage."""
    _, summary = finished
    other = project.json("run", "--sandbox", "bubblewrap")
    assert (other["sandbox"], other["isolated"]) == ("bubblewrap", True)
    assert other["lineage_head"] == summary["lineage_head"]


@pytest.mark.slow
@pytest.mark.docker
@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_same_seed_gives_the_same_lineage_on_docker(finished, project, docker, workers):
    """Neither does Docker, with another Python 3.11 than the host's, nor its number of workers."""
    _, summary = finished
    other = project.json("run", "--sandbox", "docker", "--workers", workers)
    assert (other["sandbox"], other["isolated"]) == ("docker", True)
    assert other["lineage_head"] == summary["lineage_head"]


@pytest.mark.slow
def test_another_seed_gives_another_lineage(finished, project):
    """The seed matters."""
    _, summary = finished
    other = project.json("run", "--seed", "7", "--sandbox", "process")
    assert other["lineage_head"] != summary["lineage_head"]


@pytest.mark.slow
def test_a_killed_run_resumes_to_the_same_end(finished, project):
    """SIGKILL in the middle, then resume: the same lineage and outcomes as undisturbed, nothing counted twice."""
    made, summary = finished
    events = made.events(f"archive/runs/{summary['run']}")
    argv = ("run", "--out", "killed", "--sandbox", "process")
    for quarter in (1, 2, 3):
        project.kill("killed", events * quarter // 4, *argv)
        argv = ("resume", "killed")
    end = project.json("resume", "killed")
    assert end["lineage_head"] == summary["lineage_head"]
    assert end["outcomes"] == summary["outcomes"]


def test_ctrl_c_pauses_and_prints_the_resume_command(project):
    """SIGINT ends with exit code 130 and the command that goes on."""
    process = project.start("run", "--out", "paused", "--sandbox", "process")
    deadline = time.monotonic() + 30
    while not (project.folder / "paused" / "ledger.sqlite").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "rqgm resume" in error


def test_a_second_process_on_the_same_run_is_refused(project):
    """The folder is held by who runs it."""
    first = project.start("run", "--out", "held", "--sandbox", "process")
    deadline = time.monotonic() + 30
    while not (project.folder / "held" / "held").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.5)
    second = project.rqgm("resume", "held")
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert second.returncode == 2
    assert "is running it" in second.stderr


def test_resuming_a_finished_run_only_sums_it_up(finished):
    """Nothing is added to a finished run."""
    project, summary = finished
    again = project.json("resume", "mini-seed0-1")
    assert again["ledger_head"] == summary["ledger_head"]


def test_status_lineage_show_and_diff_read_a_run(finished):
    """The reading commands print text and JSON."""
    project, summary = finished
    assert project.json("status", "mini-seed0-1")["outcomes"] == summary["outcomes"]
    assert "Test pool" in project.rqgm("status").stdout
    nodes = project.json("lineage", "mini-seed0-1")["nodes"]
    assert len(nodes) == summary["nodes"]
    assert all(node["parent"] is None or node["parent"] < node["index"] for node in nodes)
    assert "generation zero" in project.rqgm("lineage").stdout
    shown = project.json("show", "mini-seed0-1", "seed")
    assert "workspace.toml" in shown["files"]
    assert "FEATURES" in project.rqgm("show", "mini-seed0-1", "seed", "--file", "reviewer/plan.py").stdout
    diff = project.json("diff", "mini-seed0-1", "seed", "#1")
    assert diff["patch"].startswith("diff --git")


def test_evaluate_runs_an_archived_node_on_another_suite(finished):
    """`evaluate --json` has the documented fields and one row a task."""
    project, _ = finished
    result = project.json("evaluate", "mini-seed0-1", "seed", "mini", "--pool", "train")
    assert {"node", "suite", "passed", "total", "rate", "interval", "tasks"} <= result.keys()
    assert result["total"] == len(result["tasks"]) == 2
    assert result["tasks"][0].keys() == {"task", "outcome", "score", "failure"}


@pytest.mark.slow
def test_compare_pairs_a_run_with_its_control(finished, project):
    """Runs of one seed are paired; the control is the run with replacement off."""
    source, _ = finished
    control = source.json("run", "-c", "epochs.replacement=off", "--out", "control", "--sandbox", "process")
    assert control["replacement"] == "off"
    result = source.json("compare", "mini-seed0-1", "control")
    assert [pair["seed"] for pair in result["pairs"]] == [0]
    assert "against its control" in source.rqgm("compare", "mini-seed0-1", "control").stdout


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["run", "nosuch"], "Known: coding-llm, mini"),
        (["run", "-c", "budget.outcomez=3"], "did you mean 'outcomes'?"),
        (["run", "-c", "budget.outcomes=0"], "budget.outcomes"),
        (["run", "-c", "nonsense"], "key=value"),
        (["run", "-c", "roles.coder.suite=nosuch"], "unknown suite"),
        (["run", "-c", "profile=nosuch"], "unknown profile"),
        (["run", "-c", "workspace=seeds/nosuch"], "unknown workspace"),
        (["run", "--sandbox", "nosuch"], "Known: auto"),
        (["run", "--workers", "99", "--sandbox", "process"], "search.lag"),
        (["status", "nosuch"], "unknown run"),
        (["show", "mini-seed0-1", "ffff"], "rqgm lineage"),
        (["evaluate", "mini-seed0-1", "seed", "nosuch"], "unknown suite"),
        (["schema", "Nonsense"], "SolverRequest"),
        (["nosuch"], "No such command"),
    ],
)
def test_wrong_use_is_refused_with_a_remedy(finished, argv, said):
    """Exit 2, one message, nothing started."""
    project, _ = finished
    before = sorted(path.name for path in (project.folder / "archive" / "runs").iterdir())
    done = project.rqgm(*argv)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in (project.folder / "archive" / "runs").iterdir()) == before


def test_an_untrusted_workspace_is_not_run_without_isolation(project):
    """`process` needs a trusted workspace or --allow-unsafe; the remedy is named, and the exit code is 3."""
    seeds = project.folder / "archive" / "seeds"
    shutil.copytree(seeds / "repair", seeds / "foreign")
    manifest = seeds / "foreign" / "workspace.toml"
    manifest.write_text(manifest.read_text().replace("trusted = true", "trusted = false"))
    done = project.rqgm("run", "-c", "workspace=seeds/foreign", "--sandbox", "process")
    assert done.returncode == 3
    assert "--allow-unsafe" in done.stderr


def test_an_altered_lock_is_found(project):
    """A run whose lock was edited is not read."""
    summary = project.json("run", "-c", "budget.outcomes=2", "--sandbox", "process")
    lock = project.folder / "archive" / "runs" / summary["run"] / "run.lock.json"
    lock.write_text(lock.read_text().replace('"seed": 0', '"seed": 1'))
    done = project.rqgm("status", summary["run"])
    assert done.returncode == 1
    assert "altered" in done.stderr


def test_the_ledger_refuses_changes(finished):
    """Events cannot be updated or deleted, even by hand."""
    project, summary = finished
    path = project.folder / "archive" / "runs" / summary["run"] / "ledger.sqlite"
    with sqlite3.connect(path) as ledger, pytest.raises(sqlite3.IntegrityError, match="only ever appended"):
        ledger.execute("DELETE FROM events WHERE seq = 3")
    ledger.close()


def test_init_makes_a_project_that_validates(tmp_path, at):
    """`init`, then `validate`: everything is right; a second `init` is refused."""
    project = at(tmp_path)
    assert project.rqgm("init").returncode == 0
    done = project.rqgm("validate", "--json")
    assert done.returncode == 0, done.stdout
    assert {finding["kind"] for finding in json.loads(done.stdout)["findings"]} >= {
        "suite",
        "panel",
        "profile",
        "experiment",
    }
    assert project.rqgm("init").returncode == 2


def test_validate_names_what_is_wrong(project):
    """A broken suite is named with file and key, and the exit code is 1."""
    path = project.folder / "tasks" / "mini" / "suite.toml"
    path.write_text(path.read_text().replace("kind =", "kinb ="))
    done = project.rqgm("validate")
    assert done.returncode == 1
    assert "did you mean 'kind'" in done.stdout


def test_nothing_is_coloured_without_a_terminal(finished):
    """No escape codes in a pipe."""
    project, _ = finished
    assert "\x1b" not in project.rqgm("status").stdout
