"""Policies under anything: a valid acyclic plan or a typed error, for any features, any team, any weights."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.core.errors import ConfigError
from rqgm.orchestration.drafts import Draft
from rqgm.orchestration.embeddings import HashingEmbedder
from rqgm.orchestration.features import FeatureError, Features, features
from rqgm.orchestration.plans import Plan, PlanError
from rqgm.orchestration.policies.edge_logits import EdgeLogits
from rqgm.orchestration.policies.gated import MOST_PARENTS, Gated
from rqgm.orchestration.policies.nexa_paper import NexaPaper
from rqgm.orchestration.policy import open_policy
from rqgm.orchestration.propagation import Revision, propagate
from rqgm.orchestration.selection import choose
from rqgm.orchestration.weights import Weights, WeightsError
from rqgm.testing.policy_kit import draw_features, permuted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rqgm.orchestration.policy import Policy

UNLEARNED = ("parallel", "again", "full", "chain", "star", "random(0.4)", "debate(2)", "self-org(0.1)")
LEARNED = ("gated", "nexa-paper", "edge-logits")
BLOCKS = ("vectors", "cosine", "evidence", "each", "pair", "whole")
seeds = st.integers(0, 2**32 - 1)
teams = st.one_of(st.integers(1, 9), st.integers(1, 64))
odd = st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-300, 1e300, -1e300, math.nan, math.inf, -math.inf])


def learned(kind: str, features: Features, rng: np.random.Generator) -> Any:
    """Return a learned policy with every parameter drawn, of any size from tame to wild."""
    if kind == "gated":
        policy: Any = Gated.initial(features, rng, hidden=4)
    elif kind == "nexa-paper":
        policy = NexaPaper.initial(features.vectors.shape[1], features.version, rng, width=4)
    else:
        policy = EdgeLogits.initial(features.agents, features.version)
    scale = 10.0 ** rng.integers(-2, 3)
    return policy.with_vector(rng.normal(scale=scale, size=policy.vector.shape))


def opened(name: str, features: Features, rng: np.random.Generator) -> Policy:
    """Return a policy by name, with drawn weights where it is learned."""
    return learned(name, features, rng) if name in LEARNED else open_policy(name)


def spoilt(features: Features, block: str, values: list[float], rng: np.random.Generator) -> Features:
    """Return the features with some numbers of one block replaced by odd ones."""
    changed = np.array(getattr(features, block), dtype=float)
    for value in values:
        changed.flat[rng.integers(changed.size)] = value
    return replace(features, **{block: changed})


def check_plan(plan: Plan, features: Features) -> None:
    """Expect a plan of these agents that is acyclic, by walking it."""
    assert plan.agents == features.agents
    done: set[tuple[int, int]] = {(agent, 0) for agent in range(plan.agents)}
    for level in plan.levels():
        for turn in level:
            assert set(plan.turns[turn]) | {(turn.agent, turn.number - 1)} <= done
        done |= set(level)
    assert len(done) == plan.agents + plan.extra_calls
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize("name", [*UNLEARNED, *LEARNED])
@given(agents=teams, seed=seeds, data=st.data())
def test_any_features_give_a_valid_plan_or_a_typed_error(
    name: str, agents: int, seed: int, data: st.DataObject
) -> None:
    """Whole blocks or single numbers may be NaN, infinite, huge; greedy and sampled."""
    rng = np.random.default_rng(seed)
    features = draw_features(agents, rng)
    policy = opened(name, features, rng)
    for block in data.draw(st.sets(st.sampled_from(BLOCKS), max_size=2)):
        values = data.draw(st.lists(odd, min_size=1, max_size=5))
        try:
            features = spoilt(features, block, values, rng)
        except FeatureError:
            return
    for draw in (None, np.random.default_rng(seed)):
        try:
            plan = policy.plan(features, draw)
        except WeightsError:
            assert name in LEARNED
            return
        check_plan(plan, features)
        if name in LEARNED:
            assert learned(name, features, rng).log_prob(features, plan) <= 1e-9
            assert policy.log_prob(features, plan) > -math.inf  # type: ignore[attr-defined]
        if name == "gated":
            assert all(len(heard) <= MOST_PARENTS for heard in plan.parents.values())


@pytest.mark.parametrize("name", LEARNED)
@given(agents=st.integers(1, 64), seed=seeds, values=st.lists(odd, min_size=1, max_size=4))
def test_any_weights_give_a_valid_plan_or_a_typed_error(name: str, agents: int, seed: int, values: list[float]) -> None:
    """NaN, infinite and huge ones among them."""
    rng = np.random.default_rng(seed)
    features = draw_features(agents, rng)
    policy = learned(name, features, rng)
    vector = policy.vector
    for value in values:
        vector[rng.integers(len(vector))] = value
    try:
        changed = policy.with_vector(vector)
        plans = [changed.plan(features), changed.plan(features, rng)]
    except WeightsError:
        return
    assert np.isfinite(vector).all()
    for plan in plans:
        check_plan(plan, features)


@given(
    seed=seeds,
    shapes=st.dictionaries(
        st.sampled_from(["logits", "bias", "gate.0.weight", "input.weight", "parent.stop"]),
        st.lists(st.integers(0, 3), max_size=3),
        max_size=5,
    ),
    kind=st.sampled_from(LEARNED),
)
def test_any_tensors_make_a_policy_or_a_typed_error(seed: int, shapes: Mapping[str, list[int]], kind: str) -> None:
    """Of any names and shapes; what was made plans or refuses."""
    features = draw_features(3, np.random.default_rng(seed))
    made: dict[str, Any] = {"gated": Gated, "nexa-paper": NexaPaper, "edge-logits": EdgeLogits}
    try:
        weights = Weights(kind, features.version, {name: np.ones(shape) for name, shape in shapes.items()})
        check_plan(made[kind](weights).plan(features), features)
    except ConfigError:
        return
    assert shapes == {"logits": [3, 3]}


@pytest.mark.parametrize("name", [*UNLEARNED, "gated", "nexa-paper"])
@given(agents=teams, seed=seeds)
def test_plans_follow_the_agents_to_the_last_bit(name: str, agents: int, seed: int) -> None:
    """Greedy, and sampled with an equal generator: noise belongs to a place in the order of the drafts."""
    rng = np.random.default_rng(seed)
    features = draw_features(agents, rng)
    policy = opened(name, features, rng)
    order = [int(k) for k in rng.permutation(agents)]
    other = permuted(features, order)
    assert policy.plan(other).relabelled(order) == policy.plan(features)
    one, two = np.random.default_rng(seed), np.random.default_rng(seed)
    drawn = policy.plan(features, one)
    assert policy.plan(other, two).relabelled(order) == drawn
    if name in LEARNED:
        back = [order.index(k) for k in range(agents)]
        assert policy.log_prob(other, drawn.relabelled(back)) == policy.log_prob(features, drawn)  # type: ignore[attr-defined]


@given(agents=st.integers(1, 20), seed=seeds)
def test_edge_logits_follow_the_agents_if_their_logits_do(agents: int, seed: int) -> None:
    """They know agents by number: that is what they are, so the logits are permuted with the team."""
    rng = np.random.default_rng(seed)
    features = draw_features(agents, rng)
    policy = learned("edge-logits", features, rng)
    order = [int(k) for k in rng.permutation(agents)]
    logits = policy.weights.tensors["logits"][np.ix_(order, order)]
    other = EdgeLogits(Weights("edge-logits", features.version, {"logits": logits}))
    assert other.plan(permuted(features, order)).relabelled(order) == policy.plan(features)
    one, two = np.random.default_rng(seed), np.random.default_rng(seed)
    assert other.plan(permuted(features, order), one).relabelled(order) == policy.plan(features, two)


@pytest.mark.parametrize("name", [*UNLEARNED, "gated", "nexa-paper"])
@given(kinds=st.lists(st.integers(0, 2), min_size=1, max_size=8), seed=seeds)
def test_equal_drafts_are_interchangeable(name: str, kinds: list[int], seed: int) -> None:
    """With copies in the team, what is planned for which draft is the same whoever wrote it."""
    rng = np.random.default_rng(seed)
    features = permuted(draw_features(3, rng), kinds)
    policy = opened(name, features, rng)
    order = [int(k) for k in rng.permutation(len(kinds))]

    def told(plan: Plan, drafts: list[int]) -> list[Any]:
        edges = [
            (drafts[turn.agent], turn.number, sorted((drafts[other.agent], other.number) for other in heard))
            for turn, heard in plan.turns.items()
        ]
        return sorted(edges)

    other = policy.plan(permuted(features, order))
    assert told(other, [kinds[k] for k in order]) == told(policy.plan(features), kinds)


@st.composite
def drafts(draw: st.DrawFn) -> list[Draft]:
    """Draw what a team may have answered: copies, near copies and silence among them.

    Texts that are equal have equal answers. Features tell nothing of an answer but who else gave it, so two drafts with
    one text and two answers, each alone, are the same to every policy; only their numbers are left to decide then.
    """
    words = st.lists(st.sampled_from(["so", "it", "is", "42", "41", "not"]), max_size=5).map(" ".join)
    evidence = st.one_of(st.none(), st.sampled_from([0.0, 0.5, 1.0]))
    answer = st.one_of(st.none(), st.sampled_from(["41", "42"]))

    def made(text: str, said: str | None, proof: float | None) -> Draft:
        return Draft(f"{text} = {said}" if said else text, said, proof)

    return draw(st.lists(st.builds(made, words, answer, evidence), min_size=1, max_size=9))


@pytest.mark.parametrize("name", [*UNLEARNED, "gated", "nexa-paper"])
@given(team=drafts(), seed=seeds)
def test_real_drafts_are_planned_for_by_what_they_say(name: str, team: list[Draft], seed: int) -> None:
    """From texts to plans: in another order the same drafts hear the same drafts, greedy and sampled."""
    rng = np.random.default_rng(seed)
    embedder = HashingEmbedder()
    known = features(team, embedder)
    policy = opened(name, known, rng)
    order = [int(k) for k in rng.permutation(len(team))]
    moved = [team[k] for k in order]

    def told(plan: Plan, of: list[Draft]) -> list[Any]:
        edges = [
            (repr(of[turn.agent]), turn.number, [(repr(of[other.agent]), other.number) for other in heard])
            for turn, heard in plan.turns.items()
        ]
        return sorted(edges)

    for draw in (lambda: None, lambda: np.random.default_rng(seed)):
        plan = policy.plan(known, draw())
        check_plan(plan, known)
        assert told(policy.plan(features(moved, embedder), draw()), moved) == told(plan, team)


@given(agents=teams, seed=seeds, name=st.sampled_from(["parallel", "gated", "nexa-paper", "random(0)"]))
def test_an_empty_plan_is_the_parallel_answer_bit_for_bit(agents: int, seed: int, name: str) -> None:
    """The same draft objects, nobody is asked, and the same choice is made of them."""
    rng = np.random.default_rng(seed)
    features = draw_features(agents, rng)
    policy = opened(name, features, rng)
    plan = policy.plan(features)
    if not plan.empty:
        plan = Plan.none(agents, gate=bool(rng.integers(2)))
    drafts = [Draft(f"{k}", evidence=None if math.isnan(e) else float(e)) for k, e in enumerate(features.evidence)]

    async def never(*_: Any) -> Revision[Draft]:
        raise AssertionError

    done = asyncio.run(propagate(plan, drafts, never))
    assert len(done.answers) == agents
    assert all(one is two for one, two in zip(done.answers, drafts, strict=True))
    assert (done.extra_calls, done.accepted, done.refused, done.failed, done.critical_path) == (0, 0, 0, 0, 0)
    for rule in ("majority", "evidence", "centroid"):
        assert done.answers[choose(features, rule)] is drafts[choose(features, rule)]


@given(agents=st.integers(0, 8), parents=st.dictionaries(st.integers(-1, 9), st.lists(st.integers(-1, 9), max_size=4)))
def test_no_constructor_makes_a_circle(agents: int, parents: dict[int, list[int]]) -> None:
    """Anything that a plug-in may say: a plan, or PlanError."""
    try:
        plan = Plan.hearing(agents, parents)
    except PlanError:
        return
    check_plan(plan, draw_features(agents, np.random.default_rng(0)) if agents else plan)  # type: ignore[arg-type]
