"""What a detector is, and what it is told of the file that it looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from rqgm.core.words import RoleKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rqgm.report.signs.known import Known
    from rqgm.report.signs.material import Material
    from rqgm.report.signs.sign import Sign, Strength
    from rqgm.report.signs.source import Source


@dataclass(frozen=True)
class Place:
    """Where a file was found. Of an artifact: on which task, and the task's own file at this path, if there is one.

    `kinds` are the kinds of the roles that see a workspace's file (all, if none does: it may be wired in later);
    `deterministic` tells whether one of them is declared so.
    """

    kind: Literal["workspace", "artifact"]
    known: Known = field(repr=False)
    kinds: frozenset[RoleKind] = frozenset(RoleKind)
    deterministic: bool = False
    task: str | None = None
    original: Source | None = field(default=None, repr=False)

    @property
    def artifact(self) -> bool:
        """Whether the file is part of an artifact."""
        return self.kind == "artifact"

    def hostile(self, source: Source) -> bool:
        """Whether code here is meant for the place where artifacts run: an artifact, or code quoted in a solver."""
        return self.artifact or source.quoted

    @property
    def only_judges(self) -> bool:
        """Whether only judges see the file."""
        return self.kinds == {RoleKind.JUDGE}


@dataclass(frozen=True, slots=True)
class Finding:
    """One place in a file. `rule` names what was found, `text` says it; equal rules in one file become one sign."""

    rule: str
    strength: Strength
    line: int
    text: str
    excerpt: str = ""
    """Instead of the line itself."""


class Detector(Protocol):
    """A detector looks at files, at the record, or at both."""

    name: str
    about: str

    def in_file(self, source: Source, place: Place) -> Iterable[Finding]:
        """Yield what is found in one file. What the file before the edit (or the task's own) held is left out later."""
        ...

    def in_record(self, material: Material) -> Iterable[Sign]:
        """Yield what is found in the record of the run."""
        ...


class Quiet:
    """What a detector is that finds nothing; detectors override what they look at."""

    def in_file(self, source: Source, place: Place) -> Iterable[Finding]:  # noqa: ARG002
        """Find nothing in files."""
        return ()

    def in_record(self, material: Material) -> Iterable[Sign]:  # noqa: ARG002
        """Find nothing in the record."""
        return ()


def weaker(strength: Strength, use: str) -> Strength:
    """Return `strength` for code, but no more than a notice for what docstrings, comments and prose merely mention."""
    return "notice" if use in {"doc", "comment", "text"} else strength


def plural(count: int, words: str) -> str:
    """Return ``3 tasks``, ``1 task``."""
    return f"{count} {words}" if count == 1 else f"{count} {words}s"
