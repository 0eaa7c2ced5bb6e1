"""`rqgm init`: make a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="init")(command)


def command(folder: Annotated[Path, typer.Argument(help="Where; made if missing.")] = Path()) -> None:
    """Make a project: shelves of your own beside those that ship, and an experiment to edit."""
    from rqgm.run.project import make_project  # noqa: PLC0415

    for path in make_project(folder):
        typer.echo(f"made {path}")
    typer.echo("Next: edit experiments/mine.toml, then `rqgm validate` and `rqgm run`.")
