"""From labelled items to a rubric and its figures: gather facts in sandboxes, refine, try on tasks held out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rqgm.core.errors import ConfigError
from rqgm.core.hashes import hash_json
from rqgm.core.streams import python_stream
from rqgm.core.trees import hash_tree
from rqgm.judging.rubrics import weights as weighting
from rqgm.judging.rubrics.accuracy import Figure, best_threshold, measure
from rqgm.judging.rubrics.bounds import BoundGrader
from rqgm.judging.rubrics.facts import Facts, Scene
from rqgm.judging.rubrics.filters import edge_interval
from rqgm.judging.rubrics.inputs import generate, visible_cases
from rqgm.judging.rubrics.mutants import mutate
from rqgm.judging.rubrics.references import Exhibit, References, edited_mutants, make_sample, weak_mutants
from rqgm.judging.rubrics.refinement import RRD, SHRUNK, Preset, Refinement, refine
from rqgm.judging.rubrics.rubric import SHOWN_DIGITS, PredicateTable, RubricFile, Source, cast_votes, sealed, weighted
from rqgm.judging.rubrics.sources import SourceError, parse_source
from rqgm.judging.rubrics.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rqgm.judging.judge import JudgeCase
    from rqgm.judging.rubrics.matrix import Reals
    from rqgm.judging.rubrics.observations import Probe
    from rqgm.judging.rubrics.predicates import Predicate, Vote

MADE_INPUTS = 24
RIVALS = 32
MUTANTS = 8
FOLDS = 6
WEIGHTINGS = ("uniform", "whitened", "shrunk", "correlated")


class NothingAcceptedError(ConfigError):
    """The loop accepted no predicate: nothing in the sample speaks for right artifacts."""


@dataclass(frozen=True)
class Labelled:
    """One item of a judging suite as the engine takes it: what a judge is shown, and whether it is right."""

    name: str
    case: JudgeCase
    right: bool


async def gather(
    probe: Probe,
    items: Sequence[Labelled],
    workers: int,
    seed: int = 0,
    tell: Callable[[str, int, int], None] | None = None,
) -> list[Exhibit]:
    """Observe all items, one sandbox each; `tell` gets (what, done, of all). Labels only choose mutants to keep."""

    def told(what: str) -> Callable[[int, int], None] | None:
        return (lambda done, total: tell(what, done, total)) if tell else None

    firsts = {item.case.task: item.case for item in reversed(items)}
    scenes = await _scenes(probe, firsts, workers, seed, told("tasks"))
    return await _exhibits(probe, items, scenes, workers, told("artifacts"))


async def _exhibits(
    probe: Probe,
    items: Sequence[Labelled],
    scenes: Mapping[str, Scene],
    workers: int,
    tell: Callable[[int, int], None] | None,
) -> list[Exhibit]:
    drafts = [_draft(item, scenes[item.case.task]) for item in items]
    asked = [([text, *mutants], facts.scene.inputs) for facts, text, mutants in drafts if facts.patched]
    observed = iter(await probe.observe_all(asked, workers, tell))
    exhibits = []
    for item, (facts, _, mutants) in zip(items, drafts, strict=True):
        runs = next(observed) if facts.patched else None
        seen = Facts(facts.scene, facts.patched, runs[0], runs[1:]) if runs else facts
        weak = weak_mutants(seen, mutants, runs[1:]) if runs and item.right else ()
        exhibits.append(Exhibit(item.name, seen, item.right, weak))
    return exhibits


async def look(probe: Probe, case: JudgeCase, seed: int) -> Facts:
    """Return the facts of one artifact, for a judge that scores it by a rubric; `seed` is ``rubric.source.seed``.

    What concerns the task only is observed once as long as the sandboxes live: it is half of the work, or more.
    Raises SandboxLostError or another InfrastructureError, ConfigError for a task without visible cases.
    """
    scene = await _kept_scene(probe, case, seed)
    (found,) = await _exhibits(probe, [Labelled("case", case, right=False)], {case.task: scene}, 1, None)
    return found.facts


async def _kept_scene(probe: Probe, case: JudgeCase, seed: int) -> Scene:
    profile = probe.profile.model_dump(mode="json")
    key = hash_json(["scene", case.task, case.instruction, hash_tree(case.environment), seed, profile])
    kept = probe.sandboxes.kept

    def forget(task: asyncio.Future[dict[str, Scene]]) -> None:
        if task.cancelled() or task.exception():  # the next one who asks tries again
            kept.pop(key, None)

    if key not in kept:
        kept[key] = asyncio.ensure_future(_scenes(probe, {case.task: case}, 1, seed, None))
        kept[key].add_done_callback(forget)
    scenes: dict[str, Scene] = await asyncio.shield(kept[key])
    return scenes[case.task]


def _draft(item: Labelled, scene: Scene) -> tuple[Facts, str, list[str]]:
    file = item.case.artifact.get(scene.program)
    try:
        tree = parse_source(file.data if file else b"\0")
    except SourceError:
        return Facts(scene, None, None), "", []
    return Facts(scene, tree, None), file.data.decode() if file else "", edited_mutants(scene.faulty, tree, MUTANTS)


async def _scenes(
    probe: Probe, cases: Mapping[str, JudgeCase], workers: int, seed: int, tell: Callable[[int, int], None] | None
) -> dict[str, Scene]:
    drafts = []
    for task, case in cases.items():
        program, visible = visible_cases(case.environment)
        made = generate([entry["input"] for entry in visible], MADE_INPUTS, python_stream(seed, "inputs", task))
        try:
            data = case.environment[program].data
            faulty = parse_source(data)
        except (KeyError, SourceError) as error:
            raise ConfigError(
                f"task {task!r}: {program}: {error}; predicates need the program before the edit"
            ) from error
        drafts.append((task, case, program, visible, made, faulty, [data.decode(), *mutate(faulty, most=RIVALS)]))
    asked = [(texts, [*(v["input"] for v in visible), *made]) for *_, visible, made, _, texts in drafts]
    scenes = {}
    for found, (task, case, program, visible, made, faulty, _) in zip(
        await probe.observe_all(asked, workers, tell), drafts, strict=True
    ):
        if not found:
            raise ConfigError(f"task {task!r}: {program}: the program before the edit could not be observed")
        scene = Scene(task, case.instruction, program, visible, made, faulty, found[0])
        rivals = [runs for runs in found[1:] if scene.passes(runs)]
        scenes[task] = Scene(task, case.instruction, program, visible, made, faulty, found[0], rivals)
    return scenes


@dataclass(frozen=True)
class Fitted:
    """A refined rubric before it is a file: predicates, and weights and thresholds by the weighting's name."""

    refinement: Refinement
    weights: dict[str, Reals]
    thresholds: dict[str, float]

    @property
    def predicates(self) -> list[Predicate]:
        """The accepted predicates."""
        return self.refinement.accepted

    def accepts(self, name: str, cast: Sequence[Vote]) -> bool:
        """Tell whether an artifact with these votes is accepted under a weighting."""
        found = weighted(self.weights[name].tolist(), cast)
        return found is not None and found >= self.thresholds[name]


def fit(exhibits: Sequence[Exhibit], preset: Preset, references: References = "both", seed: int = 0) -> Fitted:
    """Refine on exhibits. Raises ConfigError if there is nothing to learn from or nothing was accepted."""
    sample = make_sample(exhibits, references, seed)
    if not len(sample.pairs):
        raise ConfigError("no task has both a right and a wrong item, and no mutant is one; nothing can be learnt")
    found = refine(Templates(), BoundGrader(), sample, preset, seed)
    if not found.accepted:
        raise NothingAcceptedError(
            f"preset {preset.name}: no predicate was accepted ({found.stopped}); try another preset or more items"
        )
    right = [exhibit.right for exhibit in exhibits]
    weights = found.weights()
    rows = found.votes.values[: len(exhibits)]
    weights["correlated"] = weighting.correlated(type(found.votes)(rows), np.array(right))
    cast: list[list[Vote]] = [[None if vote < 0 else (1 if vote else 0) for vote in row] for row in rows.tolist()]
    scores = {name: [weighted(w.tolist(), row) for row in cast] for name, w in weights.items()}
    return Fitted(found, weights, {name: best_threshold(held, right) for name, held in scores.items()})


def judge(fitted: Fitted, exhibits: Sequence[Exhibit]) -> dict[str, list[bool]]:
    """Return what each weighting accepts."""
    cast = [cast_votes(BoundGrader(), fitted.predicates, exhibit.facts) for exhibit in exhibits]
    return {name: [fitted.accepts(name, row) for row in cast] for name in fitted.weights}


def figures(accepted: Mapping[str, Sequence[bool]], exhibits: Sequence[Exhibit], seed: int = 0) -> dict[str, Figure]:
    """Return each weighting's balanced accuracy, and `X - uniform` for the others."""
    right, tasks = [e.right for e in exhibits], [e.task for e in exhibits]
    found = {name: measure(accepted[name], right, tasks, seed) for name in WEIGHTINGS}
    for name in WEIGHTINGS[1:]:
        found[f"{name} - uniform"] = measure(accepted[name], right, tasks, seed, baseline=accepted["uniform"])
    return found


def hold_out(
    exhibits: Sequence[Exhibit], preset: Preset, references: References = "both", seed: int = 0
) -> dict[str, Figure]:
    """Return figures on tasks that took no part in refining: each task is held out once, `FOLDS` folds.

    Raises ConfigError with fewer than two tasks.
    """
    tasks = sorted({e.task for e in exhibits}, key=lambda task: hash_json([seed, "fold", task]))
    if len(tasks) < 2:  # noqa: PLR2004  # one to refine on, one to hold out
        raise ConfigError("holding tasks out needs items of at least two tasks")
    fold_of = {task: number % FOLDS for number, task in enumerate(tasks)}
    accepted: dict[str, list[bool]] = {name: [False] * len(exhibits) for name in WEIGHTINGS}
    for fold in sorted(set(fold_of.values())):
        held = [row for row, e in enumerate(exhibits) if fold_of[e.task] == fold]
        try:
            fitted = fit([e for e in exhibits if fold_of[e.task] != fold], preset, references, seed)
        except NothingAcceptedError:
            continue  # without a rubric nothing is accepted
        for name, found in judge(fitted, [exhibits[row] for row in held]).items():
            for row, verdict in zip(held, found, strict=True):
                accepted[name][row] = verdict
    return figures(accepted, exhibits, seed)


def write_up(fitted: Fitted, name: str, source: Source) -> RubricFile:
    """Return the rubric file of a refinement: the preset's own weights, uniform ones beside them."""
    found = fitted.refinement
    weights = "shrunk" if found.preset is SHRUNK else "whitened" if found.preset is RRD else "uniform"
    chosen, even = (_rounded(fitted.weights[key]) for key in (weights, "uniform"))
    tables = []
    for number, (predicate, column) in enumerate(zip(found.accepted, found.columns, strict=True)):
        here = column[found.rows]
        answered = max(1, int((here >= 0).sum()))
        edge, low, high = edge_interval(column[found.pairs[:, 0]], column[found.pairs[:, 1]])
        tables.append(
            PredicateTable(
                name=predicate.name,
                kind=predicate.kind,
                text=predicate.text,
                params=dict(predicate.params),
                weight=chosen[number],
                uniform_weight=even[number],
                rate=round(float((here == 1).sum()) / answered, SHOWN_DIGITS),
                edge=round(edge, SHOWN_DIGITS),
                interval=(round(low, SHOWN_DIGITS), round(high, SHOWN_DIGITS)),
            )
        )
    return sealed(
        RubricFile(
            name=name,
            preset=found.preset.name,
            weighting=weights,
            threshold=fitted.thresholds[weights],
            uniform_threshold=fitted.thresholds["uniform"],
            source=source,
            predicates=tables,
        )
    )


def _rounded(weights: Reals) -> list[float]:
    return [round(float(weight), SHOWN_DIGITS) for weight in weights]


def summary(fitted: Fitted) -> dict[str, Any]:
    """Return what the loop did, as JSON data."""
    found = fitted.refinement
    return {
        "accepted": len(found.accepted),
        "decomposed": len(found.decomposed),
        "refused": [{"predicate": refusal.predicate.name, "reason": refusal.reason} for refusal in found.refused],
        "stopped": found.stopped,
        "pairs": len(found.pairs),
        "thresholds": fitted.thresholds,
    }
