"""Error rates of the replacement rules: how often a seat goes to a judge that is no better, or a better one is missed.

Three parts, all on the rules of `rqgm.evolution.replacement`:

- ``decision``: one checkpoint, everybody has judged the whole anchor; challengers are equal, worse or better.
- ``run``: five checkpoints of one run; challengers arrive, are measured unevenly, and the anchor race picks and tops up
  the best-looking ones, so its selection effect is in the figures.
- ``loop``: whole runs of the real engine in the synthetic world, rules compared on equal seeds.

Judges share the items, and right answers are correlated by item difficulty: a judge of accuracy a is right on an item
when probit(a) + sqrt(rho) difficulty + sqrt(1 - rho) noise > 0, with standard normal difficulty (per item) and noise
(per judge and item); so a is its accuracy over all items that could be drawn. The vectorised rules are held against
`rqgm.evolution.replacement.choose` on a sample of every case, and the run stops if they differ.

    python benchmarks/replacement.py [--quick] [--part decision|run|loop] [--seeds N]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from scipy.special import ndtri

from rqgm.archive.run_archive import RunArchive
from rqgm.core.counts import Counts
from rqgm.core.streams import stream_seed
from rqgm.evolution.loop import Loop, LoopSettings
from rqgm.evolution.replacement import Candidate, choose, sign_test
from rqgm.evolution.settings import BudgetSettings, EndpointSettings, EpochSettings, RaceSettings, SearchSettings
from rqgm.testing.worlds import SyntheticWorker, World, begin

BASE = 0.75
GAPS = (-0.05, 0.0, 0.05, 0.10)
CHALLENGERS = (1, 5, 20)
ANCHORS = (50, 100)
RHOS = (0.0, 0.5)
RULES: dict[str, EpochSettings] = {
    "best-belief": EpochSettings(replacement="best-belief"),
    "margin": EpochSettings(replacement="margin"),
    "margin-0.05": EpochSettings(replacement="margin", margin=0.05),
    "paired": EpochSettings(replacement="paired"),
    "paired-0.3": EpochSettings(replacement="paired", delta=0.3),
    "best-belief-race-96": EpochSettings(replacement="best-belief", race=RaceSettings(target=96)),
    "margin-0.05-race-96": EpochSettings(replacement="margin", margin=0.05, race=RaceSettings(target=96)),
    "paired-race-96": EpochSettings(replacement="paired", race=RaceSettings(target=96)),
    "sketch-one-test": EpochSettings(replacement="paired", delta=0.3, race=RaceSettings(target=96)),
}
"""Those that end in race-96 top up further, so they are measured where there is a race. The sketch is not shipped: it
tests the best-looking challenger only, at delta · 6 / (π² t²), so that many challengers do not make the level small."""
NOBODY = -1
LARGEST = max(ANCHORS)
BELIEF = np.array(
    [
        [Counts(s, f).best_belief(0.05) if s + f <= LARGEST else np.nan for f in range(LARGEST + 1)]
        for s in range(LARGEST + 1)
    ]
)
SIGN = np.array(
    [[sign_test(w, x) if w + x <= LARGEST else np.nan for x in range(LARGEST + 1)] for w in range(LARGEST + 1)]
)


@dataclass
class Field:
    """Replicates × judges × items: who is right where, who has judged what; `seat` is each replicate's incumbent."""

    right: np.ndarray
    seen: np.ndarray
    present: np.ndarray
    seat: np.ndarray

    def counts(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (successes, outcomes) by replicate and judge."""
        return (self.right & self.seen).sum(-1), self.seen.sum(-1)

    def eligible(self, min_anchor: int) -> np.ndarray:
        """Return who may challenge."""
        able = self.present & (self.seen.sum(-1) >= min_anchor)
        able[np.arange(len(self.seat)), self.seat] = False
        return able


def draw(rng: np.random.Generator, accuracy: np.ndarray, items: int, rho: float) -> np.ndarray:
    """Return right or wrong, shape (replicates, judges, items), for accuracies of shape (replicates, judges)."""
    replicates, judges = accuracy.shape
    difficulty = rng.standard_normal((replicates, 1, items), dtype=np.float32)
    noise = rng.standard_normal((replicates, judges, items), dtype=np.float32)
    latent = ndtri(accuracy).astype(np.float32)[..., None]
    return latent + np.float32(rho**0.5) * difficulty + np.float32((1 - rho) ** 0.5) * noise > 0


def decide(rule: EpochSettings, field: Field, checkpoint: int, *, one_test: bool = False) -> np.ndarray:
    """Return who takes the seat in each replicate, NOBODY where the incumbent stays. Mirrors `choose`."""
    rows = np.arange(len(field.seat))
    right, judged = field.counts()
    belief = BELIEF[right, judged - right]
    able = field.eligible(rule.min_anchor)
    if rule.replacement == "paired":
        if one_test:
            able = able & (np.arange(able.shape[1]) == np.where(able, belief, -1.0).argmax(-1)[:, None])
        seat_right, seat_seen = field.right[rows, field.seat][:, None], field.seen[rows, field.seat][:, None]
        common = field.seen & seat_seen
        p = SIGN[(common & field.right & ~seat_right).sum(-1), (common & ~field.right & seat_right).sum(-1)]
        p = np.where(able, p, 2.0)
        level = rule.delta * 6 / (np.pi**2 * checkpoint**2) / np.maximum(1, able.sum(-1))
        first = p == p.min(-1, keepdims=True)
        best = np.where(first & able, belief, -1.0).argmax(-1)
        return np.where(p[rows, best] <= level, best, NOBODY)
    best = np.where(able, belief, -1.0).argmax(-1)
    lead = rule.margin if rule.replacement == "margin" else 0.0
    wins = able.any(-1) & (belief[rows, best] > belief[rows, field.seat] + lead)
    return np.where(wins, best, NOBODY)


def check(rule: EpochSettings, field: Field, checkpoint: int, chosen: np.ndarray, sample: int) -> None:
    """Hold the vectorised rule against the shipped one on the first replicates."""
    for row in range(min(sample, len(chosen))):
        candidates = [
            Candidate(
                f"judge-{j}", j, {str(i): int(field.right[row, j, i]) for i in np.flatnonzero(field.seen[row, j])}
            )
            for j in np.flatnonzero(field.present[row])
        ]
        incumbent = next(c for c in candidates if c.node == field.seat[row])
        winner = choose(rule, incumbent, candidates, checkpoint).winner
        if (winner.node if winner else NOBODY) != chosen[row]:
            raise SystemExit(f"{rule.replacement}: the vectorised rule differs from the shipped one in replicate {row}")


def race(rng: np.random.Generator, rule: EpochSettings, field: Field, cap: int) -> np.ndarray:
    """Top up as `rqgm.evolution.checkpoint.plan_race` does; return how many outcomes each replicate spent."""
    rows = np.arange(len(field.seat))
    spent = np.zeros(len(rows), dtype=int)
    rounds = max(1, rule.race.candidates.bit_length())
    shuffle = rng.random((len(rows), field.seen.shape[-1]))
    for number in range(1, rounds + 1):
        target = max(rule.min_anchor, rule.race.target >> (rounds - number))
        right, judged = field.counts()
        able = field.eligible(rule.min_anchor)
        order = np.where(able, -(1 + right) / (2 + judged), 1.0).argsort(-1, kind="stable")
        size = min(max(1, rule.race.candidates >> (number - 1)), order.shape[1])
        key = shuffle + 10.0 * ~field.seen[rows, field.seat]
        entrants = np.concatenate([field.seat[:, None], order[:, :size]], axis=1)
        for position in range(entrants.shape[1]):
            racer = entrants[:, position]
            enters = able.any(-1) if position == 0 else able[rows, racer]
            seen = field.seen[rows, racer]
            wanted = np.clip(target - judged[rows, racer], 0, seen.shape[1] - judged[rows, racer]) * enters
            wanted = np.minimum(wanted, cap - spent)
            rank = np.where(seen, np.inf, key).argsort(-1).argsort(-1)
            field.seen[rows, racer] = seen | (rank < wanted[:, None])
            spent += wanted
    return spent


def rate(hits: int, total: int) -> dict[str, Any]:
    """Return a rate with its 95 % Jeffreys interval."""
    low, high = Counts(hits, total - hits).interval()
    return {"rate": round(hits / total, 4), "interval": [round(low, 4), round(high, 4)], "of": total}


def mean(values: np.ndarray, digits: int = 4) -> dict[str, Any]:
    """Return a mean with its 95 % normal interval."""
    reach = 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5
    centre = float(values.mean())
    return {"mean": round(centre, digits), "interval": [round(centre - reach, digits), round(centre + reach, digits)]}


# ---------------------------------------------------------------------- one decision


def decisions(replicates: int, sample: int, seed: int) -> list[dict[str, Any]]:
    """Return how often each rule replaces, one checkpoint, all anchors judged by all."""
    rng = np.random.default_rng([seed, 1])
    found = []
    for items in ANCHORS:
        for rho in RHOS:
            for gap in GAPS:
                for count in CHALLENGERS:
                    accuracy = np.full((replicates, count + 1), BASE + gap)
                    accuracy[:, 0] = BASE
                    right = draw(rng, accuracy, items, rho)
                    everything = np.ones_like(right)
                    field = Field(right, everything, np.ones(accuracy.shape, bool), np.zeros(replicates, int))
                    case = {"anchor": items, "rho": rho, "gap_points": round(100 * gap), "challengers": count}
                    for name, rule in RULES.items():
                        if rule.race.target != RaceSettings().target:
                            continue
                        chosen = decide(rule, field, 1)
                        check(rule, field, 1, chosen, sample)
                        found.append(case | {"rule": name, "replaced": rate(int((chosen != NOBODY).sum()), replicates)})
    return found


# ---------------------------------------------------------------------- five checkpoints


ARRIVALS = (3, 6, 11, 18, 30)
"""Judge instances besides the first, by checkpoint: what 100·2^k outcomes and the gate's exponent 0.6 make of a run."""
CAPS = (25, 25, 50, 100, 200)
"""Outcomes that the race may spend: a quarter of the epoch, epochs ending at 100, 200, 400, 800, 1600 outcomes."""
NEW_OUTCOMES = 6.0
"""Mean anchor outcomes that a judge gains between checkpoints; geometric, because sampling prefers the promising."""


def abilities(regime: str, rng: np.random.Generator, replicates: int) -> np.ndarray:
    """Return accuracies, shape (replicates, judges); judge 0 is generation zero's."""
    judges = ARRIVALS[-1] + 1
    accuracy = np.full((replicates, judges), BASE)
    if regime == "worse":
        accuracy[:, 1:] = BASE - 0.05
    elif regime == "one-better":
        accuracy[:, 1:] = BASE - 0.05
        accuracy[:, ARRIVALS[0]] = BASE + 0.10
    elif regime == "edits":
        accuracy[:, 1:] = np.clip(BASE + rng.normal(-0.02, 0.06, (replicates, judges - 1)), 0.05, 0.97)
    return accuracy


def runs(replicates: int, sample: int, seed: int) -> list[dict[str, Any]]:
    """Return what five checkpoints of each rule come to. All rules see the same judges, items and measurements."""
    found = []
    for items in ANCHORS:
        for rho in RHOS:
            for regime in ("equal", "worse", "one-better", "edits"):
                for raced in (True, False):
                    for name in RULES:
                        rng = np.random.default_rng([seed, 2, items, int(10 * rho), len(regime)])
                        case = {"anchor": items, "rho": rho, "regime": regime, "race": raced, "rule": name}
                        found.append(case | one_run(rng, name, regime, items, rho, replicates, sample, raced=raced))
    return found


def one_run(
    rng: np.random.Generator,
    name: str,
    regime: str,
    items: int,
    rho: float,
    replicates: int,
    sample: int,
    *,
    raced: bool,
) -> dict[str, Any]:
    """Return one rule's figures over runs of five checkpoints."""
    rule, sketch = RULES[name], name.startswith("sketch")
    accuracy = abilities(regime, rng, replicates)
    right = draw(rng, accuracy, items, rho)
    order = rng.random(right.shape, dtype=np.float32).argsort(-1).argsort(-1)
    gains = rng.geometric(1 / (1 + NEW_OUTCOMES), (len(ARRIVALS), *accuracy.shape)) - 1
    races = np.random.default_rng([7, items, int(10 * rho)])
    field = Field(right, np.zeros_like(right), np.zeros(accuracy.shape, bool), np.zeros(replicates, int))
    field.present[:, 0] = True
    rows, reach = np.arange(replicates), np.zeros(accuracy.shape, int)
    no_better, changes, spent = np.zeros(replicates, int), np.zeros(replicates, int), np.zeros(replicates, int)
    for checkpoint, (arrived, cap) in enumerate(zip(ARRIVALS, CAPS, strict=True), 1):
        field.present[:, : arrived + 1] = True
        reach += np.where(field.present, gains[checkpoint - 1], 0)
        field.seen |= order < reach[..., None]
        if raced:
            spent += race(races, rule, field, cap)
        chosen = decide(rule, field, checkpoint, one_test=sketch)
        check(rule, field, checkpoint, chosen, 0 if sketch else sample)
        moved = chosen != NOBODY
        after = np.where(moved, chosen, field.seat)
        no_better += moved & (accuracy[rows, after] <= accuracy[rows, field.seat])
        changes += moved
        field.seat = after
    held = accuracy[rows, field.seat]
    best = np.where(field.present, accuracy, 0).max(-1)
    return {
        "runs_with_a_false_replacement": rate(int((no_better > 0).sum()), replicates),
        "replacements_a_run": mean(changes),
        "false_replacements_a_run": mean(no_better),
        "seat_ends_below_its_start": rate(int((held < accuracy[:, 0]).sum()), replicates),
        "best_judge_seated_at_the_end": rate(int((held == best).sum()), replicates),
        "seat_accuracy_gained_points": mean(100 * (held - accuracy[:, 0]), 2),
        "seat_accuracy_missed_points": mean(100 * (best - held), 2),
        "race_outcomes_a_run": mean(spent, 1),
    }


# ---------------------------------------------------------------------- the real engine


class CorrelatedWorker(SyntheticWorker):
    """The synthetic world with reviewers whose right answers are correlated by item difficulty."""

    rho = 0.5

    def _draw(self, probability: float, commit: str, *name: str) -> int:
        quality = self._quality(commit)
        if name[0] == "coder":
            return int(uniform(self.world.seed, quality["coder"], *name) < probability)
        difficulty = NormalDist().inv_cdf(uniform(self.world.seed, "difficulty", name[-1]))
        noise = NormalDist().inv_cdf(uniform(self.world.seed, quality["reviewer"], *name))
        return int(NormalDist().inv_cdf(probability) + self.rho**0.5 * difficulty + (1 - self.rho) ** 0.5 * noise > 0)


def uniform(seed: int, *name: object) -> float:
    """Return a draw from (0, 1) that depends on the name only."""
    return (stream_seed(seed, *(repr(part) for part in name)) + 0.5) / 2**63


LOOP_RULES = ("best-belief", "best-belief-race-96", "margin-0.05", "margin-0.05-race-96", "paired", "off")


def loop_run(job: tuple[str, int, int, int]) -> dict[str, float]:
    """Run the engine once and return what became of the seat."""
    rule, seed, outcomes, anchors = job
    world = World(tasks=40, anchors=anchors, step=0.06, seed=seed)
    epochs = (RULES[rule] if rule in RULES else EpochSettings(replacement="off")).model_copy(update={"first": 100})
    settings = LoopSettings(
        seed=seed,
        search=SearchSettings(),
        epochs=epochs,
        endpoints=EndpointSettings(),
        budget=BudgetSettings(outcomes=outcomes),
    )
    with tempfile.TemporaryDirectory() as scratch, RunArchive(Path(scratch), writer=True, create=True) as archive:
        criterion = begin(archive, world, {"coder": 0.3, "reviewer": BASE})
        asyncio.run(Loop(archive, criterion, settings, CorrelatedWorker(world, archive)).run())
        state = archive.state
        quality = [json.loads(archive.lineage.tree(node.commit)["quality.json"].data) for node in state.nodes]
    (seat,) = state.seats.values()
    made = [decision for event in state.epochs for decision in event["decisions"] if decision["replaced"]]
    steps = [quality[d["challenger"]["node"]]["reviewer"] - quality[d["incumbent"]["node"]]["reviewer"] for d in made]
    raced = sum(max(0, event["outcomes"] - round(100 * 2**k)) for k, event in enumerate(state.epochs))
    return {
        "replacements": len(steps),
        "false": sum(step <= 0 for step in steps),
        "seat": quality[seat.node]["reviewer"],
        "best": max(q["reviewer"] for q in quality),
        "coder": quality[state.endpoints["generalist"]["node"]]["coder"],
        "erased": state.erased,
        "raced": raced,
        "checkpoints": len(state.epochs),
    }


def loops(seeds: int, outcomes: int) -> list[dict[str, Any]]:
    """Return what whole runs come to under each rule, on equal seeds."""
    jobs = [(rule, seed, outcomes, anchors) for anchors in ANCHORS for rule in LOOP_RULES for seed in range(seeds)]
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        results = list(workers.map(loop_run, jobs))
    by_case = {
        (rule, anchors): [r for job, r in zip(jobs, results, strict=True) if (job[0], job[3]) == (rule, anchors)]
        for anchors in ANCHORS
        for rule in LOOP_RULES
    }
    return [
        loop_figures(rule, anchors, found, by_case["off", anchors], outcomes)
        for (rule, anchors), found in by_case.items()
    ]


def loop_figures(
    rule: str, anchors: int, found: list[dict[str, float]], control: list[dict[str, float]], outcomes: int
) -> dict[str, Any]:
    """Return the figures of one rule; `control` is the same seeds without replacement."""

    def column(name: str, rows: list[dict[str, float]] = found) -> np.ndarray:
        return np.array([row[name] for row in rows])

    made = int(column("replacements").sum())
    return {
        "rule": rule,
        "anchor": anchors,
        "outcomes": outcomes,
        "runs": len(found),
        "checkpoints_a_run": round(float(column("checkpoints").mean()), 2),
        "replacements_a_run": mean(column("replacements"), 2),
        "runs_with_a_false_replacement": rate(int((column("false") > 0).sum()), len(found)),
        "replacements_that_were_false": rate(int(column("false").sum()), made) if made else None,
        "seat_accuracy_gained_points": mean(100 * (column("seat") - BASE), 2),
        "seat_accuracy_missed_points": mean(100 * (column("best") - column("seat")), 2),
        "erased_records_a_run": mean(column("erased"), 1),
        "race_outcomes_a_run": mean(column("raced"), 1),
        "generalist_coder_against_off_points": mean(100 * (column("coder") - column("coder", control)), 2),
    }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the replicates")
    parser.add_argument(
        "--part", choices=["decision", "run", "loop"], action="append", help="only this part; may be repeated"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, help="runs of the engine for each rule and anchor size")
    parser.add_argument("--out", type=Path, help="also write the JSON here")
    options = parser.parse_args()
    parts = options.part or ["decision", "run", "loop"]
    started = time.monotonic()
    result: dict[str, Any] = {
        "base_accuracy": BASE,
        "seed": options.seed,
        "rules": {k: v.model_dump() for k, v in RULES.items()},
    }
    if "decision" in parts:
        result["decision"] = decisions(200 if options.quick else 2_000, 5, options.seed)
    if "run" in parts:
        result["run"] = runs(40 if options.quick else 500, 2, options.seed)
    if "loop" in parts:
        result["loop"] = loops(options.seeds or (2 if options.quick else 8), 200 if options.quick else 1_000)
    result["wall_s"] = round(time.monotonic() - started, 1)
    text = json.dumps(result, indent=1)
    print(text)
    if options.out is not None:
        options.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
