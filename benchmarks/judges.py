"""How far the shipped panel can be trusted, and whether visible tests and judges complement each other.

- ``held``: the anchor's held part (the test pool of `repair-reviews`): each seat, the panel, the seat that was best on
  the anchor, the rubric under uniform, whitened and shrunk weights; how errors go together.
- ``ranking``: pools of candidate patches for the validation tasks of `repair`, and for the held part's programs, ranked
  by visible tests, by judges, by both. R2E-Gym (arXiv 2504.07164) asks it of coding agents: each alone saturates, do
  they complement each other?
- ``samples``: CodeGen-16B's programs for HumanEval from $RQGM_DATA, labelled by base and plus tests; the same panel.

    RQGM_DATA=... python benchmarks/judges.py [--quick] [--parts held ranking samples] [--workers N] [--out FILE]

Nothing is tuned here: the panel is taken as it ships, seats are compared on the anchor before the held part is asked.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import common
import numpy as np
from candidates import find_pool, write_held
from codegen import import_tasks, read_problems, syntax
from labelling import Candidate, bench, write_items
from ranking import Key, any_of, best_of, over_tasks

from rqgm.core.words import Verdict
from rqgm.judging.aggregation import aggregate
from rqgm.judging.judge import JudgeCase
from rqgm.judging.rubrics import study
from rqgm.judging.rubrics.bounds import BoundGrader
from rqgm.judging.rubrics.observations import Probe
from rqgm.judging.rubrics.refinement import find_preset
from rqgm.judging.rubrics.rubric import cast_votes, load_rubric, weighted
from rqgm.judging.scoring.agreement import score_panel
from rqgm.judging.scoring.figures import bootstrapped
from rqgm.judging.scoring.recorded import Recorded, Said
from rqgm.judging.scoring.samples import sample_of
from rqgm.judging.scoring.scores import balanced_accuracy, score_judge
from rqgm.run.panels import Asked, PanelRequest, ask_items
from rqgm.run.shelves import shipped_root
from rqgm.tasks.suite import load_suite
from rqgm.tasks.task import load_task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rqgm.judging.scoring.figures import Figure, Floats
    from rqgm.judging.scoring.samples import Sample
    from rqgm.tasks.suite import JudgingSuite

PANEL = "code-review"
REVIEWS = "repair-reviews"
WEIGHTINGS = ("uniform", "whitened", "shrunk")
DRAWN = (1, 2, 4, 8, 16)
"""How many candidates of a pool are drawn, as R2E-Gym's best@k has it. One is chance; 16 is a whole pool of patches."""
ALL_SAMPLES = 25
"""Distinct samples of each task that stand for all, the first ones by their hash."""
QUICK_ITEMS, QUICK_TASKS = 8, 2


@dataclass(frozen=True)
class Trial:
    """How the benchmark is run."""

    scratch: Path
    sandbox: str
    workers: int
    allow_unsafe: bool
    quick: bool

    async def ask(self, suite: str, pool: str | None = None) -> Asked:
        """Ask the panel about a suite's pool."""
        limit = QUICK_ITEMS if self.quick and suite == REVIEWS else None
        return await ask_items(
            PanelRequest(PANEL, suite, pool, limit, sandbox=self.sandbox, workers=self.workers,
                         allow_unsafe=self.allow_unsafe, tell=_tell(" ".join([Path(suite).name, pool or ""]).rstrip()))
        )  # fmt: skip


@dataclass(frozen=True)
class Reference:
    """What the anchor said before anything else was asked: the best seat, and the counts that some panels weigh by."""

    anchor: Asked
    best: str
    judges: dict[str, Any]

    @classmethod
    async def measured(cls, trial: Trial) -> Reference:
        """Ask the anchor. The best seat has the highest balanced accuracy; of equals, the panel's first."""
        anchor = await trial.ask(REVIEWS, "anchor")
        record = anchor.recorded()
        judges = {name: judge_figures(sample_of(record.truths, said)) for name, said in record.said.items()}
        best = max(judges, key=lambda name: judges[name]["balanced_accuracy"]["value"] or 0.0)
        return cls(anchor, best, judges)

    def record(self, asked: Asked) -> Recorded:
        """Return what the seats and the panel said; a panel that weighs its seats does so by the anchor."""
        record = asked.recorded()
        panel = replace(asked.panel, calibration=self.anchor.calibration())
        verdicts = {}
        for name, heard in asked.heard.items():
            found = panel.decide(heard)
            verdicts[name] = Said(Verdict.ACCEPT if found.accepted else Verdict.REJECT, found.score)
        return replace(record, said={**record.said, "panel": verdicts})


# ---------------------------------------------------------------------------------------------- figures


def judge_figures(sample: Sample) -> dict[str, Any]:
    """Return one judge's figures. An abstention is wrong, except in `balanced_accuracy_decided`, which leaves it out."""
    scores = score_judge("", sample)
    return {
        "balanced_accuracy": scores.every["balanced_accuracy"].to_json(),
        "accuracy": scores.every["accuracy"].to_json(),
        "accepts": scores.every["accept_rate"].to_json(),
        "abstains": scores.abstained.to_json(),
        "balanced_accuracy_decided": scores.decided["balanced_accuracy"].to_json(),
        "auroc_of_score": scores.probability["auroc_of_score"].to_json(),
    }


def difference(first: Sample, second: Sample) -> Figure:
    """Return second minus first in balanced accuracy on the same items; whole tasks are resampled, for both at once."""
    cells = np.concatenate([first.cells, second.cells], axis=1)

    def compute(weights: Floats) -> Floats:
        tables = weights @ cells
        found: Floats = balanced_accuracy(tables[..., 6:]) - balanced_accuracy(tables[..., :6])
        return found

    value = float(compute(np.ones((1, len(first.said))))[0])
    return bootstrapped(value, first.draws(compute, value), len(first.said))


def differences(record: Recorded, pairs: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """Return named differences in balanced accuracy: (name, second, first)."""
    samples = {name: sample_of(record.truths, said) for name, said in record.said.items()}
    return {name: difference(samples[first], samples[second]).to_json() for name, second, first in pairs}


def items_figures(record: Recorded, best: str) -> dict[str, Any]:
    """Return the figures of all judges of a record, the panel among them, and how the seats' errors go together."""
    seats = replace(record, said={name: said for name, said in record.said.items() if name != "panel"})
    together = score_panel(seats)
    assert together is not None
    labels = [truth.accept for truth in record.truths.values()]
    return {
        "items": len(labels),
        "right": sum(labels),
        "tasks": len({truth.cluster for truth in record.truths.values()}),
        "judges": {name: judge_figures(sample_of(record.truths, said)) for name, said in record.said.items()},
        "best_seat": best,
        "differences": differences(record, [("panel - best seat", "panel", best)]),
        "errors": {
            key: value
            for key, value in together.to_json().items()
            if key.startswith(("mean_error_correlation", "effective_votes"))
        },
    }


# ---------------------------------------------------------------------------------------------- the held part


async def held_part(trial: Trial, reference: Reference) -> dict[str, Any]:
    """Return the figures on the anchor's held part, and the anchor's own beside them."""
    asked = await trial.ask(REVIEWS, "test")
    found = items_figures(reference.record(asked), reference.best)
    return {
        "suite": REVIEWS,
        "suite_hash": asked.suite.hash,
        "pool": "test",
        **found,
        "anchor": {"items": len(reference.anchor.heard), "judges": reference.judges},
        "rubric": await rubric_weights(trial, asked),
    }


async def rubric_weights(trial: Trial, asked: Asked) -> dict[str, Any]:
    """Refine the panel's rubric again on its train items, as it was made, and try each weighting on the asked items."""
    seat = next(seat for seat in asked.panel.spec.seats if seat.kind == "rubric")
    shipped = load_rubric(asked.folder / seat.target)
    train = list(asked.suite.names("train"))
    if trial.quick:
        tasks = list(dict.fromkeys(asked.suite.item(name).task for name in train))[: 2 * QUICK_TASKS]
        train = [name for name in train if asked.suite.item(name).task in tasks]
    async with bench(trial.sandbox, trial.workers, allow_unsafe=trial.allow_unsafe) as at:
        labelled = [_labelled(asked.suite, name) for name in (*train, *asked.heard)]
        exhibits = await study.gather(Probe(at.sandboxes, at.profile), labelled, trial.workers, shipped.source.seed)
    learnt, held = exhibits[: len(train)], exhibits[len(train) :]
    fitted = study.fit(learnt, find_preset(shipped.preset), "both", shipped.source.seed)
    again = study.write_up(fitted, shipped.name, shipped.source)
    record = replace(asked.recorded(), said={name: _weighed(fitted, name, held) for name in WEIGHTINGS})
    return {
        "predicates": len(fitted.predicates),
        "equals_the_shipped_rubric": again.version == shipped.version,
        "weightings": {n: judge_figures(sample_of(record.truths, said)) for n, said in record.said.items()},
        "differences": differences(record, [(f"{name} - uniform", name, "uniform") for name in WEIGHTINGS[1:]]),
    }


def _labelled(suite: JudgingSuite, name: str) -> study.Labelled:
    item = suite.item(name)
    case = JudgeCase(item.task, item.instruction, item.environment, item.artifact)
    return study.Labelled(name, case, suite.label(name) is Verdict.ACCEPT)


def _weighed(fitted: study.Fitted, weighting: str, exhibits: Sequence[Any]) -> dict[str, Said]:
    said = {}
    for exhibit in exhibits:
        cast = cast_votes(BoundGrader(), fitted.predicates, exhibit.facts)
        score = weighted(fitted.weights[weighting].tolist(), cast)
        verdict = Verdict.ACCEPT if fitted.accepts(weighting, cast) else Verdict.REJECT
        said[exhibit.name] = Said(Verdict.ABSTAIN if score is None else verdict, score or 0.0)
    return said


# ---------------------------------------------------------------------------------------------- ranking

RULE = (
    "both: the candidates with the highest share of visible tests passed come first, the judges' score decides among "
    "them; the same below them. Judges' score: the mean of the deciding seats' scores."
)
COMPARED = (
    ("both - tests", "both", "tests"),
    ("both - panel", "both", "panel"),
    ("panel - tests", "panel", "tests"),
    ("tests - random", "tests", "random"),
    ("panel - random", "panel", "random"),
    ("tests, then best seat - tests", "tests, then best seat", "tests"),
)


async def ranking(trial: Trial, reference: Reference) -> dict[str, Any]:
    """Rank candidate patches for the validation tasks of `repair`, and for the programs of the reviews' held part."""
    suite = load_suite(shipped_root() / "tasks" / "repair")
    assert suite.kind == "solving"
    most = QUICK_TASKS if trial.quick else None
    validation = [suite.folders[name] for name in suite.names("validation")[:most]]
    held = write_held(trial.scratch / "held-programs", most)
    return {
        "rule": RULE,
        "best_seat": reference.best,
        "validation": await ranked_pools(trial, reference, "validation", validation),
        "held": await ranked_pools(trial, reference, "held", held),
    }


async def ranked_pools(trial: Trial, reference: Reference, name: str, folders: Sequence[Path]) -> dict[str, Any]:
    """Rank the pools of candidate patches for these task folders."""
    tasks = {folder.name: load_task(folder) for folder in folders}
    pools = {folder.name: find_pool(folder) for folder in folders}
    if trial.quick:
        pools = {task: replace(pool, texts=[*pool.texts[:3], *pool.texts[-2:]]) for task, pool in pools.items()}
    async with bench(trial.sandbox, trial.workers, allow_unsafe=trial.allow_unsafe) as at:
        found = [c for task, pool in pools.items() for c in await at.label(tasks[task], pool.texts)]
    asked = await trial.ask(str(write_items(trial.scratch / f"patches-{name}", tasks, found)))
    return {
        "searched": {task: {"plausible": pool.plausible, "failed": pool.failed} for task, pool in pools.items()},
        "accepts_what_fails_a_visible_test": _accepts_failing(reference.record(asked), found),
        **ranked(found, rankings(found, asked, reference.best)),
    }


def rankings(found: Sequence[Candidate], asked: Asked, best: str) -> dict[str, dict[str, Key]]:
    """Return each ranking's keys by candidate."""
    spec = asked.panel.spec
    judged = {
        name: aggregate(heard.opinions, "mean", spec.threshold, None, spec.unsupported_weight).score
        for name, heard in asked.heard.items()
    }
    seat = {name: heard.opinions[best].score for name, heard in asked.heard.items()}
    # Sums of equal votes may differ in the last place; ties must be ties.
    tests, panel, alone = (
        {c.id: round(score(c), 9) for c in found}
        for score in (lambda c: c.visible, lambda c: judged[c.id], lambda c: seat[c.id])
    )
    return {
        "random": {c.id: () for c in found},
        "tests": {c.id: (tests[c.id],) for c in found},
        "panel": {c.id: (panel[c.id],) for c in found},
        "both": {c.id: (tests[c.id], panel[c.id]) for c in found},
        "best seat": {c.id: (alone[c.id],) for c in found},
        "tests, then best seat": {c.id: (tests[c.id], alone[c.id]) for c in found},
    }


def ranked(found: Sequence[Candidate], keys: Mapping[str, Mapping[str, Key]]) -> dict[str, Any]:
    """Return how often each ranking's first is right, also of k drawn candidates, paired differences, and the bounds."""
    pools: dict[str, list[Candidate]] = {}
    for candidate in found:
        pools.setdefault(candidate.task, []).append(candidate)
    # Where plausible ones are all right or all wrong, nothing that goes by tests first has a choice.
    open_tasks = [t for t, pool in pools.items() if len({c.right for c in pool if c.plausible}) > 1]
    return {
        "tasks": len(pools),
        "candidates": len(found),
        "plausible": sum(c.plausible for c in found),
        "right": sum(c.right for c in found),
        "tasks_with_a_right_one": sum(any(c.right for c in pool) for pool in pools.values()),
        "all_tasks": _rates(list(pools.values()), keys),
        "tasks_with_a_choice": _rates([pools[name] for name in open_tasks], keys) if open_tasks else None,
    }


def _rates(pools: Sequence[Sequence[Candidate]], keys: Mapping[str, Mapping[str, Key]]) -> dict[str, Any]:
    labels = [[c.right for c in pool] for pool in pools]

    def values(name: str, k: int) -> list[float]:
        return [best_of([keys[name][c.id] for c in pool], right, k) for pool, right in zip(pools, labels, strict=True)]

    first = {name: values(name, max(map(len, pools))) for name in keys}
    return {
        "tasks": len(pools),
        "first": {name: over_tasks(found).to_json() for name, found in first.items()},
        "any": over_tasks([float(any(right)) for right in labels]).to_json(),
        "first of k": {name: {str(k): over_tasks(values(name, k)).to_json() for k in DRAWN} for name in keys},
        "any of k": {str(k): over_tasks([any_of(right, k) for right in labels]).to_json() for k in DRAWN},
        "differences": {name: _paired(first[one], first[two]) for name, one, two in COMPARED},
    }


def _paired(one: Sequence[float], two: Sequence[float]) -> dict[str, Any]:
    gains = [round(a - b, 9) for a, b in zip(one, two, strict=True)]
    signs = Counter(int(np.sign(gain)) for gain in gains)
    return {**over_tasks(gains).to_json(), "better": signs[1], "worse": signs[-1], "equal": signs[0]}


def _accepts_failing(record: Recorded, found: Sequence[Candidate]) -> dict[str, Any]:
    """Return how often each judge accepts what fails a visible test: one that runs the tests never does."""
    failing = {c.id for c in found if not c.plausible}
    if not failing:
        return {}
    return {
        name: judge_figures(sample_of(record.truths, {key: word for key, word in said.items() if key in failing}))["accepts"]
        for name, said in record.said.items()
    }  # fmt: skip


# ---------------------------------------------------------------------------------------------- CodeGen samples


async def samples(trial: Trial, reference: Reference, data: Path) -> dict[str, Any]:
    """Ask the panel about CodeGen's programs: those that pass the base tests, and all.

    A judge of patches is shown the program before the change. There is none, so the prompt stands for it, a function
    without a body; what seats do without any is told as well.
    """
    problems, without_tests = read_problems(data / "humaneval_family")
    problems = problems[: QUICK_TASKS if trial.quick else None]
    imported = import_tasks(problems, trial.scratch / "codegen")
    suite = load_suite(imported.suite)
    assert suite.kind == "solving"
    kept = [problem for problem in problems if problem.name in imported.tasks]
    texts = {p.name: p.programs[: QUICK_ITEMS if trial.quick else None] for p in kept}
    tasks = {name: suite.task(name) for name in texts}
    async with bench(trial.sandbox, trial.workers, allow_unsafe=trial.allow_unsafe) as at:
        found = {name: await at.label(tasks[name], programs) for name, programs in texts.items()}
    passing = [c for row in found.values() for c in row if c.plausible]
    drawn = [c for row in found.values() for c in row[:ALL_SAMPLES]]
    asked_about = list({c.id: c for c in (*passing, *drawn)}.values())
    result: dict[str, Any] = {
        "tasks": [problem.tests.task_id for problem in kept],
        "rows_of_samples_without_tests": without_tests,
        "samples": sum(len(problem.row.samples) for problem in kept),
        "distinct": sum(map(len, texts.values())),
        "not_python": sum(syntax(text) is None for programs in texts.values() for text in programs),
        "pass_base": len(passing),
        "pass_base_fail_plus": sum(not c.right for c in passing),
        "drawn_of_each_task": ALL_SAMPLES,
    }
    place = write_items(trial.scratch / "prompt-as-original", tasks, asked_about)
    asked = await trial.ask(str(place))
    record = reference.record(asked)
    bare = write_items(trial.scratch / "no-original", tasks, asked_about, original=False)
    unaided = reference.record(await trial.ask(str(bare)))
    judges = {name: judge_figures(sample_of(unaided.truths, said)) for name, said in unaided.said.items()}
    return {
        **result,
        "pass_base_items": items_figures(_only(record, passing), reference.best),
        "all_items": items_figures(_only(record, drawn), reference.best),
        "ranking": ranked(drawn, rankings(drawn, asked, reference.best)),
        "without_the_prompt_as_original": {
            "items": len(asked_about),
            "judges": {name: {key: found[key] for key in ("accepts", "abstains")} for name, found in judges.items()},
        },
    }


def _only(record: Recorded, candidates: Sequence[Candidate]) -> Recorded:
    names = {candidate.id for candidate in candidates}
    said = {judge: {n: word for n, word in words.items() if n in names} for judge, words in record.said.items()}
    return replace(record, truths={n: truth for n, truth in record.truths.items() if n in names}, said=said)


# ---------------------------------------------------------------------------------------------- the whole


async def measure(options: Any) -> dict[str, Any]:
    """Measure the parts that are asked for."""
    with tempfile.TemporaryDirectory() as scratch:
        trial = Trial(Path(scratch), options.sandbox, options.workers, options.allow_unsafe, options.quick)
        result: dict[str, Any] = {"quick": trial.quick}
        started = time.monotonic()
        reference = await Reference.measured(trial)
        spec = reference.anchor.panel.spec
        result["panel"] = {
            "name": spec.name,
            "hash": reference.anchor.panel.hash,
            "seats": {seat.name: seat.judge for seat in spec.seats},
            "aggregation": spec.aggregation,
            "threshold": spec.threshold,
        }
        parts = {
            "held": lambda: held_part(trial, reference),
            "ranking": lambda: ranking(trial, reference),
            "samples": lambda: samples(trial, reference, options.data),
        }
        for name in options.parts:
            result[name] = await parts[name]()
        return {**result, "workers": trial.workers, "wall_s": round(time.monotonic() - started)}


def _tell(what: str) -> Any:
    def tell(done: int, total: int) -> None:
        if done == total or done % 50 == 0:
            print(f"{what}: {done} of {total} judged", file=sys.stderr)

    return tell


def main() -> None:
    options = common.parser(__doc__)
    options.add_argument(
        "--parts", nargs="+", default=["held", "ranking", "samples"], choices=["held", "ranking", "samples"]
    )
    options.add_argument("--quick", action="store_true", help="a few items of each part: a look, no figures")
    options.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options.add_argument("--sandbox", default="auto")
    options.add_argument("--allow-unsafe", action="store_true", help="let `process` run candidates and samples")
    chosen = options.parse_args()
    if "samples" in chosen.parts and "RQGM_DATA" not in os.environ:
        options.error("RQGM_DATA is not set: it names the folder of the public data; or leave `samples` out of --parts")
    chosen.data = Path(os.environ.get("RQGM_DATA", ""))
    common.report(asyncio.run(measure(chosen)), chosen.out)


if __name__ == "__main__":
    main()
