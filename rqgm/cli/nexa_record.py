"""`rqgm nexa record`: let a team or a panel answer for real, and keep everything that a training asks of it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rqgm.cli.console import JSON, foreign, make_console, print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rqgm.orchestration.episodes import Environment
    from rqgm.orchestration.policy import Policy
    from rqgm.orchestration.recordings import Recording
    from rqgm.run.rehearsals import RehearsalRequest

SUITES = typer.Argument(metavar="SUITE...", help="Solving suites for a team, judging suites for a panel.")
POLICIES = ("again", "full", "star", "chain", "debate(1)", "self-org(0.8)")


def register(app: typer.Typer) -> None:
    """Add the command to the group."""
    app.command(name="record")(record)


def record(
    suites: Annotated[list[str] | None, SUITES] = None,
    answers: Annotated[
        Path | None, typer.Option(help="Instead: a folder of many models' recorded answers (…jsonl.gz).")
    ] = None,
    task: Annotated[list[str] | None, typer.Option(help="With --answers: only this task; may be repeated.")] = None,
    workspace: Annotated[str, typer.Option(help="The workspace whose role answers.")] = "seeds/repair-team",
    role: Annotated[str | None, typer.Option(help="Which one. Default: its only one of the kind.")] = None,
    agents: Annotated[int, typer.Option(min=1, max=64, help="Members of the team, or seats of the panel.")] = 5,
    steps: Annotated[int, typer.Option(min=0, help="Work that a team shares, or that each judge may do.")] = 400_000,
    limit: Annotated[int | None, typer.Option(min=1, help="Draw so many items of each pool of each suite.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the items drawn, the roles, and trainings.")] = 0,
    policies: Annotated[str, typer.Option(help="Whose plans are carried out, on all pools.")] = ",".join(POLICIES),
    trainings: Annotated[int, typer.Option(min=0, help="Trainings of gated that are carried out, seed by seed.")] = 1,
    out: Annotated[Path, typer.Option(help="The recording to write.")] = Path("nexa.jsonl.zst"),
    sandbox: Annotated[str, typer.Option(help="auto, docker, bubblewrap, process, or a plug-in.")] = "auto",
    workers: Annotated[int | None, typer.Option(min=1, help="Calls at a time. Default: one a processor.")] = None,
    allow_unsafe: Annotated[
        bool, typer.Option("--allow-unsafe", help="Let `process` run what is not trusted.")
    ] = False,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Record drafts, second answers and what is true of them: what `rqgm nexa train` and `eval` read.

    A recording answers only what was asked while it was made: by the plans of --policies, and of --trainings.
    """
    import asyncio  # noqa: PLC0415  # commands import what they use

    from rqgm.run.rehearsals import RehearsalRequest  # noqa: PLC0415

    plans = _Plans(_policies(policies), trainings, seed, out)
    if (answers is None) == (not suites):
        raise _neither_or_both()
    if answers is not None:
        recording = asyncio.run(_of_answers(answers, task or [], agents, plans))
    else:
        request = RehearsalRequest(
            suites=tuple(suites or ()),
            workspace=workspace,
            role=role,
            agents=agents,
            steps=steps,
            seed=seed,
            limit=limit,
            sandbox=sandbox,
            workers=workers,
            allow_unsafe=allow_unsafe,
        )
        recording = asyncio.run(_of_rehearsal(request, plans))
    _told(recording, out, as_json=as_json)


@dataclass(frozen=True)
class _Plans:
    """What is carried out while it is recorded, and where the recording goes."""

    policies: Mapping[str, Policy]
    trainings: int
    seed: int
    out: Path


def _policies(names: str) -> dict[str, Policy]:
    from rqgm.orchestration.policy import open_policy  # noqa: PLC0415

    return {name: open_policy(name) for name in (part.strip() for part in names.split(",")) if name}


def _neither_or_both() -> Exception:
    from rqgm.core.errors import ConfigError  # noqa: PLC0415

    return ConfigError("name suites to be worked on, or --answers FOLDER with what was answered already: one of them")


async def _of_answers(folder: Path, tasks: list[str], agents: int, plans: _Plans) -> Recording:
    from rqgm.orchestration.recorded_answers import read_recorded  # noqa: PLC0415

    live = read_recorded(folder, tasks=tasks, agents=agents, seed=plans.seed)
    return await _record(live, {"tasks": tasks, "agents": agents}, plans)


async def _of_rehearsal(request: RehearsalRequest, plans: _Plans) -> Recording:
    from contextlib import AsyncExitStack  # noqa: PLC0415
    from dataclasses import replace  # noqa: PLC0415

    from rqgm.run.rehearsals import rehearsal  # noqa: PLC0415

    async with AsyncExitStack() as stack:
        with _counting("drafts") as tell:  # ends before a training shows its own bar
            live = await stack.enter_async_context(rehearsal(replace(request, tell=tell)))
        return await _record(live, live.made_of, plans)


def _told(recording: Recording, out: Path, *, as_json: bool) -> None:
    header, digest = recording.header, recording.sha256
    if as_json:
        print_json({"recording": str(out), "sha256": digest, **header.model_dump(mode="json")})
        return
    console = make_console()
    counts = ", ".join(f"{count} {pool}" for pool, count in header.episodes.items())
    console.print(foreign(f"{header.environment}: {counts} episodes, {header.turns} second answers", 300))
    console.print(foreign(f"wrote {out}, {digest[:12]}; next: rqgm nexa train {out}", 300))


async def _record(live: Environment, made_of: Mapping[str, Any], plans: _Plans) -> Recording:
    """Return a recording of what all plans ask: of the policies on every pool, of trainings on theirs.

    It is written after each of them, so that an interrupted one is worth something.
    """
    from rqgm.cli.nexa_text import TrainingProgress  # noqa: PLC0415
    from rqgm.orchestration.embeddings import HashingEmbedder  # noqa: PLC0415
    from rqgm.orchestration.evaluation import evaluate  # noqa: PLC0415
    from rqgm.orchestration.plays import Plays  # noqa: PLC0415
    from rqgm.orchestration.recordings import Recording  # noqa: PLC0415
    from rqgm.orchestration.training.settings import Settings  # noqa: PLC0415
    from rqgm.orchestration.training.trainer import train  # noqa: PLC0415

    recording = Recording.record(live, made_of)
    recording.save(plans.out)
    plays = Plays(recording, HashingEmbedder())
    for pool in ("train", "validation", "test"):
        if recording.episodes(pool):
            await evaluate(plays, plans.policies, pool)
            recording.save(plans.out)
    for number in range(plans.trainings):
        settings = Settings()
        with TrainingProgress(settings.updates) as progress:
            trained = await train([plays], "gated", settings, plans.seed + number, progress.tell)
        if recording.episodes("test"):
            await evaluate(plays, {"gated": trained.policy}, "test")
        recording.save(plans.out)
    return recording


@contextmanager
def _counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that shows how many are done on standard error: a bar on a terminal, else every tenth part."""
    console = make_console(stderr=True)
    if not sys.stderr.isatty():
        told = 0

        def tell(done: int, total: int) -> None:
            nonlocal told
            if done * 10 // total > told:
                told = done * 10 // total
                console.print(f"{what}: {done} of {total}")

        yield tell
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)
