"""Diffs for pages: what an edit changed, file by file, made safe to show, and cut where it is too long."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from rqgm.core.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rqgm.archive.lineage import FilePatch

MAX_LINES = 3_000
"""Lines of one node's diff that are shown."""
MAX_LINE_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file's part of a diff. `text` are its hunks, foreign text made safe; `left_out` says what is not in it."""

    path: str
    status: str
    added: int
    removed: int
    text: str
    left_out: str = ""

    def without_text(self) -> FileDiff:
        """Return it with its counts only."""
        return replace(self, text="", left_out="the report would have become too large")

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


def file_diffs(patches: Iterable[FilePatch], max_lines: int = MAX_LINES) -> list[FileDiff]:
    """Return the files of a diff, of all together at most `max_lines` lines; counts are of the whole diff."""
    found = []
    left = max_lines
    for patch in patches:
        change = patch.change
        # Not splitlines: other line ends are content. The header ends where the first hunk begins.
        hunks = (patch.text or "").partition("\n@@")[2].removesuffix("\n")
        lines = hunks.split("\n") if hunks else []
        kept = lines[: max(0, left)]
        left -= len(kept)
        text = "\n".join(map(safe_line, kept))
        found.append(
            FileDiff(
                path=clean(change.path, 300),
                status=change.status,
                added=change.added,
                removed=change.removed,
                text=f"@@{text}" if kept else "",
                left_out=_left_out(patch, len(lines) - len(kept)),
            )
        )
    return found


def _left_out(patch: FilePatch, lines: int) -> str:
    if patch.change.binary:
        return "not text"
    if patch.text is None:
        return f"a diff of {patch.patch_bytes} bytes"
    return f"{lines} more lines" if lines else ""


def safe_line(line: str) -> str:
    """Return a line without control and format characters; tabs are kept."""
    if not line.isprintable():  # quick for nearly all lines: `clean` looks at every character
        line = "\t".join(clean(part, MAX_LINE_CHARS) for part in line.split("\t"))
    return line if len(line) <= MAX_LINE_CHARS else line[: MAX_LINE_CHARS - 1] + "…"
