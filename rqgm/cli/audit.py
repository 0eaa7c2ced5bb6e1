"""`rqgm audit`: check a run without trusting who made it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rqgm.cli.console import JSON, RUN, find_run, foreign, make_console, print_json

if TYPE_CHECKING:
    from rqgm.report.audit.auditor import Audit
    from rqgm.report.audit.findings import Finding
    from rqgm.report.audit.replay import ReplayOptions

MARKS = {
    "passed": ("ok", "green"),
    "failed": ("FAILED", "bold red"),
    "note": ("note", "yellow"),
    "skipped": ("skipped", "yellow"),
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="audit")(command)


def command(
    run: Annotated[Path | None, RUN] = None,
    head: Annotated[
        str | None, typer.Option(help="The ledger head that was printed at the run's end (12 digits or more).")
    ] = None,
    lineage_head: Annotated[str | None, typer.Option(help="The lineage head, likewise.")] = None,
    calls_head: Annotated[str | None, typer.Option(help="The head of the recorded model calls, likewise.")] = None,
    replay: Annotated[
        str | None, typer.Option(metavar="N|all", help="Also run N outcomes again, drawn at random, or all of them.")
    ] = None,
    edits: Annotated[bool, typer.Option("--edits", help="With --replay: run editors again, too.")] = False,
    sample_seed: Annotated[int | None, typer.Option(help="Draw the same outcomes again.")] = None,
    sandbox: Annotated[str, typer.Option(help="For --replay: auto, docker, bubblewrap or process.")] = "auto",
    allow_unsafe: Annotated[
        bool, typer.Option("--allow-unsafe", help="Replay in `process`, which isolates nothing.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Replays at a time.")] = None,
    every: Annotated[bool, typer.Option("--every", help="Make all decisions of the search again.")] = False,
    signs: Annotated[bool, typer.Option("--signs/--no-signs", help="Look for signs of cheating.")] = True,
    report: Annotated[Path | None, typer.Option(help="Also write the audit as a text to keep.")] = None,
    by: Annotated[str, typer.Option(help="Who signs that text.")] = "nobody in particular",
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Check a run's folder without trusting who made it. Exit 1 if a check fails; nothing in the folder is changed."""
    from rqgm.report.audit.auditor import AuditOptions, audit  # noqa: PLC0415
    from rqgm.report.audit.record import Heads  # noqa: PLC0415

    folder = _find(run)
    _check_report(report, folder)
    wanted = _replay_options(replay, edits, sample_seed, sandbox, allow_unsafe, workers)
    heads = Heads(head, lineage_head, calls_head)
    quiet = as_json or not sys.stderr.isatty()
    console = make_console(stderr=True)
    with console.status("audit") as status:
        tell = (lambda _: None) if quiet else (lambda check: status.update(f"audit: {check}"))
        found = audit(folder, AuditOptions(heads, every, signs, tell))
    if wanted is not None and found.passed:
        found.findings.append(_replay(folder, wanted, quiet))
    elif wanted is not None:
        from rqgm.report.audit.findings import skipped  # noqa: PLC0415

        found.findings.append(skipped("replay", "a record that fails its audit is not run"))
    if report is not None:
        _write(report, found, by, heads)
    if as_json:
        print_json(found.to_json())
    else:
        _print(found)
    if not found.passed:
        raise typer.Exit(1)


def _find(run: Path | None) -> Path:
    """Return a run's folder; one whose lock is gone is audited all the same."""
    if run is not None and (run / "ledger.sqlite").exists():
        return run.resolve()
    return find_run(run)


def _check_report(report: Path | None, folder: Path) -> None:
    from rqgm.core.errors import ConfigError  # noqa: PLC0415

    if report is not None and report.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"--report {report}: lies in the run's own folder, which is a record; write it elsewhere")


def _replay_options(
    replay: str | None, edits: bool, seed: int | None, sandbox: str, allow_unsafe: bool, workers: int | None
) -> ReplayOptions | None:
    from rqgm.core.errors import ConfigError  # noqa: PLC0415

    if replay is None:
        if edits or seed is not None:
            raise ConfigError("--edits and --sample-seed are for --replay: say how many, --replay 20 or --replay all")
        return None
    if replay != "all" and not (replay.isdecimal() and int(replay) > 0):
        raise ConfigError(f"--replay {replay!r}: a number of outcomes, or `all`")
    from rqgm.report.audit.replay import ReplayOptions  # noqa: PLC0415

    count = None if replay == "all" else int(replay)
    return ReplayOptions(count, edits, sandbox, allow_unsafe, workers, seed)


def _replay(folder: Path, options: ReplayOptions, quiet: bool) -> Finding:
    import asyncio  # noqa: PLC0415
    from dataclasses import replace  # noqa: PLC0415

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    from rqgm.report.audit.replay import replay  # noqa: PLC0415

    console = make_console(stderr=True)
    columns = (TextColumn("replay"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=quiet, transient=True) as progress:
        task = progress.add_task("replay", total=None)

        def tell(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        return asyncio.run(replay(folder, replace(options, tell=tell)))


def _write(path: Path, found: Audit, by: str, heads: Any) -> None:
    import platform  # noqa: PLC0415
    from dataclasses import asdict  # noqa: PLC0415
    from datetime import UTC, datetime  # noqa: PLC0415
    from importlib.metadata import version  # noqa: PLC0415

    from rqgm.core.errors import ConfigError  # noqa: PLC0415
    from rqgm.report.audit.statement import statement  # noqa: PLC0415

    at = datetime.now(UTC).isoformat(timespec="seconds")
    versions = {"rqgm": version("rqgm-toolkit"), "Python": platform.python_version()}
    text = statement(found, at=at, by=by, versions=versions, told=asdict(heads))
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError(f"--report {path}: cannot be written ({error.strerror}); name another file") from error


def _print(found: Audit) -> None:
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = make_console()
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in found.findings:
        word, style = MARKS[finding.standing.value]
        text = foreign(finding.figure, 300)
        for fault in finding.faults:
            text.append("\n").append_text(foreign(fault, 500))
        if finding.count > len(finding.faults):
            text.append(f"\nand {finding.count - len(finding.faults)} more")
        table.add_row(Text(word, style=style), finding.check, text)
    console.print(table)
    failed = [finding.check for finding in found.findings if finding.standing == "failed"]
    name = foreign(found.run, 100)
    if failed:
        console.print(Text("FAILED ", style="bold red").append_text(name).append(f": {', '.join(failed)}"))
    else:
        console.print(name.append(f": no check failed ({len(found.findings)} made in {found.wall_s:.1f} s)"))
