"""What checks find: each with a verdict, a figure, and the ids to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rqgm.core.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_IDS = 20
"""Ids that a finding names; how many there are in all it always says."""
MAX_WORDS = 400


class Standing(StrEnum):
    """How a check came out. `note`: nothing is wrong by the rules, but a reader should know."""

    PASSED = "passed"
    FAILED = "failed"
    NOTE = "note"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """How one check came out: what it looked at in a figure, and for each fault where it is and what is wrong."""

    check: str
    standing: Standing
    figure: str
    faults: tuple[str, ...] = ()
    count: int = 0
    """How many faults there are; `faults` names at most `MAX_IDS` of them."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "check": self.check,
            "standing": self.standing.value,
            "figure": self.figure,
            "faults": list(self.faults),
            "count": self.count,
        }


@dataclass
class Sheet:
    """One check while it is being made: notes faults as they are met."""

    check: str
    figure: str = ""
    faults: list[str] = field(default_factory=list)
    count: int = 0
    notes: list[str] = field(default_factory=list)

    def fault(self, where: str, what: str) -> None:
        """Note that something is wrong; `what` may hold foreign text."""
        self.count += 1
        if len(self.faults) < MAX_IDS:
            self.faults.append(clean(f"{where}: {what}", MAX_WORDS))

    def expect(self, condition: bool, where: str, what: str) -> bool:
        """Note a fault unless `condition` holds; return it."""
        if not condition:
            self.fault(where, what)
        return condition

    def note(self, text: str) -> None:
        """Note what is no fault but should be known."""
        if len(self.notes) < MAX_IDS:
            self.notes.append(clean(text, MAX_WORDS))

    def close(self, figure: str = "") -> Finding:
        """Return the finding."""
        figure = figure or self.figure
        if self.count:
            return Finding(self.check, Standing.FAILED, figure, tuple(self.faults), self.count)
        if self.notes:
            return Finding(self.check, Standing.NOTE, figure, tuple(self.notes), len(self.notes))
        return Finding(self.check, Standing.PASSED, figure)


def skipped(check: str, why: str) -> Finding:
    """Return that a check could not be made."""
    return Finding(check, Standing.SKIPPED, clean(why, MAX_WORDS))


def failed(findings: Iterable[Finding]) -> bool:
    """Tell whether any check failed. One that was skipped because of another is told by that other."""
    return any(finding.standing is Standing.FAILED for finding in findings)
