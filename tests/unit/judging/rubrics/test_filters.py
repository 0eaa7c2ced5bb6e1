"""Filters: each reason to refuse a predicate is a statistic of votes."""

from __future__ import annotations

import numpy as np
import pytest

from rqgm.core.counts import Counts
from rqgm.judging.rubrics.filters import Window, above, aligned, edge_interval, leaks, nearest, overlap
from rqgm.judging.rubrics.predicates import Predicate

WINDOW = Window(0.1, 0.7)


def test_a_rate_is_outside_the_window_when_its_posterior_says_so() -> None:
    """4 of 5 may well be chance, 80 of 100 is not, although the point estimate is the same."""
    assert not WINDOW.too_wide(Counts(4, 1))
    assert WINDOW.too_wide(Counts(80, 20))
    assert not WINDOW.too_narrow(Counts(0, 3))
    assert WINDOW.too_narrow(Counts(1, 60))
    assert not WINDOW.too_wide(Counts())
    assert not WINDOW.too_narrow(Counts())


def test_posteriors_are_those_of_a_uniform_prior() -> None:
    """Beta(1 + s, 1 + f); one success above ½ has probability ¾."""
    assert above(Counts(1, 0), 0.5) == pytest.approx(0.75)
    assert aligned(Counts(0, 0)) == pytest.approx(0.5)
    assert aligned(Counts(9, 1)) > 0.99
    assert aligned(Counts(1, 9)) < 0.01


def test_overlap_and_correlation() -> None:
    """The paper's overlap counts what satisfies both; a correlation also sees opposites."""
    a, b = np.array([1, 1, 1, 0, -1], dtype=np.int8), np.array([1, 1, 0, 0, 1], dtype=np.int8)
    assert overlap(a, b) == pytest.approx(0.5)
    assert overlap(a, a) == 1
    assert overlap(np.zeros(3, dtype=np.int8), np.zeros(3, dtype=np.int8)) == 0
    x = np.array([0.0, 0.0, 1.0, 1.0])
    assert nearest(x, np.column_stack([x, 1 - x])) == (pytest.approx(1), pytest.approx(-1))
    assert nearest(x, np.empty((4, 0))) == (0.0, 0.0)


def test_a_predicate_that_repeats_a_candidate_s_text_leaks() -> None:
    """In its words or its parameters, whatever the case and spacing; short and partial words do not count."""
    plain = Predicate("p", "k", "mentions the Grand  Total of 4711", {"of": [{"word": "sesame-street"}]})
    assert leaks(plain, ["grand total"])
    assert leaks(plain, ["Sesame-Street"])
    assert not leaks(plain, ["4711", "ntions", "sesame-str", "unheard of", ""])


def test_an_edge_has_a_paired_interval() -> None:
    """NA on either side leaves the pair out; without a pair nothing is known."""
    strong, weak = np.array([1] * 20 + [-1], dtype=np.int8), np.array([0] * 15 + [1] * 6, dtype=np.int8)
    edge, low, high = edge_interval(strong, weak)
    assert edge == pytest.approx(0.75)
    assert 0.4 < low < edge < high < 1
    assert edge_interval(strong[20:], weak[20:]) == (0.0, -1.0, 1.0)
