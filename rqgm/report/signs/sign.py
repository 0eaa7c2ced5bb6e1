"""Signs: what a detector points at, with its evidence."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from rqgm.core.text import clean

Strength = Literal["notice", "strong"]
TEXT_CHARS = 400
EXCERPT_CHARS = 160
NAME_CHARS = 200


@dataclass(frozen=True, slots=True)
class FileEvidence:
    """A line of a file: of a node's workspace, or of the artifact of an outcome. Lines count from 1; 0 = the file."""

    path: str
    line: int
    excerpt: str

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"kind": "file", **asdict(self)}


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    """A field of what the ledger holds under dispatch number `n` (None: a node, or an outcome of the test pool)."""

    n: int | None
    field: str
    value: str

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"kind": "record", **asdict(self)}


Evidence = FileEvidence | RecordEvidence


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: a reason to look, not a proof. `text` and all evidence are cleaned; both are foreign text all the same.

    `node` is the node where it came in, or whose outcome shows it; `n` the dispatch that made that node or outcome.
    """

    detector: str
    strength: Strength
    node: int | None
    n: int | None
    text: str
    evidence: tuple[Evidence, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "detector": self.detector,
            "strength": self.strength,
            "node": self.node,
            "n": self.n,
            "text": self.text,
            "evidence": [entry.to_json() for entry in self.evidence],
        }


def sign(
    detector: str, strength: Strength, node: int | None, n: int | None, text: str, evidence: tuple[Evidence, ...] = ()
) -> Sign:
    """Return a sign with its text cleaned to one line."""
    return Sign(detector, strength, node, n, line_of(text, TEXT_CHARS), evidence)


def in_file(path: str, line: int, excerpt: str) -> FileEvidence:
    """Return a line of a file as evidence, cleaned."""
    return FileEvidence(line_of(path, NAME_CHARS), line, line_of(excerpt, EXCERPT_CHARS))


def in_record(n: int | None, field: str, value: object) -> RecordEvidence:
    """Return a recorded field as evidence, cleaned."""
    return RecordEvidence(n, line_of(field, NAME_CHARS), line_of(str(value), EXCERPT_CHARS))


def line_of(text: str, max_chars: int) -> str:
    """Return foreign text as one clean line."""
    return clean(" ".join(text[: 4 * max_chars].split()), max_chars).strip()
