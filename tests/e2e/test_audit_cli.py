"""`rqgm audit` by the installed command: a run that nobody touched, one that somebody did, and replays."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from rqgm.archive.ledger import GENESIS, chain
from rqgm.core.hashes import canonical_json


def lineage(project, summary):
    return f"archive/runs/{summary['run']}"


def test_a_finished_run_passes_its_audit(finished):
    """Exit 0, and with the heads that the run printed nothing is left to wish for but isolation."""
    project, summary = finished
    told = ["--head", summary["ledger_head"], "--lineage-head", summary["lineage_head"]]
    found = project.json("audit", summary["run"], *told)
    assert found["passed"]
    standing = {finding["check"]: finding["standing"] for finding in found["findings"]}
    assert standing["lock"] == "note", "the sandbox `process` isolates nothing"
    assert {"ledger", "search", "erasures", "blobs", "hidden", "heads"} <= {
        c for c, s in standing.items() if s == "passed"
    }
    assert "failed" not in standing.values()


def test_the_shipped_example_passes_in_words(project):
    """A newcomer's first command, in a project without any run."""
    done = project.rqgm("audit", "example")
    assert done.returncode == 0, done.stdout
    assert "no check failed" in done.stdout


def test_an_altered_run_ends_with_exit_code_1_and_the_event(finished, project):
    """One number in one event: the audit names the event, skips what rests on it, and does not replay."""
    made, summary = finished
    shutil.copytree(made.folder / "archive" / "runs" / summary["run"], project.folder / "altered")
    with closing(sqlite3.connect(project.folder / "altered" / "ledger.sqlite")) as database, database:
        database.execute("DROP TRIGGER events_are_never_changed")
        database.execute(
            "UPDATE events SET body = replace(body, '\"y\":0', '\"y\":1') WHERE seq = 40 OR kind = 'test_outcome'"
        )
    done = project.rqgm("audit", "altered", "--replay", "2", "--json")
    assert done.returncode == 1
    found = {finding["check"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert found["ledger"]["standing"] == "failed"
    assert "does not match its hash" in " ".join(found["ledger"]["faults"])
    assert found["replay"]["standing"] == "skipped"


@pytest.mark.slow
def test_a_replay_of_all_outcomes_and_edits_is_equal(finished):
    """In fresh sandboxes everything comes out as it is on record: outcomes, tests, and the code itself."""
    project, summary = finished
    found = project.json(
        "audit", summary["run"], "--replay", "all", "--edits", "--sandbox", "process", "--allow-unsafe"
    )
    replay = found["findings"][-1]
    assert (replay["check"], replay["standing"]) == ("replay", "passed"), replay["faults"]
    equal, _, total = replay["figure"].split()[:3]
    assert equal == total
    assert int(total) >= summary["outcomes"]


@pytest.mark.slow
@pytest.mark.docker
def test_a_replay_on_docker_of_a_run_made_on_process_is_equal(finished, docker):
    """Another sandbox, another Python, the same outcomes."""
    project, summary = finished
    found = project.json("audit", summary["run"], "--replay", "all", "--sandbox", "docker")
    replay = found["findings"][-1]
    assert replay["standing"] == "passed", replay["faults"]
    assert "on docker" in replay["figure"]


@pytest.mark.slow
def test_a_record_that_lies_about_its_outcomes_is_caught_by_a_replay(finished, project):
    """Tests that are said to have passed, in a record that is consistent otherwise: only a replay can tell."""
    made, summary = finished
    run = project.folder / "forged"
    shutil.copytree(made.folder / "archive" / "runs" / summary["run"], run)
    with closing(sqlite3.connect(run / "ledger.sqlite")) as database, database:
        (sql,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'events_are_never_changed'").fetchone()
        database.execute("DROP TRIGGER events_are_never_changed")
        rows = database.execute("SELECT seq, at, kind, body FROM events ORDER BY seq").fetchall()
        head, forged = GENESIS, 0
        for seq, at, kind, body in rows:
            told = json.loads(body)
            if kind == "test_outcome" and not told["y"]:
                told["y"], forged = 1, forged + 1
            if kind == "run_finished":
                told["ledger_head"] = head
            text = canonical_json(told)
            digest = chain(head, seq, at, kind, text)
            database.execute(
                "UPDATE events SET body = ?, prev_hash = ?, hash = ? WHERE seq = ?", (text, head, digest, seq)
            )
            head = digest
        database.execute(sql)
    assert forged
    honest = project.json("audit", "forged")
    assert honest["passed"], "it is consistent"
    assert project.rqgm("audit", "forged", "--head", summary["ledger_head"]).returncode == 1, "but its head is another"
    done = project.rqgm("audit", "forged", "--replay", "all", "--sandbox", "process", "--allow-unsafe", "--json")
    assert done.returncode == 1
    replay = json.loads(done.stdout)["findings"][-1]
    assert replay["count"] == forged
    assert "y: on record 1, now 0" in replay["faults"][0]


def test_the_code_of_a_stranger_is_not_run_without_isolation(finished):
    """`process` isolates nothing: a replay there has to be asked for twice."""
    project, summary = finished
    done = project.rqgm("audit", summary["run"], "--replay", "2", "--sandbox", "process")
    assert done.returncode == 3
    assert "--allow-unsafe" in done.stderr


def test_a_text_to_keep(finished, project):
    """`--report` writes what was found, signed by whom it says."""
    made, summary = finished
    path = project.folder / "audit.txt"
    assert made.rqgm("audit", summary["run"], "--report", str(path), "--by", "A. Reader").returncode == 0
    text = path.read_text()
    assert "by A. Reader" in text
    assert summary["ledger_head"] in text


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["audit", "nothing-like-it"], "unknown run"),
        (["audit", "example", "--replay", "some"], "--replay 'some'"),
        (["audit", "example", "--edits"], "--replay"),
        (["audit", "example", "--report", "no/such/folder/audit.txt"], "cannot be written"),
        (["audit", "example", "--replay", "1", "--sandbox", "doker"], "docker"),
    ],
)
def test_wrong_use_ends_with_exit_code_2_and_the_remedy(project, argv, told):
    done = project.rqgm(*argv)
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stderr
