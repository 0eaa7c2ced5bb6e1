"""`rqgm validate`: check every shelf and the experiment."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rqgm.cli.console import JSON, make_console, print_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="validate")(command)


def command(
    experiment: Annotated[
        str | None, typer.Argument(help="Only this experiment and what it names. Default: everything.")
    ] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Check shelves and experiments without starting anything; exit 1 if something is wrong."""
    from rqgm.run.project import validate  # noqa: PLC0415
    from rqgm.run.shelves import Shelves  # noqa: PLC0415

    findings = validate(Shelves.seen_from(Path.cwd()), experiment)
    wrong = [finding for finding in findings if finding.error]
    if as_json:
        print_json({"ok": not wrong, "findings": [asdict(finding) for finding in findings]})
    else:
        console = make_console()
        for finding in findings:
            console.print(f"{'wrong' if finding.error else 'ok   '}  {finding.kind:10} {finding.name}")
            if finding.error:
                console.print(f"       {finding.error}", markup=False)
    raise typer.Exit(1 if wrong else 0)
