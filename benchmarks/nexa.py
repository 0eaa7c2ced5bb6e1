"""Does talking pay? Every policy on identical drafts: teams of coders, panels of reviewers, and recorded answers.

``python benchmarks/nexa.py train --folder FOLDER`` records the train and validation pools of both live environments,
trains `gated` on them together and on each alone, and the paper's policies with the paper's trainer, into FOLDER.
``python benchmarks/nexa.py measure --folder FOLDER --out benchmarks/results/nexa.json`` plays all of them, and those that
do not learn, on the test pools: other programs than any that was trained on. Second answers are made for real, in
sandboxes; on the recorded answers they are modelled by stated rates. What was not trained into FOLDER is left out, but
`gated`, which then is the one that ships: the committed result has that one.

Teams work on the 106 programs of `repair` and on variants of them with one and two other faults (`variants.py`); all of
one program are a group, and intervals are over groups. Training takes about an hour on 2 cores, measuring as long.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import common
from variants import variants

from rqgm.orchestration.calls import all_of
from rqgm.orchestration.embeddings import open_embedder
from rqgm.orchestration.evaluation import compare, evaluate, random_like, rate
from rqgm.orchestration.features import features
from rqgm.orchestration.plays import Plays
from rqgm.orchestration.policies.edge_logits import EdgeLogits
from rqgm.orchestration.policies.gated import Gated
from rqgm.orchestration.policies.nexa_paper import NexaPaper
from rqgm.orchestration.policy import SHIPPED, open_policy
from rqgm.orchestration.propagation import no_evidence_lost
from rqgm.orchestration.recorded_answers import read_recorded
from rqgm.orchestration.recordings import Recording
from rqgm.orchestration.selection import choose
from rqgm.orchestration.training.card import make_card
from rqgm.orchestration.training.settings import make_settings
from rqgm.orchestration.training.trainer import train
from rqgm.orchestration.weights import load_weights, save_weights
from rqgm.run.rehearsals import RehearsalRequest, rehearsal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from rqgm.orchestration.embeddings import Embedder
    from rqgm.orchestration.policies.learned import Learned
    from rqgm.orchestration.policy import Policy
    from rqgm.orchestration.training.trainer import Step

AGENTS = 5
MEMBER_STEPS = 80_000
TARGET_CALLS = 1.5
"""Of our own trainer: extra calls per item, of the four that everybody talking takes."""
JUDGE_STEPS = 200_000
OTHER_SIZES = (3, 8, 15)
RECORDINGS = {"team": "coders.jsonl.zst", "panel": "reviewers.jsonl.zst"}
"""What `gated` was trained on that ships."""
FIXED = ("parallel", "full", "chain", "star", "debate(1)", "self-org(0.5)", "self-org(0.8)")
KINDS: dict[str, type[Learned]] = {"gated": Gated, "nexa-paper": NexaPaper, "edge-logits": EdgeLogits}
TRAININGS = {
    "gated": ("gated", "default", ("team", "panel")),
    "gated-team": ("gated", "default", ("team",)),
    "gated-panel": ("gated", "default", ("panel",)),
    "nexa-paper-team": ("nexa-paper", "paper", ("team",)),
    "nexa-paper-panel": ("nexa-paper", "paper", ("panel",)),
    "edge-logits-team": ("edge-logits", "paper", ("team",)),
    "edge-logits-panel": ("edge-logits", "paper", ("panel",)),
}
"""Name of the weights → policy, preset, environments trained on; teams and panels of five."""


def suites(folder: Path) -> tuple[str, ...]:
    """Return the suites that teams work on: `repair`, and variants of it that are written into `folder`."""
    made = []
    for faults in (1, 2):
        place = folder / f"variants-{faults}"
        if not place.exists():
            variants(None, 1, faults, 1, place)
        made.append(str(place))
    return ("repair", *made)


def request(environment: str, options: Any, agents: int = AGENTS, **changes: Any) -> RehearsalRequest:
    """Return how an environment is rehearsed by so many agents; a member's steps do not depend on how many there are."""
    told = {"agents": agents, "seed": options.seed, "sandbox": options.sandbox, "workers": options.workers}
    if environment == "team":
        asked = RehearsalRequest(suites=suites(options.folder), steps=MEMBER_STEPS * agents, **told)
    else:
        asked = RehearsalRequest(suites=("repair-reviews",), steps=JUDGE_STEPS, **told)
    return replace(asked, **changes)


@asynccontextmanager
async def recorded(options: Any, asked: RehearsalRequest, name: str) -> AsyncIterator[Recording]:
    """Give a live environment that is recorded, into ``FOLDER/<name>.jsonl.zst``."""
    async with rehearsal(asked) as live:
        recording = Recording.record(live, live.made_of)
        try:
            yield recording
        finally:
            recording.save(options.folder / f"{name}.jsonl.zst")


def told_of(weights: str) -> Callable[[Step], None]:
    """Return what shows on standard error how a training goes on."""

    def tell(step: Step) -> None:
        if step.validation is not None:
            print(weights, step.seed, step.update, round(step.validation, 3), round(step.calls, 2), file=sys.stderr)

    return tell


async def train_all(options: Any) -> dict[str, Any]:
    """Train everything in TRAININGS; return what came of each."""
    embedder = open_embedder(options.embedder)
    found: dict[str, Any] = {}
    async with AsyncExitStack() as stack:
        recordings = {}
        for name in ("team", "panel"):
            asked = request(name, options, pools=("train", "validation"), limit=options.limit)
            recordings[name] = await stack.enter_async_context(recorded(options, asked, f"{name}-train"))
        plays = {name: Plays(recording, embedder) for name, recording in recordings.items()}
        for one in plays.values():  # so that a recording can tell what a card tells
            await evaluate(one, {"star": open_policy("star")}, "validation")
        for weights, (kind, preset, environments) in TRAININGS.items():
            if options.only and weights not in options.only:
                continue
            own = (
                {"restarts": options.restarts, "updates": options.updates, "target_calls": TARGET_CALLS}
                if preset == "default"
                else {}
            )
            settings = make_settings(preset, **own)
            trained = await train(
                [plays[name] for name in environments], kind, settings, options.seed, told_of(weights)
            )
            rows: Mapping[str, Policy] = {trained.policy.name: trained.policy}
            tables = [await evaluate(plays[name], rows, "validation") for name in environments]
            about = {"preset": preset, "embedder": options.embedder, "agents": AGENTS}
            card = make_card(trained, [recordings[name] for name in environments], tables, about)
            save_weights(options.folder / weights, trained.policy.weights, card)
            found[weights] = {
                "update": trained.update,
                "seed": trained.seed,
                "updates": sum(step.update > 0 for step in trained.history),
                "validation": [table.to_json() for table in tables],
            }
            for recording_name, recording in recordings.items():
                recording.save(options.folder / f"{recording_name}-train.jsonl.zst")
    return found


def learned(options: Any, weights: str) -> Learned | None:
    """Return a policy that was trained into the folder, None if it was not; of `gated` then the one that ships."""
    path = options.folder / f"{weights}.safetensors"
    if weights == "gated" and not path.is_file():
        path = SHIPPED / path.name
    return KINDS[TRAININGS[weights][0]](load_weights(path)[0]) if path.is_file() else None


def policies(environment: str, options: Any, agents: int, drawn: Mapping[str, Policy]) -> dict[str, Policy]:
    """Return all policies of a table by name; of the learned ones those that serve so many agents."""
    found: dict[str, Policy] = {name: open_policy(name) for name in FIXED}
    found |= drawn
    for weights, (kind, _, environments) in TRAININGS.items():
        if kind == "gated" or (environment in environments and (kind != "edge-logits" or agents == AGENTS)):
            policy = learned(options, weights)
            if policy is not None:
                found[weights if kind == "gated" else kind] = policy
    return found


async def measure_live(environment: str, agents: int, options: Any) -> dict[str, Any]:
    """Return the table of one live environment's test pool, for teams or panels of so many."""
    embedder = open_embedder(options.embedder)
    drawn: dict[str, Policy] = {}
    gated = learned(options, "gated")
    if gated is not None:
        own = options.folder / f"{environment}-train.jsonl.zst"
        trained_on = Plays(Recording.open(own if own.is_file() else SHIPPED / RECORDINGS[environment]), embedder)
        drawn["random (as dense as gated)"] = random_like(gated, [trained_on])
    asked = request(environment, options, agents, pools=("test",), limit=options.limit)
    if environment == "team" and agents != AGENTS:
        asked = replace(asked, suites=("repair",))  # as many items as it takes
    async with recorded(options, asked, f"{environment}-test-{agents}") as recording:
        plays = Plays(recording, embedder)
        table = await evaluate(plays, policies(environment, options, agents, drawn), "test")
        found = table.to_json() | {"agents": agents}
        if agents == AGENTS:
            found["asked_again"] = await asked_again(recording, embedder)
        return found | {"sha256": recording.sha256, "made_of": recording.header.made_of}


async def asked_again(recording: Recording, embedder: Embedder) -> dict[str, Any]:
    """Return the control: everybody answers again and hears nobody; so what is left of talking is hearing."""
    episodes = recording.episodes("test")
    before: list[bool] = []
    after: list[bool] = []
    for episode in episodes:
        new = await all_of(recording.revise(episode, agent, own, {}) for agent, own in enumerate(episode.replies))
        stands = [
            one.answer if one.answer is not None and no_evidence_lost(own, one.answer) else own
            for own, one in zip(episode.replies, new, strict=True)
        ]
        for answers, found in ((episode.replies, before), (stands, after)):
            told = features([reply.draft for reply in answers], embedder)
            found.append(answers[choose(told, recording.rule)].right)
    groups = [episode.group for episode in episodes]
    return {
        "accuracy": asdict(rate(after, groups)),
        "against_parallel": asdict(compare(before, after, groups)),
        "extra_calls": len(episodes[0].replies),
    }


async def more_steps(options: Any) -> dict[str, Any]:
    """Return the control: nobody talks, and every member may do twice the work from the start."""
    asked = replace(request("team", options, pools=("test",), limit=options.limit), steps=2 * MEMBER_STEPS * AGENTS)
    async with rehearsal(asked) as live:
        plays = Plays(Recording.record(live, live.made_of), open_embedder(options.embedder))
        table = await evaluate(plays, {"parallel, twice the steps": open_policy("parallel")}, "test")
        return table.to_json() | {"steps": asked.steps}


async def measure_answers(options: Any) -> list[dict[str, Any]]:
    """Return a table for each set of recorded answers, if there are any."""
    place = os.environ.get("RQGM_DATA")
    tables = []
    for task in ("gsm", "math-l5", "mmlu-pro") if place else ():
        live = read_recorded(Path(str(place)) / "multi_model_answers", tasks=[task], agents=10, seed=options.seed)
        plays = Plays(Recording.record(live), open_embedder(options.embedder))
        gated = learned(options, "gated")
        found: dict[str, Policy] = {name: open_policy(name) for name in FIXED}
        if gated is not None:
            found |= {"gated": gated, "random (as dense as gated)": random_like(gated, [plays])}
        tables.append((await evaluate(plays, found, "test")).to_json() | {"task": task, "agents": 10})
    return tables


async def measure(options: Any) -> dict[str, Any]:
    """Measure what is named by --parts, and keep what an earlier call has measured of the rest."""
    found = json.loads(options.out.read_text()) if options.out and options.out.exists() else {}
    found.pop("machine", None)
    if "live" in options.parts:
        found["live"] = [await measure_live(name, AGENTS, options) for name in ("team", "panel")]
    if "control" in options.parts:
        found["control"] = await more_steps(options)
    if "sizes" in options.parts:
        found["sizes"] = [
            await measure_live(name, agents, options) for name in ("team", "panel") for agents in OTHER_SIZES
        ]
    if "answers" in options.parts:
        found["answers"] = await measure_answers(options)
    return found | {"embedder": options.embedder}


PARTS = ("live", "control", "sizes", "answers")


def main() -> None:
    options = common.parser(__doc__)
    options.add_argument("what", choices=("train", "measure"))
    options.add_argument("--folder", type=Path, required=True, help="recordings, variants and trained weights")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--restarts", type=int, default=3, help="trainings of which the best on validation is kept")
    options.add_argument("--limit", type=int, help="so many items of each pool and suite")
    options.add_argument("--updates", type=int, help="of our own trainer, at most")
    options.add_argument("--embedder", default="hashing")
    options.add_argument("--sandbox", default="auto")
    options.add_argument("--workers", type=int)
    options.add_argument("--only", nargs="+", choices=list(TRAININGS), help="train only these")
    options.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS)
    chosen = options.parse_args()
    chosen.folder = chosen.folder.resolve()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    work = train_all if chosen.what == "train" else measure
    common.report(asyncio.run(work(chosen)), chosen.out)


if __name__ == "__main__":
    main()
