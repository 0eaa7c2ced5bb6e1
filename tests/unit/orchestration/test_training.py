"""The trainer: its gradients are the policies' own, and what it learns is worth more on items that it never saw."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.orchestration.embeddings import HashingEmbedder
from rqgm.orchestration.episodes import Ending
from rqgm.orchestration.evaluation import evaluate
from rqgm.orchestration.plans import Plan
from rqgm.orchestration.plays import Plays
from rqgm.orchestration.policies.edge_logits import EdgeLogits
from rqgm.orchestration.policies.gated import Gated
from rqgm.orchestration.policies.nexa_paper import NexaPaper
from rqgm.orchestration.policy import open_policy
from rqgm.orchestration.recording_files import RecordingError
from rqgm.orchestration.recordings import Recording
from rqgm.orchestration.training.card import make_card
from rqgm.orchestration.training.gradient import Adam, Gradient
from rqgm.orchestration.training.likelihood import likelihood
from rqgm.orchestration.training.settings import PRESETS, Prices, Settings, make_settings
from rqgm.orchestration.training.trainer import TRAINED, Step, reward, train
from rqgm.testing.drawn_team import DrawnTeam
from rqgm.testing.policy_kit import draw_features

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rqgm.orchestration.episodes import Episode
    from rqgm.orchestration.features import Features
    from rqgm.orchestration.policies.learned import Learned, Reading

SMALL = DrawnTeam(agents=4, rescue=0.9, harm=0.0, sizes={"train": 60, "validation": 40, "test": 40})


def drawn_policy(kind: str, agents: int, seed: int = 0) -> Learned:
    """Return a policy with every parameter drawn, that talks about half of the time."""
    features = draw_features(agents, np.random.default_rng(seed))
    rng = np.random.default_rng(seed)
    made: dict[str, Learned] = {
        "gated": Gated.initial(features, rng, hidden=5),
        "nexa-paper": NexaPaper.initial(features.vectors.shape[1], features.version, rng, width=6),
        "edge-logits": EdgeLogits.initial(agents, features.version),
    }
    return made[kind].with_vector(rng.normal(scale=0.6, size=made[kind].vector.shape))


def draws(policy: Learned, sizes: Sequence[int], each: int = 4) -> tuple[list[tuple[Reading, Plan]], list[Features]]:
    """Return plans drawn by the policy for teams of these sizes, `each` for every team."""
    rng = np.random.default_rng(9)
    found, told = [], []
    for size in sizes:
        features = draw_features(size, rng)
        reading = policy.read(features)
        for _ in range(each):
            found.append((reading, policy.plan_of(reading, rng)))
            told.append(features)
    return found, told


@pytest.mark.parametrize("kind", TRAINED)
def test_log_probabilities_are_those_of_inference(kind: str) -> None:
    """A batch of plans of many teams against the policy's own, one by one."""
    policy = drawn_policy(kind, 6)
    sizes = [6, 6, 6] if kind == "edge-logits" else [1, 2, 3, 6, 6, 11]
    found, told = draws(policy, sizes, 12)
    decisions = likelihood(kind, found).decisions(policy.weights.tensors)
    sums = np.bincount(decisions.plan, decisions.log_prob, minlength=len(found))
    wanted = [policy.log_prob(features, plan) for features, (_, plan) in zip(told, found, strict=True)]
    assert sums == pytest.approx(np.array(wanted), abs=1e-10)
    assert len({plan.empty for _, plan in found}) == 1 + (kind != "edge-logits")
    assert (decisions.entropy >= -1e-12).all()


def every_plan(order: list[int]) -> Iterator[Plan]:
    """Yield all that `gated` can draw for three agents in this order: whoever answers again hears some who do not."""
    yield Plan.none(3)
    yield Plan.none(3, gate=True)
    choices = [
        [None, *(some for k in range(place + 1) for some in combinations(range(place), k))] for place in range(3)
    ]
    for heard in product(*choices):
        parents = {order[place]: [order[k] for k in told] for place, told in enumerate(heard) if told is not None}
        if parents and not parents.keys() & {other for told in parents.values() for other in told}:
            yield Plan.hearing(3, parents)


def test_the_entropies_of_decisions_have_the_plans_entropy_as_their_mean() -> None:
    """Over every plan that three agents can follow; so the bonus is for what is really open."""
    policy = drawn_policy("gated", 3, seed=2)
    features = draw_features(3, np.random.default_rng(4))
    reading = policy.read(features)
    plans = list(every_plan(reading.order))
    chances = np.exp([policy.log_prob(features, plan) for plan in plans])
    assert chances.sum() == pytest.approx(1.0)
    decisions = likelihood("gated", [(reading, plan) for plan in plans]).decisions(policy.weights.tensors)
    sums = np.bincount(decisions.plan, decisions.entropy)
    assert chances @ sums == pytest.approx(-(chances @ np.log(chances)))


def test_the_entropy_of_edges_is_the_plans_own() -> None:
    """All eight plans of three agents."""
    policy = drawn_policy("nexa-paper", 3)
    features = draw_features(3, np.random.default_rng(4))
    reading = policy.read(features)
    plans = []
    for bits in product((0, 1), repeat=3):
        mask = np.zeros((3, 3))
        mask[np.tril_indices(3, -1)] = bits
        plans.append(Plan.in_order(reading.order, mask))
    logs = np.array([policy.log_prob(features, plan) for plan in plans])
    decisions = likelihood("nexa-paper", [(reading, plans[0])]).decisions(policy.weights.tensors)
    assert decisions.entropy.sum() == pytest.approx(-(np.exp(logs) @ logs))


@pytest.mark.parametrize("kind", TRAINED)
def test_gradients_are_finite_differences(kind: str) -> None:
    """Of what is climbed, with worths of their own for gates, at every parameter of a small policy."""
    policy = drawn_policy(kind, 4)
    found, _ = draws(policy, [4, 4])
    worth, gate_worth = np.random.default_rng(1).normal(size=(2, len(found)))
    plans = likelihood(kind, found)

    def climbed(vector: Any) -> float:
        decisions = plans.decisions(policy.with_vector(vector).weights.tensors)
        weight = np.where(
            np.arange(len(decisions.plan)) < decisions.gates, gate_worth[decisions.plan], worth[decisions.plan]
        )
        return float((decisions.log_prob @ weight + 0.3 * decisions.entropy.sum()) / len(found))

    slope = Gradient().of(policy.weights, plans, worth, 0.3, gate_worth)
    steps = 1e-6 * np.eye(len(policy.vector))
    wanted = [(climbed(policy.vector + step) - climbed(policy.vector - step)) / 2e-6 for step in steps]
    assert slope == pytest.approx(np.array(wanted), abs=1e-7)


def test_the_mean_of_the_gradient_is_the_slope_of_the_expected_reward() -> None:
    """Plan by plan, weighted by its chance: what the trainer climbs is what is wanted."""
    policy = drawn_policy("gated", 3, seed=3)
    features = draw_features(3, np.random.default_rng(5))
    reading = policy.read(features)
    plans = list(every_plan(reading.order))
    rewards = np.random.default_rng(6).normal(size=len(plans))

    def expected(vector: Any) -> float:
        at = policy.with_vector(vector)
        return float(np.exp([at.log_prob(features, plan) for plan in plans]) @ rewards)

    chances = np.exp([policy.log_prob(features, plan) for plan in plans])
    both = likelihood("gated", [(reading, plan) for plan in plans])
    slope = len(plans) * Gradient().of(policy.weights, both, chances * rewards, 0.0)
    places = np.random.default_rng(7).choice(len(policy.vector), 25, replace=False)
    steps = [1e-6 * np.eye(len(policy.vector))[place] for place in places]
    wanted = [(expected(policy.vector + step) - expected(policy.vector - step)) / 2e-6 for step in steps]
    assert slope[places] == pytest.approx(np.array(wanted), abs=1e-7)


def test_adam_climbs_to_the_top_of_a_hill_and_never_jumps() -> None:
    """A first step is as long as the rate in every direction, whatever the slope; then the top is found."""
    adam = Adam(0.05, 1.0)
    place = np.array([5.0, -3.0])
    first = adam.step(place, -1e9 * place)
    assert np.abs(first - place) == pytest.approx([0.05, 0.05], rel=1e-3)
    for _ in range(2_000):
        place = adam.step(place, -place)
    assert place == pytest.approx([0, 0], abs=1e-2)


def test_what_nothing_speaks_for_fades() -> None:
    """By its share of the decay in every step; what has none stays."""
    adam, vector = Adam(rate=0.1, clip=1.0, decay=np.array([2.0, 0.0])), np.array([1.0, 1.0])
    for _ in range(3):
        vector = adam.step(vector, np.zeros(2))
    assert vector.tolist() == pytest.approx([0.8**3, 1.0])


def test_a_reward_is_right_less_what_it_cost() -> None:
    """By every price; the paper's is for the share of edges."""
    plan = Plan.hearing(5, {1: (0,), 2: (0, 1)})
    ending = Ending(plan, right=True, rescued=1, harmed=0, extra_calls=2, critical_path=2, tokens=500, cpu_s=1.0)
    ours = Settings(prices=Prices(call=0.01, path=0.02, kilotoken=0.1))
    assert reward(ending, ours) == pytest.approx(1 - 0.02 - 0.04 - 0.05)
    assert reward(ending, ours, 0.03) == pytest.approx(1 - 0.02 - 0.04 - 0.05 - 0.06)
    assert reward(replace(ending, right=False), PRESETS["paper"]) == pytest.approx(-0.1 * 3 / 10)


def test_settings_are_checked() -> None:
    """Unknown presets and values out of range, by name."""
    paper = make_settings("paper", updates=None)
    assert (paper.updates, paper.batch, paper.rate, paper.clip, paper.baseline) == (50, 32, 0.1, 1.0, "batch")
    assert make_settings("paper", updates=7).updates == 7
    with pytest.raises(UnknownNameError, match="'paper'"):
        make_settings("papr")
    with pytest.raises(ConfigError, match="updates"):
        make_settings(updates=0)
    with pytest.raises(ConfigError, match=r"rate 0\.5 times decay 4\.0.*lower one"):
        make_settings(rate=0.5, decay=4)
    changed = make_settings("default", ["prices.call=0.01", "decay=1"], updates=5)
    assert (changed.prices.call, changed.prices.path, changed.decay, changed.updates) == (0.01, 0.0, 1.0, 5)
    with pytest.raises(ConfigError, match=r"prices\.cal: unknown key; did you mean .call"):
        make_settings("default", ["prices.cal=1"])


def small_plays(environment: DrawnTeam = SMALL, agents: int | None = None) -> Plays:
    """Return its plays, texts embedded small."""
    return Plays(environment, HashingEmbedder(16), agents)


@pytest.mark.parametrize("kind", ["gated", "edge-logits", pytest.param("nexa-paper", marks=pytest.mark.slow)])
async def test_every_policy_learns_to_talk_where_talking_helps(kind: str) -> None:
    """Rescue .9, no harm: trained plans beat the fresh ones and nobody talking."""
    fast = {
        "gated": {"updates": 20, "rate": 0.05},
        "nexa-paper": {"rate": 0.1, "decay": 0.0, "averaging": 0.0},
        "edge-logits": {"rate": 0.1, "start": 0.45, "decay": 0.0, "averaging": 0.0},
    }
    settings = make_settings(**{"updates": 40, "plans": 4, "prices": {"call": 0.001}} | fast[kind])
    plays = small_plays()
    seen: list[Step] = []
    trained = await train([plays], kind, settings, 1, seen.append)
    silent = np.mean([(await plays.parallel(episode)).right for episode in plays.episodes("validation")])
    assert trained.validation > silent + 0.05
    assert trained.update > 0
    assert trained.history == tuple(seen)
    row = (await evaluate(plays, {kind: trained.policy})).rows[0]
    assert row.accuracy.value > silent


@pytest.mark.parametrize("kind", TRAINED)
async def test_equal_seeds_have_equal_weights(kind: str) -> None:
    """To the last bit, whatever was played before; other seeds have others."""
    settings = make_settings(updates=3, batch=4, check_every=1)
    plays = small_plays()
    one, two, other = [
        await train([used], kind, settings, seed) for used, seed in ((plays, 1), (small_plays(), 1), (plays, 2))
    ]
    assert one.history == two.history
    assert one.policy.vector.tobytes() == two.policy.vector.tobytes()
    assert one.history != other.history


async def test_a_multiplier_keeps_to_the_target() -> None:
    """Calls that are free are held to the target by it alone."""
    settings = make_settings(updates=40, prices={"call": 0.0}, target_calls=0.4, multiplier_step=5e-3, patience=60)
    trained = await train([small_plays()], "gated", settings, 0)
    free = await train([small_plays()], "gated", settings.model_copy(update={"target_calls": None}), 0)
    assert trained.history[-1].multipliers > (0,)
    assert 0.2 < trained.validation_calls[0] <= 0.4
    assert trained.validation > trained.history[0].validation + 0.04
    last = [np.mean([step.calls for step in one.history[-10:]]) for one in (trained, free)]
    assert last[0] < 0.75 * last[1]


async def test_trained_weights_are_kept_though_the_validation_pool_is_louder_than_train() -> None:
    """Each pool keeps to the budget: where thresholds were set on both together, none of the trained weights passed."""

    class Louder(DrawnTeam):
        def episodes(self, pool: str) -> Sequence[Episode]:
            found = super().episodes(pool)
            torn = [one for one in found if len({reply.right for reply in one.replies}) > 1]
            return torn if pool == "validation" else found

    plays = small_plays(Louder(agents=4, rescue=0.9, harm=0.0, sizes={"train": 120, "validation": 120}))
    trained = await train([plays], "gated", make_settings(updates=40, target_calls=0.8), 0)
    assert trained.update > 0
    assert 0 < trained.validation_calls[0] <= 0.8


async def test_greedy_plans_ask_few_agents_where_one_is_enough() -> None:
    """Equal agents, any of whom rescues: drawn plans cannot tell them apart, and by their odds all would be asked."""
    settings = make_settings(updates=30, rate=0.01, target_calls=0.8)
    plays = small_plays(replace(SMALL, rescue=1.0))
    trained = await train([plays], "gated", settings, 0)
    plans = [trained.policy.plan(plays.features(episode)) for episode in plays.episodes("validation")]
    asked = [plan.extra_calls for plan in plans if not plan.empty]
    assert np.mean(asked) < SMALL.agents - 1
    silent = np.mean([(await plays.parallel(episode)).right for episode in plays.episodes("validation")])
    assert trained.validation > silent + 0.05


async def test_every_environment_keeps_to_the_target_by_its_own_multiplier() -> None:
    """Also where one of them is worth far more talk than the other."""
    settings = make_settings(updates=40, prices={"call": 0.0}, target_calls=0.4, multiplier_step=5e-3, patience=60)
    worth_little = small_plays(replace(SMALL, rescue=0.3, harm=0.1))
    trained = await train([small_plays(), worth_little], "gated", settings, 0)
    assert all(calls <= 0.4 for calls in trained.validation_calls)
    assert len(trained.validation_calls) == len(set(trained.history[-1].multipliers)) == 2


async def test_training_ends_when_nothing_gets_better_and_keeps_the_best() -> None:
    """Where talking only harms, the fresh policy stays; restarts begin anew."""
    harmful = replace(SMALL, rescue=0.0, harm=0.9)
    settings = make_settings(updates=100, check_every=2, patience=3, restarts=2, plans=1, start=0.1)
    trained = await train([small_plays(harmful)], "gated", settings, 4)
    assert trained.update == 0
    assert [step.update for step in trained.history if step.update == 0] == [0, 0]
    assert {step.seed for step in trained.history} == {4, 5}
    assert len(trained.history) == 2 * (1 + 6)


async def test_items_are_drawn_evenly_over_environments_of_other_sizes() -> None:
    """Two environments, teams of four and of three; the second has far fewer items."""
    asked: list[str] = []

    class Watched(DrawnTeam):
        async def revise(self, *turn: Any) -> Any:
            asked.append(self.name)
            return await super().revise(*turn)

    few = Watched(agents=3, name="few", rescue=0.9, sizes={"train": 5, "validation": 5})
    plays = [small_plays(), small_plays(few)]
    trained = await train(plays, "gated", make_settings(updates=3, batch=10, plans=1, check_every=3), 0)
    assert isinstance(trained.policy, Gated)
    assert asked
    with pytest.raises(ConfigError, match=r"one size.*\[3, 4\]"):
        await train(plays, "edge-logits", make_settings(updates=1), 0)
    trained = await train([small_plays(agents=3), plays[1]], "edge-logits", make_settings(updates=1), 0)
    assert trained.policy.weights.tensors["logits"].shape == (3, 3)
    with pytest.raises(ConfigError, match="has 3 agents, not 4"):
        await train([small_plays(few, agents=4)], "gated", make_settings(updates=1), 0)


async def test_a_recording_trains_again_as_it_was_made_and_with_what_it_knows_otherwise(tmp_path: Path) -> None:
    """With its own seed to the same weights; with another, plans that it does not know are drawn anew, and counted."""
    settings = Settings(updates=60, batch=8, check_every=10)
    made = Recording.record(SMALL)
    first = await train([Plays(made, HashingEmbedder(16))], "gated", settings, 3)
    made.save(tmp_path / "team.jsonl.zst")
    kept = Recording.open(tmp_path / "team.jsonl.zst")
    again = await train([Plays(kept, HashingEmbedder(16))], "gated", settings, 3)
    assert again.policy.vector.tobytes() == first.policy.vector.tobytes()
    assert sum(step.missing for step in again.history) == 0
    other = await train([Plays(kept, HashingEmbedder(16))], "gated", settings, 4)
    assert sum(step.missing for step in other.history) > 0
    assert make_card(other, [kept], [], {}).metrics["plans.missing"] == sum(step.missing for step in other.history)


async def test_a_recording_that_knows_next_to_nothing_is_not_trained_on() -> None:
    """The message says what to record."""
    empty = Recording(Recording.record(SMALL).header, {pool: SMALL.episodes(pool) for pool in ("train", "validation")})
    with pytest.raises(RecordingError, match=r"record with the trainer's own settings.*rqgm nexa record"):
        await train([Plays(empty, HashingEmbedder(16))], "gated", Settings(updates=12, batch=8), 0)


async def test_wrong_use_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Policies that do not learn, pools that are empty, the extra that is missing."""
    with pytest.raises(UnknownNameError, match="gatd"):
        await train([small_plays()], "gatd", make_settings())
    with pytest.raises(ConfigError, match="no validation episodes"):
        await train([small_plays(replace(SMALL, sizes={"train": 3}))], "gated", make_settings())
    monkeypatch.setitem(sys.modules, "autograd", None)
    monkeypatch.setitem(sys.modules, "autograd.numpy", None)
    with pytest.raises(ConfigError, match=r"install rqgm-toolkit\[train\]"):
        await train([small_plays()], "gated", make_settings())


@pytest.mark.slow
async def test_a_trained_gate_keeps_most_of_what_talking_gains_at_well_under_its_calls() -> None:
    """On fresh items of the team of the design's simulation: ten agents, rescue .20, harm .025.

    There is much to learn from many independent items: weights need not fade as fast as with a few programs.
    """
    team = DrawnTeam(ease=1.2, difficulty=0.85, sizes={"train": 400, "validation": 200, "test": 1_000})
    plays = Plays(team, HashingEmbedder(64))
    trained = await train([plays], "gated", make_settings(decay=1.0), 1)
    policies = {"full": open_policy("full"), "gated": trained.policy}
    full, gated = (await evaluate(plays, policies)).rows
    gained = [row.against_parallel.difference.value for row in (full, gated)]
    assert gained[1] >= gained[0] / 2
    assert gated.extra_calls < 0.4 * full.extra_calls
    assert gated.against_parallel.difference.low > 0
