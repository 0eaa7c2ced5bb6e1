"""Rank correlation: agreement of the order of nodes from one checkpoint to the next."""

from __future__ import annotations

import pytest

from rqgm.report.pages.ranks import correlate, rank_changes


def scores(*means: float) -> list[list[float]]:
    return [[node, mean, 3] for node, mean in enumerate(means)]


def test_equal_order_is_one_and_the_reverse_minus_one():
    """Values do not matter, their order does."""
    up = scores(0.1, 0.2, 0.3, 0.4, 0.5)
    assert correlate(up, scores(0.3, 0.31, 0.5, 0.8, 0.9))["spearman"] == 1.0
    found = correlate(up, scores(0.5, 0.4, 0.3, 0.2, 0.1))
    assert (found["spearman"], found["kendall"], found["n"]) == (-1.0, -1.0, 5)


def test_one_swap_of_neighbours_is_what_the_books_say():
    """1 - 6 Σd² / n(n² - 1) and (concordant - discordant) / pairs."""
    found = correlate(scores(1, 2, 3, 4, 5), scores(1, 2, 3, 5, 4))
    assert found["spearman"] == pytest.approx(0.9)
    assert found["kendall"] == pytest.approx(0.8)


def test_only_nodes_that_have_a_score_in_both_count():
    """Nodes made later, or erased to nothing, are left out."""
    assert correlate(scores(1, 2, 3, 4, 5, 6), scores(1, 2, 3, 4, 5))["n"] == 5


def test_too_few_nodes_or_none_but_ties_are_said_not_computed():
    """There is no number where there is no order."""
    few = correlate(scores(1, 2, 3, 4), scores(1, 2, 3, 4))
    assert few["spearman"] is None
    assert "too few nodes" in few["note"]
    ties = correlate(scores(1, 1, 1, 1, 1), scores(1, 2, 3, 4, 5))
    assert ties["kendall"] is None
    assert "no order" in ties["note"]


def test_each_checkpoint_is_held_against_the_next_and_the_last_against_now():
    """What was erased has been measured anew by then."""
    decisions = [{"replaced": True}]
    epochs = [
        {"epoch": 0, "outcomes": 10, "decisions": decisions, "erased": [1, 2], "scores": scores(1, 2, 3, 4, 5)},
        {"epoch": 1, "outcomes": 20, "decisions": [], "erased": [], "scores": scores(5, 4, 3, 2, 1)},
    ]
    first, second = rank_changes(epochs, scores(5, 4, 3, 2, 1), 27)
    assert (first["until"], first["replaced"], first["erased"], first["spearman"]) == (20, True, 2, -1.0)
    assert (second["until"], second["replaced"], second["spearman"]) == (27, False, 1.0)


def test_before_the_first_checkpoint_there_is_nothing_to_compare():
    """A run that has just begun has pages too."""
    assert rank_changes([], scores(1, 2, 3), 12) == []
