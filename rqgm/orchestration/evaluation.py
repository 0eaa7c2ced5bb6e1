"""Evaluation: policies on identical drafts: what each gains over nobody and everybody talking, and what it costs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rqgm.core.errors import ConfigError
from rqgm.core.intervals import mcnemar, paired_difference
from rqgm.orchestration.calls import all_of
from rqgm.orchestration.policies.drawn import Drawn
from rqgm.orchestration.policies.fixed import Full, Parallel
from rqgm.orchestration.recordings import MissingTurnError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from rqgm.orchestration.episodes import Ending
    from rqgm.orchestration.plays import Plays
    from rqgm.orchestration.policy import Policy

DRAWS = 4_000
REFERENCES: dict[str, Policy] = {"parallel": Parallel(), "full": Full()}
"""What every policy is compared with."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much more often a policy is right than a reference, on the same items."""

    difference: Estimate
    """Interval over groups."""
    gained: int
    """Items that it has right and the reference wrong."""
    lost: int
    p_value: float
    """McNemar's exact test, two-sided; it takes items for independent: where groups are larger, trust the interval."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a policy came to on a pool. Costs are means per item, of the second round only."""

    policy: str
    items: int
    groups: int
    accuracy: Estimate
    against_parallel: Comparison
    """Its `gained` and `lost` are the items that communication alone rescued and harmed."""
    against_full: Comparison
    extra_calls: float
    critical_path: float
    critical_path_p95: float
    tokens: float
    cpu_s: float
    empty: float
    """Share of items in which nobody answers again."""
    rescued_agents: int
    """Agents that were wrong and are right, over all items."""
    harmed_agents: int
    unknown: int = 0
    """Items whose plan a recording does not know, counted as if its calls had changed nothing."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Table:
    """All policies on one pool of one environment."""

    environment: str
    pool: str
    rows: tuple[Row, ...]
    left_out: tuple[str, ...] = ()
    """Policies that asked for what a recording does not know."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


async def evaluate(
    plays: Plays,
    policies: Mapping[str, Policy],
    pool: str = "test",
    *,
    leave_out: bool = False,
    unknown_changes_nothing: bool = False,
) -> Table:
    """Play every policy, greedily, in every episode of a pool; `policies` by the name that its row shall have.

    Raises ConfigError for a pool without episodes, MissingTurnError where a recording does not know a turn; with
    `leave_out` such a policy has no row instead, unless it is one that all are compared with. With
    `unknown_changes_nothing` such items count as if the plan's calls had changed nothing; the row says how many.
    """
    episodes = plays.episodes(pool)
    if not episodes:
        raise ConfigError(f"{plays.name}: has no {pool} episodes to measure on")
    endings: dict[str, list[Ending]] = {}
    unknown: dict[str, int] = {}
    for name, policy in (REFERENCES | dict(policies)).items():
        try:
            endings[name], unknown[name] = await _endings(
                plays, policy, pool, unknown_changes_nothing=unknown_changes_nothing
            )
        except MissingTurnError:
            if not leave_out or name in REFERENCES:
                raise
    right = {name: [ending.right for ending in found] for name, found in endings.items()}
    groups = [episode.group for episode in episodes]
    rows = []
    for name in policies:
        if name not in endings:
            continue
        found = endings[name]
        paths = [ending.critical_path for ending in found]
        rows.append(
            Row(
                policy=name,
                items=len(found),
                groups=len(set(groups)),
                accuracy=rate(right[name], groups),
                against_parallel=compare(right["parallel"], right[name], groups),
                against_full=compare(right["full"], right[name], groups),
                extra_calls=_mean([ending.extra_calls for ending in found]),
                critical_path=_mean(paths),
                critical_path_p95=float(np.quantile(paths, 0.95, method="higher")),
                tokens=_mean([ending.tokens for ending in found]),
                cpu_s=_mean([ending.cpu_s for ending in found]),
                empty=_mean([ending.plan.empty for ending in found]),
                rescued_agents=sum(ending.rescued for ending in found),
                harmed_agents=sum(ending.harmed for ending in found),
                unknown=unknown[name],
            )
        )
    return Table(plays.name, pool, tuple(rows), tuple(name for name in policies if name not in endings))


def random_like(policy: Policy, plays: Sequence[Plays], pools: Sequence[str] = ("train", "validation")) -> Drawn:
    """Return the random policy as dense as `policy`: with its mean share of the triangle's edges on these pools.

    So a control is matched without a look at what is measured. ConfigError when the pools are empty.
    """
    edges = pairs = 0
    for one in plays:
        for pool in pools:
            for episode in one.episodes(pool):
                agents = len(episode.replies)
                edges += policy.plan(one.features(episode)).edges
                pairs += agents * (agents - 1) // 2
    if not pairs:
        raise ConfigError(f"random like {policy.name}: there is nobody to hear anybody in the pools {', '.join(pools)}")
    return Drawn(min(1.0, edges / pairs))


def rate(right: Sequence[bool], groups: Sequence[str]) -> Estimate:
    """Return the share that is right, with Wilson's interval where every group has one item, else over groups.

    Over groups it is a bootstrap of whole groups; at 0 and 1, where that has no width, Wilson's with groups as trials.
    """
    from scipy.stats import binomtest  # noqa: PLC0415  # 0.8 s to import

    value = _mean(right)
    sums, sizes = _by_group(right, groups)
    if len(sums) == len(right) or value in (0.0, 1.0):
        found = binomtest(round(value * len(sums)), len(sums)).proportion_ci(0.95, "wilson")
        return Estimate(value, float(found.low), float(found.high))
    if len(sums) == 1:
        return Estimate(value, 0.0, 1.0)  # one group tells nothing of others
    return Estimate(value, *_bootstrap(sums, sizes))


def compare(reference: Sequence[bool], other: Sequence[bool], groups: Sequence[str]) -> Comparison:
    """Return how `other` differs from `reference`, item by item; the interval as of `rate`.

    Where every group has one item it is Agresti and Min's (2005); also where no item differs, with groups as trials.
    """
    gained = sum(b and not a for a, b in zip(reference, other, strict=True))
    lost = sum(a and not b for a, b in zip(reference, other, strict=True))
    sums, sizes = _by_group([int(b) - int(a) for a, b in zip(reference, other, strict=True)], groups)
    if len(sums) == len(other):
        found = paired_difference(list(reference), list(other))
        estimate = Estimate(found.difference, found.low, found.high)
    elif len(sums) == 1:
        estimate = Estimate((gained - lost) / len(other), -1.0, 1.0)
    elif not gained and not lost:
        found = paired_difference([False] * len(sums), [False] * len(sums))
        estimate = Estimate(0.0, found.low, found.high)
    else:
        estimate = Estimate((gained - lost) / len(other), *_bootstrap(sums, sizes))
    return Comparison(estimate, gained, lost, mcnemar(gained, lost))


async def _endings(
    plays: Plays, policy: Policy, pool: str, *, unknown_changes_nothing: bool
) -> tuple[list[Ending], int]:
    planned = [(episode, policy.plan(plays.features(episode))) for episode in plays.episodes(pool)]
    if not unknown_changes_nothing:
        return await all_of(plays.ending(*one) for one in planned), 0
    found = await all_of(plays.known_ending(*one) for one in planned)
    endings = [
        await plays.fruitless(*one) if ending is None else ending for one, ending in zip(planned, found, strict=True)
    ]
    return endings, found.count(None)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _by_group(values: Sequence[float], groups: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each group's sum and size, (G,)."""
    _, codes = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.bincount(codes, weights=np.asarray(values, dtype=float)).astype(np.float64)
    return sums, np.bincount(codes, weights=np.ones(len(codes))).astype(np.float64)


def _bootstrap(sums: NDArray[np.float64], sizes: NDArray[np.float64]) -> tuple[float, float]:
    """Return the percentile interval of the mean over items when groups are drawn with return."""
    count = len(sums)
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), size=DRAWS)
    low, high = np.quantile((drawn @ sums) / (drawn @ sizes), [0.025, 0.975])
    return float(low), float(high)
