"""Which answer a team gives from recorded answers of many models: majority, the paper's centroid, learned reliability.

    RQGM_DATA=... python benchmarks/aggregation.py [--pool test] [--agents 5] [--subsets 5] [--out FILE]

Each set is measured on one pool (`rqgm.orchestration.recorded_answers` tells the split). The pools before it may be
learned from; rows say what they learned from. All rows choose among identical drafts.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from common import parser, report

from rqgm.core.intervals import paired_difference
from rqgm.judging.scoring.figures import DRAWS, Figure, Resamples, bootstrapped, rate
from rqgm.orchestration.embeddings import HashingEmbedder
from rqgm.orchestration.features import features
from rqgm.orchestration.recorded_answers import SHARES, Answered, read_recorded
from rqgm.orchestration.reliability import Reliability, Signed, learn
from rqgm.orchestration.selection import choose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]  # (items,): of each item the share of subsets in which the answer is right

SETS = ("gsm", "math-l5", "mmlu-pro")
EARLIER = {"train": (), "validation": ("train",), "test": ("train", "validation")}
BEST = "best single, in hindsight"
OTHER = "agreement on other items"
BOTH = "agreement on these and other items"
GOAL = 0.5


@dataclass(frozen=True)
class Data:
    """What is measured, and what may be learned from: drafts of one choice of agents."""

    held: list[Answered]
    earlier: list[Signed]
    """The same set's earlier pools."""
    others: list[Signed]
    """The other sets' earlier pools."""


def signed(one: Answered) -> Signed:
    return Signed(one.authors, [r.draft for r in one.episode.replies], [r.right for r in one.episode.replies])


def load(folder: Path, name: str, pool: str, agents: int | None, seed: int) -> Data:
    """Read one set; with `agents`, a random subset of them for each question, drawn by `seed`."""
    found = {one: read_recorded(folder, tasks=(one,), agents=agents, seed=seed) for one in SETS}
    before = {one: [signed(q) for p in EARLIER[pool] for q in found[one].of_pool(p)] for one in SETS}
    return Data(list(found[name].of_pool(pool)), before[name], [q for o in SETS if o != name for q in before[o]])


def teams(data: Data) -> dict[str, Floats]:
    """Return for each way of aggregation, what it knows told by its name, whether its answer to each item is right."""
    held = [signed(one) for one in data.held]
    blind = [Signed(item.authors, item.drafts) for item in held]
    told = [features(item.drafts, EMBEDDER) for item in held]
    elsewhere = learn(data.others, labels=True)
    by_rule = {rule: [choose(known, rule) for known in told] for rule in ("majority", "centroid")}
    worth = {
        OTHER: learn(data.earlier),
        "agreement on these items": learn(blind),
        BOTH: learn([*data.earlier, *blind]),
        "one coin, agreement on other items": learn(data.earlier, spreads=(0.0,)),
        "labels of other items": learn(data.earlier, labels=True),
        "labels of other sets": elsewhere,
        "labels of other sets, then agreement on these items": learn(blind, before=elsewhere),
    }
    chosen = by_rule | {name: [known.choose(item) for item in held] for name, known in worth.items()}
    return {name: hits(held, places) for name, places in chosen.items()}


def hits(items: Sequence[Signed], places: Sequence[int]) -> Floats:
    return np.array([(item.right or ())[at] for item, at in zip(items, places, strict=True)], dtype=np.float64)


def singles(data: Data, ranking: Sequence[str], chosen_before: Sequence[str]) -> dict[str, Floats]:
    """Return single models: the best there by a ranking made in hindsight, by one made on earlier pools, the mean, any."""
    held = [signed(one) for one in data.held]

    def first(order: Sequence[str]) -> Floats:
        places = {author: place for place, author in enumerate(order)}
        return hits(held, [int(np.argmin([places[author] for author in item.authors])) for item in held])

    labels = [np.array(item.right, dtype=np.float64) for item in held]
    return {
        BEST: first(ranking),
        "best single, by labels of other items": first(chosen_before),
        "mean single": np.array([right.mean() for right in labels]),
        "oracle (any is right)": np.array([right.max() for right in labels]),
    }


def ranked(items: Sequence[Signed], among: Sequence[Signed]) -> list[str]:
    """Return the authors in `among`, the one right most often on `items` first."""
    found: dict[str, list[float]] = {author: [] for item in among for author in item.authors}
    for item in items:
        for author, right in zip(item.authors, item.right or (), strict=True):
            found[author].append(float(right))
    return sorted(found, key=lambda author: (-float(np.mean(found[author] or [0.0])), author))


def measure(folder: Path, name: str, pool: str, agents: int | None, subsets: int) -> dict[str, Any]:
    """Measure one set. With `agents`, figures are means over `subsets` draws of them for each question."""
    whole = load(folder, name, pool, None, 0)
    everyone = [signed(one) for one in whole.held]
    hindsight, before = ranked(everyone, everyone), ranked(whole.earlier, everyone)
    parts = []
    for seed in range(subsets if agents else 1):
        data = load(folder, name, pool, agents, seed) if agents else whole
        parts.append(teams(data) | singles(data, hindsight, before))
    right = {row: np.mean([part[row] for part in parts], axis=0) for row in parts[0]}
    result: dict[str, Any] = {
        "items": len(everyone),
        "learned_from_items": len(whole.earlier),
        "agents": agents or max(len(item.authors) for item in everyone),
        "best_single": hindsight[0],
        "best_single_by_labels_of_other_items": before[0],
    }
    if agents is None:
        worth = learn(whole.earlier)
        result["learned_by_agreement_on_other_items"] = shown(worth, hindsight)
    return result | {"rows": {row: figures(right, row, whole=agents is None) for row in right}}


def shown(worth: Reliability, order: Sequence[str]) -> dict[str, Any]:
    expected = {author: round(worth.accuracy(author), 3) for author in order}
    return {"spread": worth.spread, "repeats": worth.repeats, "expected_accuracy": expected}


def figures(right: dict[str, Floats], row: str, *, whole: bool) -> dict[str, Any]:
    """Return a row: accuracy, the paired difference from the majority, the share of the gap to the best single closed."""
    team, most, best = right[row], right["majority"], right[BEST]
    resamples = Resamples(np.zeros(len(team), dtype=np.int64), draws=DRAWS)

    def spread(compute: Callable[[Floats], Floats]) -> Figure:
        value = float(compute(np.ones((1, len(team))))[0])
        return bootstrapped(
            value, resamples.spread(compute), len(team), why="the best single is not above the majority"
        )

    accuracy = rate(team > 0.5) if whole and set(team) <= {0.0, 1.0} else spread(lambda w: w @ team / w.sum(axis=1))
    data: dict[str, Any] = {"accuracy": accuracy.to_json()}
    if row == "majority":
        return data
    data["gain_over_majority"] = spread(lambda w: w @ (team - most) / w.sum(axis=1)).to_json()
    if whole and set(team) <= {0.0, 1.0}:
        paired = paired_difference([bool(x) for x in most], [bool(x) for x in team])
        data["mcnemar"] = {"gained": paired.only_second, "lost": paired.only_first, "p": float(f"{paired.p_value:.2g}")}

    def closed(weights: Floats) -> Floats:
        gap = weights @ (best - most)
        return np.where(gap > 0, weights @ (team - most), np.nan) / np.where(gap > 0, gap, 1.0)

    data["share_of_gap_closed"] = spread(closed).to_json()
    return data


def verdict(rows: dict[str, Any]) -> dict[str, Any]:
    """Return whether the goal is reached by the two rows without labels that were named before the pool was looked at."""
    told: dict[str, Any] = {
        "goal": f"math-l5, all agents: above majority, at least {GOAL:g} of the gap to the best single model closed",
    }
    for name in (OTHER, BOTH):
        gain, share = rows[name]["gain_over_majority"], rows[name]["share_of_gap_closed"]
        told[name] = {
            "above_majority": bool(gain["low"] > 0),
            "closes_half": bool((share["value"] or 0) >= GOAL),
            "interval_of_share_is_above_half": bool((share["low"] or 0) >= GOAL),
        }
    return told


EMBEDDER = HashingEmbedder()


def main() -> None:
    """Measure the sets, with all agents and with random subsets of them."""
    options = parser(__doc__)
    options.add_argument("--pool", choices=sorted(EARLIER)[::-1], default="test", help="the pool that is measured")
    options.add_argument("--agents", type=int, default=5, help="size of the random subsets")
    options.add_argument("--subsets", type=int, default=5, help="subsets for each question")
    chosen = options.parse_args()
    if "RQGM_DATA" not in os.environ:
        sys.exit("RQGM_DATA is not set: it names the folder of the public data")
    if not EARLIER[chosen.pool]:
        options.error("--pool train: there is no pool before it to learn from")
    folder = Path(os.environ["RQGM_DATA"]) / "multi_model_answers"
    every = {name: measure(folder, name, chosen.pool, None, 1) for name in SETS}
    few = {name: measure(folder, name, chosen.pool, chosen.agents, chosen.subsets) for name in SETS}
    result = {
        "pool": chosen.pool,
        "shares_of_pools": {str(pool): share for pool, share in SHARES.items()},
        "goal": verdict(every["math-l5"]["rows"]),
        "all_agents": every,
        f"random_{chosen.agents}_agents": few,
    }
    report(result, chosen.out)


if __name__ == "__main__":
    main()
