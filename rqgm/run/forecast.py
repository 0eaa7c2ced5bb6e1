"""What the rest of a run will cost, from what its outcomes, edits and tests have cost so far."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rqgm.core.usage import Usage
from rqgm.core.words import Pool
from rqgm.run.lock import read_lock

if TYPE_CHECKING:
    from pathlib import Path

    from rqgm.archive.state import State
    from rqgm.evolution.criterion import Criterion
    from rqgm.run.experiment import Experiment

FEWEST_OUTCOMES = 5
"""With fewer nothing is said: the first outcomes are no fair sample."""
ENDPOINTS = 3
"""Generation zero, the generalist and a specialist: what is tested of each role, unless two of them are one."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run will have cost at its end, if nothing stops it before: dollars and blended tokens."""

    usd: float
    tokens: int
    outcomes: int
    """From how many."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"usd": round(self.usd, 4), "tokens": self.tokens, "from_outcomes": self.outcomes}


def forecast(state: State, criterion: Criterion, experiment: Experiment) -> Forecast | None:
    """Return the forecast, None before the first few outcomes.

    Means over what has been measured: an outcome, an edit with its train evidence, and an outcome again for every test
    of the end (a test needs no panel, so that it is rather less).
    """
    if state.spent < FEWEST_OUTCOMES:
        return None
    left = max(0, experiment.budget.outcomes - state.spent) if not state.endpoints else 0
    tests = max(0, _tests(criterion) - len(state.test)) if state.finished is None else 0
    edits = _edits_left(state, experiment) if left else 0.0
    made = max(1, len(state.nodes) - 1 + len(state.rejected))
    an_outcome, an_edit = state.usage["validation"], state.usage["expansion"] + state.usage["train"]
    so_far = sum(state.usage.values(), start=Usage())
    factor, per_edit = (left + tests) / state.spent, edits / made
    usd = so_far.cost_usd + factor * an_outcome.cost_usd + per_edit * an_edit.cost_usd
    tokens = so_far.blended_tokens + factor * an_outcome.blended_tokens + per_edit * an_edit.blended_tokens
    return Forecast(usd, round(tokens), state.spent)


def _tests(criterion: Criterion) -> int:
    return sum(ENDPOINTS * len(role.tasks.get(Pool.TEST, ())) for role in criterion.roles)


def _edits_left(state: State, experiment: Experiment) -> float:
    """Return how many edits the gate will still make: nodes keep up with outcomes^alpha."""
    nodes = min(math.pow(experiment.budget.outcomes, experiment.search.alpha), experiment.search.max_nodes)
    made = max(1, len(state.nodes) - 1 + len(state.rejected))
    kept = max(1, len(state.nodes) - 1) / made
    return max(0.0, nodes - len(state.nodes)) / kept


def earlier_cost(runs: Path, experiment: Experiment) -> tuple[str, float] | None:
    """Return (name, dollars for as many outcomes) of the newest finished run of the same experiment and models."""
    from rqgm.archive.run_archive import LOCK_FILE, RunArchive  # noqa: PLC0415

    locks = sorted(runs.glob(f"*/{LOCK_FILE}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in locks:
        try:
            lock = read_lock(path.parent)
        except (ValueError, OSError):
            continue  # another version's, or damaged: it tells nothing
        models = lock.experiment.models
        if lock.experiment.name != experiment.name or models is None or experiment.models is None:
            continue
        if (models.default, models.roles) != (experiment.models.default, experiment.models.roles):
            continue
        with RunArchive(path.parent) as archive:
            state = archive.state
            if state.finished is not None and state.spent:
                cost = sum(state.usage.values(), start=Usage()).cost_usd
                return path.parent.name, cost * experiment.budget.outcomes / state.spent
    return None
