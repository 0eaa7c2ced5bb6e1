"""Rubrics: what holds for all votes."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rqgm.core.counts import Counts
from rqgm.judging.rubrics import weights
from rqgm.judging.rubrics.accuracy import best_threshold
from rqgm.judging.rubrics.filters import above
from rqgm.judging.rubrics.matrix import Votes
from rqgm.judging.rubrics.refinement import objective
from rqgm.judging.rubrics.rubric import weighted

MATRICES = st.tuples(st.integers(2, 12).map(lambda n: 2 * n), st.integers(1, 7)).flatmap(
    lambda shape: arrays(np.int8, shape, elements=st.integers(-1, 1))
)


def all_weights(votes: Votes) -> dict[str, np.ndarray]:
    """Return every weighting of a matrix; even rows are strong and right."""
    rows = len(votes.values)
    return {
        "uniform": weights.uniform(votes.values.shape[1]),
        "whitened": weights.whitened(votes),
        "shrunk": weights.shrunk(votes, np.arange(rows).reshape(-1, 2)),
        "correlated": weights.correlated(votes, np.arange(rows) % 2 == 0),
    }


@given(MATRICES)
def test_weights_are_a_distribution(values: np.ndarray) -> None:
    """Never negative, never NaN, adding up to 1."""
    for found in all_weights(Votes(values)).values():
        assert np.isfinite(found).all()
        assert (found >= 0).all()
        assert abs(found.sum() - 1) < 1e-9


@given(MATRICES, st.randoms(use_true_random=False))
def test_weights_follow_their_columns(values: np.ndarray, draw) -> None:
    """Permuting predicates permutes weights."""
    order = list(range(values.shape[1]))
    draw.shuffle(order)
    before, after = all_weights(Votes(values)), all_weights(Votes(values[:, order]))
    for name, found in before.items():
        np.testing.assert_allclose(found[order], after[name], atol=1e-6)


@given(MATRICES)
def test_constant_columns_get_nothing(values: np.ndarray) -> None:
    """In both forms that know of it, unless there is nothing else."""
    votes = Votes(values)
    assume(not votes.constant.all())
    found = all_weights(votes)
    assert (found["shrunk"][votes.constant] == 0).all()
    assert (found["correlated"][votes.constant] == 0).all()


@given(MATRICES)
def test_the_objective_is_finite_and_turns_with_the_pairs(values: np.ndarray) -> None:
    """Exchanging strong and weak changes its sign and nothing else."""
    pairs = np.arange(len(values)).reshape(-1, 2)
    found = objective(Votes(values), pairs)
    assert np.isfinite(found)
    assert abs(found + objective(Votes(values), pairs[:, ::-1])) <= 1e-6 * max(1.0, abs(found))


@given(
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0, 1, None])), min_size=1, max_size=12),
    st.integers(0, 11),
)
def test_a_score_lies_between_0_and_1_and_grows_with_yes(rows: list[tuple[float, int | None]], at: int) -> None:
    """Turning a no into a yes never lowers it; an NA counts as if the predicate were not there."""
    held, cast = [weight for weight, _ in rows], [vote for _, vote in rows]
    found = weighted(held, cast)
    answered = sum(weight for weight, vote in rows if vote is not None)
    assert (found is None) == (answered <= 0)
    assume(found is not None)
    assert 0.0 <= found <= 1.0
    if cast[at % len(cast)] == 0:
        cast[at % len(cast)] = 1
        assert weighted(held, cast) >= found
    rest = [(weight, vote) for weight, vote in rows if vote is not None]
    assert weighted([w for w, _ in rest], [v for _, v in rest]) == found


@given(st.lists(st.tuples(st.one_of(st.none(), st.floats(0, 1)), st.booleans()), min_size=1, max_size=30))
def test_a_threshold_can_be_reached(rows: list[tuple[float | None, bool]]) -> None:
    """It lies in (0, 1]."""
    assert 0 < best_threshold([score for score, _ in rows], [right for _, right in rows]) <= 1


@given(st.integers(0, 500), st.integers(0, 500), st.floats(0.01, 0.99))
def test_a_posterior_is_a_probability_that_falls_as_the_bar_rises(yes: int, no: int, bar: float) -> None:
    """And mirrors itself."""
    found = above(Counts(yes, no), bar)
    assert 0 <= found <= 1
    assert found >= above(Counts(yes, no), (1 + bar) / 2) - 1e-12
    assert abs(found - (1 - above(Counts(no, yes), 1 - bar))) < 1e-9
