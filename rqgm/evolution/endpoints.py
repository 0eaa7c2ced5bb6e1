"""Endpoints: which nodes a run reports, and what is then run, once, on the test pool (spec §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rqgm.core.counts import mean_belief
from rqgm.core.words import Pool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rqgm.archive.state import State
    from rqgm.evolution.criterion import Criterion
    from rqgm.evolution.settings import EndpointSettings


def choose_endpoints(state: State, criterion: Criterion, settings: EndpointSettings) -> dict[str, Any]:
    """Return {"generalist": {...}, "specialists": {role: {...}}} by best belief over live records.

    The generalist's belief is over the mean of its roles, a specialist's over its own role. Nodes with fewer outcomes
    than asked for do not stand, unless none has enough. A tie goes to the older node.
    """
    return {
        "generalist": _best(state, [role.name for role in criterion.roles], settings),
        "specialists": {role.name: _best(state, [role.name], settings) for role in criterion.roles},
    }


def _best(state: State, roles: Sequence[str], settings: EndpointSettings) -> dict[str, Any]:
    counts = [[state.counts(index, role) for role in roles] for index in range(len(state.nodes))]
    totals = [sum(len(state.closed.get(state.key(i, role), ())) for role in roles) for i in range(len(state.nodes))]
    able = [index for index, total in enumerate(totals) if total >= settings.min_outcomes] or list(range(len(totals)))
    beliefs = {index: mean_belief(counts[index], settings.epsilon) for index in able}
    best = max(able, key=lambda index: (beliefs[index], -index))
    return {
        "node": best,
        "commit": state.nodes[best].commit,
        "best_belief": beliefs[best],
        "successes": sum(c.successes for c in counts[best]),
        "outcomes": totals[best],
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
    """Return the oldest node whose role has the same content as that of `index`: one test serves them all."""
    return state.evidence[role].contents[state.nodes[index].content(role)].carriers[0]
