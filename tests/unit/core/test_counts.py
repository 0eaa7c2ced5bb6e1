"""Beta counts."""

from __future__ import annotations

import pytest

from rqgm.core.counts import Counts, mean_belief


def test_counts_add_up() -> None:
    """Adding keeps successes and failures apart."""
    assert Counts(1, 2) + Counts(0.5, 3) == Counts(1.5, 5)


def test_rate_is_none_without_outcomes() -> None:
    """Nothing measured is not a rate of 0."""
    assert Counts().rate is None
    assert Counts(3, 1).rate == 0.75


def test_best_belief_is_the_quantile_of_the_uniform_prior_without_outcomes() -> None:
    """I⁻¹_ε(1, 1) = ε."""
    assert Counts().best_belief(0.05) == pytest.approx(0.05)
    assert Counts().best_belief(0.5) == pytest.approx(0.5)


def test_best_belief_of_five_right_out_of_five_is_the_papers_ceiling() -> None:
    """A challenger with only 5 outcomes can score at most 0.607 (spec §5)."""
    assert Counts(5, 0).best_belief() == pytest.approx(0.05 ** (1 / 6))
    assert Counts(5, 0).best_belief() == pytest.approx(0.607, abs=5e-4)


def test_best_belief_rises_with_successes_and_falls_with_failures() -> None:
    """Monotone in both counts."""
    assert Counts(8, 3).best_belief() > Counts(7, 3).best_belief() > Counts(7, 4).best_belief()


def test_best_belief_takes_fractions() -> None:
    """Outcomes carry the weight of their measure."""
    assert Counts(1, 1).best_belief() < Counts(1.5, 1).best_belief() < Counts(2, 1).best_belief()


@pytest.mark.parametrize(("successes", "failures"), [(0, 10), (10, 0), (0, 1), (1, 0)])
def test_interval_is_closed_where_all_outcomes_agree(successes: int, failures: int) -> None:
    """At no successes it begins at 0, at no failures it ends at 1."""
    low, high = Counts(successes, failures).interval()
    assert (low == 0.0) is (successes == 0)
    assert (high == 1.0) is (failures == 0)
    assert low < high


def test_interval_holds_the_rate_and_narrows_with_outcomes() -> None:
    """More outcomes at one rate, a smaller interval around it."""
    few, many = Counts(6, 4).interval(), Counts(600, 400).interval()
    assert few[0] < many[0] < 0.6 < many[1] < few[1]


def test_interval_without_outcomes_is_everything() -> None:
    """Nothing is known before the first outcome."""
    assert Counts().interval() == (0.0, 1.0)


def test_the_mean_belief_of_one_role_is_its_own() -> None:
    """Exactly."""
    assert mean_belief([Counts(7, 3)]) == pytest.approx(Counts(7, 3).best_belief())
    assert mean_belief([]) == pytest.approx(0.05)


def test_the_mean_belief_weighs_roles_alike() -> None:
    """A hundred outcomes of one role do not drown the other's failures."""
    assert mean_belief([Counts(100, 0), Counts(0, 100)]) == pytest.approx(0.5, abs=0.02)
    assert mean_belief([Counts(9, 1), Counts(1, 9)]) == pytest.approx(mean_belief([Counts(1, 9), Counts(9, 1)]))


def test_the_mean_belief_rises_with_evidence() -> None:
    """More outcomes at equal rates leave less doubt."""
    assert mean_belief([Counts(80, 20), Counts(60, 40)]) > mean_belief([Counts(8, 2), Counts(6, 4)])
