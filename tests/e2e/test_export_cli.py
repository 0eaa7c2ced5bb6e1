"""`rqgm export` by the installed command; and other tools' own readers open what it writes.

Inspect has dependencies that contradict ours, so it is in an environment of its own: that of RQGM_INSPECT_PYTHON, or
one that is made here. Without a package index the test skips, unless RQGM_REQUIRE_INSPECT=1.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

RUN = "mini-seed0-1"
READER = """
import json, sys
from inspect_ai.log import list_eval_logs, read_eval_log, read_eval_log_sample_summaries
from inspect_ai.scorer import SampleScore, accuracy, mean, stderr
METRICS = {"accuracy": accuracy(), "mean": mean(), "stderr": stderr()}
logs = []
for info in list_eval_logs(sys.argv[1]):
    log = read_eval_log(info.name)
    scores = {}
    for score in log.results.scores:
        given = [SampleScore(score=s.scores[score.name]) for s in log.samples if score.name in s.scores]
        scores[score.name] = {
            name: [metric.value, float(METRICS[name](given))] for name, metric in score.metrics.items()
        } | {"n": [score.scored_samples, len(given)]}
    logs.append({
        "name": info.name.rpartition("/")[2], "status": log.status, "metadata": log.eval.metadata, "scores": scores,
        "summaries": len(read_eval_log_sample_summaries(info.name)),
        "samples": {s.id: {k: v.value for k, v in s.scores.items()} for s in log.samples},
        "outcomes": {s.id: {k: v.get("n") for k, v in s.metadata["outcomes"].items()} for s in log.samples},
    })
json.dump(logs, sys.stdout)
"""


def test_tables_hold_what_the_summary_tells(finished, tmp_path):
    """The JSON names what was written, of which run, and the rows are there."""
    project, summary = finished
    written = project.json("export", RUN, "--to", "csv", "--out", str(tmp_path / "csv"))
    assert written["path"] == str(tmp_path / "csv")
    assert written["ledger_head"] == summary["ledger_head"]
    assert written["finished"] is True
    with (tmp_path / "csv" / "outcomes.csv").open() as file:
        assert len(list(csv.DictReader(file))) == written["counts"]["outcomes"] == summary["outcomes"]


def test_the_bundle_is_cloned_by_git(finished, tmp_path):
    """And has the generalist checked out."""
    project, summary = finished
    project.json("export", RUN, "--to", "bundle", "--out", str(tmp_path / "run.bundle"))
    subprocess.run(["git", "clone", "-q", str(tmp_path / "run.bundle"), str(tmp_path / "clone")], check=True)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=tmp_path / "clone", capture_output=True, text=True, check=True
    )
    assert head.stdout.strip() == summary["endpoints"]["generalist"]["node"]


def test_an_export_is_not_replaced_unless_it_is_said(finished, tmp_path):
    """Exit 2 and the remedy; with --force it is replaced."""
    project, _ = finished
    argv = ("export", RUN, "--to", "csv", "--out", str(tmp_path / "out"))
    done = project.rqgm(*argv)
    assert done.returncode == 0, done.stderr
    assert "20 outcomes" in done.stdout
    again = project.rqgm(*argv)
    assert again.returncode == 2
    assert "--force" in again.stderr
    assert project.rqgm(*argv, "--force").returncode == 0


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--to", "parket"), "did you mean 'parquet'"),
        ((), "--to"),
        (("--to", "csv", "--node", "seed"), "--node"),
        (("--to", "inspect", "--node", "nobody"), "not found"),
        (("--to", "otel", "--endpoint", "localhost"), "no address of a collector"),
        (("--to", "jsonl", "--out", f"archive/runs/{RUN}/events.jsonl"), "nothing is written there"),
    ],
)
def test_wrong_use_ends_with_2_and_a_remedy(finished, argv, said):
    """Before anything is written."""
    project, _ = finished
    done = project.rqgm("export", RUN, *argv)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.slow
def test_a_missing_extra_says_what_to_install(finished, tmp_path):
    """In an environment without pyarrow and OpenTelemetry the other formats work, and these name their extra."""
    project, _ = finished
    hide = "import sys\nfor name in ('pyarrow', 'opentelemetry.sdk'): sys.modules[name] = None\n"
    hide += "from rqgm.cli.app import main\nmain()\n"
    for name, extra in (("parquet", "parquet"), ("otel", "otel")):
        done = subprocess.run(
            [sys.executable, "-c", hide, "export", RUN, "--to", name, "--out", str(tmp_path / name)],
            cwd=project.folder, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 2, done.stderr
        assert f"pip install 'rqgm-toolkit[{extra}]'" in done.stderr
        assert not (tmp_path / name).exists()


@pytest.mark.slow
def test_a_run_that_was_killed_is_exported_as_far_as_it_is(project, tmp_path):
    """In every format; it says that the run is not finished."""
    project.kill("cut", 25, "run", "--out", "cut", "--workers", "2", "--sandbox", "process")
    for name in ("inspect", "trajectory", "otel", "csv", "parquet", "bundle", "jsonl"):
        written = project.json("export", "cut", "--to", name, "--out", str(tmp_path / name))
        assert written["finished"] is False
        assert "not finished" in written["notes"][0]


@pytest.fixture(scope="module")
def inspect_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python with Inspect in it."""
    given = os.environ.get("RQGM_INSPECT_PYTHON")
    if given:
        return given
    import venv

    place = tmp_path_factory.mktemp("inspect") / "venv"
    venv.create(place, with_pip=True)
    python = str(place / "bin" / "python")
    done = subprocess.run(
        [python, "-m", "pip", "install", "-q", "inspect-ai>=0.3.200"], capture_output=True, text=True, timeout=900
    )
    if done.returncode:
        if os.environ.get("RQGM_REQUIRE_INSPECT") == "1":
            pytest.fail(done.stderr[-2000:])
        pytest.skip(f"inspect-ai cannot be installed here: {done.stderr.strip().splitlines()[-1][:200]}")
    return python


def recorded(folder: Path) -> dict[str, dict[tuple[Any, ...], tuple[int, float]]]:
    """Return what a run's ledger says, read with nothing of ours: tests and outcomes, (y, score) of each."""
    found: dict[str, dict[tuple[Any, ...], tuple[int, float]]] = {"tests": {}, "outcomes": {}}
    with closing(sqlite3.connect(f"file:{folder / 'ledger.sqlite'}?mode=ro", uri=True)) as db:
        for kind, text in db.execute("SELECT kind, body FROM events WHERE kind IN ('outcome', 'test_outcome')"):
            body = json.loads(text)
            told = body["y"], body["score"]
            if kind == "outcome":
                found["outcomes"][body["n"],] = told
            else:
                found["tests"][body["node"], body["role"], body["task"]] = told
    return found


@pytest.mark.slow
def test_inspects_own_reader_opens_the_logs_and_its_scores_are_ours(finished, inspect_python, tmp_path):
    """Every sample's scores against the ledger; every aggregate against Inspect's own metrics and our summary."""
    project, summary = finished
    truth = recorded(project.folder / "archive" / "runs" / RUN)
    folders = [tmp_path / "tested", tmp_path / "validated"]
    project.json("export", RUN, "--to", "inspect", "--out", str(folders[0]))
    project.json("export", RUN, "--to", "inspect", "--node", "generalist", "--out", str(folders[1]))
    seen, checked, validated = set(), 0, 0
    for folder in folders:
        read = subprocess.run([inspect_python, "-c", READER, str(folder)], capture_output=True, text=True, timeout=300)
        assert read.returncode == 0, read.stderr
        logs = json.loads(read.stdout)
        assert len(logs) == len(list(folder.glob("*.eval"))) > 0
        for log in logs:
            assert log["status"] == "success"
            assert log["summaries"] == len(log["samples"])
            for told in log["scores"].values():
                for shown, computed in told.values():
                    assert shown == pytest.approx(computed, rel=1e-12, abs=1e-12)
            if log["metadata"]["pool"] != "test":
                for task, numbers in log["outcomes"].items():
                    for measure, n in numbers.items():
                        scores = log["samples"][task]
                        assert (scores[measure], scores[f"{measure}.score"]) == truth["outcomes"][n,]
                        validated += 1
                continue
            measure = "labels" if log["metadata"]["role"] == "reviewer" else "tests"
            for task, scores in log["samples"].items():
                job = log["metadata"]["node"], log["metadata"]["role"], task
                assert (scores[measure], scores[f"{measure}.score"]) == truth["tests"][job]
                seen.add(job)
                checked += 1
    assert seen == set(truth["tests"])
    assert checked > len(seen)  # the generalist's are in both folders
    assert validated > 0
    logs = json.loads(
        subprocess.run(
            [inspect_python, "-c", READER, str(folders[0])], capture_output=True, text=True, check=True
        ).stdout
    )
    seeds = next(log for log in logs if "seed" in log["metadata"]["names"] and log["metadata"]["role"] == "coder")
    assert seeds["scores"]["tests"]["accuracy"][0] == pytest.approx(summary["seed_test"]["rate"], abs=1e-6)
    best = next(log for log in logs if "generalist" in log["metadata"]["names"] and log["metadata"]["role"] == "coder")
    rate = summary["endpoints"]["generalist"]["test"]["rate"]
    assert best["scores"]["tests"]["accuracy"][0] == pytest.approx(rate, abs=1e-6)


@pytest.mark.slow
def test_inspect_view_lists_and_serves_the_logs(finished, inspect_python, tmp_path):
    """The viewer, on loopback: each log is listed, and its header is what was exported."""
    project, _ = finished
    project.json("export", RUN, "--to", "inspect", "--out", str(tmp_path / "logs"))
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(inspect_python).with_name("inspect")), "view", "--log-dir", str(tmp_path / "logs")]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    env = {**os.environ, "HOME": str(tmp_path)}
    viewer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    try:
        listed = _get(f"http://127.0.0.1:{port}/api/logs", viewer)
        names = {entry["name"].rpartition("/")[2] for entry in listed["files"]}
        assert names == {path.name for path in (tmp_path / "logs").glob("*.eval")}
        for entry in listed["files"]:
            address = urllib.parse.quote(entry["name"], safe="")
            log = _get(f"http://127.0.0.1:{port}/api/logs/{address}", viewer)
            assert re.fullmatch(r"mini(-reviews)?/test", log["eval"]["task"])
            assert len(log["samples"]) == log["results"]["total_samples"]
    finally:
        viewer.terminate()
        viewer.wait(timeout=30)


def _get(address: str, server: subprocess.Popen[bytes]) -> Any:
    """Return the JSON at an address of a server that may still be starting."""
    deadline = time.monotonic() + 60
    while True:
        assert server.poll() is None, "the viewer ended"
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
