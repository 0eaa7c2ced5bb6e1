"""`rqgm lineage`: the tree of nodes, or one node's path to generation zero."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rqgm.cli.console import JSON, RUN, find_run, foreign, make_console, print_json

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    from rqgm.archive.state import State


LEGEND = "#n node · best belief (right/outcomes by role) · [epoch] · edit · * endpoint, § seated judge"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="lineage")(command)


def command(
    run: Annotated[Path | None, RUN] = None,
    node: Annotated[str | None, typer.Argument(help="Show the path to this node only.")] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Show who descends from whom: scores by role, the epoch that made each node, and who judges."""
    from rqgm.run.session import open_run  # noqa: PLC0415
    from rqgm.run.summary import find_node  # noqa: PLC0415

    opened = open_run(find_run(run))
    try:
        state = opened.state
        chosen = state.path(find_node(state, node)) if node else range(len(state.nodes))
        if as_json:
            seats = {slot: {"node": seat.node, "counter": seat.counter} for slot, seat in state.seats.items()}
            print_json({"run": opened.lock.run, "seats": seats, "nodes": [node_json(state, i) for i in chosen]})
            return
        console = make_console()
        if node:
            for index in chosen:
                console.print(_label(state, index))
        else:
            console.print(_tree(state))
        console.print(LEGEND, markup=False)
    finally:
        opened.archive.close()


def node_json(state: State, index: int) -> dict[str, Any]:
    """Return one node as plain data."""
    node = state.nodes[index]
    return {
        "index": index,
        "commit": node.commit,
        "parent": node.parent,
        "children": node.children,
        "epoch": node.epoch,
        "tried": node.tried,
        "best_belief": round(state.belief(index), 6),
        "roles": {
            role: {"successes": counts.successes, "outcomes": counts.total, "interval": list(counts.interval())}
            for role, counts in state.by_role(index).items()
        },
        "marks": _marks(state, index),
    }


def _marks(state: State, index: int) -> list[str]:
    marks = [f"seat {slot}" for slot, seat in state.seats.items() if seat.node == index]
    if state.endpoints:
        if state.endpoints["generalist"]["node"] == index:
            marks.append("generalist")
        marks += [f"specialist:{r}" for r, e in state.endpoints["specialists"].items() if e["node"] == index]
    return marks


def _label(state: State, index: int) -> Text:
    from rich.text import Text  # noqa: PLC0415

    node = state.nodes[index]
    roles = ", ".join(f"{role} {c.successes:g}/{c.total:g}" for role, c in state.by_role(index).items() if c.total)
    text = Text(f"#{index} {node.commit[:8]} ")
    text.append(f"{state.belief(index):.3f}", style="bold")
    text.append(f" ({roles or 'no outcomes'}) [{node.epoch}] ")
    text.append_text(foreign(node.tried, 110))
    text.no_wrap = True
    text.overflow = "ellipsis"
    for mark in _marks(state, index):
        text.append(f"  {'§' if mark.startswith('seat') else '*'} {mark}", style="bold green")
    return text


def _tree(state: State) -> Tree:
    from rich.tree import Tree  # noqa: PLC0415

    root = Tree(_label(state, 0))
    branches = {0: root}
    for node in state.nodes[1:]:
        assert node.parent is not None
        branches[node.index] = branches[node.parent].add(_label(state, node.index))
    return root
