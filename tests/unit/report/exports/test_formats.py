"""Exporting: what is written is told; what does not fit is refused before anything is written."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.report.exports.formats import FORMATS, MANIFEST, ExportRequest, _check_extra, export


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_what_it_wrote(run, tmp_path, name):
    """Counts, size and the run's heads; a folder has them in it; the run's folder is as it was."""
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*") if path.is_file()}
    written = export(run, ExportRequest(name, out=tmp_path / "out"))
    assert written["format"] == name
    assert written["finished"] is True
    assert written["notes"] == []
    assert written["ledger_head"] == run.archive.ledger.head
    assert written["bytes"] > 0
    assert all(count >= 0 for count in written["counts"].values())
    assert sum(written["counts"].values()) > 0
    if FORMATS[name].folder:
        told = json.loads((tmp_path / "out" / MANIFEST).read_text())
        assert told["counts"] == written["counts"]
        assert told["lineage_head"] == run.state.lineage_head
    after = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*") if path.is_file()}
    ours = {path for path in after if path.suffix not in {".sqlite-shm", ".sqlite-wal"}}
    assert {path: after[path] for path in ours} == {path: before[path] for path in before if path in ours}


@pytest.mark.parametrize("name", FORMATS)
def test_an_unfinished_run_is_exported_as_far_as_it_is(unfinished, tmp_path, name):
    """And the report says so."""
    written = export(unfinished, ExportRequest(name, out=tmp_path / "out"))
    assert written["finished"] is False
    assert "not finished" in written["notes"][0]


def test_without_a_place_the_run_gives_the_name(run, tmp_path, monkeypatch):
    """In the folder of the caller."""
    monkeypatch.chdir(tmp_path)
    written = export(run, ExportRequest("jsonl"))
    assert written["path"] == str(tmp_path / "synthetic-run.events.jsonl")


def test_an_unknown_format_names_the_nearest(run):
    """And all there are."""
    with pytest.raises(UnknownNameError, match="did you mean 'parquet'"):
        export(run, ExportRequest("parket"))


def test_a_missing_extra_names_what_to_install():
    """With exit code 2."""
    absent = replace(FORMATS["otel"], needs=("no_such_module.at.all",))
    with pytest.raises(ConfigError, match=r"pip install 'rqgm-toolkit\[otel\]'") as caught:
        _check_extra("otel", absent)
    assert caught.value.exit_code == 2


def test_what_does_not_fit_is_refused(run, tmp_path):
    """A node of a format that has the whole run, a collector for tables, an unknown node."""
    with pytest.raises(ConfigError, match="--node"):
        export(run, ExportRequest("csv", out=tmp_path / "x", node="seed"))
    with pytest.raises(ConfigError, match="--endpoint"):
        export(run, ExportRequest("csv", endpoint="http://127.0.0.1:1/v1/traces"))
    with pytest.raises(ConfigError, match="not found"):
        export(run, ExportRequest("inspect", out=tmp_path / "x", node="nobody"))
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_into_a_run_nor_over_it(run):
    """Not the folder itself, not one in it, not one above it."""
    for out in (run.folder, run.folder / "blobs" / "x", run.folder.parent):
        with pytest.raises(ConfigError):
            export(run, ExportRequest("csv", out=out, force=True))
