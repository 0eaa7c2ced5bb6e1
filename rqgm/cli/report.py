"""`rqgm report`: a run as one self-contained HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rqgm.cli.console import JSON, RUN, find_run, make_console, print_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="report")(command)


def command(
    run: Annotated[Path | None, RUN] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it. Default: <run>.html, here.")
    ] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Write a run as one HTML file that needs nothing else: what it came to, its lineage, diffs, judges, costs.

    Also of a run that still goes on. The file holds what agents wrote, as text; nothing in it runs but the page's own.
    """
    from rqgm.core.errors import ConfigError  # noqa: PLC0415
    from rqgm.report.pages.data import Pages  # noqa: PLC0415
    from rqgm.report.pages.html import report  # noqa: PLC0415
    from rqgm.run.session import open_run  # noqa: PLC0415

    opened = open_run(find_run(run))
    try:
        target = out or Path(f"{opened.folder.name}.html")
        if target.is_dir():
            raise ConfigError(f"--out {target}: is a folder; name a file in it")
        if target.resolve().is_relative_to(opened.folder.resolve()):
            raise ConfigError(f"--out {target}: lies in the run's own folder, which is a record; write it elsewhere")
        made = report(Pages(opened))
        told = {"run": opened.lock.run, "file": str(target), "without_diffs": made.without_diffs}
    finally:
        opened.archive.close()
    try:
        target.write_text(made.html, "utf-8")
    except OSError as error:
        raise ConfigError(f"--out {target}: cannot be written ({error.strerror}); name another file") from error
    told["bytes"] = target.stat().st_size
    if as_json:
        print_json(told)
        return
    console = make_console()
    console.print(f"{target}: {target.stat().st_size / 2**20:.1f} MB; open it in any browser", markup=False)
    if made.without_diffs:
        console.print(f"to keep it small, {made.without_diffs} nodes' diffs were left out; `rqgm diff` shows them")
