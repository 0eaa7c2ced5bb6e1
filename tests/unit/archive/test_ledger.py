"""The ledger."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from pathlib import Path

import pytest

from rqgm.archive.ledger import GENESIS, Ledger, chain
from rqgm.core.errors import IntegrityError, RunStoppedError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger lies."""
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path: Path) -> Ledger:
    """Return a ledger with three events, one a second."""
    ledger = Ledger(path, clock=itertools.count(1.0).__next__)
    for number in range(3):
        ledger.append([("counted", {"number": number})])
    yield ledger
    ledger.close()


def test_an_empty_ledger_begins_at_the_genesis(path: Path) -> None:
    """Head of nothing: 64 zeros."""
    ledger = Ledger(path)
    assert (ledger.seq, ledger.head, list(ledger.events()), ledger.verify()) == (0, GENESIS, [], GENESIS)
    ledger.close()


def test_events_are_chained_to_the_one_before(ledger: Ledger) -> None:
    """Each hash covers the content and the hash before it."""
    events = list(ledger.events())
    assert [event.seq for event in events] == [1, 2, 3]
    assert [event.prev_hash for event in events] == [GENESIS, events[0].hash, events[1].hash]
    assert events[2].hash == chain(events[1].hash, 3, 3.0, "counted", '{"number":2}') == ledger.head == ledger.verify()


def test_events_can_be_read_from_the_middle(ledger: Ledger) -> None:
    """`after` leaves out what is known already."""
    assert [event.body["number"] for event in ledger.events(after=2)] == [2]


def test_an_opened_ledger_goes_on_where_it_ended(ledger: Ledger, path: Path) -> None:
    """The chain is one over all processes."""
    ledger.close()
    again = Ledger(path)
    again.append([("counted", {"number": 3})])
    assert again.seq == 4
    assert again.verify() == again.head
    again.close()


def test_several_events_are_one_transaction(ledger: Ledger) -> None:
    """If one of them cannot be written, none is, and the head stays."""
    before = ledger.head
    with pytest.raises(ValueError, match="JSON compliant"):
        ledger.append([("fine", {}), ("bad", {"score": float("nan")})])
    assert (ledger.seq, ledger.head) == (3, before)
    ledger.append([("a", {}), ("b", {})])
    assert [event.kind for event in ledger.events(after=3)] == ["a", "b"]
    assert ledger.verify() == ledger.head


def test_events_can_neither_be_changed_nor_deleted(ledger: Ledger, path: Path) -> None:
    """The database itself refuses."""
    with sqlite3.connect(path) as other:
        for statement in ("UPDATE events SET body = '{}' WHERE seq = 2", "DELETE FROM events WHERE seq = 3"):
            with pytest.raises(sqlite3.IntegrityError, match="only ever appended"):
                other.execute(statement)
    other.close()


def test_a_reader_cannot_write(ledger: Ledger, path: Path) -> None:
    """Read-only means so."""
    reader = Ledger(path, read_only=True)
    with pytest.raises(RunStoppedError):
        reader.append([("x", {})])
    assert reader.verify() == ledger.head
    reader.close()


def test_a_reader_sees_what_the_writer_appends(ledger: Ledger, path: Path) -> None:
    """One writes, any number read."""
    reader = Ledger(path, read_only=True)
    ledger.append([("counted", {"number": 3})])
    assert [event.body["number"] for event in reader.events()] == [0, 1, 2, 3]
    reader.close()


def test_reading_where_no_ledger_is_makes_none(path: Path) -> None:
    """A look leaves no trace."""
    with pytest.raises(IntegrityError, match="no ledger here"):
        Ledger(path, read_only=True)
    assert not path.exists()


def test_results_wait_in_the_inbox_until_they_are_taken(ledger: Ledger, path: Path) -> None:
    """What has arrived survives; what is committed leaves the inbox in the same transaction."""
    ledger.keep(7, {"y": 1})
    ledger.keep(8, {"y": 0})
    ledger.close()
    again = Ledger(path)
    assert again.inbox() == {7: {"y": 1}, 8: {"y": 0}}
    again.append([("outcome", {"n": 7})], taken=[7])
    assert again.inbox() == {8: {"y": 0}}
    again.close()


def test_a_result_that_arrives_twice_is_kept_once(ledger: Ledger) -> None:
    """A job that was run again after a kill replaces what it left."""
    ledger.keep(7, {"y": 1})
    ledger.keep(7, {"y": 0})
    assert ledger.inbox() == {7: {"y": 0}}


def test_closing_twice_is_fine(ledger: Ledger) -> None:
    """Clean-up may meet clean-up."""
    ledger.close()
    ledger.close()


def test_text_with_nul_and_line_breaks_survives(ledger: Ledger) -> None:
    """JSON escapes what SQLite could trip over."""
    ledger.append([("said", {"text": "a\x00b\nc\u2028 漢"})])
    assert list(ledger.events())[-1].body == {"text": "a\x00b\nc\u2028 漢"}
    assert ledger.verify() == ledger.head


def test_text_that_cannot_be_encoded_leaves_the_ledger_usable(ledger: Ledger) -> None:
    """A lone surrogate is refused (or stored), and the next event can be appended."""
    with contextlib.suppress(ValueError, RunStoppedError):
        ledger.append([("said", {"text": "\ud800"})])
    ledger.append([("said", {"text": "fine"})])


def test_a_clock_in_whole_seconds_is_a_clock(path: Path) -> None:
    """An int is a float to every type checker."""
    ledger = Ledger(path, clock=lambda: 5)
    ledger.append([("x", {})])
    assert ledger.verify() == ledger.head


@pytest.mark.parametrize("content", [b"garbage " * 1000, b""])
def test_a_file_that_is_no_ledger_is_an_integrity_error(path: Path, content: bytes) -> None:
    """One kind of error for stored data that is not what it should be."""
    path.write_bytes(content)
    with pytest.raises(IntegrityError):
        Ledger(path, read_only=True)
