"""Inspect's logs: a sample for every task, the scores ours. That Inspect reads them is tests/e2e/test_export_cli.py."""

from __future__ import annotations

import json
import statistics
import zipfile
from typing import Any

import pytest

from rqgm.core.words import Pool
from rqgm.report.exports.inspect_logs import write_logs


def logs_of(folder: Any) -> list[dict[str, Any]]:
    """Return each log as {header, samples, summaries}."""
    found = []
    for path in sorted(folder.glob("*.eval")):
        with zipfile.ZipFile(path) as log:
            names = log.namelist()
            found.append(
                {
                    "name": path.name,
                    "start": json.loads(log.read("_journal/start.json")),
                    "header": json.loads(log.read("header.json")),
                    "summaries": json.loads(log.read("summaries.json")),
                    "samples": {
                        s["id"]: s for n in names if n.startswith("samples/") for s in [json.loads(log.read(n))]
                    },
                }
            )
            assert all(f"samples/{name}_epoch_1.json" in names for name in found[-1]["samples"])
    return found


def test_the_test_pool_of_generation_zero_and_the_endpoints(run, tmp_path):
    """A log for each tested node and role, each sample as it was recorded, the rate that the run reports."""
    counts = write_logs(run, tmp_path)
    logs = logs_of(tmp_path)
    assert counts == {"logs": len(logs), "samples": len(run.state.test)}
    seen = set()
    for log in logs:
        about = log["header"]["eval"]["metadata"]
        measure = "tests" if about["role"] == "coder" else "labels"
        tasks = run.criterion.role(about["role"]).tasks[Pool.TEST]
        assert set(log["samples"]) == set(tasks)
        assert log["header"]["status"] == "success"
        for task, sample in log["samples"].items():
            recorded = run.state.test[about["node"], about["role"], task]
            assert sample["scores"][measure]["value"] == recorded["y"]
            assert sample["scores"][measure + ".score"]["value"] == recorded["score"]
            seen.add((about["node"], about["role"], task))
        score = log["header"]["results"]["scores"][0]
        values = [run.state.test[about["node"], about["role"], task]["y"] for task in tasks]
        assert score["metrics"]["accuracy"]["value"] == pytest.approx(statistics.mean(values))
        expected = statistics.stdev(values) / len(values) ** 0.5
        assert score["metrics"]["stderr"]["value"] == pytest.approx(expected)
        assert score["metadata"]["passed"] == sum(values)
        assert log["start"]["eval"] == log["header"]["eval"]
        assert len(log["summaries"]) == len(log["samples"])
    assert seen == set(run.state.test)
    names = {name for log in logs for name in log["header"]["eval"]["metadata"]["names"]}
    assert names == {"seed", "generalist", "specialist:coder", "specialist:reviewer"}


def test_a_node_as_it_was_validated(run, tmp_path):
    """Its live outcomes by measure and no others; the weighted successes are the state's counts."""
    node = run.state.endpoints["generalist"]["node"]
    write_logs(run, tmp_path, node)
    logs = [log for log in logs_of(tmp_path) if log["header"]["eval"]["metadata"]["pool"] != "test"]
    assert {log["header"]["eval"]["metadata"]["role"] for log in logs} == {"coder", "reviewer"}
    for log in logs:
        role = log["header"]["eval"]["metadata"]["role"]
        told = {
            (task, measure): (outcome["n"], sample["scores"][measure]["value"], outcome["weight"])
            for task, sample in log["samples"].items()
            for measure, outcome in sample["metadata"]["outcomes"].items()
        }
        closed = run.state.closed[run.state.key(node, role)]
        assert {cell: n for cell, (n, _, _) in told.items()} == closed
        successes = sum(round(weight * 2**20) / 2**20 for _, y, weight in told.values() if y)
        assert successes == run.state.counts(node, role).successes
        for measure in {measure for _, measure in told}:
            score = next(s for s in log["header"]["results"]["scores"] if s["name"] == measure)
            mine = [y for (_, name), (_, y, _) in told.items() if name == measure]
            assert score["metrics"]["accuracy"]["value"] == pytest.approx(statistics.mean(mine))
            assert score["scored_samples"] == len(mine)
            assert score["unscored_samples"] == len(log["samples"]) - len(mine)


def test_what_a_sample_shows(run, tmp_path):
    """The instruction, what was made as clean text, a judge's label and verdict; adversarial items too."""
    node = run.state.endpoints["specialists"]["reviewer"]["node"]
    write_logs(run, tmp_path, node)
    shown = {}
    for log in logs_of(tmp_path):
        about = log["header"]["eval"]["metadata"]
        for task, sample in log["samples"].items():
            shown[about["role"], about["pool"], task] = sample
            text = json.dumps(sample)
            assert "\\u001b" not in text
            assert "\\u202e" not in text
    coded = next(s for (role, pool, _), s in shown.items() if (role, pool) == ("coder", "validation"))
    assert coded["input"].startswith("Do validation-")
    assert "===== program.py" in coded["output"]["choices"][0]["message"]["content"]
    assert "(2 bytes, not text)" in coded["output"]["choices"][0]["message"]["content"]
    judged = {task: s for (role, pool, task), s in shown.items() if (role, pool) == ("reviewer", "anchor")}
    for task, sample in judged.items():
        verdict = sample["output"]["choices"][0]["message"]["content"].split()[0]
        measure = next(iter(sample["metadata"]["outcomes"]))
        assert sample["scores"][measure]["answer"] == verdict
        assert sample["scores"][measure]["value"] == int(verdict == sample["target"])
        assert ("~" in task) == (measure == "adversarial")
    tested = next(s for (role, pool, _), s in shown.items() if (role, pool) == ("reviewer", "test"))
    assert tested["target"] in {"accept", "reject"}


def test_the_recorded_conversation_is_the_samples_messages(called_run, tmp_path):
    """Of a job that called a model; its usage is what was charged, under the model's name."""
    run, scope = called_run
    job = next(
        e.body
        for e in run.archive.ledger.events()
        if e.kind == "outcome" and scope.endswith(str(e.body["artifact_key"]))
    )
    write_logs(run, tmp_path, job["node"])
    log = next(log for log in logs_of(tmp_path) if log["header"]["eval"]["metadata"]["pool"] == "validation")
    sample = log["samples"][job["task"]]
    assert [message["role"] for message in sample["messages"]] == ["system", "user", "assistant", "tool", "assistant"]
    assert sample["messages"][2]["tool_calls"][0]["arguments"] == {"command": "ls", "cwd": None}
    assert sample["messages"][3]["tool_call_id"] == "u1"
    assert log["header"]["eval"]["model"] == "openai/gpt-4o-mini"
    assert set(sample["model_usage"]) == {"openai/gpt-4o-mini"}


def test_before_there_are_endpoints_the_leader_is_exported(unfinished, tmp_path):
    """The node with the highest best belief, as far as it was validated; the metadata says that the run goes on."""
    write_logs(unfinished, tmp_path)
    logs = logs_of(tmp_path)
    state = unfinished.state
    best = max(state.belief(index) for index in range(len(state.nodes)))
    assert logs
    for log in logs:
        about = log["header"]["eval"]["metadata"]
        assert about["names"] == ["leader"]
        assert about["run_finished"] is False
        assert about["best_belief"] == best


def test_a_test_that_was_cut_off_is_no_success(finished_folder, as_run, tmp_path):
    """Endpoints are chosen, the test pool is run in part: the log says `cancelled` and how much is missing."""
    import sqlite3

    from rqgm.archive.run_archive import LOCK_FILE, RunArchive

    folder = tmp_path / "run"
    (folder / "blobs").mkdir(parents=True)
    (folder / LOCK_FILE).write_text("{}")
    (folder / "lineage.git").symlink_to(finished_folder / "lineage.git")
    with RunArchive(finished_folder) as whole:
        events = list(whole.ledger.events())
    cut = [n for n, e in enumerate(events) if e.kind == "test_outcome"][5]
    from rqgm.archive.ledger import Ledger

    Ledger(folder / "ledger.sqlite").close()
    with sqlite3.connect(folder / "ledger.sqlite") as db:
        rows = [(e.seq, e.at, e.kind, json.dumps(e.body), e.prev_hash, e.hash) for e in events[:cut]]
        db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)
    db.close()
    (tmp_path / "out").mkdir()
    with RunArchive(folder) as opened:
        write_logs(as_run(folder, opened), tmp_path / "out")
        assert len(opened.state.test) == 5
    (log,) = logs_of(tmp_path / "out")
    assert log["header"]["status"] == "cancelled"
    results = log["header"]["results"]
    assert (results["completed_samples"], results["total_samples"]) == (5, 8)
