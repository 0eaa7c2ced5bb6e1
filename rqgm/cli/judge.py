"""`rqgm judge`: list, make, check, calibrate and score judges and their panels."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rqgm.cli import judge_ask, judge_refine, judge_score
from rqgm.cli.console import JSON, foreign, make_console, print_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.judging.check import PanelReport
    from rqgm.run.panels import Asked, PanelRequest

app = typer.Typer(
    help="Judges and panels: list, new, ask, check, calibrate, refine, score.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
judge_ask.register(app)
judge_refine.register(app)
judge_score.register(app)

PANEL = typer.Argument(metavar="PANEL", help="A panel: its name or folder.")
SUITE = typer.Option(help="A judging suite: its name or folder.")
POOL = typer.Option(help="Only this pool of the suite.")
WORKSPACE = typer.Option(help="The workspace whose roles fill evolvable seats: name or folder.")
SANDBOX = typer.Option(help="auto, docker, bubblewrap, process, or a plug-in.")
WORKERS = typer.Option(min=1, help="Judges at a time. Default: one a processor.")
UNSAFE = typer.Option("--allow-unsafe", help="Let `process` run judges of a workspace that is not trusted.")
SHOWN_MOVES = 12


@app.command(name="list")
def list_panels(as_json: Annotated[bool, JSON] = False) -> None:
    """List panels with their seats and how right each seat was where that was measured; and installed judges."""
    from importlib.metadata import entry_points  # noqa: PLC0415  # commands import what they use

    from rqgm.core.errors import RqgmError  # noqa: PLC0415
    from rqgm.judging.calibration import load_calibration  # noqa: PLC0415
    from rqgm.judging.panel import load_panel  # noqa: PLC0415
    from rqgm.judging.seats import GROUP  # noqa: PLC0415
    from rqgm.run.shelves import Shelves  # noqa: PLC0415

    rows: list[dict[str, Any]] = []
    shelves = Shelves.seen_from(Path.cwd())
    for name, place in shelves.names("panel").items():
        row: dict[str, Any] = {"name": name, "origin": place.origin, "path": str(place.path), "problem": None}
        try:
            panel = load_panel(place.path, shelves.workspace, calibrated=False)
            known = load_calibration(place.path, [seat.name for seat in panel.spec.seats])
            counts = known.seats if known else {}
            row |= {"aggregation": panel.spec.aggregation, "threshold": panel.spec.threshold, "hash": panel.hash}
            row["description"] = panel.spec.description
            row["seats"] = [
                {
                    "name": seat.name,
                    "judge": seat.judge,
                    "balanced_accuracy": round(counts[seat.name].balanced_accuracy, 4) if counts else None,
                }
                for seat in panel.spec.seats
            ]
        except RqgmError as error:
            row["problem"] = str(error)
        rows.append(row)
    plugins = [
        {"name": p.name, "value": p.value, "from": p.dist.name if p.dist else ""} for p in entry_points(group=GROUP)
    ]
    if as_json:
        print_json({"panels": rows, "judges": plugins})
    else:
        _print_panels(rows, plugins)


def _print_panels(rows: list[dict[str, Any]], plugins: list[dict[str, str]]) -> None:
    from rich.table import Table  # noqa: PLC0415

    table = Table(title="Panels", title_justify="left")
    for column in ("panel", "seats", "aggregation", "from"):
        table.add_column(column)
    for row in rows:
        if row["problem"]:
            table.add_row(foreign(row["name"]), foreign(row["problem"]), "", row["origin"])
            continue
        seats = [
            f"{seat['name']} = {seat['judge']}"
            + (f" ({seat['balanced_accuracy']:.0%} balanced)" if seat["balanced_accuracy"] is not None else "")
            for seat in row["seats"]
        ]
        table.add_row(
            foreign(row["name"]),
            foreign("\n".join(seats), 4_000, lines=True),
            f"{row['aggregation']} ≥ {row['threshold']:g}",
            row["origin"],
        )
    console = make_console()
    console.print(table)
    for plugin in plugins:
        console.print(foreign(f"installed judge plugin:{plugin['name']} ({plugin['value']}, {plugin['from']})"))


@app.command(name="new")
def new(
    folder: Annotated[Path, typer.Argument(metavar="NAME", help="The panel's folder, as judges/my-panel.")],
    kind: Annotated[
        str, typer.Option(help="Who sits in its seat: `path`, a program, or `model`, a language model with a prompt.")
    ] = "path",
) -> None:
    """Make a panel to be edited into one's own, and say what to edit. One of a program passes `rqgm judge check`."""
    from rqgm.judging.scaffold import EDIT, new_panel  # noqa: PLC0415

    made = new_panel(folder, kind)
    console = make_console()
    console.print(foreign(f"made {folder} ({len(made)} files). Edit:"))
    for name, what in EDIT[kind]:
        console.print(foreign(f"  {folder / name}: {what}"))
    console.print(foreign(f"then: rqgm judge check {folder}"))


@app.command(name="check")
def check(
    panel: Annotated[str, PANEL],
    suite: Annotated[str, SUITE] = "repair-reviews",
    pool: Annotated[str | None, POOL] = "train",
    limit: Annotated[int, typer.Option(min=1, help="How many of its items, drawn once and for all.")] = 6,
    workspace: Annotated[str, WORKSPACE] = "seeds/repair",
    sandbox: Annotated[str, SANDBOX] = "auto",
    workers: Annotated[int | None, WORKERS] = None,
    allow_unsafe: Annotated[bool, UNSAFE] = False,
    budget_usd: Annotated[float, judge_ask.BUDGET] = 1.0,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Check that nothing an artifact says about itself, and nothing about its looks, moves a verdict.

    Exits with 1 if a verdict moved, if a seat points at what does not hold, or if it abstains from everything.
    """
    import asyncio  # noqa: PLC0415

    from rqgm.run.panels import PanelRequest  # noqa: PLC0415
    from rqgm.run.panels import check as check_it  # noqa: PLC0415

    request = PanelRequest(
        panel,
        suite,
        pool,
        limit,
        workspace,
        sandbox=sandbox,
        workers=workers,
        allow_unsafe=allow_unsafe,
        budget_usd=budget_usd,
    )
    report = _with_progress("checking", request, lambda asked: asyncio.run(check_it(asked)))
    if as_json:
        print_json(report.to_json())
    else:
        _print_report(report)
        judge_ask.print_cost(make_console(), report.usage)
    raise typer.Exit(0 if report.ok else 1)


def _with_progress(what: str, request: PanelRequest, work: Callable[[PanelRequest], Any]) -> Any:
    """Run `work` with a progress bar on standard error where that is a terminal."""
    from dataclasses import replace  # noqa: PLC0415

    if not sys.stderr.isatty():
        return work(request)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=make_console(stderr=True), transient=True) as progress:
        bar = progress.add_task(what, total=None)
        return work(replace(request, tell=lambda done, total: progress.update(bar, completed=done, total=total)))


def _print_report(report: PanelReport) -> None:
    from rich.table import Table  # noqa: PLC0415

    from rqgm.judging.perturbations import perturbations  # noqa: PLC0415

    console = make_console()
    table = Table(title=f"Panel {report.panel}: verdicts that moved, of those asked", title_justify="left")
    table.add_column("the artifact changed by", no_wrap=True)
    seats = list(report.asked)
    for seat in seats:
        table.add_column(seat, justify="right")
    moved: dict[tuple[str, str], int] = {}
    for move in report.moves:
        moved[move.seat, move.perturbation] = moved.get((move.seat, move.perturbation), 0) + 1
    for change in perturbations():
        cells = [
            f"{moved.get((seat, change.name), 0)} of {report.asked[seat][change.name]}"
            if change.name in report.asked[seat]
            else "-"
            for seat in seats
        ]
        table.add_row(change.name + ("" if change.expects == "same" else " *"), *cells)
    console.print(table)
    console.print("* must not be accepted, whatever was said before")
    for move in report.moves[:SHOWN_MOVES]:
        why = f" ({move.detail})" if move.detail else ""
        console.print(
            foreign(f"  {move.seat}: {move.perturbation} on {move.item}: {move.before} became {move.after}{why}")
        )
    if len(report.moves) > SHOWN_MOVES:
        console.print(f"  … and {len(report.moves) - SHOWN_MOVES} more; --json has all")
    for seat, counts in report.evidence.items():
        told = ", ".join(f"{count} {standing}" for standing, count in counts.items())
        console.print(foreign(f"  {seat} points at evidence on unchanged items: {told}"))
    for one in report.refuted[:SHOWN_MOVES]:
        console.print(foreign(f"  {one.seat} on {one.item}: {judge_ask.evidence_text(one.evidence.to_json())}", 800))
    for seat, count in report.abstentions.items():
        if count:
            console.print(foreign(f"  {seat} abstained from {count} unchanged items"))
    console.print("sound" if report.ok else "NOT sound")


@app.command(name="calibrate")
def calibrate(
    panel: Annotated[str, PANEL],
    suite: Annotated[str, SUITE] = "repair-reviews",
    pool: Annotated[str, POOL] = "anchor",
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many items. Default: all of the pool.")] = None,
    workspace: Annotated[str, WORKSPACE] = "seeds/repair",
    out: Annotated[
        Path | None, typer.Option(help="Where to write. Default: calibration.json in the panel's folder.")
    ] = None,
    verdicts: Annotated[Path | None, typer.Option(help="Also write every verdict, for `rqgm judge score`.")] = None,
    sandbox: Annotated[str, SANDBOX] = "auto",
    workers: Annotated[int | None, WORKERS] = None,
    allow_unsafe: Annotated[bool, UNSAFE] = False,
    budget_usd: Annotated[float, judge_ask.BUDGET] = 1.0,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Ask every seat about labelled items: how right it is, how errors go together, what the panel adds to its best.

    Writes calibration.json, by which the aggregations `weighted` and `dawid-skene` weigh the seats.
    """
    import asyncio  # noqa: PLC0415

    from rqgm.run.panels import PanelRequest, ask_items  # noqa: PLC0415

    request = PanelRequest(
        panel,
        suite,
        pool,
        limit,
        workspace,
        sandbox=sandbox,
        workers=workers,
        allow_unsafe=allow_unsafe,
        budget_usd=budget_usd,
    )
    asked: Asked = _with_progress("asking", request, lambda it: asyncio.run(ask_items(it)))
    place = out or asked.folder / "calibration.json"
    _write_calibration(asked, place)
    if verdicts is not None:
        _write_verdicts(asked, verdicts)
    cost_usd, members = asked.usage.cost_usd, asked.recorded()
    judge_score.print_scores(asked.recorded_with_panel(), 0, as_json=as_json, members=members, cost_usd=cost_usd)
    if not as_json:
        judge_ask.print_cost(make_console(), asked.usage)
        make_console().print(foreign(f"wrote {place}"))


def _write_calibration(asked: Asked, place: Path) -> None:
    text = asked.calibration().model_dump_json(indent=2) + "\n"
    _write(place, text)


def _write_verdicts(asked: Asked, place: Path) -> None:
    import json  # noqa: PLC0415

    record = asked.recorded_with_panel()
    lines = [
        json.dumps({"id": item, "judge": judge, "verdict": said.verdict, "score": said.score}, sort_keys=True)
        for judge, rows in record.said.items()
        for item, said in rows.items()
    ]
    _write(place, "\n".join(lines) + "\n")


def _write(place: Path, text: str) -> None:
    from rqgm.core.errors import ConfigError  # noqa: PLC0415

    try:
        place.write_text(text)
    except OSError as error:
        raise ConfigError(f"{place}: cannot be written: {error.strerror}; name another file with --out") from error
