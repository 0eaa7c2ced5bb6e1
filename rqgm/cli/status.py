"""`rqgm status`: where a run stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rqgm.cli.console import JSON, RUN, find_run, make_console, print_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="status")(command)


def command(run: Annotated[Path | None, RUN] = None, as_json: Annotated[bool, JSON] = False) -> None:
    """Say where a run stands; works while another process runs it."""
    from rqgm.cli.summary_text import print_summary  # noqa: PLC0415
    from rqgm.run.session import open_run  # noqa: PLC0415
    from rqgm.run.summary import summarise  # noqa: PLC0415

    opened = open_run(find_run(run))
    try:
        summary = summarise(opened)
        if as_json:
            print_json(summary)
        else:
            print_summary(make_console(), summary, opened)
    finally:
        opened.archive.close()
