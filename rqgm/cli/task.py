"""`rqgm task`: list, make, check and import tasks and suites."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rqgm.cli.console import JSON, foreign, make_console, print_json

if TYPE_CHECKING:
    from rqgm.sandbox.profile import Profile
    from rqgm.sandbox.protocol import Backend
    from rqgm.tasks.check import Report
    from rqgm.tasks.suite import Suite
    from rqgm.tasks.task import Task

app = typer.Typer(help="Suites and tasks: list, new, check, import.", no_args_is_help=True, rich_markup_mode=None)

SANDBOX = typer.Option(help="auto, docker, bubblewrap, process, or a plug-in.")
IMPORTERS = ("humanevalpack", "polyglot", "quixbugs")


@app.command(name="list")
def list_suites(
    folder: Annotated[
        Path | None, typer.Argument(help="A suite, or a folder of suites. Default: the shelves.", show_default=False)
    ] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """List suites with their kind, pools and counts."""
    from rqgm.tasks.suite import load_suite  # noqa: PLC0415  # commands import what they use

    rows = []
    for name, (path, origin) in _suites(folder).items():
        suite = load_suite(path)
        rows.append(
            {
                "name": name,
                "kind": suite.kind,
                "pools": suite.counts(),
                "count": len(suite.names()),
                "licence": suite.licence,
                "source": suite.source,
                "origin": origin,
                "path": str(path),
            }
        )
    if as_json:
        print_json({"suites": rows})
    else:
        _print_suites(rows)


def _suites(folder: Path | None) -> dict[str, tuple[Path, str]]:
    from rqgm.core.errors import ConfigError  # noqa: PLC0415
    from rqgm.run.shelves import Shelves  # noqa: PLC0415

    if folder is None:
        found = Shelves.seen_from(Path.cwd()).names("suite")
        return {name: (place.path, place.origin) for name, place in found.items()}
    if (folder / "suite.toml").is_file():
        return {folder.resolve().name: (folder, "path")}
    paths = [path.parent for path in sorted(folder.glob("*/suite.toml"))]
    if not paths:
        raise ConfigError(f"{folder}: holds no suite (a folder with suite.toml)")
    return {path.name: (path, "path") for path in paths}


def _print_suites(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table  # noqa: PLC0415

    table = Table(title="Suites", title_justify="left")
    for column in ("suite", "kind", "pools", "licence", "from"):
        table.add_column(column)
    for row in rows:
        pools = ", ".join(f"{pool} {count}" for pool, count in row["pools"].items())
        table.add_row(foreign(row["name"]), row["kind"], pools, foreign(row["licence"], 60), row["origin"])
    make_console().print(table)


@app.command(name="new")
def new(
    folder: Annotated[Path, typer.Argument(metavar="NAME", help="The task's folder, as tasks/my-suite/my-task.")],
) -> None:
    """Make a task that passes `rqgm task check` at once, and say what to edit."""
    from rqgm.tasks.scaffold import EDIT, new_task  # noqa: PLC0415

    made = new_task(folder)
    console = make_console()
    console.print(foreign(f"made {folder} ({len(made)} files). Edit:"))
    for name, what in EDIT:
        console.print(foreign(f"  {folder / name}: {what}"))
    console.print(foreign(f"then: rqgm task check {folder}"))


@app.command(name="check")
def check(
    name: Annotated[str, typer.Argument(metavar="SUITE_OR_TASK", help="A suite's name or folder, or a task's folder.")],
    sandbox: Annotated[str, SANDBOX] = "auto",
    profile: Annotated[str, typer.Option(help="The profile to run in: name or folder.")] = "python",
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Let the red team attack every task, not one of each verifier.")
    ] = False,
    red_team: Annotated[bool, typer.Option("--red-team/--no-red-team", help="Run the cheating workspaces.")] = True,
    workers: Annotated[int | None, typer.Option(min=1, help="Sandboxes at a time. Default: one a processor.")] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Prove a suite: untouched fails, solution passes, twice alike, and no cheat of the red team is paid.

    Exits with 1 if something does not hold.
    """
    import asyncio  # noqa: PLC0415

    from rqgm.sandbox.profile import load_profile  # noqa: PLC0415
    from rqgm.tasks.check import check_judging  # noqa: PLC0415

    shelves = _shelves()
    suite, tasks = _named(name)
    if suite is not None and suite.kind == "judging":
        report = check_judging(suite)
    else:
        found = load_profile(shelves.find("profile", profile).path)
        report = asyncio.run(_check(name, tasks, sandbox, found, thorough, red_team, workers))
    if as_json:
        print_json(report.to_json())
    else:
        _print_report(report)
    raise typer.Exit(0 if report.ok else 1)


def _shelves() -> Any:
    from rqgm.run.shelves import Shelves  # noqa: PLC0415

    return Shelves.seen_from(Path.cwd())


def _named(name: str) -> tuple[Suite | None, list[Task]]:
    """Return the suite of that name or folder and its tasks, or just one task."""
    from rqgm.tasks.suite import load_suite  # noqa: PLC0415
    from rqgm.tasks.task import load_task  # noqa: PLC0415

    path = Path(name)
    if (path / "task.toml").is_file():
        if (path.parent / "suite.toml").is_file():
            suite = load_suite(path.parent)
            return None, [suite.task(path.resolve().name) if suite.kind == "solving" else load_task(path)]
        return None, [load_task(path.resolve())]
    suite = load_suite(path if (path / "suite.toml").is_file() else _shelves().find("suite", name).path)
    return suite, [suite.task(task) for task in suite.names()] if suite.kind == "solving" else []


async def _check(
    name: str,
    tasks: list[Task],
    sandbox: str,
    profile: Profile,
    thorough: bool,
    red_team: bool,
    workers: int | None,
) -> Report:
    import os  # noqa: PLC0415

    from rqgm.run.shelves import shipped_root  # noqa: PLC0415
    from rqgm.sandbox.pool import Sandboxes  # noqa: PLC0415
    from rqgm.tasks.check import Checker  # noqa: PLC0415
    from rqgm.tasks.redteam import RedTeam  # noqa: PLC0415

    team = RedTeam.load(shipped_root() / "archive" / "redteam") if red_team else None
    backend = await _backend(sandbox, profile)
    count = workers or os.cpu_count() or 1
    async with Sandboxes(backend, f"task-check-{os.getpid()}", spare=count) as sandboxes:
        checker = Checker(sandboxes, profile, team, count, _tell)
        return await checker.check(name, tasks, thorough=thorough)


async def _backend(sandbox: str, profile: Profile) -> Backend:
    """Return the back-end. Solutions and cheats were written by people, so that `process` may run them."""
    from rqgm.sandbox.backends import choose  # noqa: PLC0415

    return await choose(sandbox, trusted=True, allow_unsafe=False, profile=profile, tell=_tell)


def _tell(line: str) -> None:
    from rqgm.core.text import clean  # noqa: PLC0415

    sys.stderr.write(clean(line, 400) + "\n")


def _print_report(report: Report) -> None:
    from rich.table import Table  # noqa: PLC0415

    console = make_console()
    if report.tasks:
        table = Table(title=f"{report.name} in {report.sandbox}", title_justify="left")
        for column in ("task", "untouched", "solution", "found"):
            table.add_column(column)
        for task in report.tasks:
            scores = [" ".join(f"{score:g}" for score in found) for found in (task.untouched, task.solution)]
            words = "\n".join([*task.problems, *(f"({note})" for note in task.notes)]) or "sound"
            table.add_row(foreign(task.task), *scores, foreign(words, 1_000, lines=True))
        console.print(table)
    if report.cheats:
        table = Table(title="Red team", title_justify="left")
        for column in ("cheat", "task", "score", "failure", "seen by the verifier"):
            table.add_column(column)
        for cheat in report.cheats:
            shown = f"{cheat.score:g}" if cheat.caught else f"{cheat.score:g} PAID"
            table.add_row(cheat.cheat, foreign(cheat.task), shown, cheat.failure or "", foreign(cheat.verdict, 120))
        console.print(table)
    for problem in report.problems:
        console.print(foreign(problem))
    console.print(foreign(_summary(report)), style="bold green" if report.ok else "bold red")


def _summary(report: Report) -> str:
    if report.kind == "judging":
        pools = "; ".join(f"{pool}: {counts}" for pool, counts in report.figures.items())
        return f"{'sound' if report.ok else 'not sound'}: {pools}"
    figures = report.figures
    return (
        f"{figures['sound']} of {figures['tasks']} tasks are sound; red team: {len(report.paid)} of "
        f"{figures['attacks']} attacks on {figures['attacked']} tasks (one of each verifier, or all) were paid"
    )


@app.command(name="import")
def import_set(
    kind: Annotated[str, typer.Argument(metavar="|".join(IMPORTERS), help="Which public data set.")],
    folder: Annotated[Path, typer.Argument(help="A local copy of it.")],
    out: Annotated[Path, typer.Option(help="The new suite's folder.")],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Make a suite (pool: test) of a local copy of a public data set."""
    from rqgm.core.errors import UnknownNameError  # noqa: PLC0415
    from rqgm.tasks.importers.humanevalpack import import_humanevalpack  # noqa: PLC0415
    from rqgm.tasks.importers.polyglot import import_polyglot  # noqa: PLC0415
    from rqgm.tasks.importers.quixbugs import import_quixbugs  # noqa: PLC0415

    importers = dict(zip(IMPORTERS, (import_humanevalpack, import_polyglot, import_quixbugs), strict=True))
    if kind not in importers:
        raise UnknownNameError("data set", kind, importers)
    found = importers[kind](folder, out, _tell)
    if as_json:
        data = {"tasks": found.tasks, "left_out": found.left_out, "weak": found.notes}
        print_json({"suite": str(found.suite), **data})
        return
    console = make_console()
    for name, why in found.left_out.items():
        console.print(foreign(f"left out: {name}: {why}"))
    for name, why in found.notes.items():
        console.print(foreign(f"weak tests: {name}: {why}"))
    console.print(foreign(f"{len(found.tasks)} tasks in {out}; next: rqgm task check {out}"))
