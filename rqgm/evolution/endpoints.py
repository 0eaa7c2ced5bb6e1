"""Endpoints: which nodes a run reports, and what is then run, once, on the test pool (spec §7)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rqgm.core.counts import Counts
from rqgm.core.words import Pool

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.archive.state import State
    from rqgm.evolution.criterion import Criterion
    from rqgm.evolution.settings import EndpointSettings


def choose_endpoints(state: State, criterion: Criterion, settings: EndpointSettings) -> dict[str, Any]:
    """Return {"generalist": {...}, "specialists": {role: {...}}} by best belief over live records.

    The generalist pools all roles, a specialist its own role; nodes with fewer outcomes than asked for do not stand,
    unless none has enough. A tie goes to the older node.
    """
    return {
        "generalist": _best(state, state.pooled, settings),
        "specialists": {
            role.name: _best(state, partial(_role_counts, state, role.name), settings) for role in criterion.roles
        },
    }


def _role_counts(state: State, role: str, index: int) -> Counts:
    return state.nodes[index].counts.get(role, Counts())


def _best(state: State, counts_of: Callable[[int], Counts], settings: EndpointSettings) -> dict[str, Any]:
    scored = [(index, counts_of(index)) for index in range(len(state.nodes))]
    able = [(index, counts) for index, counts in scored if counts.total >= settings.min_outcomes] or scored
    index, counts = max(able, key=lambda pair: (pair[1].best_belief(settings.epsilon), -pair[0]))
    return {
        "node": index,
        "commit": state.nodes[index].commit,
        "best_belief": counts.best_belief(settings.epsilon),
        "successes": counts.successes,
        "outcomes": counts.total,
    }


def plan_tests(state: State, criterion: Criterion) -> list[tuple[int, str, str]]:
    """Return (node, role, task) for generation zero, the generalist and each specialist, without repeats.

    A node whose role has the same content as one already planned is left out: its outcomes are those.
    """
    endpoints = state.endpoints
    plan: dict[tuple[int, str, str], None] = {}
    for role in criterion.roles:
        wanted = [0, endpoints["generalist"]["node"], endpoints["specialists"][role.name]["node"]]
        for node in dict.fromkeys(carrier(state, index, role.name) for index in wanted):
            plan |= dict.fromkeys((node, role.name, task) for task in role.tasks.get(Pool.TEST, ()))
    return list(plan)


def carrier(state: State, index: int, role: str) -> int:
    """Return the oldest node on the path to `index` that has the same deterministic role, else `index` itself."""
    node = state.nodes[index]
    if role not in node.deterministic:
        return index
    return next(step for step in state.path(index) if state.nodes[step].roles[role] == node.roles[role])
