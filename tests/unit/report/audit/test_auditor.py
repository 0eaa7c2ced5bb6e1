"""The audit of a real run's folder: the shipped example passes; whatever is done to a copy of it is named."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zstandard

from rqgm.archive.ledger import Ledger
from rqgm.core.errors import ConfigError
from rqgm.report.audit.auditor import AuditOptions, audit
from rqgm.report.audit.findings import Standing
from rqgm.report.audit.record import Heads
from rqgm.report.audit.statement import statement, verify_statement

if TYPE_CHECKING:
    from rqgm.report.audit.auditor import Audit

EXAMPLE = Path(__file__).parents[4] / "archive" / "example" / "repair-small"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A copy of the shipped example."""
    return shutil.copytree(EXAMPLE, tmp_path / "run")


def head() -> str:
    with closing(Ledger(EXAMPLE / "ledger.sqlite", read_only=True)) as ledger:
        return ledger.head


def look(folder: Path, **heads: str) -> Audit:
    return audit(folder, AuditOptions(Heads(**heads), signs=False))


def failed(found: Audit) -> list[str]:
    return [finding.check for finding in found.findings if finding.standing is Standing.FAILED]


def faults(found: Audit, check: str) -> str:
    return "\n".join(next(finding for finding in found.findings if finding.check == check).faults)


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_the_shipped_example_is_whole_and_stays_as_it_is(run: Path) -> None:
    before = snapshot(run)
    found = look(run, ledger=head())
    assert found.passed, found.to_json()
    assert snapshot(run) == before
    assert json.loads(json.dumps(found.to_json()))["heads"]["ledger"] == head()


def test_the_audit_says_that_it_was_told_no_head(run: Path) -> None:
    found = look(run)
    assert found.passed
    assert "no ledger head was given" in faults(found, "heads")


@pytest.mark.parametrize("told", ["0" * 64, "abc"])
def test_another_head_is_named(run: Path, told: str) -> None:
    assert failed(look(run, ledger=told)) == ["heads"]


def test_a_head_of_what_is_not_there_is_named(run: Path) -> None:
    found = look(run, ledger=head(), calls="ab" * 32)
    assert failed(found) == ["heads"]
    assert "calls: ends in nothing" in faults(found, "heads")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a run"):
        look(tmp_path)


# ------------------------------------------------------------------ the folder


def test_what_is_no_plain_file_is_not_opened(run: Path, tmp_path: Path) -> None:
    os.mkfifo(run / "blobs" / "pipe")  # reading it would never end
    (run / "inputs" / "link").symlink_to(tmp_path)
    found = look(run)
    assert failed(found) == ["layout"]
    assert "blobs/pipe" in faults(found, "layout")
    assert "inputs/link" in faults(found, "layout")
    assert found.findings[-1].standing is Standing.SKIPPED


def test_unknown_files_are_told(run: Path) -> None:
    (run / "notes.txt").write_text("trust me")
    found = look(run)
    assert found.passed
    assert "notes.txt" in faults(found, "layout")


def test_an_altered_lock_is_named_and_the_rest_is_checked_as_far_as_it_goes(run: Path) -> None:
    path = run / "run.lock.json"
    path.write_text(path.read_text().replace('"outcomes": 120', '"outcomes": 121'))
    found = look(run)
    assert failed(found) == ["lock"]
    assert {finding.check for finding in found.findings} >= {"ledger", "lineage", "blobs"}


def test_any_byte_of_the_inputs_is_covered(run: Path) -> None:
    path = run / "inputs" / "suites" / "repair-small" / "suite.toml"
    path.write_text(path.read_text() + "# a comment, which decides nothing\n")
    assert failed(look(run)) == ["inputs"]


def test_an_altered_label_is_named(run: Path) -> None:
    path = run / "inputs" / "suites" / "repair-reviews-small" / "labels.jsonl"
    text = path.read_text()
    path.write_text(text.replace('"accept"', '"reject"', 1))
    assert "was altered" in faults(look(run), "inputs")


def test_a_blob_that_does_not_say_its_size_is_not_unpacked(run: Path) -> None:
    blob = sorted((run / "blobs").glob("??/*"))[3]
    data = zstandard.decompress(blob.read_bytes())
    blob.write_bytes(zstandard.ZstdCompressor(write_content_size=False).compress(data))
    assert "says that it holds -1 bytes" in faults(look(run), "blobs")


def test_a_blob_with_something_behind_it_is_named(run: Path) -> None:
    blob = sorted((run / "blobs").glob("??/*"))[3]
    blob.write_bytes(blob.read_bytes() + b"more")
    assert failed(look(run)) == ["blobs"]


# ------------------------------------------------------------------ the ledger


def test_a_view_in_the_place_of_the_table_is_named(run: Path) -> None:
    with closing(sqlite3.connect(run / "ledger.sqlite")) as database:
        database.executescript("ALTER TABLE events RENAME TO kept; CREATE VIEW events AS SELECT * FROM kept;")
    found = look(run)
    assert "ledger" in failed(found)
    assert "view 'events'" in faults(found, "ledger")


def test_a_result_that_waits_in_the_inbox_is_told(run: Path) -> None:
    with closing(sqlite3.connect(run / "ledger.sqlite")) as database, database:
        database.execute("INSERT INTO inbox VALUES (7, '{}')")
    assert "1 results wait" in faults(look(run), "ledger")


def test_a_file_that_is_no_database_is_a_finding(run: Path) -> None:
    (run / "ledger.sqlite").write_bytes(b"\x00" * 4096)
    assert "ledger" in failed(look(run))


# ------------------------------------------------------------------ the lineage


def git(run: Path, *argv: str) -> str:
    done = subprocess.run(["git", "-C", str(run / "lineage.git"), *argv], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config", "[core]\n\tbare = true\n\tfsmonitor = touch /tmp/owned\n"),
        ("hooks/post-checkout", "#!/bin/sh\ntouch /tmp/owned\n"),
        ("objects/info/alternates", "/somewhere/else\n"),
        ("objects/info/commit-graph", "not the parents that you think"),
        ("info/grafts", "0 1\n"),
    ],
)
def test_what_git_would_run_or_follow_is_named(run: Path, name: str, text: str) -> None:
    path = run / "lineage.git" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    found = look(run)
    assert failed(found) == ["lineage"]
    assert name in faults(found, "lineage")


def test_a_branch_that_leads_elsewhere_is_named(run: Path) -> None:
    git(run, "update-ref", "refs/heads/nodes/000003", git(run, "rev-parse", "refs/heads/seed"))
    assert "refs/heads/nodes/000003" in faults(look(run), "lineage")


def test_a_branch_that_the_ledger_does_not_know_is_told(run: Path) -> None:
    git(run, "update-ref", "refs/heads/nodes/000900", git(run, "rev-parse", "refs/heads/seed"))
    found = look(run)
    assert found.passed
    assert "000900" in faults(found, "lineage")


def test_loose_objects_are_hashed_too(run: Path) -> None:
    pack = next((run / "lineage.git" / "objects" / "pack").glob("*.pack"))
    moved = pack.rename(run / "moved.pack")
    pack.with_suffix(".idx").unlink()
    pack.with_suffix(".rev").unlink(missing_ok=True)
    with moved.open("rb") as stream:
        subprocess.run(["git", "-C", str(run / "lineage.git"), "unpack-objects", "-q"], check=True, stdin=stream)
    moved.unlink()
    assert look(run).passed
    victim = sorted((run / "lineage.git" / "objects").glob("??/*"))[5]
    victim.chmod(0o644)
    victim.write_bytes(victim.read_bytes() + b"more")
    assert "does not match its name" in faults(look(run), "lineage")


# ------------------------------------------------------------------ the text to keep


def test_a_text_to_keep_says_what_was_found_and_shows_that_it_was_altered(run: Path) -> None:
    (run / "notes\x1b[31m.txt").write_text("")
    found = look(run, ledger=head())
    versions = {"rqgm": "1"}
    text = statement(found, at="2026-01-01T00:00:00+00:00", by="A. Reader", versions=versions, told={"ledger": head()})
    assert "A. Reader" in text
    assert head() in text
    assert "\x1b" not in text
    assert "No check failed." in text
    assert verify_statement(text)
    assert not verify_statement(text.replace("A. Reader", "B. Reader"))
    assert not verify_statement("")
