"""The ledger, against anybody who can write to its file."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rqgm.archive.ledger import Ledger
from rqgm.core.errors import IntegrityError

ROWS = 8
COLUMNS = ("at", "kind", "body", "prev_hash", "hash")


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a ledger of eight events, and its head as printed at the end of the run."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.sqlite"
    ledger = Ledger(path, clock=itertools.count(1.0).__next__)
    for number in range(ROWS):
        ledger.append([("outcome", {"n": number, "y": number % 2})])
    head = ledger.head
    ledger.close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode=DELETE")
    db.close()
    return path, head


def tampered(sealed: Path, *statements: tuple[str, tuple[Any, ...]]) -> Path:
    """Return a copy in which somebody has dropped the guards and run these statements."""
    path = sealed.with_name("tampered.sqlite")
    shutil.copy(sealed, path)
    with sqlite3.connect(path) as db:
        db.execute("DROP TRIGGER events_are_never_changed")
        db.execute("DROP TRIGGER events_are_never_deleted")
        for statement, values in statements:
            db.execute(statement, values)
    db.close()
    return path


def verdict(path: Path) -> str | None:
    """Return the head that a verification comes to, None if it finds the chain broken."""
    ledger = Ledger(path, read_only=True)
    try:
        return ledger.verify()
    except IntegrityError:
        return None
    finally:
        ledger.close()


def test_an_untouched_ledger_verifies(sealed: tuple[Path, str]) -> None:
    """The head is the printed one."""
    assert verdict(sealed[0]) == sealed[1]


@settings(max_examples=60)
@given(st.integers(1, ROWS), st.sampled_from(COLUMNS), st.data())
def test_an_edited_column_is_found(sealed: tuple[Path, str], row: int, column: str, data: st.DataObject) -> None:
    """Any column of any row, the last one included."""
    with sqlite3.connect(sealed[0]) as db:
        (old,) = db.execute(f"SELECT {column} FROM events WHERE seq = ?", (row,)).fetchone()
    db.close()
    kind = (
        st.floats(0, 1e9)
        if column == "at"
        else st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=80)
    )
    new = data.draw(kind.filter(lambda value: value != old))
    assert verdict(tampered(sealed[0], (f"UPDATE events SET {column} = ? WHERE seq = ?", (new, row)))) is None


@settings(max_examples=30)
@given(st.integers(1, ROWS), st.integers(0, 1))
def test_a_forged_outcome_is_found(sealed: tuple[Path, str], row: int, y: int) -> None:
    """Also one that is well-formed, and one whose own hash was mended."""
    forged = json.dumps({"n": 100, "y": y}, separators=(",", ":"))
    assert verdict(tampered(sealed[0], ("UPDATE events SET body = ? WHERE seq = ?", (forged, row)))) is None


@given(st.integers(1, ROWS), st.integers(1, ROWS))
def test_swapped_rows_are_found(sealed: tuple[Path, str], one: int, other: int) -> None:
    """With their hashes, or without."""
    if one == other:
        return
    swap = [("UPDATE events SET seq = ? WHERE seq = ?", pair) for pair in ((-1, one), (one, other), (other, -1))]
    assert verdict(tampered(sealed[0], *swap)) is None


@given(st.sets(st.integers(1, ROWS), min_size=1, max_size=ROWS - 1))
def test_deleted_rows_are_found(sealed: tuple[Path, str], rows: set[int]) -> None:
    """A hole breaks the chain; a missing end leaves a sound chain with another head than the printed one."""
    gone = [("DELETE FROM events WHERE seq = ?", (row,)) for row in rows]
    found = verdict(tampered(sealed[0], *gone))
    is_end = rows == set(range(ROWS - len(rows) + 1, ROWS + 1))
    assert (found is not None) is is_end
    assert found != sealed[1]


@given(st.integers(1, ROWS))
def test_an_inserted_row_is_found(sealed: tuple[Path, str], row: int) -> None:
    """Later rows make room, their hashes do not."""
    shift = [("UPDATE events SET seq = seq + 1 WHERE seq = ?", (seq,)) for seq in range(ROWS, row - 1, -1)]
    insert = (
        "INSERT INTO events SELECT ?, at, kind, body, prev_hash, hash FROM events WHERE seq = ?",
        (row, 1 if row > 1 else 2),
    )
    assert verdict(tampered(sealed[0], *shift, insert)) is None
