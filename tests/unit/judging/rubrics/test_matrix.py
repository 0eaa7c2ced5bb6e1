"""The matrix of votes."""

from __future__ import annotations

import numpy as np
import pytest

from rqgm.core.counts import Counts
from rqgm.judging.rubrics.matrix import Votes, correlation, grade
from rqgm.judging.rubrics.predicates import Predicate

G = Votes(np.array([[1, 1, -1], [0, 1, -1], [1, 1, 0], [-1, 1, 1]], dtype=np.int8))
PAIRS = np.array([[0, 1], [2, 3], [2, 1]])


def test_statistics_leave_out_what_was_not_answered() -> None:
    """NA is neither a yes nor a no."""
    assert G.rates == [Counts(2, 1), Counts(4, 0), Counts(1, 1)]
    assert G.constant.tolist() == [False, True, False]
    assert G.filled[:, 2].tolist() == [0.5, 0.5, 0.0, 1.0]
    assert G.filled[3, 0] == pytest.approx(2 / 3)
    assert G.discordant(PAIRS) == [Counts(2, 0), Counts(0, 0), Counts(0, 1)]
    assert G.differences(PAIRS).tolist() == [[1, 0, 0], [0, 0, -1], [1, 0, 0]]


def test_a_column_without_any_answer_is_constant_and_half() -> None:
    """It says nothing."""
    votes = Votes(np.array([[-1], [-1]], dtype=np.int8))
    assert votes.constant.all()
    assert votes.filled.tolist() == [[0.5], [0.5]]


def test_anything_but_votes_is_refused() -> None:
    """Two is no vote, a row is no matrix."""
    for wrong in (np.array([[2]]), np.array([1, 0])):
        with pytest.raises(ValueError, match="N×m"):
            Votes(wrong)


def test_grading_asks_each_predicate_about_each_case() -> None:
    """And keeps the order of both."""

    class Divides:
        def vote(self, predicate: Predicate, case: int) -> int | None:
            return None if case == 0 else int(case % predicate.params["by"] == 0)

    by = [Predicate(f"by-{n}", "divides", "", {"by": n}) for n in (2, 3)]
    assert grade(Divides(), by, [0, 2, 3, 6]).values.tolist() == [[-1, -1], [1, 0], [0, 1], [1, 1]]
    assert grade(Divides(), [], [1, 2]).values.shape == (2, 0)


def test_correlation_of_a_constant_is_zero() -> None:
    """Never NaN."""
    a = np.array([0.0, 1.0, 1.0, 0.0])
    assert correlation(a, a) == pytest.approx(1)
    assert correlation(a, 1 - a) == pytest.approx(-1)
    assert correlation(a, np.ones(4)) == 0


def test_the_identity_of_a_predicate_is_what_decides_its_votes() -> None:
    """Not its name or its words."""
    a, b = Predicate("a", "k", "one", {"x": 1}), Predicate("b", "k", "two", {"x": 1})
    assert a.identity == b.identity
    others = Predicate("a", "k", "one", {"x": 2}), Predicate("a", "k", "one", {"x": 1}, 2), Predicate("a", "l", "one")
    assert a.identity not in {other.identity for other in others}
