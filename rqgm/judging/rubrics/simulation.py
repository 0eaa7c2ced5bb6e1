"""A simulation of when whitening pays (spec/judges.md, Rubrics): equicorrelated blocks of noisy predicates.

A vote is 1 when edge·y + task + block + own noise exceeds the predicate's bar; y = ±1 is whether the response is right,
"task" is shared by all responses to one task. Weights are learnt on few responses and tried on new pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rqgm.core.streams import array_stream
from rqgm.judging.rubrics import weights
from rqgm.judging.rubrics.matrix import Votes

if TYPE_CHECKING:
    from numpy.random import RandomState

    from rqgm.judging.rubrics.matrix import Column, Pairs, Reals


@dataclass(frozen=True, slots=True)
class World:
    """Sizes of blocks of equicorrelated predicates; scales of the edge and of what tasks and blocks share."""

    blocks: tuple[int, ...] = (8, 2, 1, 1, 1, 1)
    edge: float = 0.3
    task: float = 0.6
    correlation: float = 0.8
    bars: float = 1.0
    """How far bars lie apart: predicates that nearly all or nearly none satisfy are constant in a small sample."""


def simulate(world: World, samples: int, draws: int, seed: int = 0, tried: int = 400) -> dict[str, float]:
    """Return how often each weighting puts the right response of a new pair first (ties count ½), by name.

    `samples` responses, half of them right, two a task, are all that weights are learnt on.
    """
    draw = array_stream(seed, "rubric-simulation", samples)
    pairs = np.arange(samples).reshape(-1, 2)
    totals = dict.fromkeys(("uniform", "whitened", "shrunk"), 0.0)
    for _ in range(draws):
        bars = draw.normal(0.0, world.bars, sum(world.blocks))
        learnt = Votes(_respond(world, bars, samples // 2, draw))
        new = _respond(world, bars, tried, draw).astype(float)
        for name, found in _weigh(learnt, pairs).items():
            margin = (new[0::2] - new[1::2]) @ found
            totals[name] += float((margin > 1e-9).mean() + (np.abs(margin) <= 1e-9).mean() / 2)  # noqa: PLR2004
    return {name: total / draws for name, total in totals.items()}


def _weigh(learnt: Votes, pairs: Pairs) -> dict[str, Reals]:
    return {
        "uniform": weights.uniform(learnt.values.shape[1]),
        "whitened": weights.whitened(learnt),
        "shrunk": weights.shrunk(learnt, pairs),
    }


def _respond(world: World, bars: Reals, tasks: int, draw: RandomState) -> Column:
    """Return the votes on `tasks` pairs of responses, right ones at even rows, (2·tasks)×m."""
    right = np.tile([1.0, -1.0], tasks)[:, None]
    shared = np.repeat(draw.normal(0.0, world.task, (tasks, len(bars))), 2, axis=0)
    blocks = np.concatenate(
        [np.repeat(draw.normal(size=(2 * tasks, 1)), size, axis=1) for size in world.blocks], axis=1
    )
    own = draw.normal(size=(2 * tasks, len(bars)))
    noise = np.sqrt(world.correlation) * blocks + np.sqrt(1 - world.correlation) * own
    found: Column = (world.edge * right + shared + noise > bars).astype(np.int8)
    return found
