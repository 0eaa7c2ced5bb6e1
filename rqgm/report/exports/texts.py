"""Foreign text and foreign files, made fit for a cell, a message or a page of another tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ArtifactError, IntegrityError
from rqgm.core.text import clean

if TYPE_CHECKING:
    from rqgm.archive.blobs import Blobs
    from rqgm.core.trees import Tree

CELL_CHARS = 4_000
FILE_CHARS = 20_000
TREE_CHARS = 100_000


def cell(text: str, max_chars: int = CELL_CHARS) -> str:
    """Return foreign text on one line or more, without control characters. Plain text is not looked at twice."""
    if len(text) <= max_chars and text.isascii() and text.isprintable():
        return text
    return clean(text, max_chars, lines=True)


def clean_json(value: Any) -> Any:
    """Return JSON data of agents with all its texts cleaned."""
    if isinstance(value, str):
        return cell(value, TREE_CHARS)
    if isinstance(value, dict):
        return {cell(str(key), 200): clean_json(entry) for key, entry in value.items()}
    return [clean_json(entry) for entry in value] if isinstance(value, list) else value


def tree_text(tree: Tree, max_chars: int = TREE_CHARS) -> str:
    """Return files as one text: each under a line with its name, cut where they are long; bytes are only counted."""
    parts: list[str] = []
    left = max_chars
    for number, (path, file) in enumerate(sorted(tree.items())):
        if left <= 0:
            parts.append(f"… {len(tree) - number} more files")
            break
        text = _decoded(file.data)
        shown = (
            f"({len(file.data)} bytes, not text)" if text is None else clean(text, min(FILE_CHARS, left), lines=True)
        )
        parts.append(f"===== {clean(path, 400)}\n{shown}")
        left -= len(parts[-1])
    return "\n".join(parts)


def _decoded(data: bytes) -> str | None:
    try:
        text = data[: 8 * FILE_CHARS].decode("utf-8", "strict" if len(data) <= 8 * FILE_CHARS else "ignore")
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text


def artifact_text(blobs: Blobs, blob: str | None) -> str | None:
    """Return a recorded artifact as text; None if there is none, or it cannot be read (the audit's business)."""
    if blob is None:
        return None
    try:
        return tree_text(blobs.get_tree(blob))
    except (IntegrityError, ArtifactError):
        return None
