"""The ledger as JSON lines: whoever has the file can check the chain, and fold the state again."""

from __future__ import annotations

import json

from rqgm.archive.ledger import GENESIS, Event, chain
from rqgm.archive.state import State
from rqgm.core.hashes import canonical_json
from rqgm.report.exports.events import write_events


def test_the_chain_can_be_checked_from_the_file_alone(archive, tmp_path):
    """Each line's hash covers it and the one before; the last is the ledger's head."""
    out = tmp_path / "events.jsonl"
    assert write_events(archive.ledger, out) == {"events": archive.ledger.seq}
    head = GENESIS
    for number, line in enumerate(out.read_text(encoding="ascii").splitlines(), 1):
        event = json.loads(line)
        assert (event["seq"], event["prev_hash"]) == (number, head)
        head = chain(head, event["seq"], event["at"], event["kind"], canonical_json(event["body"]))
        assert event["hash"] == head
    assert head == archive.ledger.head


def test_the_state_can_be_folded_from_the_file_alone(archive, tmp_path):
    """Nothing that the state knows comes from anywhere else."""
    out = tmp_path / "events.jsonl"
    write_events(archive.ledger, out)
    again = State.fold(Event(**json.loads(line)) for line in out.read_text().splitlines())
    assert again.lineage_head == archive.state.lineage_head
    assert again.usage == archive.state.usage
    assert [r.live for r in again.records.values()] == [r.live for r in archive.state.records.values()]


def test_a_terminal_is_shown_no_control_characters(archive, tmp_path):
    """Agents' escapes are escaped."""
    out = tmp_path / "events.jsonl"
    write_events(archive.ledger, out)
    assert not [char for char in out.read_bytes() if char < 32 and char != 10]
    assert b"\\u001b[31m" in out.read_bytes()
