"""Does talking pay? Every policy on identical drafts: teams of coders, panels of reviewers, and recorded answers.

``python benchmarks/nexa.py train --folder FOLDER`` records the train and validation pools of both live environments,
trains `gated` on them together and on each alone, into FOLDER. Recorded is every second answer of which only drafts are
heard, three of those before it at most, where no draft of a team is proven; trainings draw among plans that are made of
these, and can be made again from the recordings by `rqgm nexa train`. On recorded answers, where a second round costs nothing
because it is modelled, it trains `gated` once more, and `nexa-paper` and `edge-logits` with the paper's trainer.
``python benchmarks/nexa.py measure --folder FOLDER --out benchmarks/results/nexa.json`` plays all of them, and those that
do not learn, on the test pools: other programs than any that was trained on. Second answers are made for real, in
sandboxes; on the recorded answers they are modelled by stated rates. What was not trained into FOLDER is left out, but
what ships. Parts are measured together or one by one into the same file: ``--parts sizes --limit 32`` for teams and panels of
other sizes, ``--parts minilm`` for another embedder, ``--parts folds`` (minutes, no sandbox) for trainings on two thirds of
the programs that ship, measured on the third.

Teams work on the programs of `repair` with the faults that they have and with others, one and two at a time
(`variants.py`); panels review patches: those of `repair-reviews`, and what teams answered (`patches.py`). What is measured
is on the programs of the test pool, with faults of another draw. All of one program are a group, and intervals are over
groups. Training takes about an hour on 2 cores, measuring as long.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import common
import numpy as np
from patches import patches
from variants import SUITE, variants

from rqgm.orchestration.calls import all_of
from rqgm.orchestration.embeddings import open_embedder
from rqgm.orchestration.evaluation import compare, evaluate, random_like
from rqgm.orchestration.plays import Plays
from rqgm.orchestration.policies.edge_logits import EdgeLogits
from rqgm.orchestration.policies.gated import MOST_PARENTS, Gated
from rqgm.orchestration.policies.nexa_paper import NexaPaper
from rqgm.orchestration.policy import SHIPPED, open_policy
from rqgm.orchestration.ranking import ranked
from rqgm.orchestration.recorded_answers import read_recorded
from rqgm.orchestration.recordings import Recording
from rqgm.orchestration.training.card import make_card
from rqgm.orchestration.training.settings import make_settings
from rqgm.orchestration.training.trainer import train
from rqgm.orchestration.weights import load_weights, save_weights
from rqgm.run.rehearsals import RehearsalRequest, rehearsal
from rqgm.tasks.suite import load_suite
from rqgm.tasks.teams import RULE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence

    from rqgm.orchestration.policies.learned import Learned
    from rqgm.orchestration.policy import Policy
    from rqgm.orchestration.recorded_answers import RecordedAnswers
    from rqgm.orchestration.training.trainer import Step

JUDGES = SUITE.parents[1] / "judges"
AGENTS = 5
MEMBER_STEPS = 80_000
TARGET_SHARE = 0.35
"""Of our own trainer: extra calls per item in each environment, as part of those that everybody talking takes."""
LEARNING, MEASURING = ("train", "validation"), ("test",)
VARIANTS = {
    LEARNING: ((LEARNING, 1, {1: 3, 2: 3}), (("train",), 4, {1: 7, 2: 7})),
    MEASURING: ((MEASURING, 6, {1: 3, 2: 3}),),
}
"""Of whose programs variants are made, by which seed their faults are drawn; by how many faults, how many of each.

Patches for reviewers are made of what teams answer to them. Seeds 2, 3 and 5 were measured on before."""
JUDGE_STEPS = 200_000
OTHER_SIZES = (3, 8, 15)
FOLDS = 3
"""Of the programs of train and validation, for --parts folds."""
RECORDINGS = {"team": "coders.jsonl.zst", "panel": "reviewers.jsonl.zst"}
"""What they were trained on, which ships as well."""
WEIGHTS = {"gated": SHIPPED / "gated.safetensors", "gated-panel": JUDGES / "review-team" / "gated.safetensors"}
OWN = {"team": "gated", "panel": "gated-panel"}
"""What was trained on an environment alone."""
FIXED = ("parallel", "again", "full", "chain", "star", "debate(1)", "self-org(0.5)", "self-org(0.8)")
KINDS: dict[str, type[Learned]] = {"gated": Gated, "nexa-paper": NexaPaper, "edge-logits": EdgeLogits}
TRAININGS = {
    "gated": ("gated", "default", ("team",)),
    "gated-panel": ("gated", "default", ("panel",)),
    "gated-both": ("gated", "default", ("team", "panel")),
    "gated-answers": ("gated", "default", ("answers-10",)),
    "nexa-paper": ("nexa-paper", "paper", ("answers-10",)),
    "edge-logits-5": ("edge-logits", "paper", ("answers-5",)),
    "edge-logits-10": ("edge-logits", "paper", ("answers-10",)),
}
"""Name of the weights → policy, preset, environments trained on; teams and panels of five. The first two ship."""
ANSWERS = ("gsm", "math-l5", "mmlu-pro")


def suites(environment: str, options: Any, pools: tuple[str, ...]) -> tuple[str, ...]:
    """Return the suites that are rehearsed; what is not on the shelf is written into the folder."""
    made: dict[int, list[Path]] = {}
    for own, seed, counts in VARIANTS[pools]:
        names = [name for pool in own for name in load_suite(SUITE).names(pool)]
        for faults, count in counts.items():
            place = options.folder / f"variants-{faults}-{seed}"
            if not place.exists():
                variants(names, count, faults, seed, place)
            made.setdefault(seed, []).append(place)
    shelf = ("repair",) if pools == LEARNING else ()
    if environment == "team":
        return (*shelf, *(str(place) for places in made.values() for place in places))
    reviewed = []
    for number, (seed, places) in enumerate(made.items()):
        place = options.folder / f"patches-{seed}"
        if not place.exists():
            team = Recording.open(options.folder / f"team-{'-'.join(pools)}.jsonl.zst")
            patches(team, places if number else [SUITE, *places], seed, place)
        reviewed.append(str(place))
    return (*("repair-reviews" for _ in shelf), *reviewed)


def request(environment: str, options: Any, pools: tuple[str, ...], agents: int = AGENTS) -> RehearsalRequest:
    """Return how an environment is rehearsed by so many agents; a member's steps do not depend on how many there are."""
    return RehearsalRequest(
        suites=suites(environment, options, pools),
        agents=agents,
        steps=MEMBER_STEPS * agents if environment == "team" else JUDGE_STEPS,
        seed=options.seed,
        limit=options.limit,
        pools=pools,
        sandbox=options.sandbox,
        workers=options.workers,
    )


@asynccontextmanager
async def recorded(asked: RehearsalRequest, place: Path) -> AsyncIterator[Recording]:
    """Give a live environment that is recorded, into the file `place`."""
    async with rehearsal(asked) as live:
        recording = Recording.record(live, live.made_of)
        recording.save(place)  # the drafts: patches are made of them
        try:
            yield recording
        finally:
            recording.save(place)


def told_of(weights: str) -> Callable[[Step], None]:
    """Return what shows on standard error how a training goes on."""

    def tell(step: Step) -> None:
        if step.validation is not None:
            print(weights, step.seed, step.update, round(step.validation, 3), round(step.calls, 2), file=sys.stderr)

    return tell


async def train_all(options: Any) -> dict[str, Any]:
    """Train what is chosen of TRAININGS; return what came of each."""
    chosen = {name: told for name, told in TRAININGS.items() if not options.only or name in options.only}
    wanted = {environment: None for _, _, environments in chosen.values() for environment in environments}
    embedder, found = open_embedder(options.embedder), {}
    recordings = {name: await opened(name, options) for name in wanted}
    plays = {name: Plays(recording, embedder) for name, recording in recordings.items()}
    for weights, (kind, preset, environments) in chosen.items():
        used = [plays[name] for name in environments]
        target = TARGET_SHARE * (len(used[0].episodes("train")[0].replies) - 1)
        own = {"restarts": options.restarts, "updates": options.updates, "target_calls": target}
        settings = make_settings(preset, **own if preset == "default" else {})
        trained = await train(used, kind, settings, options.seed, told_of(weights))
        rows: Mapping[str, Policy] = {trained.policy.name: trained.policy}
        tables = [await evaluate(one, rows, "validation", unknown_changes_nothing=True) for one in used]
        about = {"preset": preset, "embedder": options.embedder, "agents": AGENTS}
        card = make_card(trained, [recordings[name] for name in environments], tables, about)
        save_weights(options.folder / weights, trained.policy.weights, card)
        found[weights] = {
            "update": trained.update,
            "seed": trained.seed,
            "updates": sum(step.update > 0 for step in trained.history),
            "validation": [table.to_json() for table in tables],
        }
    return found


def place_of(environment: str, options: Any) -> Path:
    """Return where the recording lies that policies are trained on."""
    place: Path = options.folder / f"{environment}-{'-'.join(LEARNING)}.jsonl.zst"
    return place


async def opened(environment: str, options: Any) -> Recording:
    """Return an environment to train on; a live one is recorded first, if it was not yet."""
    if environment not in RECORDINGS:
        return Recording.record(answers(ANSWERS, int(environment.removeprefix("answers-")), options))
    place = place_of(environment, options)
    if not place.is_file():
        unfinished = place.with_name(f"{environment}-unfinished.jsonl.zst")
        async with recorded(request(environment, options, LEARNING), unfinished) as made:
            await ask_all(made, options)
        unfinished.rename(place)
    return Recording.open(place)


async def ask_all(recording: Recording, options: Any) -> None:
    """Ask for every second answer of which only drafts are heard, and on validation for those of `again` and `full`.

    In teams, whose answers are proven by evidence, only where none is.
    """
    plays = Plays(recording, open_embedder(options.embedder))
    compared = [open_policy(name) for name in ("again", "full")]
    works: list[Coroutine[Any, Any, Any]] = []
    for pool in LEARNING:
        for episode in plays.episodes(pool):
            known = plays.features(episode)
            if pool == "validation":
                works += [plays.ending(episode, policy.plan(known)) for policy in compared]
            if recording.rule == RULE and np.nanmax([*known.evidence, 0.0]) == 1:
                continue
            drafts = [(agent, episode.replies[agent]) for agent in ranked(known)]
            for place, (agent, own) in enumerate(drafts):
                heard = [some for count in range(MOST_PARENTS + 1) for some in combinations(drafts[:place], count)]
                works += [recording.revise(episode, agent, own, dict(some)) for some in heard]
    await all_of(works)


def answers(tasks: Sequence[str], agents: int, options: Any) -> RecordedAnswers:
    """Return recorded answers to questions of these tasks; ends the script without $RQGM_DATA."""
    folder = os.environ.get("RQGM_DATA") or sys.exit("RQGM_DATA: name the folder that holds multi_model_answers")
    return read_recorded(Path(folder) / "multi_model_answers", tasks=tasks, agents=agents, seed=options.seed)


def learned(options: Any, weights: str) -> Learned | None:
    """Return a policy that was trained into the folder, else the one that ships; None if there is none."""
    path = options.folder / f"{weights}.safetensors"
    if not path.is_file():
        path = WEIGHTS.get(weights, path)
    return KINDS[TRAININGS[weights][0]](load_weights(path)[0]) if path.is_file() else None


def policies(options: Any, agents: int, drawn: Mapping[str, Policy]) -> dict[str, Policy]:
    """Return all policies of a table by name; of the learned ones those that serve so many agents."""
    found: dict[str, Policy] = {name: open_policy(name) for name in FIXED}
    found |= drawn
    for weights, (kind, _, _) in TRAININGS.items():
        policy = learned(options, weights)
        if policy is not None and (kind != "edge-logits" or weights == f"edge-logits-{agents}"):
            found[weights if kind == "gated" else kind] = policy
    return found


@asynccontextmanager
async def measured(environment: str, agents: int, options: Any) -> AsyncIterator[Recording]:
    """Give the test pool of a live environment, or with --recorded what an earlier call has recorded of it."""
    name = f"{environment}-test" if agents == AGENTS else f"{environment}-test-{agents}"
    place = options.folder / f"{name}.jsonl.zst"
    if options.recorded:
        yield Recording.open(place)
        return
    async with recorded(request(environment, options, MEASURING, agents), place) as recording:
        yield recording


async def measure_live(environment: str, agents: int, options: Any) -> dict[str, Any]:
    """Return the table of one live environment's test pool, for teams or panels of so many."""
    embedder = open_embedder(options.embedder)
    drawn: dict[str, Policy] = {}
    like = learned(options, OWN[environment])
    if like is not None and agents == AGENTS:
        own = place_of(environment, options)
        trained_on = Plays(Recording.open(own if own.is_file() else SHIPPED / RECORDINGS[environment]), embedder)
        drawn[f"random (as dense as {OWN[environment]})"] = random_like(like, [trained_on])
    async with measured(environment, agents, options) as recording:
        plays = Plays(recording, embedder)
        rows = policies(options, agents, drawn) if agents == AGENTS else of_any_size(environment, options)
        table = await evaluate(plays, rows, "test", leave_out=options.recorded)
        found = table.to_json() | {"agents": agents}
        return found | {"sha256": recording.sha256, "made_of": recording.header.made_of}


async def with_size(
    tables: Sequence[Mapping[str, Any]], environment: str, agents: int, options: Any
) -> list[Mapping[str, Any]]:
    """Return the tables of other sizes with this one in them, measured now."""
    kept = [one for one in tables if (one["environment"].split()[0], one["agents"]) != (environment, agents)]
    return [*kept, await measure_live(environment, agents, options)]


def of_any_size(environment: str, options: Any) -> dict[str, Policy]:
    """Return what teams and panels of other sizes are measured with: what was trained on five of them, and what bounds it."""
    found: dict[str, Policy] = {name: open_policy(name) for name in ("parallel", "again", "full")}
    gated = learned(options, OWN[environment])
    return found if gated is None else found | {OWN[environment]: gated}


async def by_minilm(environment: str, options: Any) -> dict[str, Any]:
    """Return how the learned gates of a live environment do when MiniLM embeds what they were trained on by hashing.

    Beside it stands what they do by hashing on the same items, for --limit may leave some out.
    """
    learnt = {name: learned(options, name) for name in (OWN[environment], "gated-both")}
    rows: dict[str, Policy] = {name: one for name, one in learnt.items() if one is not None}
    async with rehearsal(request(environment, options, MEASURING)) as live:
        recording = Recording.record(live, live.made_of)
        by = {name: Plays(recording, open_embedder(name)) for name in ("minilm", options.embedder)}
        tables = {name: (await evaluate(plays, rows, "test")).to_json() for name, plays in by.items()}
        return tables["minilm"] | {"hashing": tables[options.embedder]["rows"]}


async def more_steps(options: Any) -> dict[str, Any]:
    """Return the control: nobody talks, and every member may do twice the work from the start."""
    asked = replace(request("team", options, MEASURING), steps=2 * MEMBER_STEPS * AGENTS)
    async with rehearsal(asked) as live:
        plays = Plays(Recording.record(live, live.made_of), open_embedder(options.embedder))
        table = await evaluate(plays, {"parallel, twice the steps": open_policy("parallel")}, "test")
        return table.to_json() | {"steps": asked.steps}


async def by_folds(environment: str, options: Any) -> dict[str, Any]:
    """Return how a training does on programs that were left out of it: three folds of those of train and validation.

    Of the others two fifths are its validation pool. Recorded, so that it takes minutes; measured are the plans of
    `gated` against nobody talking, each item once, with the same budget and a single restart.
    """
    recording = Recording.open(SHIPPED / RECORDINGS[environment])
    groups = sorted({episode.group for pool in LEARNING for episode in recording.episodes(pool)})
    random.Random(options.seed).shuffle(groups)
    settings = make_settings(updates=options.updates, target_calls=TARGET_SHARE * (AGENTS - 1))
    silent, talking, of, calls = [], [], [], []
    for fold in range(FOLDS):
        held = groups[fold::FOLDS]
        rest = [group for group in groups if group not in held]
        pools = dict.fromkeys(rest, "train") | dict.fromkeys(rest[: 2 * len(rest) // 5], "validation")
        plays = Plays(recording.divided(pools | dict.fromkeys(held, "test")), open_embedder(options.embedder))
        trained = await train([plays], "gated", settings, options.seed)
        for episode in plays.episodes("test"):
            plan = trained.policy.plan(plays.features(episode))
            ending = await plays.known_ending(episode, plan) or await plays.fruitless(episode, plan)
            silent.append((await plays.parallel(episode)).right)
            talking.append(ending.right)
            calls.append(plan.extra_calls)
            of.append(episode.group)
    found = asdict(compare(silent, talking, of))
    return {
        "environment": recording.name,
        "items": len(of),
        "groups": len(groups),
        "folds": FOLDS,
        "over_parallel": found,
        "extra_calls": float(np.mean(calls)),
    }


async def measure_answers(options: Any) -> list[dict[str, Any]]:
    """Return a table for each set of recorded answers, if there are any."""
    tables = []
    for task in ANSWERS if "RQGM_DATA" in os.environ else ():
        plays = Plays(Recording.record(answers([task], 10, options)), open_embedder(options.embedder))
        gated = learned(options, "gated")
        drawn: dict[str, Policy] = {}
        if gated is not None:
            drawn["random (as dense as gated)"] = random_like(gated, [plays])
        tables.append(
            (await evaluate(plays, policies(options, 10, drawn), "test")).to_json() | {"task": task, "agents": 10}
        )
    return tables


async def measure(options: Any) -> dict[str, Any]:
    """Measure what is named by --parts, and keep what an earlier call has measured of the rest."""
    if (
        "sizes" in options.parts
        and "live" not in options.parts
        and not (options.folder / "team-test.jsonl.zst").is_file()
    ):
        sys.exit("sizes: panels review what teams of five answered: measure --parts live into this folder first")
    found = json.loads(options.out.read_text()) if options.out and options.out.exists() else {}
    found.pop("machine", None)
    if "minilm" in options.parts and "live" not in options.parts and "live" not in found:
        sys.exit("minilm: it stands beside what hashing does: measure --parts live into the same --out first")
    if "live" in options.parts:
        found["live"] = [await measure_live(name, AGENTS, options) for name in RECORDINGS]
    if "control" in options.parts:
        found["control"] = await more_steps(options)
    if "sizes" in options.parts:
        for name in RECORDINGS:
            for agents in options.sizes:
                found["sizes"] = await with_size(found.get("sizes", []), name, agents, options)
                if options.out:
                    common.report(found, options.out, quiet=True)
    if "minilm" in options.parts:
        for table, name in zip(found["live"], RECORDINGS, strict=True):
            table["minilm"] = await by_minilm(name, options)
    if "folds" in options.parts:
        found["folds"] = [await by_folds(name, options) for name in RECORDINGS]
    if "answers" in options.parts:
        found["answers"] = await measure_answers(options)
    return found | {"embedder": options.embedder}


PARTS = ("live", "control", "sizes", "folds", "answers")


def main() -> None:
    options = common.parser(__doc__)
    options.add_argument("what", choices=("train", "measure"))
    options.add_argument("--folder", type=Path, required=True, help="recordings, variants and trained weights")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--restarts", type=int, default=3, help="trainings of which the best on validation is kept")
    options.add_argument("--limit", type=int, help="so many items of each pool and suite")
    options.add_argument("--updates", type=int, help="of our own trainer, at most")
    options.add_argument("--embedder", default="hashing")
    options.add_argument(
        "--recorded", action="store_true", help="measure again on what was recorded, without sandboxes"
    )
    options.add_argument(
        "--sizes", nargs="+", type=int, default=OTHER_SIZES, help="of teams and panels, in --parts sizes"
    )
    options.add_argument("--sandbox", default="auto")
    options.add_argument("--workers", type=int)
    options.add_argument("--only", nargs="+", choices=list(TRAININGS), help="train only these")
    options.add_argument(
        "--parts", nargs="+", default=PARTS, choices=(*PARTS, "minilm"), help="minilm: by the extra [embeddings]"
    )
    chosen = options.parse_args()
    chosen.folder = chosen.folder.resolve()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    work = train_all if chosen.what == "train" else measure
    common.report(asyncio.run(work(chosen)), chosen.out)


if __name__ == "__main__":
    main()
