"""`rqgm judge refine`: a rubric from the train items of a judging suite."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rqgm.cli.console import JSON, foreign, make_console, print_json

if TYPE_CHECKING:
    from rqgm.judging.rubrics.accuracy import Figure
    from rqgm.judging.rubrics.references import Exhibit
    from rqgm.judging.rubrics.rubric import RubricFile
    from rqgm.judging.rubrics.study import Labelled
    from rqgm.sandbox.profile import Profile
    from rqgm.tasks.suite import JudgingSuite

REFERENCES = ("both", "labels", "mutants")


def register(app: typer.Typer) -> None:
    """Add the command to the group `judge`."""
    app.command(name="refine")(refine)


def refine(
    suite: Annotated[str, typer.Argument(help="A judging suite: its name or folder.")],
    out: Annotated[Path, typer.Option(help="The rubric file to write.")],
    preset: Annotated[str, typer.Option(help="The loop's rule set: shrunk (ours) or rrd (the paper's).")] = "shrunk",
    seed: Annotated[int, typer.Option(help="Seed of inputs, pairs, samples and folds.")] = 0,
    references: Annotated[str, typer.Option(help="Where pairs come from: both, labels or mutants.")] = "both",
    pool: Annotated[str, typer.Option(help="The pool to refine on; only train is allowed.")] = "train",
    evaluate_on: Annotated[
        str | None, typer.Option(help="Another pool to report the finished rubric on.", show_default=False)
    ] = None,
    sandbox: Annotated[str, typer.Option(help="auto, docker, bubblewrap, process, or a plug-in.")] = "auto",
    profile: Annotated[str, typer.Option(help="The profile to run in: name or folder.")] = "python",
    allow_unsafe: Annotated[bool, typer.Option("--allow-unsafe", help="Let `process` run the artifacts.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Sandboxes at a time. Default: one a processor.")] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Refine a rubric on a suite's train items, report it on held-out tasks, and write it.

    Uniform weights are always reported beside the others.
    """
    import asyncio  # noqa: PLC0415  # commands import what they use

    from rqgm.judging.rubrics import study  # noqa: PLC0415
    from rqgm.judging.rubrics.refinement import find_preset  # noqa: PLC0415
    from rqgm.judging.rubrics.rubric import Source, save_rubric  # noqa: PLC0415
    from rqgm.run.shelves import Shelves  # noqa: PLC0415
    from rqgm.sandbox.profile import load_profile  # noqa: PLC0415

    rules = find_preset(preset)
    _check_references(references)
    shelves = Shelves.seen_from(Path.cwd())
    found = _judging_suite(shelves.find("suite", suite).path)
    train, tried = _items(found, _train(pool, found)), _items(found, _other(evaluate_on, found))
    box = load_profile(shelves.find("profile", profile).path)
    exhibits = asyncio.run(_gather([*train, *tried], sandbox, box, allow_unsafe, workers, seed))
    learnt, held_back = exhibits[: len(train)], exhibits[len(train) :]
    held = study.hold_out(learnt, rules, references, seed)  # type: ignore[arg-type]  # checked above
    fitted = study.fit(learnt, rules, references, seed)  # type: ignore[arg-type]
    tasks = len({exhibit.task for exhibit in learnt})
    source = Source(suite=found.name, hash=found.hash, pool="train", items=len(learnt), tasks=tasks, seed=seed)
    rubric = study.write_up(fitted, f"{found.name}-{rules.name}"[:63].rstrip("-"), source)
    save_rubric(out, rubric)
    tested = study.figures(study.judge(fitted, held_back), held_back, seed) if held_back else None
    loop = study.summary(fitted)
    if as_json:
        print_json(_as_json(out, rubric, loop, held, evaluate_on, tested))
    else:
        _print(out, rubric, loop, held, evaluate_on, tested)


def _check_references(references: str) -> None:
    from rqgm.core.errors import UnknownNameError  # noqa: PLC0415

    if references not in REFERENCES:
        raise UnknownNameError("kind of references", references, REFERENCES)


def _judging_suite(path: Path) -> JudgingSuite:
    from rqgm.core.errors import ConfigError  # noqa: PLC0415
    from rqgm.tasks.suite import JudgingSuite, load_suite  # noqa: PLC0415

    suite = load_suite(path)
    if not isinstance(suite, JudgingSuite):
        raise ConfigError(f"{path}: is a solving suite; a rubric is refined on a judging suite, as repair-reviews")
    return suite


def _train(pool: str, suite: JudgingSuite) -> str:
    from rqgm.core.errors import ConfigError  # noqa: PLC0415
    from rqgm.core.words import Pool  # noqa: PLC0415

    if pool != Pool.TRAIN:
        raise ConfigError(
            f"--pool: a rubric is refined on train items only (found {pool!r:.40}); what judges are measured on must "
            f"not shape them. To report the finished rubric there, use --evaluate-on {pool:.40}"
        )
    if not suite.names(Pool.TRAIN):
        raise ConfigError(f"{suite.folder}: has no train items; give some of its items the pool train")
    return pool


def _other(pool: str | None, suite: JudgingSuite) -> str | None:
    from rqgm.core.errors import ConfigError, UnknownNameError  # noqa: PLC0415

    if pool is None:
        return None
    if pool == "train":
        raise ConfigError("--evaluate-on train: the rubric was refined there; held-out train tasks are reported anyway")
    if pool not in suite.counts():
        raise UnknownNameError("pool", pool, [name for name in suite.counts() if name != "train"], str(suite.folder))
    return pool


def _items(suite: JudgingSuite, pool: str | None) -> list[Labelled]:
    from rqgm.core.words import Verdict  # noqa: PLC0415
    from rqgm.judging.judge import JudgeCase  # noqa: PLC0415
    from rqgm.judging.rubrics.study import Labelled  # noqa: PLC0415

    found = []
    for name in suite.names(pool) if pool else ():
        item = suite.item(name)
        case = JudgeCase(item.task, item.instruction, item.environment, item.artifact)
        found.append(Labelled(name, case, suite.label(name) is Verdict.ACCEPT))
    return found


async def _gather(
    items: list[Labelled], sandbox: str, profile: Profile, allow_unsafe: bool, workers: int | None, seed: int
) -> list[Exhibit]:
    import os  # noqa: PLC0415

    from rqgm.judging.rubrics.observations import Probe  # noqa: PLC0415
    from rqgm.judging.rubrics.study import gather  # noqa: PLC0415
    from rqgm.sandbox.backends import choose  # noqa: PLC0415
    from rqgm.sandbox.pool import Sandboxes  # noqa: PLC0415

    # Artifacts may have been made by anybody, so nothing here is trusted.
    backend = await choose(sandbox, trusted=False, allow_unsafe=allow_unsafe, profile=profile, tell=_tell)
    count = workers or os.cpu_count() or 1
    async with Sandboxes(backend, f"judge-refine-{os.getpid()}", spare=count) as sandboxes:
        return await gather(Probe(sandboxes, profile), items, count, seed, _progress)


def _tell(line: str) -> None:
    from rqgm.core.text import clean  # noqa: PLC0415

    sys.stderr.write(clean(line, 400) + "\n")


def _progress(what: str, done: int, total: int) -> None:
    if done == total or done % 50 == 0:
        _tell(f"{what}: {done} of {total} observed")


def _as_json(
    out: Path,
    rubric: RubricFile,
    loop: dict[str, Any],
    held: dict[str, Figure],
    pool: str | None,
    tested: dict[str, Figure] | None,
) -> dict[str, Any]:
    def plain(figures: dict[str, Figure]) -> dict[str, Any]:
        return {name: figure.to_json() for name, figure in figures.items()}

    return {
        "file": str(out),
        "rubric": rubric.model_dump(mode="json"),
        "loop": loop,
        "held_out": plain(held),
        "evaluated": None if tested is None else {"pool": pool, "figures": plain(tested)},
    }


def _print(
    out: Path,
    rubric: RubricFile,
    loop: dict[str, Any],
    held: dict[str, Figure],
    pool: str | None,
    tested: dict[str, Figure] | None,
) -> None:
    from rich.table import Table  # noqa: PLC0415

    console = make_console()
    table = Table(title=f"Rubric {rubric.name} ({rubric.weighting} weights)", title_justify="left")
    for column in ("predicate", "weight", "satisfied", "edge of strong over weak"):
        table.add_column(column)
    for row in sorted(rubric.predicates, key=lambda found: -found.weight):
        edge = f"{row.edge:+.2f} [{row.interval[0]:+.2f}, {row.interval[1]:+.2f}]"
        table.add_row(foreign(row.text), f"{row.weight:.3f}", f"{100 * row.rate:.0f} %", edge)
    console.print(table)
    columns = {"held-out train tasks": held} | ({f"pool {pool}": tested} if tested else {})
    table = Table(title="Balanced accuracy, 95 % over tasks", title_justify="left")
    for title in ("weights", *columns):
        table.add_column(title)
    for name in held:
        table.add_row(name, *(_figure(figures[name]) for figures in columns.values()))
    console.print(table)
    counts = f"{loop['decomposed']} decomposed, {len(loop['refused'])} refused; stopped: {loop['stopped']}"
    console.print(f"{counts}; {loop['pairs']} pairs")
    console.print(foreign(f"wrote {out}, version {rubric.version[:12]}"))


def _figure(figure: Figure) -> str:
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
