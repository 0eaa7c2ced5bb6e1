"""`rqgm evaluate`: run an archived node on any suite."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rqgm.cli.console import JSON, find_run, make_console, print_json, rate_text


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="evaluate")(command)


def command(
    run: Annotated[Path, typer.Argument(help="A run: its folder, or its name in archive/runs/.")],
    node: Annotated[str, typer.Argument(help="seed, generalist, specialist:<role>, #<number> or a commit prefix.")],
    suite: Annotated[str, typer.Argument(help="A suite: its name or folder.")],
    role: Annotated[str | None, typer.Option(help="The role to run. Default: the first that fits the suite.")] = None,
    pool: Annotated[str | None, typer.Option(help="Only this pool of the suite. Default: all tasks.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Jobs at a time.")] = None,
    sandbox: Annotated[str | None, typer.Option(help="Default: the run's.")] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Run an archived node on a suite: solvers by its hidden tests, judges by its labels. The run is not changed."""
    import asyncio  # noqa: PLC0415

    from rqgm.run.evaluation import EvaluationRequest, evaluate  # noqa: PLC0415

    request = EvaluationRequest(find_run(run), node, suite, role, pool, workers, sandbox)
    result = asyncio.run(evaluate(request))
    if as_json:
        print_json(result)
        return
    _print(result)


def _print(result: dict[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415

    console = make_console()
    table = Table()
    for column in ("task", "outcome", "score", "failure"):
        table.add_column(column)
    for task in result["tasks"]:
        table.add_row(task["task"], str(task["outcome"]), f"{task['score']:.2f}", task["failure"] or "")
    console.print(table)
    console.print(
        f"{result['role']} of node #{result['index']} on {result['suite']}: {rate_text(result)} (95 % interval)"
    )
