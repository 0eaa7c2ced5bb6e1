"""`rqgm view`: the pages of runs in a browser, while they go on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rqgm.cli.console import find_run, make_console


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="view")(command)


def command(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(help="Runs: folders, or names in archive/runs/. Default: the newest.", show_default=False),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="On 127.0.0.1; 0 takes a free one.")] = 8765,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
) -> None:
    """Show runs in a browser on this machine, live while they go on; several are shown side by side. Ctrl-C ends it."""
    from rqgm.report.pages.server import LiveRun, Viewer, listen, serve  # noqa: PLC0415

    folders = [find_run(run) for run in runs] if runs else [find_run(None)]
    sock = listen(port)
    try:
        viewer = Viewer([LiveRun(folder) for folder in dict.fromkeys(folders)])
        url = f"http://127.0.0.1:{sock.getsockname()[1]}/"

        def ready() -> None:
            make_console().print(f"{url}  (Ctrl-C ends it)", markup=False)
            if not no_open and sys.stdout.isatty():
                _open(url)

        serve(viewer, sock, ready=ready)
    finally:
        sock.close()


def _open(url: str) -> None:
    """Open a browser with a window of its own; one that would take over the terminal is not wanted."""
    import webbrowser  # noqa: PLC0415

    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if not isinstance(browser, webbrowser.GenericBrowser) or isinstance(browser, webbrowser.BackgroundBrowser):
        browser.open(url)
