"""The policy conformance kit: every promise of `rqgm.orchestration.policy.Policy` as a named check, for plug-ins too.

    results = run_kit(MyPolicy())

With pytest, one test per check: parametrize over `CHECKS` and call `verify`. A policy that wants features of another
version than the toolkit's own brings its own `draw`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from rqgm.core.errors import ConfigError
from rqgm.orchestration.features import EACH, MOST_AGENTS, PAIR, VERSION, WHOLE, Features
from rqgm.orchestration.plans import Plan, PlanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rqgm.orchestration.policy import Policy

    Draw = Callable[[int, np.random.Generator], Features]
    Check = Callable[[Policy, Draw], None]

SIZES = (1, 2, 3, 5, 8, 15, MOST_AGENTS)
DIMENSIONS = 16
CHECKS: dict[str, Check] = {}
"""Every check by name, in the order of definition."""


class BrokenPromiseError(AssertionError):
    """A policy does not keep what the protocol promises."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check."""

    name: str
    passed: bool
    detail: str = ""


def draw_features(agents: int, rng: np.random.Generator, dimensions: int = DIMENSIONS) -> Features:
    """Return features of `agents` drafts that are all different: random, in the shapes of this version.

    They do not belong to any real drafts; some have no answer, some no evidence.
    """
    vectors = rng.normal(size=(agents, dimensions))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine = np.clip(vectors @ vectors.T, -1, 1)
    evidence = np.where(rng.random(agents) < 0.5, np.nan, rng.integers(0, 3, agents) / 2)  # noqa: PLR2004
    return Features(
        version=VERSION,
        vectors=vectors,
        cosine=(cosine + cosine.T) / 2,
        cluster=rng.integers(-1, 3, agents),
        evidence=evidence,
        each=rng.uniform(-1, 1, (agents, len(EACH))),
        pair=rng.uniform(-1, 1, (agents, agents, len(PAIR))),
        whole=rng.uniform(0, 1, len(WHOLE)),
    )


def permuted(features: Features, order: Sequence[int]) -> Features:
    """Return the features of the same agents under other numbers: agent k of the result is ``order[k]`` of these."""
    places = np.asarray(order)
    return replace(
        features,
        vectors=features.vectors[places],
        cosine=features.cosine[np.ix_(places, places)],
        cluster=features.cluster[places],
        evidence=features.evidence[places],
        each=features.each[places],
        pair=features.pair[np.ix_(places, places)],
        whole=features.whole.copy(),
    )


def verify(name: str, policy: Policy, draw: Draw = draw_features) -> Result:
    """Run one check and return what came of it."""
    try:
        CHECKS[name](policy, draw)
    except Exception as error:  # noqa: BLE001  # border: a policy under test may raise whatever it likes
        return Result(name, passed=False, detail=f"{type(error).__name__}: {error}")
    return Result(name, passed=True)


def run_kit(policy: Policy, draw: Draw = draw_features, names: Iterable[str] | None = None) -> list[Result]:
    """Run the checks (all, or those named) one after the other."""
    return [verify(name, policy, draw) for name in (names if names is not None else CHECKS)]


def _check(function: Check) -> Check:
    CHECKS[function.__name__.removeprefix("_")] = function
    return function


def _expect(kept: bool, what: str) -> None:
    """Raise BrokenPromiseError unless a promise was kept; unlike `assert` it stays with ``python -O``."""
    if not kept:
        raise BrokenPromiseError(what)


def _served(policy: Policy, draw: Draw) -> Iterator[Features]:
    """Yield features of each size for which the policy makes a plan; it may refuse sizes, not all of them."""
    served = 0
    for size in SIZES:
        features = draw(size, np.random.default_rng(size))
        try:
            policy.plan(permuted(features, range(size)))  # a copy, for policies that write into it
        except (ConfigError, PlanError):
            continue
        served += 1
        yield features
    _expect(served > 0, f"it serves none of {', '.join(map(str, SIZES))} agents")


def _plan(policy: Policy, features: Features, seed: int | None = None) -> Plan:
    plan = policy.plan(features, None if seed is None else np.random.default_rng(seed))
    _expect(isinstance(plan, Plan), f"it returned a {type(plan).__name__}, not a Plan")
    _expect(plan.agents == features.agents, f"it planned for {plan.agents} agents, there are {features.agents}")
    return plan


@_check
def _any_team_gets_a_plan_or_a_typed_error(policy: Policy, draw: Draw) -> None:
    for features in _served(policy, draw):
        for seed in (None, 0, 1):
            _plan(policy, features, seed)


@_check
def _equal_drafts_have_equal_plans(policy: Policy, draw: Draw) -> None:
    for features in _served(policy, draw):
        same = _plan(policy, features) == _plan(policy, features)
        _expect(same, f"{features.agents} agents: without rng it decided in two ways on the same features")


@_check
def _equal_seeds_have_equal_plans(policy: Policy, draw: Draw) -> None:
    for features in _served(policy, draw):
        same = _plan(policy, features, 7) == _plan(policy, features, 7)
        _expect(same, f"{features.agents} agents: equal generators drew two plans; take randomness only from rng")


@_check
def _numbers_of_agents_do_not_matter(policy: Policy, draw: Draw) -> None:
    for features in _served(policy, draw):
        order = [int(k) for k in np.random.default_rng(1).permutation(features.agents)]
        other = _plan(policy, permuted(features, order))
        same = other.relabelled(order) == _plan(policy, features)
        _expect(same, f"{features.agents} agents: another plan when the same drafts come in another order")


@_check
def _numbers_of_agents_do_not_matter_when_it_samples(policy: Policy, draw: Draw) -> None:
    for features in _served(policy, draw):
        order = [int(k) for k in np.random.default_rng(2).permutation(features.agents)]
        other = _plan(policy, permuted(features, order), 3)
        same = other.relabelled(order) == _plan(policy, features, 3)
        _expect(same, f"{features.agents} agents: draw by place in an order of the drafts, not by the agents' numbers")


@_check
def _names_of_clusters_do_not_matter(policy: Policy, draw: Draw) -> None:
    for features in _served(policy, draw):
        renamed = replace(features, cluster=np.where(features.cluster < 0, -1, 100 - features.cluster))
        same = _plan(policy, renamed) == _plan(policy, features)
        _expect(same, f"{features.agents} agents: another plan when the clusters have other numbers")


@_check
def _features_are_left_alone(policy: Policy, draw: Draw) -> None:
    blocks = ("vectors", "cosine", "cluster", "evidence", "each", "pair", "whole")
    for features in _served(policy, draw):
        before = {name: getattr(features, name).copy() for name in blocks}
        _plan(policy, features)
        _plan(policy, features, 0)
        for name, block in before.items():
            _expect(np.array_equal(block, getattr(features, name), equal_nan=True), f"it wrote into {name}")


@_check
def _drafts_without_an_answer_or_without_a_difference_do_no_harm(policy: Policy, draw: Draw) -> None:
    for features in _served(policy, draw):
        count = features.agents
        twins = permuted(features, [0] * count)
        silent = replace(
            features,
            vectors=np.zeros_like(features.vectors),
            cosine=np.zeros_like(features.cosine),
            cluster=np.full(count, -1),
            evidence=np.full(count, np.nan),
        )
        for edge in (twins, silent):
            _plan(policy, edge)
            _plan(policy, edge, 0)
