"""`rqgm compare`: runs side by side, and against their matched controls."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rqgm.cli.console import JSON, find_run, make_console, print_json, rate_text
from rqgm.cli.summary_text import LABELS, accepted_text, figure_text

if TYPE_CHECKING:
    from rich.console import Console

COLUMNS = ("run", "seed", "replacement", "outcomes", "nodes", "replaced", "before", "generalist", "gain", "CPU-s")
SEAT_COLUMNS = ("run", "seat", "balanced accuracy", "right ones accepted", "wrong ones accepted", "adversarial pool")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="compare")(command)


def command(
    runs: Annotated[list[Path], typer.Argument(help="Two or more runs.")],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Show runs side by side with intervals; pair each with its matched control (replacement off) by seed."""
    from rqgm.run.comparison import compare  # noqa: PLC0415

    result = compare([find_run(run) for run in runs])
    if as_json:
        print_json(result)
        return
    _print(result)


def _print(result: dict[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415

    console = make_console()
    table = Table(title="Runs (test pool of the headline role, 95 % intervals)", title_justify="left")
    for column in COLUMNS:
        table.add_column(column)
    for run in result["runs"]:
        gain = run["gain"]
        change = _gain_text(gain) if gain else "-"
        generalist = run["endpoints"]["generalist"]["test"] if run["endpoints"] else None
        table.add_row(
            run["run"], str(run["seed"]), run["replacement"], str(run["outcomes"]), str(run["nodes"]),
            str(len(run["replacements"])),
            rate_text(run["seed_test"]), rate_text(generalist), change, f"{run['usage']['total']['cpu_s']:.0f}",
        )  # fmt: skip
    console.print(table)
    _print_seats(console, result["runs"])
    for pair in result["pairs"]:
        low, high = (100 * value for value in pair["interval"])
        console.print(
            f"seed {pair['seed']}: {pair['run']} against its control {pair['control']}: "
            f"{100 * pair['difference']:+.0f} points [{low:+.0f}, {high:+.0f}], p = {pair['p_value']:.2g}"
        )
    if result["pooled"]:
        pooled = result["pooled"]
        low, high = (100 * value for value in pooled["interval"])
        console.print(
            f"all {pooled['pairs']} pairs: {100 * pooled['difference']:+.1f} points [{low:+.1f}, {high:+.1f}] "
            "(mean over pairs, t interval)"
        )


def _print_seats(console: Console, runs: list[dict[str, Any]]) -> None:
    from rich.table import Table  # noqa: PLC0415

    table = Table(title="Who sits now, by the anchor (95 % intervals)", title_justify="left")
    for column in SEAT_COLUMNS:
        table.add_column(column)
    for run in runs:
        for slot, seat in run["seats"].items():
            found = seat["quality"]["anchor"]
            balanced = figure_text(found["balanced_accuracy"]) if found else "-"
            accepted = [accepted_text(found, label) if found else "-" for label in LABELS]
            pool = run["adversarial"]["pools"].get(seat["role"])
            size = f"{pool['size']} items" if pool else "off"
            table.add_row(run["run"], f"{slot} #{seat['index']}", balanced, *accepted, size)
    console.print(table)


def _gain_text(gain: dict[str, Any]) -> str:
    low, high = (100 * value for value in gain["interval"])
    return f"{100 * gain['difference']:+.0f} [{low:+.0f}, {high:+.0f}]"
