"""`rqgm sandbox`: which back-ends work here, and building a profile's image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rqgm.cli.console import JSON, make_console, print_json

if TYPE_CHECKING:
    from rqgm.sandbox.doctor import Diagnosis
    from rqgm.sandbox.profile import Profile

app = typer.Typer(help="Sandboxes: which back-ends work here; build images.", no_args_is_help=True)
PROFILE = typer.Argument(help="A profile: its folder, or its name in sandboxes/.")
BASE = typer.Option(
    help="Image that the Dockerfile starts from (its ARG BASE). Default: RQGM_DOCKER_BASE, else its own."
)


@app.command()
def doctor(
    profile: Annotated[str, typer.Option(help="Profile to try: its folder, or its name in sandboxes/.")] = "python",
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Try every back-end: usable or not, why, what to do, how quick; and which one `auto` takes."""
    import asyncio  # noqa: PLC0415

    from rqgm.sandbox.doctor import examine_machine  # noqa: PLC0415

    diagnosis = asyncio.run(examine_machine(_profile(profile)))
    if as_json:
        print_json(diagnosis.to_json())
    else:
        _print(diagnosis)


@app.command()
def build(
    profile: Annotated[str, PROFILE] = "python",
    base: Annotated[str | None, BASE] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Build a profile's image for docker, or find or pull the one that it names."""
    import asyncio  # noqa: PLC0415

    from rqgm.sandbox.docker import DockerBackend  # noqa: PLC0415

    found = _profile(profile)
    digest = asyncio.run(DockerBackend(base).prepare(found))
    if as_json:
        print_json({"profile": found.name, "digest": digest})
    else:
        typer.echo(f"profile {found.name} is ready: {digest}")


def _profile(name: str) -> Profile:
    from rqgm.run.shelves import Shelves  # noqa: PLC0415
    from rqgm.sandbox.profile import PROFILE_FILE, load_profile  # noqa: PLC0415

    if (Path(name) / PROFILE_FILE).is_file():
        return load_profile(Path(name).resolve())
    return load_profile(Shelves.seen_from(Path.cwd()).find("profile", name).path)


def _print(diagnosis: Diagnosis) -> None:
    from rich.table import Table  # noqa: PLC0415

    console = make_console()
    table = Table("back-end", "usable", "isolates", "start", "command", "why", "what to do", box=None, pad_edge=False)
    for finding in diagnosis.backends:
        yes = {True: "yes", False: "no"}
        times = [f"{value:.0f} ms" if value is not None else "-" for value in (finding.start_ms, finding.run_ms)]
        row = (finding.name, yes[finding.usable], yes[finding.isolated], *times, finding.detail, finding.remedy)
        table.add_row(*row)
    console.print(table)
    taken = diagnosis.auto or "none: only workspaces marked `trusted` run, in `process`"
    console.print(f"\n`--sandbox auto` takes: {taken}")
    for name, value in diagnosis.facts.items():
        console.print(f"{name}: {value}", style="dim")


if __name__ == "__main__":
    app()
