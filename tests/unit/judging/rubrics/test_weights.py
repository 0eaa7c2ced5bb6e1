"""Weights, and the simulation of when whitening pays."""

from __future__ import annotations

import numpy as np
import pytest

from rqgm.judging.rubrics import weights
from rqgm.judging.rubrics.matrix import Votes
from rqgm.judging.rubrics.simulation import World, simulate


def sampled(rows: int, columns: int, seed: int = 0) -> Votes:
    """Return independent votes."""
    return Votes(np.random.RandomState(seed).randint(0, 2, (rows, columns)).astype(np.int8))


def test_whitening_gives_a_block_of_copies_one_voice() -> None:
    """Three copies and one other: uniform gives the copies ¾, whitening about ½ more evenly shared out."""
    own = sampled(400, 2)
    votes = Votes(own.values[:, [0, 0, 0, 1]])
    found = weights.whitened(votes)
    assert found[:3] == pytest.approx([found[0]] * 3)
    assert found[3] > 1.5 * found[0]
    assert weights.uniform(4).tolist() == [0.25] * 4


def test_whitened_weights_are_the_inverse_root_of_the_covariance() -> None:
    """On a diagonal covariance, w ∝ 1/σ."""
    assert weights.from_covariance(np.diag([4.0, 1.0])) == pytest.approx([1 / 3, 2 / 3])
    assert weights.from_covariance(np.zeros((2, 2))).tolist() == [0.5, 0.5]


def test_constants_draw_the_paper_s_weights_but_get_none_of_ours() -> None:
    """The flaw that the replications found, and its remedy."""
    votes = Votes(np.column_stack([sampled(8, 3, 1).values, np.ones(8, dtype=np.int8)]))
    pairs = np.arange(8).reshape(-1, 2)
    assert weights.whitened(votes)[3] > 0.7
    assert weights.shrunk(votes, pairs)[3] == 0
    assert weights.correlated(votes, np.arange(8) % 2 == 0)[3] == 0


def test_ledoit_wolf_is_the_published_formula() -> None:
    """Against a direct computation on a small sample; the shrinkage falls as samples grow."""
    draw = np.random.RandomState(3)
    x = draw.normal(size=(12, 4)) @ np.diag([1.0, 2.0, 0.5, 1.0])
    found, shrinkage = weights.ledoit_wolf(x)
    centred = x - x.mean(axis=0)
    s = centred.T @ centred / 12
    mu = np.trace(s) / 4
    d2 = ((s - mu * np.eye(4)) ** 2).sum()
    b2 = min(d2, sum(((np.outer(row, row) - s) ** 2).sum() for row in centred) / 144)
    assert shrinkage == pytest.approx(b2 / d2)
    assert found == pytest.approx(b2 / d2 * mu * np.eye(4) + (1 - b2 / d2) * s)
    assert 0 < weights.ledoit_wolf(np.tile(x, (50, 1)))[1] < shrinkage < 1


def test_weights_by_correlation_leave_out_what_points_the_wrong_way() -> None:
    """Clipped at 0."""
    right = np.array([True, False] * 10)
    votes = Votes(np.column_stack([right, ~right, sampled(20, 1).values[:, 0]]).astype(np.int8))
    found = weights.correlated(votes, right)
    assert found[1] == 0
    assert found[0] > 0.7


def test_small_samples_make_whitening_worse_and_shrinkage_mends_it() -> None:
    """Eight samples: whitened < uniform ≤ shrunk; from 64 on both win (spec/judges.md, Rubrics)."""
    few, many = (simulate(World(), samples, draws=400, seed=1) for samples in (8, 64))
    assert few["whitened"] < few["uniform"] - 0.003
    assert few["shrunk"] >= few["uniform"]
    assert min(many["whitened"], many["shrunk"]) > many["uniform"] + 0.01
