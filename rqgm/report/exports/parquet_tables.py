"""Tables as Parquet: one file a table, typed, with the meaning of each column in its metadata."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from rqgm.report.exports.tables import TABLES, rows

if TYPE_CHECKING:
    from pathlib import Path

    from rqgm.archive.run_archive import RunArchive
    from rqgm.report.exports.tables import Column, Value

BATCH = 8_192


def write_parquet(archive: RunArchive, folder: Path, batch: int = BATCH) -> dict[str, int]:
    """Write every table to ``<folder>/<table>.parquet`` and return how many rows each has.

    `batch` rows of a table are held in memory. Needs pyarrow.
    """
    import pyarrow.parquet as pq  # type: ignore[import-untyped]  # noqa: PLC0415  # an extra

    counts = dict.fromkeys(TABLES, 0)
    held: dict[str, list[tuple[Value, ...]]] = {name: [] for name in TABLES}
    with ExitStack() as stack:
        schemas = {name: _schema(columns) for name, columns in TABLES.items()}
        writers = {
            name: stack.enter_context(pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd"))
            for name, schema in schemas.items()
        }
        for name, row in rows(archive):
            held[name].append(row)
            counts[name] += 1
            if len(held[name]) == batch:
                writers[name].write_table(_table(held.pop(name), schemas[name]))
                held[name] = []
        for name, left in held.items():
            if left or not counts[name]:  # an empty table has its columns
                writers[name].write_table(_table(left, schemas[name]))
    return counts


def _schema(columns: tuple[Column, ...]) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    kinds = {"int": pa.int64(), "float": pa.float64(), "text": pa.string(), "bool": pa.bool_()}
    return pa.schema([pa.field(c.name, kinds[c.kind], metadata={"meaning": c.meaning}) for c in columns])


def _table(held: list[tuple[Value, ...]], schema: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    by_column = zip(*held, strict=True) if held else ((),) * len(schema)
    return pa.table([pa.array(values, field.type) for values, field in zip(by_column, schema, strict=True)], schema)
