"""The policy kit: what ships passes it, and each broken promise is caught by the check that is about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from rqgm.core.errors import ConfigError
from rqgm.orchestration.plans import Plan
from rqgm.orchestration.policies.gated import Gated
from rqgm.orchestration.policy import open_policy
from rqgm.orchestration.ranking import ranked
from rqgm.testing.policy_kit import CHECKS, draw_features, run_kit, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from rqgm.orchestration.features import Features


@pytest.mark.parametrize("text", ["parallel", "full", "chain", "star", "random(0.3)", "debate(1)", "self-org(0.2)"])
def test_the_policies_without_weights_keep_every_promise(text: str) -> None:
    """One by one."""
    assert [result for result in run_kit(open_policy(text)) if not result.passed] == []


def test_a_learned_policy_keeps_every_promise() -> None:
    """Greedy and sampled."""
    rng = np.random.default_rng(0)
    policy = Gated.initial(draw_features(3, rng), rng, start=0.7)
    assert [result for result in run_kit(policy) if not result.passed] == []


@dataclass
class Made:
    """A policy made of a function, that may remember."""

    decide: Callable[[Made, Features, Any], Any]
    name: str = "made"
    calls: int = field(default=0)

    def plan(self, features: Features, rng: np.random.Generator | None = None) -> Plan:
        """Return what the function says."""
        self.calls += 1
        plan: Plan = self.decide(self, features, rng)
        return plan


def by_number(_: Made, features: Features, rng: Any) -> Plan:
    """Decide by who the agents are."""
    return Plan.hearing(features.agents, {0: [1]}) if features.agents > 1 else Plan.none(1)


def by_turns(self: Made, features: Features, rng: Any) -> Plan:
    """Decide anew each time."""
    order = ranked(features)
    return Plan.in_order(order, np.ones((len(order), len(order)))) if self.calls % 3 else Plan.none(len(order))


def drawn_by_number(_: Made, features: Features, rng: Any) -> Plan:
    """Draw a partner for the first, by number."""
    order = ranked(features)
    if rng is None or features.agents == 1:
        return Plan.none(features.agents)
    last = int(rng.integers(features.agents))
    return Plan.none(features.agents) if last == order[0] else Plan.hearing(features.agents, {last: [order[0]]})


def by_cluster_name(_: Made, features: Features, rng: Any) -> Plan:
    """Decide by a name that means nothing."""
    order = ranked(features)
    loud = features.agents > 1 and features.cluster.max() > 50
    return Plan.hearing(features.agents, {order[1]: [order[0]]}) if loud else Plan.none(features.agents)


def scribbling(_: Made, features: Features, rng: Any) -> Plan:
    """Write into what it was given."""
    features.each[0, 0] = 9
    return Plan.none(features.agents)


def dividing(_: Made, features: Features, rng: Any) -> Plan:
    """Take for granted that drafts have vectors."""
    if not features.vectors.any():
        raise ZeroDivisionError
    return Plan.none(features.agents)


def refusing(_: Made, features: Features, rng: Any) -> Plan:
    """Serve nobody."""
    raise ConfigError("no")


def of_others(_: Made, features: Features, rng: Any) -> Plan:
    """Plan for another team."""
    return Plan.none(features.agents + 1)


@pytest.mark.parametrize(
    ("decide", "check"),
    [
        (refusing, "any_team_gets_a_plan_or_a_typed_error"),
        (of_others, "any_team_gets_a_plan_or_a_typed_error"),
        (lambda *_: {}, "any_team_gets_a_plan_or_a_typed_error"),
        (by_turns, "equal_drafts_have_equal_plans"),
        (by_turns, "equal_seeds_have_equal_plans"),
        (by_number, "numbers_of_agents_do_not_matter"),
        (drawn_by_number, "numbers_of_agents_do_not_matter_when_it_samples"),
        (by_cluster_name, "names_of_clusters_do_not_matter"),
        (scribbling, "features_are_left_alone"),
        (dividing, "drafts_without_an_answer_or_without_a_difference_do_no_harm"),
    ],
)
def test_a_broken_promise_is_caught(decide: Any, check: str) -> None:
    """By name, with a detail."""
    result = verify(check, Made(decide))
    assert not result.passed
    assert result.detail


def test_every_check_is_one_that_can_fail() -> None:
    """The list above knows them all."""
    broken = {mark.args[1][k][1] for mark in test_a_broken_promise_is_caught.pytestmark for k in range(10)}  # type: ignore[attr-defined]
    assert broken == set(CHECKS)
