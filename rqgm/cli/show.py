"""`rqgm show`: one node: its edit, its outcomes, its files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rqgm.cli.console import JSON, find_run, foreign, make_console, print_json
from rqgm.cli.judge_ask import evidence_text
from rqgm.cli.lineage import node_json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="show")(command)


def command(
    run: Annotated[Path, typer.Argument(help="A run: its folder, or its name in archive/runs/.")],
    node: Annotated[str, typer.Argument(help="seed, generalist, specialist:<role>, #<number> or a commit prefix.")],
    file: Annotated[str | None, typer.Option(help="Print one file of the node's workspace.")] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Show one node: what its edit tried and why, its outcomes by role and task, its workspace's files."""
    from rqgm.core.errors import UnknownNameError  # noqa: PLC0415
    from rqgm.run.session import open_run  # noqa: PLC0415
    from rqgm.run.summary import find_node  # noqa: PLC0415

    opened = open_run(find_run(run))
    try:
        index = find_node(opened.state, node)
        tree = opened.archive.lineage.tree(opened.state.nodes[index].commit)
        if file is not None and file not in tree:
            raise UnknownNameError("file", file, tree, f"node #{index}")
        detail = _detail(opened.state, index, tree, opened.archive.ledger)
        if file is not None:
            make_console().print(foreign(tree[file].data.decode("utf-8", "replace"), 1 << 20, lines=True))
        elif as_json:
            print_json(detail)
        else:
            _print(detail)
    finally:
        opened.archive.close()


def _detail(state: Any, index: int, tree: Any, ledger: Any) -> dict[str, Any]:
    keys = {state.key(index, role) for role in state.measured}
    records = [record for record in state.records.values() if state.key(record.node, record.role) in keys]
    wanted = {record.n for record in records}
    said = {
        event.body["n"]: {key: event.body[key] for key in ("opinions", "criteria") if event.body.get(key)}
        for event in ledger.events()
        if event.kind == "outcome" and event.body["n"] in wanted
    }
    return node_json(state, index) | {
        "why": state.nodes[index].why,
        "role_hashes": state.nodes[index].roles,
        "files": {path: len(file.data) for path, file in tree.items()},
        "outcomes": [
            {
                "n": r.n,
                "node": r.node,
                "role": r.role,
                "task": r.task,
                "measure": r.measure,
                "y": r.y,
                "score": r.score,
                "failure": r.failure,
                "epoch": r.epoch,
                "live": r.live,
                **said.get(r.n, {}),
            }
            for r in records
        ],
    }


def _print(detail: dict[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415

    console = make_console()
    console.print(f"node #{detail['index']} {detail['commit']}", style="bold")
    console.print(foreign(f"tried: {detail['tried']}"))
    if detail["why"]:
        console.print(foreign(f"why: {detail['why']}", 2_000, lines=True))
    parent = "generation zero" if detail["parent"] is None else f"#{detail['parent']}"
    console.print(
        f"parent {parent}, children {detail['children'] or 'none'}, epoch {detail['epoch']}, "
        f"best belief {detail['best_belief']}"
    )
    table = Table(title="Outcomes", title_justify="left")
    for column in ("n", "made on", "role", "task", "measure", "outcome", "score", "failure", "epoch", "record"):
        table.add_column(column)
    for r in detail["outcomes"]:
        state = "live" if r["live"] else "erased"
        table.add_row(
            str(r["n"]),
            f"#{r['node']}",
            r["role"],
            r["task"],
            r["measure"],
            str(r["y"]),
            f"{r['score']:.2f}",
            r["failure"] or "",
            str(r["epoch"]),
            state,
        )
    console.print(table)
    for r in detail["outcomes"]:
        _print_verdicts(console, r)
    console.print(foreign("files: " + ", ".join(detail["files"]), 4_000))


def _print_verdicts(console: Any, outcome: Any) -> None:
    """Print what judges pointed at in an outcome, and its criteria, where there are any."""
    for opinion in outcome.get("opinions", []):
        for entry in opinion.get("evidence", []):
            console.print(
                foreign(f"n {outcome['n']}, {opinion['slot']} {opinion['verdict']}: {evidence_text(entry)}", 800)
            )
    for found in outcome.get("criteria", []):
        console.print(foreign(f"n {outcome['n']}, {found['id']}: {found['result']} by {found['by']} {found['reason']}"))
