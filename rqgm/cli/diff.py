"""`rqgm diff`: what changed between two nodes, as code and in scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rqgm.cli.console import JSON, find_run, foreign, make_console, print_json
from rqgm.cli.lineage import node_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="diff")(command)


def command(
    run: Annotated[Path, typer.Argument(help="A run: its folder, or its name in archive/runs/.")],
    old: Annotated[str, typer.Argument(help="A node; `seed` is generation zero.")] = "seed",
    new: Annotated[str, typer.Argument(help="Another node; `generalist` is the winner.")] = "generalist",
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Show the code that changed between two nodes, and their scores beside each other."""
    from rqgm.run.session import open_run  # noqa: PLC0415
    from rqgm.run.summary import find_node  # noqa: PLC0415

    opened = open_run(find_run(run))
    try:
        state = opened.state
        sides = [find_node(state, old), find_node(state, new)]
        patch = opened.archive.lineage.diff(*(state.nodes[index].commit for index in sides))
        scores = [node_json(state, index) for index in sides]
    finally:
        opened.archive.close()
    if as_json:
        print_json({"old": scores[0], "new": scores[1], "patch": patch})
        return
    console = make_console()
    for name, score in zip(("old", "new"), scores, strict=True):
        roles = ", ".join(f"{role} {c['successes']:g}/{c['outcomes']:g}" for role, c in score["roles"].items())
        console.print(
            f"{name} #{score['index']} {score['commit'][:10]}  best belief {score['best_belief']:.3f}  {roles}"
        )
    styles = {"+": "green", "-": "red", "@": "cyan", "d": "bold"}
    for line in patch.splitlines():
        console.print(foreign(line, 2_000), style=styles.get(line[:1], ""))
