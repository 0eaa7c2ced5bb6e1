"""Features: nothing of the embedder's basis, nothing of the agents' order, never NaN."""

from __future__ import annotations

import hashlib
import math
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rqgm.core.errors import ConfigError
from rqgm.orchestration.drafts import Draft
from rqgm.orchestration.embeddings import HashingEmbedder
from rqgm.orchestration.features import EACH, PAIR, VERSION, WHOLE, FeatureError, Features, features

if TYPE_CHECKING:
    from collections.abc import Sequence

HASHING = HashingEmbedder(64)

TEXT = st.sampled_from(["", " ", "x", "It is 5.", "It is 6, I am sure.", "def f(): return 5", "x" * 5_000]) | st.text(
    max_size=30
)
DRAFT = st.builds(
    Draft,
    text=TEXT,
    answer=st.none() | st.sampled_from(["5", "6", "7"]),
    evidence=st.none() | st.sampled_from([0.0, 0.5, 1.0, math.nan]) | st.floats(0, 1),
    failed=st.booleans(),
)


class Rotated:
    """The hashing embedder's rows in another basis."""

    name = "rotated"

    def __init__(self, seed: int) -> None:
        self.basis, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(64, 64)))

    def embed(self, texts: Sequence[str]) -> Any:
        return HASHING.embed(texts).astype(float) @ self.basis


class Fixed:
    """An embedder that says what it was told to."""

    name = "fixed"

    def __init__(self, rows: Any) -> None:
        self.rows = np.array(rows)

    def embed(self, texts: Sequence[str]) -> Any:
        return self.rows


def column(found: Features, name: str) -> list[float]:
    return found.each[:, EACH.index(name)].tolist()


def pair(found: Features, name: str) -> Any:
    return found.pair[:, :, PAIR.index(name)]


def whole(found: Features, name: str) -> float:
    return float(found.whole[WHOLE.index(name)])


@given(st.lists(DRAFT, min_size=1, max_size=64), st.randoms())
@settings(max_examples=150)
def test_features_follow_a_permutation_of_the_agents_bit_for_bit(drafts: list[Draft], random) -> None:
    order = list(range(len(drafts)))
    random.shuffle(order)
    found, moved = features(drafts, HASHING), features([drafts[place] for place in order], HASHING)
    for name in ("vectors", "cluster", "evidence", "each"):
        assert np.array_equal(getattr(found, name)[order], getattr(moved, name), equal_nan=name == "evidence"), name
    for name in ("cosine", "pair"):
        assert np.array_equal(getattr(found, name)[np.ix_(order, order)], getattr(moved, name)), name
    assert np.array_equal(found.whole, moved.whole)


@given(st.lists(DRAFT, min_size=1, max_size=12), st.integers(0, 5))
@settings(max_examples=150)
def test_features_do_not_depend_on_the_embedders_basis(drafts: list[Draft], seed: int) -> None:
    found, turned = features(drafts, HASHING), features(drafts, Rotated(seed))
    for name in ("cosine", "each", "pair", "whole"):
        assert np.allclose(getattr(found, name), getattr(turned, name), rtol=0, atol=1e-6), name


RANGES = {"psi": 1, "nearest": 1, "length": 3, "cosine": 1, "share_gap": 1, "psi_gap": 2, "length_ratio": 3}
RANGES |= {"evidence_gap": 1, "cosine_mean": 1, "cosine_least": 1, "minority_lead": 1}


@given(st.lists(DRAFT, min_size=1, max_size=20))
def test_features_are_finite_and_within_their_ranges(drafts: list[Draft]) -> None:
    found = features(drafts, HASHING)
    assert (found.version, found.agents) == (VERSION, len(drafts))
    for names, values in ((EACH, found.each), (PAIR, found.pair), (WHOLE, found.whole)):
        assert values.shape[-1] == len(names)
        assert np.isfinite(values).all()
        for place, name in enumerate(names):
            low, high = (-RANGES[name], RANGES[name]) if name in RANGES else (0, 3 if name == "length_range" else 1)
            assert values[..., place].min() >= low - 1e-12, name
            assert values[..., place].max() <= high + 1e-12, name


@given(st.lists(st.lists(st.floats(-1, 1), min_size=3, max_size=3), min_size=1, max_size=8))
def test_vectors_that_cancel_give_no_nan(rows: list[list[float]]) -> None:
    """The mean of opposite vectors has no direction."""
    found = features([Draft(str(place)) for place in range(len(rows))], Fixed(rows))
    assert (np.abs(column(found, "psi")) <= 1).all()


def test_opposite_vectors_have_no_typical_one() -> None:
    found = features([Draft("a"), Draft("b")], Fixed([[1.0, 0.0], [-1.0, 0.0]]))
    assert column(found, "psi") == [0, 0]
    assert column(found, "psi_rank") == [0.5, 0.5]
    assert whole(found, "cosine_least") == -1


def test_columns_say_what_their_names_say() -> None:
    rows = [[1, 0], [1, 0], [0.6, 0.8], [0, 0]]
    drafts = [
        Draft("abc", answer="5", evidence=0.2),
        Draft("abcdefg", answer="5"),
        Draft("a", answer="6", evidence=0.8),
        Draft("", failed=True),
    ]
    found = features(drafts, Fixed(rows))
    assert found.cosine.round(6).tolist() == [[1, 1, 0.6, 0], [1, 1, 0.6, 0], [0.6, 0.6, 1, 0], [0, 0, 0, 0]]
    assert found.cluster.tolist() == [0, 0, 1, -1]
    assert column(found, "answered") == [1, 1, 1, 0]
    assert column(found, "failed") == column(found, "empty") == [0, 0, 0, 1]
    assert column(found, "share") == [0.5, 0.5, 0.25, 0]
    assert column(found, "plurality") == [1, 1, 0, 0]
    to_mean = np.array(rows) @ np.mean(rows, axis=0) / np.linalg.norm(np.mean(rows, axis=0))
    assert column(found, "psi") == pytest.approx(to_mean.tolist())
    assert np.argsort(column(found, "psi_rank")).tolist()[:2] == [3, 2]
    assert column(found, "nearest") == pytest.approx([1, 1, 0.6, 0])
    middle = (math.log(4) + math.log(2)) / 2
    assert column(found, "length") == pytest.approx([math.log(n) - middle for n in (4, 8, 2, 1)])
    assert column(found, "evidence_known") == [1, 0, 1, 0]
    assert column(found, "evidence") == [0.2, 0, 0.8, 0]
    assert column(found, "evidence_rank") == [0, 0.5, 1, 0.5]
    assert column(found, "proven") == [0, 0, 0, 0]
    assert pair(found, "same_answer").tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert pair(found, "other_answer").tolist() == [[0, 0, 1, 0], [0, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]]
    assert pair(found, "share_gap")[0].tolist() == [0, 0, 0.25, 0.5]
    assert pair(found, "length_ratio")[1, 0] == pytest.approx(math.log(2))
    assert pair(found, "evidence_gap")[2].tolist() == pytest.approx([0.6, 0, 0, 0])
    assert pair(found, "evidence_both").sum() == 4
    assert np.array_equal(pair(found, "psi_gap"), -pair(found, "psi_gap").T)
    assert whole(found, "agents") == pytest.approx(math.log(4) / math.log(64))
    assert whole(found, "answered") == 0.75
    assert whole(found, "failed") == 0.25
    assert whole(found, "clusters") == whole(found, "top_share") == 0.5
    assert whole(found, "margin") == 0.25
    odds = np.array([2, 1]) / 3
    assert whole(found, "entropy") == pytest.approx(-(odds * np.log(odds)).sum() / math.log(4))
    assert whole(found, "cosine_mean") == pytest.approx(2.2 / 6)
    assert whole(found, "cosine_least") == 0
    assert whole(found, "evidence_known") == 0.5
    assert whole(found, "evidence_best") == 0.8
    assert whole(found, "evidence_range") == pytest.approx(0.6)
    assert whole(found, "minority_lead") == pytest.approx(0.6)
    assert whole(found, "length_range") == pytest.approx(math.log(8))


def test_one_agent_has_features() -> None:
    found = features([Draft("It is 5", answer="5")], HASHING)
    assert column(found, "psi") == pytest.approx([1])
    assert column(found, "psi_rank") == [0.5]
    assert (whole(found, "agents"), whole(found, "entropy"), whole(found, "margin")) == (0, 0, 1)


def test_equal_drafts_have_equal_rows() -> None:
    found = features([Draft("It is 5", answer="5", evidence=0.5)] * 5, HASHING)
    assert (found.each == found.each[0]).all()
    assert whole(found, "entropy") == 0


def test_empty_drafts_have_features() -> None:
    found = features([Draft(failed=True)] * 3, HASHING)
    assert found.cluster.tolist() == [-1, -1, -1]
    assert not found.cosine.any()
    assert whole(found, "top_share") == 0
    assert column(found, "plurality") == [0, 0, 0]


@pytest.mark.parametrize("count", [0, 65])
def test_number_of_agents_is_bounded(count: int) -> None:
    with pytest.raises(FeatureError, match=f"{count} drafts: a policy takes 1 to 64"):
        features([Draft("x")] * count, HASHING)


@pytest.mark.parametrize("rows", [[[1.0]], [[math.nan], [1.0]], [1.0, 2.0], [[[1.0]], [[1.0]]]])
def test_embedder_that_does_not_do_its_work_is_named(rows: Any) -> None:
    with pytest.raises(FeatureError, match="'fixed' gave"):
        features([Draft("a"), Draft("b")], Fixed(rows))


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("cosine", np.zeros((2, 3)), "cosine has the shape"),
        ("vectors", np.zeros(2), "vectors has the shape"),
        ("each", np.full((2, 3), np.nan), "each holds NaN"),
        ("pair", np.zeros((2, 3)), r"pair has the shape \(2, 3\), not \(2, 2, any\)"),
        ("whole", np.array([np.inf]), "whole holds NaN or infinity"),
        ("evidence", np.array([0.0, 2.0]), "evidence lies outside"),
        ("evidence", np.array([0.0]), "evidence has the shape"),
        ("cluster", np.array([0, -2]), "cluster holds"),
        ("cluster", np.array([0.0, 1.0]), "cluster holds"),
        ("cluster", np.array([], dtype=int), "features of 0 agents"),
    ],
)
def test_features_that_do_not_fit_together_are_refused(name: str, value: Any, told: str) -> None:
    found = features([Draft("a"), Draft("b")], HASHING)
    with pytest.raises(FeatureError, match=told) as error:
        replace(found, **{name: value})
    assert isinstance(error.value, ConfigError)


def test_version_names_the_columns() -> None:
    """Weights hold the version that they were trained for: other columns, or other contents, are another version."""
    drafts = [Draft("It is 5", "5", 0.3), Draft("It is 6", "6"), Draft("I think 5", "5", 0.7), Draft("", failed=True)]
    found = features(drafts, HASHING)
    values = [np.round(getattr(found, name), 5).ravel() for name in ("each", "pair", "whole")]
    told = repr((EACH, PAIR, WHOLE, (np.concatenate(values) + 0.0).tolist()))
    assert (VERSION, hashlib.sha256(told.encode()).hexdigest()[:16]) == ("features-2", DIGEST)


DIGEST = "ceeda9bc40aefb1f"


def test_features_are_told_in_the_order_that_others_build_on() -> None:
    names = ["version", "vectors", "cosine", "cluster", "evidence", "each", "pair", "whole"]
    assert [field.name for field in fields(Features)] == names


def test_proven_is_who_has_all_of_the_evidence() -> None:
    """Not who has nearly all of it, nor who has none."""
    drafts = [Draft("a", "1", 1.0), Draft("b", "2", 0.999), Draft("c", "3"), Draft("d", failed=True)]
    assert column(features(drafts, HASHING), "proven") == [1, 0, 0, 0]
