"""Tables: rows and sums are the state's, whatever the run; a cell is never a formula; Parquet and CSV agree."""

from __future__ import annotations

import csv
import math
from collections import Counter, defaultdict
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from rqgm.archive.run_archive import RunArchive
from rqgm.core.usage import Usage
from rqgm.report.exports.csv_tables import guarded, write_csv
from rqgm.report.exports.tables import TABLES, rows

DOCS = Path(__file__).parents[4] / "docs" / "exports.md"


def tables_of(archive: RunArchive) -> dict[str, list[dict[str, Any]]]:
    """Return all rows, by table, as {column: value}."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for name, row in rows(archive):
        found[name].append({column.name: value for column, value in zip(TABLES[name], row, strict=True)})
    return found


@pytest.fixture(params=["finished_folder", "unfinished_folder"])
def any_archive(request: pytest.FixtureRequest) -> Any:
    """A finished run and an interrupted one."""
    with RunArchive(request.getfixturevalue(request.param)) as opened:
        yield opened


def test_every_record_of_the_state_has_its_row(any_archive):
    """As many rows as there are nodes, outcomes, edits, epochs, decisions and tests; none twice."""
    state, found = any_archive.state, tables_of(any_archive)
    assert [row["commit"] for row in found["nodes"]] == [node.commit for node in state.nodes]
    assert {row["n"] for row in found["outcomes"]} == set(state.records)
    assert len(found["outcomes"]) == state.spent == len(state.records)
    assert len(found["edits"]) == len(state.nodes) - 1 + len(state.rejected)
    assert sum(row["node"] is None for row in found["edits"]) == len(state.rejected) > 0
    assert len(found["epochs"]) == len(state.epochs) > 0
    assert len(found["decisions"]) == sum(len(body["decisions"]) for body in state.epochs)
    assert {(r["node"], r["role"], r["task"]) for r in found["tests"]} == set(state.test)
    assert len(found["node_roles"]) == sum(len(node.roles) for node in state.nodes)
    assert sum(row["about"] == "outcome" for row in found["opinions"]) > len(state.records) // 2


def test_usage_adds_up_to_what_the_state_was_charged(any_archive):
    """By kind and by field, exactly for counts; validation has what checkpoints cost."""
    state, found = any_archive.state, tables_of(any_archive)
    for kind, charged in state.usage.items():
        mine = [row for row in found["usage"] if row["kind"] == kind]
        for field in fields(Usage):
            total = math.fsum(row[field.name] for row in mine)
            assert total == pytest.approx(getattr(charged, field.name), rel=1e-12, abs=1e-12), (kind, field.name)


def test_successes_among_live_outcomes_are_the_states_counts(any_archive):
    """Of every node and measured role, summed by content from the rows of outcomes alone."""
    state, found = any_archive.state, tables_of(any_archive)
    by_content: dict[Any, float] = defaultdict(float)
    for row in found["outcomes"]:
        if row["live"]:
            by_content[state.key(row["node"], row["role"])] += round(row["weight"] * row["y"] * 2**20) / 2**20
    for row in found["node_roles"]:
        if row["role"] in state.measured:
            assert row["successes"] == by_content[state.key(row["node"], row["role"])]
        else:
            assert row["successes"] is None
    assert sum(not row["live"] for row in found["outcomes"]) == state.erased + state.retired
    ended = Counter(row["ended_by"] for row in found["outcomes"] if not row["live"])
    assert ended == {b["epoch"]: n for b in state.epochs if (n := len(b["erased"]) + len(b.get("retired", ())))}


def test_csv_has_every_row_and_no_formula(archive, tmp_path):
    """What is read back is what was told; agents' texts that begin like formulas are quoted, and are one record each."""
    counts = write_csv(archive, tmp_path)
    found = tables_of(archive)
    for name, columns in TABLES.items():
        with (tmp_path / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            read = list(csv.reader(file))
        assert read[0] == [column.name for column in columns]
        assert len(read) - 1 == counts[name] == len(found[name])
        for cells, row in zip(read[1:], found[name], strict=True):
            assert cells == ["" if v is None else str(guarded(v)) for v in row.values()]
        texts = [i for i, column in enumerate(columns) if column.kind == "text"]
        assert not [c for cells in read[1:] for i in texts if (c := cells[i]).lstrip()[:1] in set("=+-@\t\r\n") and c]
    edits = (tmp_path / "edits.csv").read_text()
    assert ",'=HYPERLINK(" in (tmp_path / "nodes.csv").read_text().replace('"', "")
    assert "\x1b" not in edits
    assert "\u202e" not in edits


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"])
def test_texts_like_formulas_are_quoted(text):
    """Each beginning that OWASP names, after spaces too."""
    assert guarded(text) == "'" + text


@pytest.mark.parametrize("value", [-1, -0.5, "a=1", "", "1-2"])
def test_numbers_and_plain_texts_are_left_as_they_are(value):
    """A negative number is no formula."""
    assert guarded(value) == value


def test_parquet_holds_the_same_with_types_and_meanings(archive, tmp_path):
    """Every value equal, integers as integers, each column's meaning in its metadata; an empty table has its columns."""
    pq = pytest.importorskip("pyarrow.parquet")
    from rqgm.report.exports.parquet_tables import write_parquet

    counts = write_parquet(archive, tmp_path)
    found = tables_of(archive)
    for name, columns in TABLES.items():
        table = pq.read_table(tmp_path / f"{name}.parquet")
        assert table.num_rows == counts[name]
        assert table.to_pylist() == found[name]
        for column in columns:
            assert table.schema.field(column.name).metadata[b"meaning"].decode() == column.meaning


def test_parquet_is_written_in_batches_without_losing_a_row(archive, tmp_path):
    """With batches of seven rows the tables are the same."""
    pq = pytest.importorskip("pyarrow.parquet")
    from rqgm.report.exports.parquet_tables import write_parquet

    write_parquet(archive, tmp_path, batch=7)
    assert pq.read_table(tmp_path / "outcomes.parquet").to_pylist() == tables_of(archive)["outcomes"]
    assert pq.ParquetFile(tmp_path / "outcomes.parquet").num_row_groups > 1


def test_a_run_that_goes_on_is_exported_as_it_was_opened(archive, tmp_path):
    """Events that come after the ledger was opened are not in the tables, and do not break them."""
    seq = archive.ledger.seq
    before = len(list(rows(archive)))
    archive.ledger.seq = next(e.seq for e in archive.ledger.events() if e.kind == "epoch_closed")
    try:
        assert 0 < len(list(rows(archive))) < before
    finally:
        archive.ledger.seq = seq


def test_every_column_is_documented():
    """docs/exports.md has each table with each of its columns and their meaning."""
    text = DOCS.read_text()
    for name, columns in TABLES.items():
        section = text.split(f"### {name}\n", 1)[1].split("\n### ", 1)[0].split("\n## ", 1)[0]
        for column in columns:
            assert f"| {column.name} | {column.kind} | {column.meaning.replace('|', '&#124;')} |" in section, (
                name,
                column,
            )
