"""Jobs as the ledger tells of them: when each was dispatched, when it was committed, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rqgm.core.usage import Usage
from rqgm.report.exports.events import settled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rqgm.archive.ledger import Ledger

Ending = Literal["outcome", "node_added", "edit_rejected", "voided", "test_outcome"]
ENDINGS = ("outcome", "node_added", "edit_rejected", "voided", "test_outcome")


@dataclass(frozen=True, slots=True)
class Job:
    """A job that has ended. Times are seconds since 1970; `n` is its dispatch number, None of a job on the test pool.

    `ended` is when its result was committed, which is its turn and not its arrival. A test is not dispatched by an
    event: it `began` as long before its end as it worked.
    """

    n: int | None
    ending: Ending
    epoch: int
    began: float
    ended: float
    asked: dict[str, Any]
    body: dict[str, Any]

    @property
    def usage(self) -> Usage:
        """What it was charged, training included."""
        return usage_of(self.body.get("usage")) + usage_of(self.body.get("train_usage"))


def usage_of(told: dict[str, Any] | None) -> Usage:
    """Return recorded usage; none is nothing."""
    return Usage(**told) if told else Usage()


def ended_jobs(ledger: Ledger) -> Iterator[Job]:
    """Yield the jobs that have ended, in the order of their commits; those in flight are left out."""
    asked: dict[int, tuple[float, dict[str, Any]]] = {}
    epoch = 0
    for event in settled(ledger):
        body = event.body
        if event.kind == "dispatched":
            asked[body["n"]] = event.at, body["job"]
        elif event.kind == "epoch_closed":
            epoch = body["epoch"] + 1
        elif event.kind == "test_outcome":
            began = event.at - usage_of(body["usage"]).wall_s
            yield Job(None, "test_outcome", epoch, began, event.at, {}, body)
        elif event.kind in ENDINGS and body["n"] is not None:  # generation zero was no job
            began, job = asked.pop(body["n"], (event.at, {}))
            yield Job(body["n"], event.kind, epoch, began, event.at, job, body)  # type: ignore[arg-type]  # is in ENDINGS
