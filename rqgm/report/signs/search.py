"""Searches of short texts, remembered: a lineage holds the same lines in thousands of versions of its files."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from re import Pattern

MAX_REMEMBERED_CHARS = 400
"""Longer texts hardly come twice, and would fill the memory."""


def found(pattern: Pattern[str], text: str) -> bool:
    """Tell whether `pattern` is somewhere in `text`."""
    if len(text) > MAX_REMEMBERED_CHARS:
        return pattern.search(text) is not None
    return _found(pattern, text)


@lru_cache(maxsize=1 << 17)
def _found(pattern: Pattern[str], text: str) -> bool:
    return pattern.search(text) is not None
