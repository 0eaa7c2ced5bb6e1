"""`rqgm export`: a run in other tools' formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rqgm.cli.console import JSON, RUN, find_run, foreign, make_console, print_json

TO = "inspect, trajectory, otel, csv, parquet, bundle or jsonl."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="export")(command)


def command(
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help=TO)],
    run: Annotated[Path | None, RUN] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file or folder to write. Default: here, named after the run.")
    ] = None,
    node: Annotated[str | None, typer.Option(help="Only this node: of inspect and trajectory.")] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Send spans to this collector instead: http://127.0.0.1:4318/v1/traces"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export.")] = False,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Write a run for other tools: Inspect, Harbor, OpenTelemetry, spreadsheets, pandas, git.

    Nothing in the run is changed. What agents wrote is in the export as data: cleaned of control characters, and with a
    ' before cells of a CSV that a spreadsheet would take for a formula. docs/exports.md says what is mapped to what.
    """
    from rqgm.report.exports.formats import ExportRequest, export, find_format  # noqa: PLC0415
    from rqgm.run.session import open_run  # noqa: PLC0415

    find_format(to)  # before a large run is opened
    opened = open_run(find_run(run))
    try:
        written = export(opened, ExportRequest(to, out, node, endpoint, force))
    finally:
        opened.archive.close()
    if as_json:
        print_json(written)
    else:
        _print(written)


def _print(written: dict[str, Any]) -> None:
    console = make_console()
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in written["counts"].items())
    size = f" ({written['files']} files, {written['bytes'] / 1024:,.0f} KiB)" if written["files"] else ""
    console.print(foreign(f"{written['path']}{size}", 2_000))
    console.print(f"{written['format']}: {counts}", markup=False)
    for note in written["notes"]:
        console.print(f"note: {note}", markup=False)
