"""What a run came to, as one object: the same for `run --json`, `status --json` and the words at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rqgm.core.counts import Counts
from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.hashes import hash_json
from rqgm.core.intervals import paired_difference
from rqgm.core.usage import Usage
from rqgm.core.words import Pool, RoleKind
from rqgm.evolution.checkpoint import adversarial_roles
from rqgm.evolution.endpoints import carrier
from rqgm.evolution.quality import judge_quality
from rqgm.gateway.calls import CALLS_FILE
from rqgm.run.forecast import forecast
from rqgm.run.talks import talk_figures

if TYPE_CHECKING:
    from rqgm.archive.state import State
    from rqgm.evolution.criterion import Criterion, MeasuredRole
    from rqgm.run.experiment import Experiment
    from rqgm.run.session import OpenedRun


def summarise(run: OpenedRun) -> dict[str, Any]:
    """Return the summary of a run as it stands; tests are null until the end."""
    state, criterion = run.state, run.criterion
    budget = run.lock.experiment.budget.outcomes
    head = headline_role(criterion)
    return {
        "schema_version": 1,
        "run": run.lock.run,
        "folder": str(run.folder),
        "experiment": run.lock.experiment.name,
        "seed": run.lock.experiment.seed,
        "replacement": run.lock.experiment.epochs.replacement,
        "sandbox": run.lock.sandbox,
        "isolated": run.lock.isolated,
        "finished": state.finished is not None,
        "reason": state.finished["reason"] if state.finished else None,
        "lineage_head": state.lineage_head,
        "ledger_head": run.archive.ledger.head,
        "outcomes": state.spent,
        "budget_outcomes": budget,
        "shared": state.shared(),
        "voided": state.voided,
        "nodes": len(state.nodes),
        "rejected_edits": len(state.rejected),
        "epochs": [_epoch(event) for event in state.epochs],
        "replacements": replacements(state),
        "erased": state.erased,
        "seats": seats(state, criterion),
        "adversarial": _adversarial(run),
        "headline_role": head.name,
        "endpoints": _endpoints(state, criterion, head),
        "seed_test": test_result(state, head, 0),
        "seed_tests": {role.name: test_result(state, role, 0) for role in criterion.roles},
        "gain": gain(state, head),
        "usage": _usage(state),
        "cost_to_best": _cost_to_best(state),
        "talk": talk_figures(criterion, run.archive.ledger.events()),
        "models": _models(run),
        "forecast": _forecast(run),
        "matched": matched_key(run.lock.experiment),
        "wall_s": round(run.archive.ledger.running_s(), 3),
    }


MIN_PREFIX = 4
"""Digits of a commit id that name a node at least."""


def headline_role(criterion: Criterion) -> MeasuredRole:
    """Return the role whose test pool is reported first: the first solver, else the first role."""
    return next((role for role in criterion.roles if role.kind is RoleKind.SOLVER), criterion.roles[0])


def _epoch(event: dict[str, Any]) -> dict[str, Any]:
    """Return a checkpoint without its long lists; `adversarial` is each judge role's pool from then on."""
    pools = {
        role: {key: value for key, value in pool.items() if key != "items"}
        for role, pool in event["adversarial"].items()
    }
    return {key: event[key] for key in ("epoch", "outcomes", "rule", "decisions", "utility_id")} | {
        "erased": len(event["erased"]),
        "retired": len(event["retired"]),
        "adversarial": pools,
    }


def seats(state: State, criterion: Criterion) -> dict[str, Any]:
    """Return who sits in each slot now, and how right and how strict that judge is on what it has judged so far."""
    found = {}
    for slot, seat in state.seats.items():
        role = criterion.slots[slot]
        quality = judge_quality(state, criterion, role, seat.role_hash)
        found[slot] = {"node": state.nodes[seat.node].commit, "index": seat.node, "role": role, "quality": quality}
    return found


def _adversarial(run: OpenedRun) -> dict[str, Any]:
    return {
        "enabled": run.lock.experiment.adversarial.enabled,
        "retired": run.state.retired,
        "pools": {role: run.state.pool(role).describe() for role in adversarial_roles(run.criterion)},
    }


def replacements(state: State) -> list[dict[str, Any]]:
    """Return the decisions that changed a seat, with epoch and outcome count."""
    return [
        {"epoch": event["epoch"], "outcomes": event["outcomes"], "erased": len(event["erased"]), **decision}
        for event in state.epochs
        for decision in event["decisions"]
        if decision["replaced"]
    ]


def _endpoints(state: State, criterion: Criterion, head: MeasuredRole) -> dict[str, Any] | None:
    if not state.endpoints:
        return None
    generalist = state.endpoints["generalist"]
    tests = {role.name: test_result(state, role, generalist["node"]) for role in criterion.roles}
    specialists = {
        role.name: _endpoint(state.endpoints["specialists"][role.name])
        | {"test": test_result(state, role, state.endpoints["specialists"][role.name]["node"])}
        for role in criterion.roles
    }
    return {
        "generalist": _endpoint(generalist) | {"test": tests[head.name], "tests": tests},
        "specialists": specialists,
    }


def _endpoint(endpoint: dict[str, Any]) -> dict[str, Any]:
    return {
        "node": endpoint["commit"],
        "index": endpoint["node"],
        "best_belief": round(endpoint["best_belief"], 6),
        "outcomes": endpoint["outcomes"],
    }


def test_outcomes(state: State, role: MeasuredRole, node: int) -> list[bool] | None:
    """Return a node's successes on the test pool in the pool's order, None if it was not (wholly) run."""
    index = carrier(state, node, role.name)
    found = [state.test.get((index, role.name, task)) for task in role.tasks.get(Pool.TEST, ())]
    return [bool(outcome["y"]) for outcome in found if outcome] if found and all(found) else None


def test_result(state: State, role: MeasuredRole, node: int) -> dict[str, Any] | None:
    """Return {passed, total, rate, interval} of a node on the test pool."""
    outcomes = test_outcomes(state, role, node)
    return rate_of(outcomes) if outcomes is not None else None


def rate_of(outcomes: list[bool]) -> dict[str, Any]:
    """Return {passed, total, rate, interval}; the interval is the 95 % Jeffreys interval."""
    counts = Counts(sum(outcomes), len(outcomes) - sum(outcomes))
    low, high = counts.interval()
    return {
        "passed": int(counts.successes),
        "total": int(counts.total),
        "rate": round(counts.rate, 6) if counts.rate is not None else None,
        "interval": [round(low, 6), round(high, 6)],
    }


def gain(state: State, role: MeasuredRole) -> dict[str, Any] | None:
    """Return the generalist's test rate minus the seed's, paired by task, with its 95 % interval."""
    if not state.endpoints:
        return None
    before = test_outcomes(state, role, 0)
    after = test_outcomes(state, role, state.endpoints["generalist"]["node"])
    if not before or not after:
        return None
    difference = paired_difference(before, after)
    return {
        "role": role.name,
        "difference": round(difference.difference, 6),
        "interval": [round(difference.low, 6), round(difference.high, 6)],
        "gained": difference.only_second,
        "lost": difference.only_first,
        "p_value": difference.p_value,
    }


def _usage(state: State) -> dict[str, Any]:
    total = sum(state.usage.values(), start=Usage())
    return {
        "total": total.to_json() | {"blended_tokens": total.blended_tokens},
        "split": {kind: usage.to_json() for kind, usage in state.usage.items()},
    }


def _cost_to_best(state: State) -> dict[str, Any] | None:
    """Return all that had been charged when the generalist was made (spec §7), None before there is one."""
    if not state.endpoints:
        return None
    index = state.endpoints["generalist"]["node"]
    cost = state.nodes[index].cost
    return {"index": index, **cost.to_json(), "blended_tokens": cost.blended_tokens}


def _forecast(run: OpenedRun) -> dict[str, Any] | None:
    """Return what the run will have cost at its end, while it goes on and grants models."""
    if run.lock.experiment.models is None or run.state.finished:
        return None
    found = forecast(run.state, run.criterion, run.lock.experiment)
    return found.to_json() if found else None


def _models(run: OpenedRun) -> dict[str, Any] | None:
    """Return what language models cost in all, None where the run grants none.

    `uncounted_usd` is what jobs cost that came to nothing outside of the agents, and the check before the start;
    `doubtful_usd` at most what providers may have charged for attempts that broke off.
    """
    experiment = run.lock.experiment
    if experiment.models is None or not (run.folder / CALLS_FILE).exists():
        return None
    from rqgm.gateway.calls import Calls  # noqa: PLC0415  # only runs with models have any

    record = Calls(run.folder, read_only=True)
    try:
        calls = list(record)
        doubtful, head = record.doubtful(), record.head
    finally:
        record.close()
    cost = sum(call.cost_usd for call in calls)
    counted = sum(usage.cost_usd for usage in run.state.usage.values())
    return {
        "granted": experiment.models.granted(list(experiment.roles)),
        "mode": experiment.models.mode,
        "calls": sum(not call.refused for call in calls),
        "replayed": sum(call.replayed for call in calls),
        "refused": sum(call.refused for call in calls),
        "estimated": sum(not call.counted for call in calls),
        "cost_usd": round(cost, 9),
        "uncounted_usd": round(max(0.0, cost - counted), 9),
        "doubtful_usd": round(doubtful.usd, 9),
        "budget_usd": experiment.budget.usd,
        "budget_tokens": experiment.budget.tokens,
        "calls_head": head,
    }


def matched_key(experiment: Experiment) -> str:
    """Return a key that a run shares with its matched control: all but `epochs.replacement` is the same."""
    settings = experiment.model_dump(mode="json")
    settings["epochs"].pop("replacement")
    return hash_json(settings)


def find_node(state: State, name: str) -> int:
    """Return a node's index by ``seed``, ``generalist``, ``specialist:<role>``, ``#<number>`` or a commit prefix."""
    if name == "seed":
        return 0
    if name == "generalist" or name.startswith("specialist:"):
        if not state.endpoints:
            raise ConfigError(f"node {name!r}: the run has no endpoints yet; `rqgm resume` it to its end")
        if name == "generalist":
            return int(state.endpoints["generalist"]["node"])
        role = name.removeprefix("specialist:")
        if role not in state.endpoints["specialists"]:
            raise UnknownNameError("role", role, state.endpoints["specialists"], "specialist")
        return int(state.endpoints["specialists"][role]["node"])
    if name.startswith("#") and name[1:].isdecimal() and int(name[1:]) < len(state.nodes):
        return int(name[1:])
    matches = [node.index for node in state.nodes if len(name) >= MIN_PREFIX and node.commit.startswith(name)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise ConfigError(f"node {name!r}: {len(matches)} nodes begin so; give more digits")
    raise ConfigError(
        f"node {name!r}: not found. A node is `seed`, `generalist`, `specialist:<role>`, `#<number>` or a commit "
        f"prefix of at least {MIN_PREFIX} digits; `rqgm lineage` lists them"
    )
