"""The ledger as JSON lines: what every other table and format is made of, chain included."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rqgm.archive.ledger import Event, Ledger


def settled(ledger: Ledger) -> Iterator[Event]:
    """Yield the events that were there when the ledger was opened: a run that goes on does not change an export."""
    for event in ledger.events():
        if event.seq > ledger.seq:
            return
        yield event


def write_events(ledger: Ledger, out: Path) -> dict[str, int]:
    """Write one line an event, {seq, at, kind, body, prev_hash, hash}, and return the counts.

    All but ASCII is escaped, so a terminal that shows the file is shown no control characters of agents.
    """
    count = 0
    with out.open("w", encoding="ascii", newline="\n") as file:
        for event in settled(ledger):
            told = {"seq": event.seq, "at": event.at, "kind": event.kind, "body": event.body}
            file.write(json.dumps({**told, "prev_hash": event.prev_hash, "hash": event.hash}) + "\n")
            count += 1
    return {"events": count}
