"""Checks of the databases as records: their tables, their chains, and the heads that they end in."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rqgm.archive.ledger import GENESIS, SCHEMA, chain
from rqgm.report.audit.findings import Sheet

if TYPE_CHECKING:
    from pathlib import Path

    from rqgm.report.audit.findings import Finding

MIN_HEAD = 12
"""Digits of a head that are enough to tell it from any other."""


@dataclass(frozen=True, slots=True)
class Heads:
    """What a reader was told that the record ends in: hex digits, at least twelve of each; None = not told."""

    ledger: str | None = None
    lineage: str | None = None
    calls: str | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain that holds: its head and how many events it has. What is appended after the check is not in it."""

    head: str
    events: int


def check_chain(path: Path, name: str) -> tuple[Finding, Chain | None]:
    """Check one database: its tables are ours, its pages sound, its events chained. Return the chain if all holds."""
    sheet = Sheet(name)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            _check_tables(database, sheet, path.name)
            head, events = _follow(database, sheet, path.name)
            waiting = database.execute("SELECT count(*) FROM inbox").fetchone()[0]
            _check_pages(database, sheet, path.name)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        sheet.fault(path.name, f"cannot be read: {error}")
        return sheet.close(), None
    if waiting:
        sheet.note(f"{path.name}: {waiting} results wait for their turn; no hash covers them yet")
    finding = sheet.close(f"{events} events, head {head[:12]}")
    return finding, None if sheet.count else Chain(head, events)


def _check_tables(database: sqlite3.Connection, sheet: Sheet, name: str) -> None:
    """Compare the tables with what this version makes: a view or a trigger could show what is not there."""
    wanted = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
    with closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript(SCHEMA)
        ours = set(fresh.execute(wanted))
    found = set(database.execute(wanted))
    for kind, part, _ in sorted(found - ours, key=str):
        sheet.fault(name, f"{kind} {part!r} is not what this version makes")
    for kind, part, _ in sorted(ours - found, key=str):
        sheet.fault(name, f"{kind} {part!r} is missing, or is another")


def _follow(database: sqlite3.Connection, sheet: Sheet, name: str) -> tuple[str, int]:
    head, seq = GENESIS, 0
    for number, at, kind, body, prev_hash, told in database.execute("SELECT * FROM events ORDER BY seq"):
        seq += 1
        if number != seq:
            sheet.fault(f"{name} event {seq}", f"is missing: after {seq - 1} comes {number}")
            break
        if prev_hash != head:
            sheet.fault(f"{name} event {seq}", "does not follow the event before it")
            break
        if chain(head, seq, at, kind, body) != told:
            sheet.fault(f"{name} event {seq}", "its content does not match its hash")
            break
        head = told
    return head, seq


def _check_pages(database: sqlite3.Connection, sheet: Sheet, name: str) -> None:
    for (told,) in database.execute("PRAGMA quick_check(5)"):
        if told != "ok":
            sheet.fault(name, f"damaged: {told}")


def check_heads(found: dict[str, str | None], told: Heads) -> Finding:
    """Compare the heads with what the reader was told at the run's end; that alone shows a record written anew."""
    sheet = Sheet("heads")
    missing = []
    found = found | {part: None for part, wanted in asdict(told).items() if wanted and part not in found}
    for part, head in found.items():
        wanted = getattr(told, part)
        if wanted is None:
            missing.append(part)
        elif len(wanted) < MIN_HEAD:
            sheet.fault(part, f"{wanted!r} is too short to tell; give at least {MIN_HEAD} digits")
        elif head is None or not head.startswith(wanted.lower()):
            sheet.fault(part, f"ends in {(head or 'nothing')[:16]}, but should end in {wanted[:16]}")
    if "ledger" in missing:
        sheet.note(
            "no ledger head was given: a record written anew from beginning to end would not be noticed. "
            "Give the one that was printed at the run's end (--head)"
        )
    figure = ", ".join(f"{part} {head[:16] if head else '-'}" for part, head in found.items())
    return sheet.close(figure)
