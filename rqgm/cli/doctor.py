"""`rqgm doctor`: what works on this machine, and what to do about what does not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rqgm.cli.console import JSON, foreign, make_console, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rqgm.run.doctor import Finding

MARKS = {"good": "works", "poor": "partly", "missing": "no"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="doctor")(command)


def command(
    live: Annotated[
        list[str] | None, typer.Option(metavar="MODEL", help="Ask this model once, for next to nothing (costs money).")
    ] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Look at versions, disk, sandboxes and models' providers; name the remedy for what does not work.

    Exit code 1 if nothing isolates here, a library is missing, a folder cannot be written, or a model that was to be
    asked does not answer.
    """
    import asyncio  # noqa: PLC0415

    from rqgm.run.doctor import examine, to_json  # noqa: PLC0415
    from rqgm.run.shelves import Shelves  # noqa: PLC0415

    findings = asyncio.run(examine(Shelves.seen_from(Path.cwd()), live or []))
    needed = {"versions", "disk", "live"}
    bad = [one for one in findings if one.standing == "missing" and (one.part in needed or one.name == "auto")]
    if as_json:
        print_json({"well": not bad, "findings": to_json(findings)})
    else:
        _print(findings)
    raise typer.Exit(1 if bad else 0)


def _print(findings: Sequence[Finding]) -> None:
    console = make_console()
    part = ""
    for one in findings:
        if one.part != part:
            console.print(one.part, style="bold")
            part = one.part
        console.print(foreign(f"  {one.name:<14}{MARKS[one.standing]:<8}{one.detail}", 600))
        if one.remedy:
            console.print(foreign(f"{'':<24}-> {one.remedy}", 600))
