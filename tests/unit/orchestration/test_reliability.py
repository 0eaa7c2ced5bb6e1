"""Reliability: who is worth what is learned from agreement or labels, and the team's answer follows it."""

from __future__ import annotations

import math
import os
import random
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rqgm.orchestration.drafts import Draft
from rqgm.orchestration.recorded_answers import Answered, read_recorded
from rqgm.orchestration.reliability import MOST_ABLE, REPEATS, Reliability, ReliabilityError, Signed, learn

COIN = {"spreads": (0.0,)}  # one coin each


def signed(answers: dict[str, str | None], truth: str | None = None, **evidence: float) -> Signed:
    drafts = [Draft(str(answer), answer, evidence.get(author)) for author, answer in answers.items()]
    right = None if truth is None else [answer == truth for answer in answers.values()]
    return Signed(list(answers), drafts, right)


def simulated(
    chances: dict[str, float], items: int, seed: int, *, wrong: int = 20, present: float = 1.0
) -> list[Signed]:
    """Items of one truth each: an agent gives it by its chance, else one of `wrong` others, else misses the item."""
    rng = random.Random(seed)
    made = []
    for _ in range(items):
        truth, *others = (str(name) for name in rng.sample(range(10**6), wrong + 1))
        here = [agent for agent in chances if rng.random() < present] or [next(iter(chances))]
        answers = {agent: truth if rng.random() < chances[agent] else rng.choice(others) for agent in here}
        made.append(signed(answers, truth))
    return made


def accuracy(worth: Reliability, items: list[Signed]) -> float:
    return sum((item.right or [])[worth.choose(item)] for item in items) / len(items)


def majority(items: list[Signed]) -> float:
    return accuracy(Reliability({}), items)  # all are equally able


WEAK = {"best": 0.9, "good": 0.6, "fair": 0.5} | {f"weak{n}": 0.15 for n in range(8)}


@pytest.mark.parametrize("wrong", [4, 20])
@pytest.mark.parametrize("settings", [{}, COIN])
def test_agreement_alone_tells_the_able_from_the_weak(settings: dict, wrong: int) -> None:
    items = simulated(WEAK, 200, 1, wrong=wrong)
    worth = learn(items, **settings)
    ranked = sorted(WEAK, key=worth.ability, reverse=True)
    assert ranked[:3] == ["best", "good", "fair"]
    assert accuracy(worth, items) >= majority(items) + 0.1


def test_labels_are_not_looked_at_unless_asked() -> None:
    items = simulated(WEAK, 50, 2)
    turned = [Signed(item.authors, item.drafts, [not right for right in item.right or []]) for item in items]
    blind = [Signed(item.authors, item.drafts) for item in items]
    assert learn(items) == learn(turned) == learn(blind)
    assert learn(items, labels=True) != learn(turned, labels=True)


@pytest.mark.parametrize("labels", [True, False])
def test_one_coin_finds_the_chances_that_made_the_answers(labels: bool) -> None:
    chances = {"a": 0.85, "b": 0.7, "c": 0.55, "d": 0.4, "e": 0.25}
    items = simulated(chances, 1_000, 3, wrong=9)
    worth = learn(items, labels=labels, **COIN)
    for place, agent in enumerate(chances):
        found = sum((item.right or [])[place] for item in items) / len(items)
        assert worth.accuracy(agent) == pytest.approx(found, abs=0.002 if labels else 0.04)


def test_agents_that_are_right_more_rarely_than_by_chance_do_no_harm() -> None:
    chances = {"a": 0.7, "b": 0.7, "c": 0.7, "liar": 0.0, "fool": 0.02}
    items = simulated(chances, 300, 4, wrong=3)
    worth = learn(items)
    assert max(worth.ability("liar"), worth.ability("fool")) < min(worth.ability(one) for one in "abc")
    assert accuracy(worth, items) >= majority(items)


def test_labels_are_not_switched_where_most_agents_are_wrong_each_in_its_own_way() -> None:
    chances = {"a": 0.8, "b": 0.7, "c": 0.6} | {f"noise{n}": 0.02 for n in range(10)}
    worth = learn(simulated(chances, 150, 5, wrong=50))
    assert min(worth.ability(one) for one in "abc") > 0 > max(worth.ability(f"noise{n}") for n in range(10))


def test_agents_may_be_missing() -> None:
    items = simulated(WEAK, 300, 6, present=0.5)
    worth = learn(items)
    assert max(WEAK, key=worth.ability) == "best"
    assert accuracy(worth, items) > majority(items)


def test_no_answer_is_a_wrong_one() -> None:
    items = [signed({"a": "1", "b": "1", "mute": None if n % 2 else "1"}) for n in range(40)]
    worth = learn(items)
    assert worth.accuracy("mute") == pytest.approx(0.5, abs=0.15)
    assert worth.accuracy("a") > 0.85


def test_settings_are_found_by_likelihood() -> None:
    """Items that are all alike have no spread; where all is right or all is wrong at once there is much of it."""
    rng = random.Random(8)
    alike = simulated(dict.fromkeys("abcdef", 0.6), 200, 8, wrong=200)
    assert (learn(alike).spread, learn(alike).repeats) == (0.0, REPEATS[-1])
    apart = [item for n in range(100) for item in simulated(dict.fromkeys("abcdef", rng.choice([0.05, 0.95])), 1, n)]
    assert learn(apart).spread >= 2.0
    assert learn(apart, labels=True).spread >= 2.0


def test_on_hard_items_a_strong_agent_outweighs_weak_ones_that_agree() -> None:
    """One coin each sums the weak ones' votes; difficulty and repeated errors explain their agreement."""
    abilities = {"strong": 2.3, "w1": -0.6, "w2": -0.6, "w3": -0.6, "x1": -2.0, "x2": -2.0}
    item = signed({"strong": "s", "w1": "w", "w2": "w", "w3": "w", "x1": "p", "x2": "q"})
    assert item.authors[Reliability(abilities).choose(item)] == "strong"
    assert item.drafts[Reliability(abilities, 0.0, 20.0).choose(item)].answer == "w"


def test_one_coin_votes_by_log_odds_over_the_answers_given() -> None:
    chances = {"a": 0.9, "b": 0.6, "c": 0.5}
    worth = Reliability({agent: math.log(p / (1 - p)) for agent, p in chances.items()}, spread=0.0)
    odds = {"x": 0.9 / 0.1, "y": 0.6 / 0.4, "z": 0.5 / 0.5}
    found = worth.posterior(signed({"a": "x", "b": "y", "c": "z"}))
    assert found == pytest.approx({answer: value / sum(odds.values()) for answer, value in odds.items()})


def test_wrong_answers_repeat_as_in_ewens_formula() -> None:
    """Either three agents repeat a wrong answer and one is right, or the one is wrong by itself."""
    worth = Reliability(dict.fromkeys("abcd", 0.0), spread=0.0, repeats=4.0)
    found = worth.posterior(signed({"a": "x", "b": "x", "c": "x", "d": "y"}))
    assert found["y"] / found["x"] == pytest.approx(1 / (4 + 1) * 2 / (4 + 2))


def test_difficulty_is_integrated_out() -> None:
    """Two agents against one, by quadrature of our own."""
    abilities, spread, repeats = {"a": 1.5, "b": -0.5, "c": 0.2}, 1.3, 2.5
    b = np.random.default_rng(0).normal(size=400_000)
    p = {agent: 1 / (1 + np.exp(spread * b - ability)) for agent, ability in abilities.items()}
    alone = (p["a"] * (1 - p["b"]) * (1 - p["c"])).mean() * (1 / (1 + repeats))  # c repeats the wrong answer of b
    both = ((1 - p["a"]) * p["b"] * p["c"]).mean()
    found = Reliability(abilities, spread, repeats).posterior(signed({"a": "x", "b": "y", "c": "y"}))
    assert found["x"] == pytest.approx(alone / (alone + both), abs=0.003)


def test_evidence_counts_as_the_chance_that_a_verifier_sees() -> None:
    worth = Reliability({"a": 0.0, "b": 0.0, "c": 0.0})
    answers = {"a": "x", "b": "x", "c": "y"}
    plain = worth.posterior(signed(answers))
    assert plain["x"] > 0.5
    assert worth.posterior(signed(answers, a=0.5, c=0.5)) == pytest.approx(plain)
    told = worth.posterior(signed(answers, a=0.8, b=0.6, c=0.3))
    odds = plain["x"] / plain["y"] * (0.7 / 0.3) / (0.3 / 0.7)
    assert told["x"] / told["y"] == pytest.approx(odds)
    sure = signed(answers, a=0.0, b=0.0, c=1.0)
    assert sure.authors[worth.choose(sure)] == "c"
    assert 0 < worth.posterior(sure)["x"] < 0.01  # verifiers err


# What came before, and what is at the edge.


def test_items_may_come_in_parts() -> None:
    items = simulated(WEAK, 160, 7)
    whole, parts = learn(items), None
    for start in range(0, 160, 40):
        parts = learn(items[start : start + 40], before=parts)
    assert parts is not None
    assert [parts.ability(agent) for agent in WEAK] == pytest.approx([whole.ability(agent) for agent in WEAK], abs=1.0)
    assert accuracy(parts, items) == pytest.approx(accuracy(whole, items), abs=0.03)


def test_what_was_known_is_kept_of_who_is_not_seen_and_expected_of_who_is() -> None:
    before = Reliability({"a": 3.0, "b": -3.0})
    assert learn([], before=before).abilities == before.abilities
    disagreed = [signed({"a": "x", "c": "y"})]  # says nothing by itself
    after = learn(disagreed, before=before)
    assert after.ability("b") == -3.0
    assert after.ability("a") > after.ability("c")
    assert learn(disagreed).ability("a") == pytest.approx(learn(disagreed).ability("c"))


def test_who_is_not_known_is_as_able_as_the_mean() -> None:
    assert Reliability({"a": 2.0, "b": 0.0}).ability("new") == 1.0
    assert Reliability({}).ability("new") == 0.0


def test_one_agent_is_chosen() -> None:
    items = [signed({"a": str(n)}) for n in range(5)]
    worth = learn(items)
    assert [worth.choose(item) for item in items] == [0] * 5
    assert worth.posterior(items[0]) == {"0": 1.0}


def test_all_agree() -> None:
    items = [signed(dict.fromkeys("abc", str(n))) for n in range(20)]
    worth = learn(items)
    assert worth.posterior(items[3]) == {"3": pytest.approx(1.0)}
    assert len({round(worth.ability(agent), 9) for agent in "abc"}) == 1
    assert worth.ability("a") < 10  # certain only as far as 20 items tell


def test_nobody_answers() -> None:
    items = [signed({"a": None, "b": None}), signed({"a": None, "b": "x"})]
    worth = learn(items)
    assert worth.posterior(items[0]) == {}
    assert items[0].authors[worth.choose(items[0])] == "b"
    assert learn(items[:1]).ability("a") < 0


def test_who_has_no_answer_is_not_chosen_however_able() -> None:
    item = signed({"able": None, "weak": "x"})
    assert Reliability({"able": 9.0, "weak": -9.0}).choose(item) == 1


def test_ties_do_not_hang_on_places() -> None:
    worth = Reliability(dict.fromkeys("abcd", 0.0))
    chosen = set()
    for order in permutations([("a", "y"), ("b", "x"), ("c", "y"), ("d", "x")]):
        item = signed(dict(order))
        place = worth.choose(item)
        chosen.add((item.authors[place], item.drafts[place].answer))
    assert chosen == {("b", "x")}


def test_an_author_may_write_several_drafts() -> None:
    drafts = [Draft(answer=answer) for answer in ("x", "x", "y", "z")]
    item = Signed(["m", "m", "m", "n"], drafts, [True, True, False, False])
    worth = learn([item] * 100, labels=True, **COIN)
    assert worth.accuracy("m") == pytest.approx(2 / 3, abs=0.01)
    assert drafts[worth.choose(item)].answer == "x"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcdefg"), st.sampled_from(["x", "y", "z", None]), min_size=1),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([0.0, 0.5, 2.0, MOST_ABLE]),
    st.sampled_from([1e-6, 3.0, 1e6]),
    st.booleans(),
)
def test_whatever_is_answered_gives_finite_abilities_and_chances(rows, spread, repeats, labels) -> None:
    items = [signed(row, "x") for row in rows]
    worth = learn(items, labels=labels, spreads=(spread,), repeats=(repeats,))
    assert all(math.isfinite(value) for value in worth.abilities.values())
    for item in items:
        chances = worth.posterior(item)
        assert not chances or sum(chances.values()) == pytest.approx(1.0)
        chosen = item.drafts[worth.choose(item)].answer
        assert chosen is not None or not chances
        turned = Signed(list(item.authors)[::-1], list(item.drafts)[::-1])
        assert item.authors[worth.choose(item)] == turned.authors[worth.choose(turned)]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: Signed([], []), "0 drafts"),
        (lambda: Signed(["a"], [Draft(), Draft()]), "2 drafts, 1 authors"),
        (lambda: Signed(["a"], [Draft()], [True, False]), "2 labels"),
        (lambda: Signed(["a"], [Draft()], []), "0 labels"),
        (lambda: Reliability({"a": math.nan}), "abilities: 'a' has nan"),
        (lambda: Reliability({"a": math.inf}), "abilities: 'a' has inf"),
        (lambda: Reliability({}, spread=-1.0), "spread: -1.0"),
        (lambda: Reliability({}, repeats=0.0), "repeats: 0.0"),
        (lambda: learn([], spreads=[math.nan]), "spread: nan"),
        (lambda: learn([], repeats=[math.inf]), "repeats: inf"),
        (lambda: learn([], repeats=[]), "there are none"),
        (lambda: learn([signed({"a": "x"})], labels=True), "an item has no `right`"),
    ],
)
def test_what_does_not_fit_is_refused(wrong, told: str) -> None:
    with pytest.raises(ReliabilityError, match=told):
        wrong()


def test_on_real_answers_to_hard_mathematics_it_beats_the_majority_without_labels() -> None:
    """On the pools on which its design was chosen; the test pool is benchmarks/aggregation.py's."""
    data = os.environ.get("RQGM_DATA")
    if data is None:
        pytest.skip("RQGM_DATA is not set: it names the folder of public data sets")
    recorded = read_recorded(Path(data) / "multi_model_answers", tasks=("math-l5",))
    items = [known(one) for pool in ("train", "validation") for one in recorded.of_pool(pool)]
    worth = learn(items)
    assert accuracy(worth, items) > majority(items) + 0.08


def known(one: Answered) -> Signed:
    return Signed(one.authors, [r.draft for r in one.episode.replies], [r.right for r in one.episode.replies])
