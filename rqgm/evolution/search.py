"""The search inside an epoch: the gate, and Thompson sampling of who is measured and who is edited (spec §4; HGM).

A decision is a pure function of the state, the settings and its own number. It never sees a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rqgm.core.streams import array_stream, python_stream
from rqgm.core.words import Pool

if TYPE_CHECKING:
    from rqgm.archive.state import State
    from rqgm.evolution.cells import OpenCells
    from rqgm.evolution.criterion import Criterion
    from rqgm.evolution.settings import SearchSettings


@dataclass(frozen=True)
class Search:
    """What every decision of a run shares. `patience` bounds barren edits once nothing is left to measure."""

    settings: SearchSettings
    criterion: Criterion
    seed: int
    budget: int
    patience: int = 24

    def tau(self, state: State) -> float:
        """Return the scale of the Beta parameters: constant, or B/b with b the budget left."""
        if not self.settings.cooling:
            return self.settings.tau
        return self.settings.tau * self.budget / max(1, self.budget - state.spent)

    def draw(self, state: State, rng: np.random.RandomState, which: str) -> np.ndarray:
        """Return one draw per node from the posterior of its utility, by its own counts or its clade's.

        Utility is uniform over roles. So a draw is the mean of one draw a role; with ``beliefs = "pooled"`` (the
        paper's) it is one draw from the pooled counts, which is the same as long as roles are measured evenly.
        """
        none = np.zeros((2, len(state.nodes)))
        found = [state.evidence.get(role.name) for role in self.criterion.roles]
        counts = [none if e is None else e.own if which == "own" else e.clade for e in found]
        if self.settings.beliefs == "pooled":
            counts = [sum(counts, start=none)]
        tau = self.tau(state)
        mean: np.ndarray = sum((thompson(rng, c, tau) for c in counts), start=np.zeros(len(state.nodes))) / len(counts)
        return mean


def wants_expansion(state: State, settings: SearchSettings, in_flight: int, expanding: int) -> bool:
    """Tell whether the gate opens: outcomes^alpha >= nodes, those in the making included.

    A rejected edit makes neither a node nor an outcome; `state.barren` holds the gate until one of them comes.
    """
    nodes = len(state.nodes) + expanding
    spent = state.spent + in_flight
    reached = spent**settings.alpha + 1e-9  # 32**0.6 is 8, but for rounding
    return nodes < settings.max_nodes and reached >= nodes + state.barren


def decide(search: Search, state: State, cells: OpenCells) -> dict[str, Any] | None:
    """Return job number ``state.dispatched + 1`` as plain data, or None when there is nothing left to do."""
    settings = search.settings
    number = state.dispatched + 1
    rng = array_stream(search.seed, "decide", number)
    expanding = sum(job["kind"] == "expand" for job in state.pending.values())
    open_nodes = cells.mask()
    if wants_expansion(state, settings, cells.reserved, expanding):
        return _expansion(search, state, rng, number)
    if not open_nodes.any():
        can_expand = state.barren + expanding < search.patience and len(state.nodes) + expanding < settings.max_nodes
        return _expansion(search, state, rng, number) if can_expand else None
    draws = search.draw(state, rng, settings.validation_counts)
    node = int(np.argmax(np.where(open_nodes, draws, -1.0)))
    picked = cells.pick(node)
    assert picked is not None
    role, (task, measure) = picked
    return {"kind": "validate", "node": node, "role": role, "task": task, "measure": measure}


def thompson(rng: np.random.RandomState, counts: np.ndarray, tau: float) -> np.ndarray:
    """Return one draw per node of Beta(tau (1 + S), tau (1 + F)); `counts` has shape (2, nodes)."""
    draws: np.ndarray = rng.beta(tau * (1 + counts[0]), tau * (1 + counts[1]))
    return draws


def _expansion(search: Search, state: State, rng: np.random.RandomState, number: int) -> dict[str, Any]:
    settings = search.settings
    parent = int(np.argmax(search.draw(state, rng, settings.parent_counts)))
    mate: int | None = None
    if settings.evidence == "paired" and len(state.nodes) > 1:
        draws = search.draw(state, rng, "own")
        draws[parent] = -1.0
        mate = int(np.argmax(draws))
    return {"kind": "expand", "node": parent, "mate": mate, "train": sample_train(search, number)}


def sample_train(search: Search, number: int) -> list[list[str]]:
    """Return [role, task] of the train outcomes that the editor of job `number` is shown."""
    samples: list[list[str]] = []
    for role in search.criterion.roles:
        tasks = role.tasks.get(Pool.TRAIN, ())
        rng = python_stream(search.seed, "train", number, role.name)
        count = min(search.settings.samples_of(role.name), len(tasks))
        samples += [[role.name, task] for task in rng.sample(tasks, count)]
    return samples
