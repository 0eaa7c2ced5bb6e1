"""The policies that ship: what each decides, how they are opened, and that what is learned is what the page says."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.orchestration.plans import Plan, PlanError, Turn
from rqgm.orchestration.policies.edge_logits import EdgeLogits
from rqgm.orchestration.policies.gated import MOST_PARENTS, TILT, Gated, Scores
from rqgm.orchestration.policies.nexa_paper import NexaPaper
from rqgm.orchestration.policy import Policy, known_policies, open_policy
from rqgm.orchestration.ranking import contributions, ranked
from rqgm.orchestration.weights import Card, Weights, WeightsError, WeightsVersionError, save_weights
from rqgm.testing.policy_kit import draw_features

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rqgm.orchestration.features import Features
    from rqgm.orchestration.policies.learned import Learned

NAN = math.nan
UNLEARNED = ("parallel", "full", "chain", "star", "random(0.5)", "debate(2)", "self-org(0.1)")


def team(evidence: list[float], cluster: list[int] | None = None, seed: int = 0) -> Features:
    """Return features of as many agents as there are numbers, all with an answer unless told otherwise."""
    drawn = draw_features(len(evidence), np.random.default_rng(seed))
    return replace(drawn, evidence=np.array(evidence), cluster=np.array(cluster or [0] * len(evidence)))


def learned(kind: str, features: Features, seed: int = 0) -> Learned:
    """Return a learned policy that talks about half of the time, every parameter drawn."""
    rng = np.random.default_rng(seed)
    made: dict[str, Learned] = {
        "gated": Gated.initial(features, rng),
        "nexa-paper": NexaPaper.initial(features.vectors.shape[1], features.version, rng, width=8),
        "edge-logits": EdgeLogits.initial(features.agents, features.version),
    }
    policy = made[kind]
    return policy.with_vector(rng.normal(scale=0.7, size=policy.vector.shape))


LEARNED = ("gated", "nexa-paper", "edge-logits")


def test_evidence_speaks_first_then_the_typical_then_who_has_no_answer() -> None:
    """A right minority is heard by a wrong majority: evidence ranks above ψ."""
    features = team([NAN, 0.5, 1.0, NAN, 0.5, 1.0], [0, 0, 1, 0, 0, -1])
    psi = contributions(features)
    halves = sorted([1, 4], key=lambda n: -psi[n])
    unknown = sorted([0, 3], key=lambda n: -psi[n])
    assert ranked(features) == [2, *halves, *unknown, 5]
    assert ranked(features, evidence_first=False) == sorted(range(6), key=lambda n: -psi[n])
    everybody = open_policy("full").plan(features).parents
    assert all(2 in heard for agent, heard in everybody.items() if agent != 2)
    assert 2 not in everybody


def test_psi_is_the_cosine_to_the_mean_of_the_vectors() -> None:
    """By the definition, on the vectors themselves."""
    features = draw_features(9, np.random.default_rng(3))
    mean = features.vectors.mean(axis=0)
    assert contributions(features) == pytest.approx(features.vectors @ mean / np.linalg.norm(mean), abs=1e-12)


@pytest.mark.parametrize("agents", [1, 2, 6])
def test_the_fixed_graphs_cost_what_they_are_known_for(agents: int) -> None:
    """Calls and critical path of each, N agents."""
    features = draw_features(agents, np.random.default_rng(agents))
    order = ranked(features)
    names = ("parallel", "again", "full", "chain", "star", "debate(3)")
    costs = {name: open_policy(name).plan(features) for name in names}
    found = {name: (plan.extra_calls, plan.critical_path, plan.edges) for name, plan in costs.items()}
    last, pairs, talks = agents - 1, agents * (agents - 1) // 2, agents > 1
    assert found == {
        "parallel": (0, 0, 0),
        "again": (agents, 1, 0),
        "full": (last, last, pairs),
        "chain": (last, last, last),
        "star": (last, int(talks), last),
        "debate(3)": (3 * agents * talks, 3 * talks, 3 * agents * last),
    }
    assert costs["chain"].parents == {order[k]: (order[k - 1],) for k in range(1, agents)}
    assert costs["star"].parents == {order[k]: (order[0],) for k in range(1, agents)}


def test_random_has_its_density_and_is_fixed_by_the_drafts_where_no_generator_is_given() -> None:
    """Within five standard errors; other drafts are another draw."""
    policy = open_policy("random(0.3)")
    features = draw_features(40, np.random.default_rng(1))
    rng = np.random.default_rng(2)
    edges = sum(policy.plan(features, rng).edges for _ in range(20))
    pairs = 20 * 40 * 39 / 2
    assert edges / pairs == pytest.approx(0.3, abs=5 * math.sqrt(0.21 / pairs))
    assert policy.plan(features, rng) != policy.plan(features, rng)
    assert policy.plan(features) == policy.plan(features)
    other = draw_features(40, np.random.default_rng(5))
    places = [policy.plan(f).relabelled(np.argsort(ranked(f)).tolist()) for f in (features, other)]
    assert places[0] != places[1]
    assert open_policy("random(0)").plan(features).empty
    assert open_policy("random(1)").plan(features) == open_policy("full").plan(features)


def test_self_org_joins_like_drafts_from_the_higher_to_the_lower_psi() -> None:
    """Every pair at or above the threshold, and no other."""
    features = draw_features(12, np.random.default_rng(4))
    psi = contributions(features)
    parents = open_policy("self-org(0.1)").plan(features).parents
    found = {(a, b) for a, heard in parents.items() for b in heard}
    wanted = {
        (a, b) for a in range(12) for b in range(12) if a != b and psi[b] > psi[a] and features.cosine[a, b] >= 0.1
    }
    assert found == wanted
    assert wanted


@pytest.mark.parametrize("kind", LEARNED)
def test_the_probabilities_of_all_plans_that_can_be_drawn_are_one(kind: str) -> None:
    """So `log_prob` is that of the sampler: three agents, every plan met in many draws, and how often."""
    features = team([NAN, 1.0, 0.5], [0, 1, 1])
    policy = learned(kind, features, seed=3)
    rng = np.random.default_rng(0)
    draws = [policy.plan(features, rng) for _ in range(3_000)]
    counts = Counter(repr(plan) for plan in draws)
    plans = {repr(plan): plan for plan in draws}
    chances = {text: math.exp(policy.log_prob(features, plan)) for text, plan in plans.items()}
    assert 0.98 < sum(chances.values()) < 1 + 1e-9
    for text, chance in chances.items():
        error = math.sqrt(chance * (1 - chance) / len(draws))
        assert abs(counts[text] / len(draws) - chance) < 5 * error + 1e-3, text


def test_the_probabilities_of_all_gated_plans_of_four_agents_are_exactly_one() -> None:
    """Enumerated: gate, who answers again (None: does not), every ordered choice of parents, nobody among them."""
    features = team([NAN, NAN, 1.0, 0.5])
    policy = learned("gated", features, seed=1)
    order = ranked(features)
    options: list[list[tuple[int, ...] | None]] = [
        [None, *(heard for size in range(place + 1) for heard in permutations(order[:place], size))]
        for place in range(4)
    ]
    total = math.exp(policy.log_prob(features, Plan.none(4)))
    for choice in product(*options):
        parents = {agent: heard for agent, heard in zip(order, choice, strict=True) if heard is not None}
        plan = Plan.hearing(4, parents) if parents else Plan.none(4, gate=True)
        total += math.exp(policy.log_prob(features, plan))
    assert total == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("kind", LEARNED)
def test_what_a_policy_cannot_draw_has_probability_zero(kind: str) -> None:
    """Debates, old versions, edges against the order; a plan of other agents is an error."""
    features = team([1.0, 0.5, 0.0])
    policy = learned(kind, features)
    if kind == "nexa-paper":
        low = ranked(features, evidence_first=False)[-1]
        upward = Plan.hearing(3, {(low + 1) % 3: [low]})
    else:
        upward = Plan.hearing(3, {0: [2]})
    stale = Plan(3, gate=True, turns={Turn(1, 1): (Turn(0, 0),), Turn(2, 1): (Turn(1, 0),)})
    for plan in (Plan.debate([0, 1, 2], 2), upward, stale):
        assert policy.log_prob(features, plan) == -math.inf
    with pytest.raises(PlanError, match="2 agents"):
        policy.log_prob(features, Plan.none(2))


@pytest.mark.parametrize("kind", LEARNED)
def test_greedy_is_the_likelier_decision_at_every_step(kind: str) -> None:
    """With logits made a million times as large, sampling has no choice left and draws it."""
    features = draw_features(7, np.random.default_rng(9))
    policy = next(p for p in (learned(kind, features, seed) for seed in range(60)) if not p.plan(features).empty)
    plan = policy.plan(features)
    sharp = {
        "gated": (
            "gate.2.weight",
            "gate.2.bias",
            "update.2.weight",
            "update.2.bias",
            "parent.2.weight",
            "parent.2.bias",
            "parent.nobody",
        ),
        "nexa-paper": ("encoder.norm2.weight", "encoder.norm2.bias", "bias"),
        "edge-logits": ("logits",),
    }[kind]
    factor = 1e3 if kind == "nexa-paper" else 1e7
    scale = {name: factor**2 if (kind, name) == ("nexa-paper", "bias") else factor for name in sharp}
    tensors = {name: tensor * scale.get(name, 1) for name, tensor in policy.weights.tensors.items()}
    sure = replace(policy, weights=replace(policy.weights, tensors=tensors))
    if kind == "gated":  # it asks some of those with middling odds, see the next test
        plan = sure.plan(features)
    assert sure.plan(features) == plan
    assert sure.plan(features, np.random.default_rng(0)) == plan
    assert sure.log_prob(features, plan) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("odds", "asked"), [((0.4, 0.4, 0.4, 0.4, 0.4), [0, 1]), ((0.1, 0.6, 0.1, 0.9, 0.2), [1, 3])])
def test_greedily_as_many_answer_again_as_their_odds_expect(odds: tuple[float, ...], asked: list[int]) -> None:
    """The likeliest of them; at even odds those that come first. None, should the odds be against even one."""
    logits = np.log(np.array(odds) / (1 - np.array(odds)))
    scores = Scores([0, 1, 2, 3, 4], 1.0, logits, np.full((5, 5), -np.inf), np.zeros(MOST_PARENTS))
    assert Gated.opened(scores).updated == tuple(asked)
    assert Gated.opened(replace(scores, update=np.full(5, -4.0))).empty


@pytest.mark.parametrize("kind", LEARNED)
def test_a_vector_of_parameters_is_laid_out_as_told(kind: str) -> None:
    """Each slot is its tensor; a change of one number changes that one."""
    policy = learned(kind, draw_features(5, np.random.default_rng(0)))
    vector, layout = policy.vector, policy.weights.layout
    assert [layout[0].start, *(s.stop for s in layout)] == [0, *(s.start for s in layout[1:]), len(vector)]
    for slot in layout:
        assert np.array_equal(vector[slot.start : slot.stop].reshape(slot.shape), policy.weights.tensors[slot.name])
    moved = vector.copy()
    moved[3] += 1
    assert np.flatnonzero(policy.with_vector(moved).vector != vector).tolist() == [3]
    with pytest.raises(WeightsError, match="parameters"):
        policy.with_vector(vector[:-1])


def test_gated_starts_shut_most_of_the_time_with_few_parameters() -> None:
    """About one in ten opens, so that training begins near the parallel mode and yet explores."""
    rng = np.random.default_rng(0)
    opened = []
    for seed in range(40):
        features = draw_features(6, rng)
        policy = Gated.initial(features, np.random.default_rng(seed))
        opened.append(1 - math.exp(policy.log_prob(features, Plan.none(6))))
    assert 0.05 < np.mean(opened) < 0.2
    assert 1_000 < len(policy.vector) < 5_000


def eager(policy: Gated, again: Mapping[int, float], nobody: float) -> Gated:
    """Return a policy with an open gate that asks again by place alone, and with so much wish to hear nobody.

    `again`: {column of an agent's row: weight} of what it is asked again for; 0 is its place.
    """
    tensors = {name: np.zeros_like(tensor) for name, tensor in policy.weights.tensors.items()}
    tensors["gate.2.bias"][:] = 50.0
    for column, weight in again.items():
        tensors["update.0.weight"][0, column] = weight
    tensors["update.2.weight"][0, 0] = 100.0
    tensors["update.2.bias"][:] = -50.0
    tensors["parent.nobody"][:] = nobody
    return replace(policy, weights=replace(policy.weights, tensors=tensors))


def test_gated_never_gives_more_than_three_speakers() -> None:
    """Whatever it wants; and whoever answers again is not heard."""
    features = draw_features(20, np.random.default_rng(0))
    order = ranked(features)
    policy = eager(learned("gated", features, seed=4), {0: 1.0}, nobody=-50.0)
    for rng in (None, np.random.default_rng(0)):
        plan = policy.plan(features, rng)
        places = {order.index(agent): [order.index(other) for other in heard] for agent, heard in plan.parents.items()}
        assert 0 not in places
        assert 19 in places
        assert all(heard == sorted(heard) for heard in places.values())
        assert max(map(len, places.values())) == MOST_PARENTS
        assert not {other for heard in places.values() for other in heard} & places.keys()
        assert plan.critical_path == 1


def test_gated_reads_the_evidence_of_the_speaker_not_of_the_listener() -> None:
    """`pair` and `each` are told as [listener, speaker]: a want for one column of the speaker picks its holder."""
    features = team([1.0, 0.9, 0.8, 0.7, 0.6])
    each = np.zeros_like(features.each)
    each[2, 4] = 1.0  # of the third agent, one column
    features = replace(features, each=each, pair=np.zeros_like(features.pair))
    policy = eager(Gated.initial(features, np.random.default_rng(0)), {0: 1.0}, nobody=1.0)
    tensors = {name: tensor.copy() for name, tensor in policy.weights.tensors.items()}
    tensors["parent.0.weight"][0, 1 + 4] = 1.0
    tensors["parent.2.weight"][0, 0] = 5.0
    tensors["update.place"][:] = 200.0
    plan = replace(policy, weights=replace(policy.weights, tensors=tensors)).plan(features)
    assert plan.parents == {3: (2,), 4: (2,)}


def test_gated_may_ask_again_without_anybody_being_heard() -> None:
    """Where hearing nobody is wanted most."""
    features = draw_features(4, np.random.default_rng(2))
    policy = learned("gated", features)
    tensors = dict(policy.weights.tensors) | {"parent.nobody": np.array([50.0, 0.0, 0.0])}
    tensors |= {"gate.2.bias": np.array([50.0]), "update.2.bias": np.array([50.0])}
    plan = replace(policy, weights=replace(policy.weights, tensors=tensors)).plan(features)
    assert plan == open_policy("again").plan(features)


def test_a_fresh_gated_has_the_last_listen_to_the_first() -> None:
    """Before anything is learned: the odds of answering again rise along the order, those of being heard fall."""
    features = draw_features(8, np.random.default_rng(3))
    scores = Gated.initial(features, np.random.default_rng(1), start=0.3).scores(features)
    assert np.diff(scores.update) == pytest.approx(TILT / 7)
    assert np.diff(scores.parent[7, :7]) == pytest.approx(-TILT / 7)
    assert 1 / (1 + np.exp(-scores.gate)) == pytest.approx(0.3)
    assert scores.update.mean() == pytest.approx(scores.gate)


def test_gated_decides_on_what_its_page_says() -> None:
    """Each number of the context, of a listener and of a speaker, read alone: it is where it is said to be."""
    features = draw_features(6, np.random.default_rng(8))
    order = ranked(features)
    each, whole, pair = features.each[order], features.whole, features.pair[np.ix_(order, order)]
    context = np.concatenate([whole, each.min(axis=0), each.mean(axis=0), each.max(axis=0)])
    policy = Gated.initial(features, np.random.default_rng(0))
    bare = {name: np.zeros_like(tensor) for name, tensor in policy.weights.tensors.items()}

    def reading(part: str, column: int) -> Any:
        tensors = {name: tensor.copy() for name, tensor in bare.items()}
        tensors[f"{part}.0.weight"][3, column] = 1.0
        tensors[f"{part}.2.weight"][0, 3] = 1.0
        return replace(policy, weights=replace(policy.weights, tensors=tensors)).scores(features)

    for column, value in enumerate(context):
        assert reading("gate", column).gate == pytest.approx(np.tanh(value), abs=1e-12)
    each = np.column_stack([np.arange(6) / 5, each])
    for column in range(each.shape[1]):
        assert reading("update", column).update == pytest.approx(np.tanh(each[:, column]), abs=1e-12)
    for column, value in enumerate(context, each.shape[1]):
        assert reading("update", column).update == pytest.approx(np.tanh(np.full(6, value)), abs=1e-12)
    listener, speaker = np.repeat(each[:, None], 6, axis=1), np.repeat(each[None, :], 6, axis=0)
    both = np.concatenate([speaker, listener, pair, np.tile(whole, (6, 6, 1))], axis=2)
    below = np.tril_indices(6, -1)
    for column in range(both.shape[2]):
        found = reading("parent", column).parent
        assert found[below] == pytest.approx(np.tanh(both[..., column])[below], abs=1e-12)
        assert np.isneginf(found[np.triu_indices(6)]).all()


def encoded_slowly(rows: np.ndarray, t: Any) -> list[list[float]]:
    """Return one post-norm encoder layer, number by number."""

    def linear(x: list[float], w: np.ndarray, b: np.ndarray) -> list[float]:
        return [sum(a * float(c) for a, c in zip(x, row, strict=True)) + float(d) for row, d in zip(w, b, strict=True)]

    def norm(x: list[float], name: str) -> list[float]:
        mean = sum(x) / len(x)
        spread = math.sqrt(sum((a - mean) ** 2 for a in x) / len(x) + 1e-5)
        return [
            (a - mean) / spread * float(w) + float(b)
            for a, w, b in zip(x, t[f"encoder.{name}.weight"], t[f"encoder.{name}.bias"], strict=True)
        ]

    start = [linear([float(v) for v in row], t["input.weight"], t["input.bias"]) for row in rows]
    width = len(start[0])
    joint = [linear(x, t["encoder.self_attn.in_proj_weight"], t["encoder.self_attn.in_proj_bias"]) for x in start]
    result = []
    for x, q in zip(start, joint, strict=True):
        scores = [
            sum(a * b for a, b in zip(q[:width], k[width : 2 * width], strict=True)) / math.sqrt(width) for k in joint
        ]
        shares = [math.exp(s) / sum(math.exp(o) for o in scores) for s in scores]
        heard = [sum(s * v[2 * width + c] for s, v in zip(shares, joint, strict=True)) for c in range(width)]
        out = linear(heard, t["encoder.self_attn.out_proj.weight"], t["encoder.self_attn.out_proj.bias"])
        middle = norm([a + b for a, b in zip(x, out, strict=True)], "norm1")
        inner = [max(0.0, v) for v in linear(middle, t["encoder.linear1.weight"], t["encoder.linear1.bias"])]
        last = linear(inner, t["encoder.linear2.weight"], t["encoder.linear2.bias"])
        result.append(norm([a + b for a, b in zip(middle, last, strict=True)], "norm2"))
    return result


def test_the_papers_logits_are_those_of_a_transformer_written_out_number_by_number() -> None:
    """H Hᵀ/√d, less the mean over pairs of different agents, plus the bias; agents in the order of ψ."""
    features = draw_features(5, np.random.default_rng(6), dimensions=7)
    rng = np.random.default_rng(1)
    policy = NexaPaper.initial(7, features.version, rng, width=4)
    policy = policy.with_vector(rng.normal(size=policy.vector.shape))
    order = ranked(features, evidence_first=False)
    hidden = encoded_slowly(features.vectors[order], policy.weights.tensors)
    scores = [[sum(a * b for a, b in zip(x, y, strict=True)) / 2 for y in hidden] for x in hidden]
    mean = sum(scores[i][j] for i in range(5) for j in range(5) if i != j) / 20
    bias = float(policy.weights.tensors["bias"][0])
    wanted = [[scores[i][j] - mean + bias for j in range(5)] for i in range(5)]
    assert policy.logits(policy.read(features)) == pytest.approx(np.array(wanted), abs=1e-10)


def test_the_papers_policy_does_not_start_as_a_full_graph() -> None:
    """At its full width: p is about .1, so there is a gradient; H Hᵀ taken literally would be certain."""
    chances = []
    for seed in range(5):
        features = draw_features(10, np.random.default_rng(seed), dimensions=384)
        policy = NexaPaper.initial(384, features.version, np.random.default_rng(seed))
        logits = policy.logits(policy.read(features))
        chances.append(float((1 / (1 + np.exp(-logits)))[np.tril_indices(10, -1)].mean()))
    assert 0.02 < np.mean(chances) < 0.3


@pytest.mark.parametrize("kind", LEARNED)
def test_weights_of_other_features_are_refused_by_both_names(kind: str) -> None:
    """Also when a plan is only to be judged."""
    features = draw_features(5, np.random.default_rng(0))
    policy = learned(kind, features)
    other = replace(features, version="features-77")
    for use in (lambda: policy.plan(other), lambda: policy.log_prob(other, Plan.none(5))):
        with pytest.raises(WeightsVersionError, match=f"(?s){re.escape(features.version)}.*features-77"):
            use()


def test_weights_that_do_not_fit_are_refused_and_told() -> None:
    """Other team, other embedder, other columns, other policy, missing tensors."""
    features = draw_features(5, np.random.default_rng(0))
    with pytest.raises(WeightsError, match="team of 5 agents, these are 4"):
        learned("edge-logits", features).plan(draw_features(4, np.random.default_rng(0)))
    with pytest.raises(WeightsError, match="embeddings of 16 numbers, these have 9"):
        learned("nexa-paper", features).plan(draw_features(5, np.random.default_rng(0), dimensions=9))
    with pytest.raises(WeightsError, match="gate reads"):
        learned("gated", features).plan(replace(features, each=np.ones((5, 3))))
    gated = learned("gated", features).weights
    with pytest.raises(WeightsError, match="given weights of 'gated'"):
        EdgeLogits(gated)
    for kind, make in (("gated", Gated), ("nexa-paper", NexaPaper), ("edge-logits", EdgeLogits)):
        for tensors in ({}, {"logits": np.zeros(())}, {"logits": np.zeros((2, 3))}, {"gate.0.weight": np.zeros(2)}):
            with pytest.raises(WeightsError, match="another policy or version"):
                make(Weights(kind, features.version, tensors))


@pytest.mark.parametrize("kind", LEARNED)
def test_weights_are_finite_or_refused_and_so_is_what_they_blow_up(kind: str) -> None:
    """NaN never decides anything."""
    features = draw_features(5, np.random.default_rng(0))
    policy = learned(kind, features)
    for bad in (NAN, math.inf):
        vector = policy.vector
        vector[-1] = bad
        with pytest.raises(WeightsError, match="NaN or infinity"):
            policy.with_vector(vector)
    huge = policy.with_vector(np.full(policy.vector.shape, 1e300))
    if kind == "edge-logits":  # of which nothing is computed: every edge is sure
        assert huge.plan(features).edges == 10
        return
    with pytest.raises(WeightsError, match="too large"):
        huge.plan(replace(features, each=features.each * 1e10, vectors=features.vectors * 1e10))


def saved(folder: Path, policy: Learned) -> Path:
    """Write a policy's weights with a card and return the file."""
    path = folder / f"{policy.kind}.safetensors"
    card = Card(policy=policy.kind, features=policy.weights.features, seed=0, data="drawn", data_sha256="0" * 64)
    save_weights(path, policy.weights, card)
    return path


@pytest.mark.parametrize("kind", LEARNED)
def test_a_learned_policy_is_opened_by_its_weights_and_decides_as_before(kind: str, tmp_path: Path) -> None:
    """float32 on disk: probabilities agree to single precision."""
    features = draw_features(5, np.random.default_rng(0))
    policy = learned(kind, features)
    opened = open_policy(kind, saved(tmp_path, policy))
    assert isinstance(opened, Policy)
    assert opened.name == kind
    plan = policy.plan(features)
    assert opened.plan(features) == plan
    assert opened.log_prob(features, plan) == pytest.approx(policy.log_prob(features, plan), rel=1e-4)  # type: ignore[attr-defined]


def test_weights_of_one_policy_do_not_open_another(tmp_path: Path) -> None:
    """Though the file is sound."""
    path = saved(tmp_path, learned("gated", draw_features(3, np.random.default_rng(0))))
    with pytest.raises(WeightsError, match="'nexa-paper' was given weights of 'gated'"):
        open_policy("nexa-paper", path)


@pytest.mark.parametrize("text", UNLEARNED)
def test_names_open_policies_that_know_their_name(text: str) -> None:
    """Spaces around do not matter."""
    policy = open_policy(f" {text} ")
    assert isinstance(policy, Policy)
    assert policy.name == text.partition("(")[0]
    assert policy.name in known_policies()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "form"),
        ("full()", "takes no argument"),
        ("random", "from 0 to 1"),
        ("random(1.1)", "from 0 to 1"),
        ("random(nan)", "from 0 to 1"),
        ("random(0.3", "form"),
        ("self-org(x)", "from -1 to 1"),
        ("debate(0)", "from 1 to 16"),
        ("debate(1.5)", "from 1 to 16"),
        ("debate(99999999999999999999)", "from 1 to 16"),
        ("debate(²)", "from 1 to 16"),
        ("gated(3)", "takes no argument"),
        ("nexa-paper", "rqgm nexa train"),
        ("edge-logits", "rqgm nexa train"),
        ("../../etc", "form"),
    ],
)
def test_bad_names_and_arguments_are_told(text: str, message: str) -> None:
    """With what is allowed."""
    with pytest.raises(ConfigError, match=re.escape(message)):
        open_policy(text)


def test_an_unknown_name_is_told_with_the_nearest_and_weights_belong_to_the_learned() -> None:
    """Exit code 2."""
    with pytest.raises(UnknownNameError, match="did you mean 'gated'") as caught:
        open_policy("gatted")
    assert caught.value.exit_code == 2
    with pytest.raises(ConfigError, match="takes no weights"):
        open_policy("full", Path("some.safetensors"))
    with pytest.raises(WeightsError, match="no such file"):
        open_policy("gated", Path("nowhere.safetensors"))


PLUGIN = """
from rqgm.orchestration.plans import Plan

class Everybody:
    name = "hear-first"
    def __init__(self, argument, weights):
        self.first = int(argument)
    def plan(self, features, rng=None):
        others = range(features.agents)
        return Plan.hearing(features.agents, {n: [self.first] for n in others if n != self.first})

class Wrong(Everybody):
    def plan(self, features, rng=None):
        if self.first == 1:
            return Plan.none(features.agents + 1)
        if self.first == 2:
            return {0: [1]}
        if self.first == 3:
            return Plan.hearing(features.agents, {0: [1], 1: [0]})
        raise ZeroDivisionError("hidden")

def nothing(argument, weights):
    return object()
"""


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package with policies, as pip leaves one behind."""
    (tmp_path / "policies_of_others.py").write_text(PLUGIN)
    info = tmp_path / "policies_of_others-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: policies-of-others\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[rqgm.policies]\nhear-first = policies_of_others:Everybody\nwrong = policies_of_others:Wrong\n"
        "nothing = policies_of_others:nothing\nlost = policies_of_others:lost\nfull = policies_of_others:nothing\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("plugins")
def test_a_plug_in_is_opened_by_its_name_and_given_its_argument() -> None:
    """It cannot take the name of one of ours."""
    features = draw_features(3, np.random.default_rng(0))
    policy = open_policy("hear-first(1)")
    assert policy.name == "hear-first"
    assert policy.plan(features).parents == {0: (1,), 2: (1,)}
    assert open_policy("full").plan(features).extra_calls == 2
    assert {"hear-first", "wrong"} <= set(known_policies())
    with pytest.raises(UnknownNameError, match="did you mean 'hear-first'"):
        open_policy("hear-frist")


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize(
    ("argument", "message"),
    [(1, "4 agents"), (2, "a dict"), (3, "circle: (0 → 1 → 0|1 → 0 → 1)"), (4, "'wrong'.*ZeroDivisionError: hidden")],
)
def test_a_plug_ins_plan_is_checked(argument: int, message: str) -> None:
    """What is no plan of these agents is a typed error, as is whatever it raises."""
    with pytest.raises(PlanError, match=message):
        open_policy(f"wrong({argument})").plan(draw_features(3, np.random.default_rng(0)))


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize(
    ("text", "message"), [("hear-first(x)", "cannot be made"), ("lost", "cannot be made"), ("nothing", "no `plan`")]
)
def test_a_plug_in_that_cannot_be_made_is_told_by_name(text: str, message: str) -> None:
    """And where it comes from."""
    with pytest.raises(ConfigError, match=rf"policies_of_others.*{message}"):
        open_policy(text)
