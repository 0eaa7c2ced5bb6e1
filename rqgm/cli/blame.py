"""`rqgm blame`: which edits on a node's path its gain came from."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rqgm.cli.console import JSON, duration_text, find_run, foreign, make_console, print_json, rate_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from rqgm.report.blame import BlameRequest

    Observe = Callable[[int, int], None]

PLAIN_EVERY_S = 10.0
LEGEND = (
    "loss: the node's rate minus the rate without the edit · left: the rate without it minus generation zero's · "
    "in points, with 95 % intervals, paired by task and seed"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="blame")(command)


def command(
    run: Annotated[Path, typer.Argument(help="A run: its folder, or its name in archive/runs/.")],
    node: Annotated[
        str, typer.Argument(help="generalist, specialist:<role>, #<number> or a commit prefix.")
    ] = "generalist",
    role: Annotated[
        list[str] | None, typer.Option(help="Only this role; may be repeated. Default: all measured roles.")
    ] = None,
    suite: Annotated[str | None, typer.Option(help="A suite: its name or folder. Default: each role's own.")] = None,
    pool: Annotated[
        str | None,
        typer.Option(help="A pool of the suite. Default: validation, of judges anchor. `test` is never taken unasked."),
    ] = None,
    tasks: Annotated[int | None, typer.Option(min=1, help="Only so many tasks of the pool, a seeded draw.")] = None,
    only_in: Annotated[
        bool, typer.Option("--only-in", help="Also run generation zero with each edit alone, where it applies.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Jobs at a time.")] = None,
    sandbox: Annotated[str | None, typer.Option(help="Default: the run's.")] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the JSON object to this file.")] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Run a node again without each edit on its path: what each edit was worth. The run is not changed."""
    from rqgm.report.blame import BlameRequest  # noqa: PLC0415

    folder = find_run(run)
    if out is not None:
        _check_out(out, folder)
    request = BlameRequest(folder, node, tuple(role or ()), suite, pool, tasks, only_in, workers, sandbox)
    try:
        result = _carry_out(request)
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.stderr.write("interrupted; nothing was kept\n")
        raise typer.Exit(130) from None
    if out is not None:
        out.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    if as_json:
        print_json(result)
    else:
        _print(make_console(), result)


def _check_out(out: Path, folder: Path) -> None:
    """Refuse, before anything is run, a file that cannot be written or that would lie in the run."""
    from rqgm.core.errors import ConfigError  # noqa: PLC0415

    if out.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"--out {out}: lies in the run's folder, which is not changed; name a file elsewhere")
    if out.is_dir() or not out.resolve().parent.is_dir():
        raise ConfigError(f"--out {out}: is a folder, or its folder does not exist; name a file in a folder that does")


# ---------------------------------------------------------------------- while it runs


def _carry_out(request: BlameRequest) -> dict[str, Any]:
    """Blame with a progress bar on standard error, or a line now and then where that is no terminal."""
    console = make_console(stderr=True)
    if not console.is_terminal:
        return asyncio.run(_stoppable(request, PlainProgress(console).observe))
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    began = time.monotonic()
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("running", total=None, rate="")

        def observe(done: int, of: int) -> None:
            progress.update(bar, completed=done, total=of, rate=f"{_rate(done, began):.1f} jobs/s, left")

        return asyncio.run(_stoppable(request, observe))


async def _stoppable(request: BlameRequest, observe: Observe) -> dict[str, Any]:
    """Blame; an interrupt cancels it, so that its sandboxes are closed."""
    from rqgm.report.blame import blame  # noqa: PLC0415

    task = asyncio.ensure_future(blame(request, observe))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await task


class PlainProgress:
    """Plain lines: one at the start, and one now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = self._last = time.monotonic()

    def observe(self, done: int, of: int) -> None:
        """Take in how many jobs are done, and print a line if it is time."""
        now = time.monotonic()
        if done == 0:
            self._began = self._last = now
            self._console.print(f"{of} jobs to run")
        elif now - self._last >= PLAIN_EVERY_S:
            self._last = now
            rate = _rate(done, self._began)
            left = duration_text((of - done) / rate) if rate else "?"
            self._console.print(f"{done} of {of} jobs, {rate:.1f} jobs/s, left {left}")


def _rate(done: int, began: float) -> float:
    return done / max(1e-9, time.monotonic() - began)


# ---------------------------------------------------------------------- what it came to


def _print(console: Console, result: dict[str, Any]) -> None:
    unsafe = "" if result["isolated"] else " (no isolation)"
    console.print(f"node #{result['index']} of {result['run']}, run again in {result['sandbox']}{unsafe}", style="bold")
    console.print("Edits on its path, first to last:")
    for edit in result["edits"]:
        _print_edit(console, edit)
    for role in result["roles"]:
        console.print()
        _print_role(console, result, role)
    console.print()
    console.print(LEGEND)
    for note in result["notes"]:
        console.print(f"- {note}", markup=False)
    usage = result["usage"]
    money = f", {usage['model_calls']} model calls, ${usage['cost_usd']:.2f}" if usage["model_calls"] else ""
    console.print(
        f"Cost: {usage['cpu_s']:.0f} CPU-s, {usage['agent_runs']} agent runs in {result['outcomes']} jobs{money}; "
        f"{duration_text(result['wall_s'])}. Nothing was written into the run."
    )


def _print_edit(console: Console, edit: dict[str, Any]) -> None:
    line = foreign(f"  #{edit['index']}  {edit['tried']}", 160)
    line.append(f"  [{', '.join(edit['roles']) or 'no role'}: {_files_text(edit['files'])}]", style="dim")
    console.print(line)
    if not edit["alone"]:
        others = ", ".join(f"#{index}" for index in edit["reverted_with"])
        together = f"; reverted together with {others}"
        console.print(foreign(f"      cannot be reverted alone: {_why(edit['obstacle'])}{together}", 600))
    if edit["only_in"] and not edit["only_in"]["applies"]:
        why = _why(edit["only_in"]["obstacle"])
        console.print(foreign(f"      cannot be applied to generation zero alone: {why}", 600))


def _files_text(files: list[dict[str, Any]]) -> str:
    lines = f"+{sum(file['added'] for file in files)} −{sum(file['removed'] for file in files)} lines"
    return f"{len(files)} file{'s' * (len(files) != 1)}, {lines}"


def _why(obstacle: dict[str, Any]) -> str:
    if obstacle["conflicts"]:
        return f"conflicts in {', '.join(obstacle['conflicts'])}"
    return f"what is left is no workspace: {obstacle['broken']}"


def _print_role(console: Console, result: dict[str, Any], role: dict[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415

    drawn = f"{len(role['tasks'])}" + (f" of {role['available']}" if len(role["tasks"]) < role["available"] else "")
    what = "items" if role["kind"] == "judge" else "tasks"
    table = Table(title=f"{role['role']} on {role['suite']}, {role['pool']} pool, {drawn} {what}", title_justify="left")
    failed = any(edit["without"]["failures"] for edit in role["edits"])
    for column in ("reverted", "rate without it", "loss", "p", "p (Holm)", "left", *(["failures"] if failed else [])):
        table.add_column(column)
    told = {edit["index"]: edit for edit in result["edits"]}
    for edit in role["edits"]:
        table.add_row(*_row(told[edit["index"]], edit), *([_failures(edit["without"])] if failed else []))
    console.print(table)
    console.print(
        f"generation zero {rate_text(role['seed'])}{_failures_text(role['seed'])}, "
        f"node #{result['index']} {rate_text(role['node'])}{_failures_text(role['node'])}"
    )
    gain = role["gain"]
    console.print(
        f"gain {_points(gain)} (p = {gain['p_value']:.2g}); sum of losses {100 * role['sum_of_losses']:+.0f}, "
        f"interaction {100 * role['interaction']:+.0f} points"
    )
    for edit in role["edits"]:
        if edit["only_in"]:
            console.print(f"generation zero with #{edit['index']} alone: {_only_text(edit['only_in'])}")


def _row(told: dict[str, Any], edit: dict[str, Any]) -> list[str]:
    name = " ".join(f"#{index}" for index in [edit["index"], *told["reverted_with"]])
    loss = edit["loss"]
    figures = (
        [_points(loss), f"{loss['p_value']:.2g}", f"{loss['p_holm']:.2g}"]
        if edit["changed"]
        else ["0, role unchanged", "", ""]
    )
    return [name, rate_text(edit["without"]), *figures, _points(edit["left"])]


def _only_text(only: dict[str, Any]) -> str:
    if not only["changed"]:
        return "0, role unchanged"
    gain, alone = only["gain"], only["alone"]
    return f"{rate_text(alone)}{_failures_text(alone)}, gain {_points(gain)}, p (Holm) {gain['p_holm']:.2g}"


def _failures(rate: dict[str, Any]) -> str:
    return ", ".join(f"{count} {failure}" for failure, count in rate["failures"].items())


def _failures_text(rate: dict[str, Any]) -> str:
    return f" ({_failures(rate)})" if rate["failures"] else ""


def _points(difference: dict[str, Any]) -> str:
    low, high = (100 * value for value in difference["interval"])
    return f"{100 * difference['difference']:+.0f} [{low:+.0f}, {high:+.0f}]"
