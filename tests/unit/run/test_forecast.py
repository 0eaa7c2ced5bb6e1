"""What a run will have cost at its end."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rqgm.core.usage import Usage
from rqgm.core.words import Pool
from rqgm.run.experiment import load_experiment
from rqgm.run.forecast import forecast

EXPERIMENT = load_experiment(Path(__file__).parents[3] / "experiments" / "coding-llm.toml")
CRITERION: Any = SimpleNamespace(roles=[SimpleNamespace(tasks={Pool.TEST: ("one", "two")})])


def state(spent: int, **more: Any) -> Any:
    """Return a run whose outcomes cost a cent and whose edits, one of two rejected, ten cents each."""
    usage = {"validation": 0.01 * spent, "expansion": 0.2, "train": 0.0, "test": 0.0}
    base = {"spent": spent, "nodes": [0, 1], "rejected": [0], "test": {}, "endpoints": {}, "finished": None}
    return SimpleNamespace(usage={kind: Usage(cost_usd=usd) for kind, usd in usage.items()}, **base | more)


def test_nothing_is_said_before_the_first_few_outcomes() -> None:
    """They are no fair sample."""
    assert forecast(state(4), CRITERION, EXPERIMENT) is None


def test_the_rest_costs_what_its_kinds_cost_so_far() -> None:
    """Outcomes and tests at an outcome's mean, edits at an edit's, two made for one that is kept."""
    found = forecast(state(20), CRITERION, EXPERIMENT)
    assert found is not None
    left, tests, nodes = 120 - 20, 3 * 2, 120**0.6
    assert found.usd == pytest.approx(0.4 + 0.01 * (left + tests) + 0.1 * (nodes - 2) * 2)
    assert found.outcomes == 20


def test_a_finished_run_has_cost_what_it_cost() -> None:
    """Nothing is left."""
    done = state(120, endpoints={"generalist": {}}, finished={"reason": ""})
    found = forecast(done, CRITERION, EXPERIMENT)
    assert found is not None
    assert found.usd == pytest.approx(1.4)
