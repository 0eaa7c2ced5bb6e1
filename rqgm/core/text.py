"""Foreign text: agents' words made safe to store, print and show."""

from __future__ import annotations

import unicodedata


def clean(text: str, max_chars: int = 2_000, *, lines: bool = False) -> str:
    """Return `text` without control, format and surrogate characters (newlines kept if `lines`), cut to `max_chars`."""
    kept = (
        char if not unicodedata.category(char).startswith("C") or (lines and char == "\n") else " "
        for char in text[: 4 * max_chars]
    )
    result = "".join(kept)
    return result if len(result) <= max_chars else result[: max_chars - 1] + "…"
