"""`rqgm run`: run epochs from an experiment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rqgm.cli.console import JSON, find_run

if TYPE_CHECKING:
    from rqgm.run.experiment import Experiment
    from rqgm.run.shelves import Shelves


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="run")(command)


def command(
    experiment: Annotated[
        str | None, typer.Argument(help="An experiment: its name or file. Default: the project's.")
    ] = None,
    override: Annotated[
        list[str] | None, typer.Option("-c", "--config", metavar="KEY=VALUE", help="Set one key of the experiment.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The run's seed: equal seeds give equal lineages.")] = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder. Default: a new one in archive/runs/.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Jobs at a time; does not change the result.")] = None,
    sandbox: Annotated[str, typer.Option(help="auto, docker, bubblewrap, process, or a plug-in.")] = "auto",
    allow_unsafe: Annotated[
        bool, typer.Option("--allow-unsafe", help="Let untrusted workspaces run in `process`, which isolates nothing.")
    ] = False,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="The language model of all roles, as provider/name (LiteLLM's).")
    ] = None,
    budget_usd: Annotated[float | None, typer.Option(min=0.0, help="Dollars that the run may spend on models.")] = None,
    budget_tokens: Annotated[
        int | None, typer.Option(min=1, help="Blended tokens (input + 5 x output) that the run may spend.")
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN", help="Answer models from this run's recorded calls, with its settings; none is made."
        ),
    ] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Run epochs. Without an experiment: the embedded default, which needs no key, no Docker and no network."""
    import asyncio  # noqa: PLC0415

    from rqgm.cli.live import carry_out  # noqa: PLC0415
    from rqgm.run.session import RunOptions, start  # noqa: PLC0415
    from rqgm.run.shelves import Shelves  # noqa: PLC0415

    shelves = Shelves.seen_from(Path.cwd())
    given: dict[str, object] = {"seed": seed, "models.default": model}
    given |= {"budget.usd": budget_usd, "budget.tokens": budget_tokens}
    recorded = find_run(replay) if replay is not None else None
    if recorded is not None:
        given |= {"models.mode": "replay", "models.cassette": recorded}
    overrides = list(override or []) + [f"{key}={value}" for key, value in given.items() if value is not None]
    options = RunOptions(
        out=out,
        workers=workers,
        sandbox=sandbox,
        allow_unsafe=allow_unsafe,
        tell=lambda text: typer.echo(text, err=True),
        shelves=shelves,
    )
    loaded = _load(experiment, shelves, overrides, recorded)
    if loaded.models and recorded is None:
        _tell_cost(loaded, shelves)
    folder = asyncio.run(start(loaded, options))
    raise typer.Exit(carry_out(folder, options, as_json=as_json))


def _load(name: str | None, shelves: Shelves, overrides: list[str], recorded: Path | None) -> Experiment:
    """Return the experiment by name, or the project's; a replay without a name has the settings that were recorded."""
    from rqgm.run.experiment import change_experiment, load_experiment  # noqa: PLC0415
    from rqgm.run.lock import read_lock  # noqa: PLC0415

    if recorded is not None and name is None:
        return change_experiment(read_lock(recorded).experiment, overrides, f"{recorded}/run.lock.json")
    found = shelves.find("experiment", name or shelves.project_file.default_experiment)
    return load_experiment(found.path, overrides)


def _tell_cost(experiment: Experiment, shelves: Shelves) -> None:
    """Say before the start what a run will cost, as far as that can be known, and what it may cost at most."""
    from rqgm.run.forecast import earlier_cost  # noqa: PLC0415

    cap = experiment.budget.usd
    most = f"at most ${cap:g}" if cap is not None else "no limit in dollars: set one with --budget-usd"
    found = earlier_cost(shelves.runs, experiment)
    known = f"about ${found[1]:.2f}, as run {found[0]} did" if found else "unknown until the first outcomes are in"
    typer.echo(f"cost: {known}; {most}", err=True)
