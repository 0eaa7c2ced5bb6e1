"""Who judged when: the judges that sat in the slots, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rqgm.archive.state import Record, State


def seatings(state: State) -> list[dict[str, int]]:
    """Return the node that sat in each slot, for every epoch so far; the last is the current one's."""
    sitting = dict.fromkeys(state.seats, 0)  # generation zero sits first
    found = [dict(sitting)]
    for event in state.epochs:
        sitting |= {slot: seat["node"] for slot, seat in event["seats"].items()}
        found.append(dict(sitting))
    return found


def judges(record: Record, seated: list[dict[str, int]]) -> dict[str, int]:
    """Return the nodes whose judges had a say in an outcome, by slot; `seated` is the run's `seatings`."""
    return {slot: seated[record.epoch][slot] for slot in record.deps}
