"""The evaluation: identical drafts, paired figures, intervals that are as wide as the groups demand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import binomtest

from rqgm.core.errors import ConfigError
from rqgm.core.intervals import paired_difference
from rqgm.orchestration.embeddings import HashingEmbedder
from rqgm.orchestration.episodes import Episode, play
from rqgm.orchestration.evaluation import compare, evaluate, random_like, rate
from rqgm.orchestration.plans import Plan
from rqgm.orchestration.plays import Plays
from rqgm.orchestration.policy import open_policy
from rqgm.orchestration.recordings import MissingTurnError, Recording
from rqgm.testing.drawn_team import DrawnTeam

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rqgm.orchestration.features import Features

TEAM = DrawnTeam(agents=5, rescue=0.6, harm=0.2, sizes={"train": 30, "validation": 10, "test": 60})
NAMES = ("parallel", "full", "star", "debate(1)", "random(0.4)")


@dataclass(frozen=True)
class InGroups:
    """An environment whose episodes come in groups of `size`."""

    inner: DrawnTeam
    size: int
    name: str = "in-groups"
    rule: str = "majority"

    def episodes(self, pool: str) -> Sequence[Episode]:
        found = self.inner.episodes(pool)
        return [replace(episode, group=f"{pool}{k // self.size}") for k, episode in enumerate(found)]

    @property
    def revise(self):
        return self.inner.revise


async def test_rows_are_what_the_endings_come_to() -> None:
    """Every figure again, episode by episode, from `play` itself."""
    embedder = HashingEmbedder(16)
    plays = Plays(TEAM, embedder)
    table = await evaluate(plays, {name: open_policy(name) for name in NAMES})
    assert [row.policy for row in table.rows] == list(NAMES)
    silent = [await play(TEAM, one, Plan.none(5), embedder) for one in TEAM.episodes("test")]
    for row in table.rows:
        policy = open_policy(row.policy)
        found = [await play(TEAM, one, policy.plan(plays.features(one)), embedder) for one in TEAM.episodes("test")]
        assert row.accuracy.value == pytest.approx(np.mean([one.right for one in found]))
        pairs = list(zip(silent, found, strict=True))
        assert row.against_parallel.gained == sum(b.right and not a.right for a, b in pairs)
        assert row.against_parallel.lost == sum(a.right and not b.right for a, b in pairs)
        assert row.extra_calls == pytest.approx(np.mean([one.extra_calls for one in found]))
        assert row.critical_path == pytest.approx(np.mean([one.critical_path for one in found]))
        assert row.critical_path_p95 in {one.critical_path for one in found}
        assert row.tokens == pytest.approx(np.mean([one.tokens for one in found]))
        assert row.empty == pytest.approx(np.mean([one.plan.empty for one in found]))
        assert row.rescued_agents == sum(one.rescued for one in found)
        assert row.harmed_agents == sum(one.harmed for one in found)
        assert (row.items, row.groups) == (60, 60)
    rows = {row.policy: row for row in table.rows}
    assert rows["parallel"].against_parallel.difference.value == rows["full"].against_full.difference.value == 0
    assert rows["full"].against_parallel.gained == rows["parallel"].against_full.lost > 0
    assert rows["full"].harmed_agents > 0


def test_single_items_have_wilsons_and_agresti_and_mins_intervals() -> None:
    """As the libraries tell; McNemar as the binomial test tells."""
    rng = np.random.default_rng(0)
    first, second = (list(map(bool, rng.random(80) < chance)) for chance in (0.5, 0.7))
    groups = list(map(str, range(80)))
    wilson = binomtest(sum(second), 80).proportion_ci(0.95, "wilson")
    found = rate(second, groups)
    assert (found.value, found.low, found.high) == pytest.approx((np.mean(second), wilson.low, wilson.high))
    compared, wanted = compare(first, second, groups), paired_difference(first, second)
    estimate = compared.difference
    assert (estimate.value, estimate.low, estimate.high) == (wanted.difference, wanted.low, wanted.high)
    assert compared.p_value == pytest.approx(binomtest(compared.gained, compared.gained + compared.lost).pvalue)


def test_intervals_over_groups_cover_as_often_as_they_say() -> None:
    """Items of a group are equal: intervals that took them for independent would miss three times in five."""
    rng = np.random.default_rng(1)
    hits = hits_of_difference = 0
    for _ in range(100):
        first, second = (np.repeat(rng.random(40) < chance, 6) for chance in (0.5, 0.7))
        groups = np.repeat(np.arange(40), 6).astype(str).tolist()
        found = rate(second.tolist(), groups)
        hits += found.low <= 0.7 <= found.high
        gain = compare(first.tolist(), second.tolist(), groups).difference
        hits_of_difference += gain.low <= 0.2 <= gain.high
    assert hits >= 88
    assert hits_of_difference >= 88


def test_no_interval_is_a_point() -> None:
    """All right, no difference, or but one group: wide, by the number of groups."""
    groups = ["a"] * 5 + ["b"] * 5 + ["c"] * 5
    assert rate([True] * 15, groups).low == pytest.approx(binomtest(3, 3).proportion_ci(0.95, "wilson").low)
    same = compare([True] * 15, [True] * 15, groups)
    assert same.difference.low < -0.2 < 0.2 < same.difference.high
    assert same.p_value == 1
    alone = rate([True, False], ["a", "a"])
    assert (alone.value, alone.low, alone.high) == (0.5, 0, 1)
    gain = compare([False, False], [True, False], ["a", "a"]).difference
    assert (gain.value, gain.low, gain.high) == (0.5, -1, 1)


async def test_groups_are_those_of_the_episodes() -> None:
    """The same items in groups: the same rates, other intervals."""
    apart = (await evaluate(Plays(TEAM, HashingEmbedder(16)), {"full": open_policy("full")})).rows[0]
    plays = Plays(InGroups(TEAM, 6), HashingEmbedder(16))
    together = (await evaluate(plays, {"full": open_policy("full")})).rows[0]
    assert together.groups == 10
    assert together.accuracy.value == apart.accuracy.value
    assert together.accuracy != apart.accuracy


async def test_a_random_policy_is_as_dense_as_another_without_a_look_at_the_test_pool() -> None:
    """Half of a triangle where half is asked for; a policy that is denser on test is not seen there."""
    plays = Plays(TEAM, HashingEmbedder(16))
    assert random_like(open_policy("full"), [plays]).density == 1
    assert random_like(open_policy("debate(3)"), [plays]).density == 1
    star = random_like(open_policy("star"), [plays])
    assert star.density == pytest.approx(4 / 10)

    class OnlyOnTest:
        name = "only-on-test"
        test = frozenset(id(plays.features(one)) for one in plays.episodes("test"))

        def plan(self, features: Features, rng: object = None) -> Plan:
            assert id(features) not in self.test
            return Plan.none(5)

    assert random_like(OnlyOnTest(), [plays]).density == 0
    with pytest.raises(ConfigError, match="nobody to hear"):
        random_like(open_policy("full"), [Plays(replace(TEAM, agents=1), HashingEmbedder(16))])


async def test_what_was_not_recorded_is_an_error_or_a_row_left_out() -> None:
    """Of a policy by name it is an error; never a failed turn."""
    recording = Recording.record(TEAM)
    await evaluate(Plays(recording, HashingEmbedder(16)), {})
    closed = Recording(recording.header, {p: recording.episodes(p) for p in TEAM.sizes}, recording._turns)
    plays = Plays(closed, HashingEmbedder(16))
    policies = {"star": open_policy("star"), "full": open_policy("full")}
    with pytest.raises(MissingTurnError):
        await evaluate(plays, policies)
    table = await evaluate(plays, policies, leave_out=True)
    assert ([row.policy for row in table.rows], table.left_out) == (["full"], ("star",))
    assert table.to_json()["rows"][0]["accuracy"]["value"] == table.rows[0].accuracy.value
    with pytest.raises(ConfigError, match="no validation episodes"):
        await evaluate(Plays(replace(TEAM, sizes={"test": 3}), HashingEmbedder(16)), {}, "validation")


async def test_a_smaller_team_is_the_first_agents_of_every_episode() -> None:
    """Also at N = 1, where nobody can talk."""
    for agents in (1, 3):
        plays = Plays(TEAM, HashingEmbedder(16), agents)
        row = (await evaluate(plays, {"full": open_policy("full")})).rows[0]
        assert row.extra_calls == agents - 1
    with pytest.raises(ConfigError, match="has 5 agents, not 6; ask fewer"):
        Plays(TEAM, HashingEmbedder(16), 6).episodes("test")
