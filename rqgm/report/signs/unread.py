"""Detector: what the other detectors could not look at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rqgm.report.signs.detector import Finding, Place, Quiet
from rqgm.report.signs.source import MAX_SOURCE_BYTES, MAX_TEXT_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rqgm.report.signs.source import Source

RUNS = re.compile(r"\.(?:so|pyc|pyd|dll|dylib|pkl|pickle|bin|exe|whl|zip|egg)$")


class Unread(Quiet):
    """Nothing is said to be clean that was not read."""

    name = "unread"
    about = "files that could not be looked at: missing, too large, no text, or Python that does not parse"

    def in_file(self, source: Source, place: Place) -> Iterable[Finding]:
        """Yield why a file was not looked at as code."""
        if source.quoted or not source.data:
            return
        if len(source.data) > MAX_TEXT_BYTES:
            yield Finding("large", "notice", 0, f"{len(source.data)} bytes: not read", source.path)
        elif source.text is None:
            runs = RUNS.search(source.path) or source.data[:4] == b"\x7fELF" or source.is_python
            yield Finding(
                "binary", "strong" if runs and not place.artifact else "notice", 0, "is no text: not read", source.path
            )
        elif source.is_python and source.tree is None:
            large = len(source.data) > MAX_SOURCE_BYTES
            why = "too large to be parsed" if large else "does not parse"
            yield Finding(
                "unparsed", "notice", 0, f"Python that {'is ' if large else ''}{why}: searched as text", source.path
            )
