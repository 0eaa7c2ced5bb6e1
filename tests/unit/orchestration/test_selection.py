"""Selection: which answer is the team's."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.core.errors import UnknownNameError
from rqgm.orchestration.features import Features
from rqgm.orchestration.ranking import contributions, ranked
from rqgm.orchestration.selection import choose
from rqgm.testing.policy_kit import draw_features, permuted

NAN = math.nan
RULES = ("majority", "evidence", "centroid")


def team(cluster: list[int], evidence: list[float] | None = None, seed: int = 0) -> Features:
    """Return features of a team with these answers."""
    drawn = draw_features(len(cluster), np.random.default_rng(seed))
    return replace(drawn, cluster=np.array(cluster), evidence=np.array(evidence or [NAN] * len(cluster)))


def test_the_majority_wins_whoever_is_typical() -> None:
    """Silence is no answer, however many are silent."""
    for seed in range(5):
        assert choose(team([4, 7, -1, 7, 4, 7], seed=seed), "majority") in {1, 3, 5}
        assert choose(team([-1, 2, -1, -1], seed=seed), "majority") == 1


def test_who_speaks_for_the_majority_has_the_most_evidence_of_it() -> None:
    """Then the highest ψ."""
    assert choose(team([0, 0, 0, 1], [NAN, 0.25, 0.5, 1.0]), "majority") == 2
    features = team([0, 0, 0, 1])
    assert choose(features, "majority") == max(range(3), key=lambda n: contributions(features)[n])


def test_equal_clusters_are_told_apart_by_their_evidence_then_by_rank() -> None:
    """The sum over the cluster first."""
    assert choose(team([0, 0, 1, 1], [0.6, 0.6, 1.0, 0.0]), "majority") in {0, 1}
    features = team([0, 1, 1, 0])
    assert choose(features, "majority") == ranked(features)[0]


def test_evidence_outvotes_the_majority() -> None:
    """A right minority wins; equals vote; without any it is the majority; silence wins by no evidence."""
    assert choose(team([0, 0, 0, 1], [0.5, 0.5, NAN, 1.0]), "evidence") == 3
    assert choose(team([0, 0, 1, 1, 1], [1.0, 0.5, 1.0, 1.0, NAN]), "evidence") in {2, 3}
    assert choose(team([0, 1, 1]), "evidence") in {1, 2}
    assert choose(team([0, -1, 0], [0.0, 1.0, NAN]), "evidence") in {0, 2}


def test_the_centroid_is_the_papers() -> None:
    """Nearest to the sum of the vectors weighted by their cosine to the mean, by the definition."""
    for seed in range(20):
        features = team([0] * 7, seed=seed)
        mean = features.vectors.mean(axis=0)
        weights = features.vectors @ mean / np.linalg.norm(mean)
        centre = (weights[:, None] * features.vectors).sum(axis=0)
        assert choose(features, "centroid") == int(np.argmax(features.vectors @ centre))


@given(st.integers(1, 12), st.integers(0, 999), st.sampled_from(RULES), st.randoms(use_true_random=False))
def test_the_choice_follows_the_agents(agents: int, seed: int, rule: str, random: object) -> None:
    """Under other numbers the same agent is chosen, and one with an answer if there is one."""
    features = draw_features(agents, np.random.default_rng(seed))
    order = list(range(agents))
    random.shuffle(order)  # type: ignore[attr-defined]
    chosen = choose(features, rule)
    assert order[choose(permuted(features, order), rule)] == chosen
    assert features.cluster[chosen] >= 0 or (features.cluster < 0).all()


@pytest.mark.parametrize("rule", RULES)
def test_one_agent_and_agents_without_words_are_chosen_from(rule: str) -> None:
    """Nothing is divided by zero."""
    assert choose(team([-1]), rule) == 0
    features = team([-1] * 4)
    silent = replace(features, vectors=np.zeros((4, 2)), cosine=np.zeros((4, 4)))
    assert choose(silent, rule) in range(4)


def test_an_unknown_rule_is_told_with_the_nearest() -> None:
    """As every name."""
    with pytest.raises(UnknownNameError, match="did you mean 'majority'"):
        choose(team([0]), "majorty")
