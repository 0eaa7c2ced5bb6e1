"""Tables as CSV: one file a table, UTF-8, the columns' names in the first line."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from rqgm.report.exports.tables import TABLES, rows

if TYPE_CHECKING:
    from pathlib import Path

    from rqgm.archive.run_archive import RunArchive
    from rqgm.report.exports.tables import Value

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""With these a spreadsheet takes a cell for a formula."""


def guarded(value: Value) -> Any:
    """Return a value as it is written. A text that begins like a formula gets a ' before it, so that it is none."""
    if isinstance(value, str):
        return "'" + value if value.lstrip(" ").startswith(FORMULA) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def write_csv(archive: RunArchive, folder: Path) -> dict[str, int]:
    """Write every table to ``<folder>/<table>.csv`` and return how many rows each has."""
    counts = dict.fromkeys(TABLES, 0)
    with ExitStack() as stack:
        writers = {}
        for name, columns in TABLES.items():
            file = stack.enter_context((folder / f"{name}.csv").open("w", encoding="utf-8", newline=""))
            writers[name] = csv.writer(file, lineterminator="\n")
            writers[name].writerow([column.name for column in columns])
        for name, row in rows(archive):
            writers[name].writerow([guarded(value) for value in row])
            counts[name] += 1
    return counts
