"""`rqgm resume`: go on with a run that was stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rqgm.cli.console import JSON, RUN, find_run


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="resume")(command)


def command(
    run: Annotated[Path | None, RUN] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Jobs at a time; does not change the result.")] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Go on with a run, from its last committed event. A finished run is only summed up."""
    from rqgm.cli.live import carry_out  # noqa: PLC0415
    from rqgm.run.session import RunOptions  # noqa: PLC0415

    raise typer.Exit(carry_out(find_run(run), RunOptions(workers=workers), as_json=as_json))
