"""How a panel's opinions become one verdict."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.core.failures import Failure
from rqgm.core.usage import Usage
from rqgm.core.words import Pool, Verdict
from rqgm.judging.aggregation import PanelVerdict, aggregate, effective_votes
from rqgm.judging.calibration import Calibration, SeatCounts
from rqgm.judging.judge import Opinion


def opinion(verdict: str, score: float = 0.0) -> Opinion:
    """Return an opinion; an abstention has a failure as its reason."""
    failure = Failure.ABSTAINED if verdict == "abstain" else None
    return Opinion(Verdict(verdict), score, failure, "", Usage())


def decide(said: list[Opinion], aggregation: Any = "majority", threshold: float = 0.5) -> PanelVerdict:
    """Return the verdict of as many seats as there are opinions."""
    return aggregate({f"s{k}": one for k, one in enumerate(said)}, aggregation, threshold)


def calibration(**seats: tuple[int, int, int, int]) -> Calibration:
    """Return a calibration; a seat is (right accepted, right rejected, wrong accepted, wrong rejected)."""
    keys = ("right_accepted", "right_rejected", "wrong_accepted", "wrong_rejected")
    counts = {name: SeatCounts(**dict(zip(keys, seat, strict=True))) for name, seat in seats.items()}
    return Calibration(suite="s", suite_hash="h", pool=Pool.ANCHOR, items=100, seats=counts)


@pytest.mark.parametrize(
    ("verdicts", "score", "accepted"),
    [
        (["accept", "accept", "reject"], 2 / 3, True),
        (["accept", "reject", "reject"], 1 / 3, False),
        (["accept", "reject"], 0.5, True),
        (["accept", "abstain", "abstain"], 1.0, True),
        (["reject", "abstain", "abstain"], 0.0, False),
    ],
)
def test_majority_is_the_share_of_those_who_said_something(verdicts: list[str], score: float, accepted: bool) -> None:
    """Abstentions are left out of numerator and denominator."""
    result = decide([opinion(verdict) for verdict in verdicts])
    assert result.score == pytest.approx(score)
    assert result.accepted is accepted


def test_mean_and_min_use_the_scores() -> None:
    """A mean forgives one sceptic, a minimum does not."""
    said = [opinion("accept", 0.9), opinion("accept", 0.8), opinion("reject", 0.1), opinion("abstain", 0.0)]
    assert decide(said, "mean").score == pytest.approx(0.6)
    assert decide(said, "mean").accepted
    assert decide(said, "min").score == 0.1
    assert not decide(said, "min").accepted


@pytest.mark.parametrize("aggregation", ["majority", "mean", "min"])
@pytest.mark.parametrize("said", [[], [opinion("abstain", 1.0)] * 3])
def test_a_panel_that_says_nothing_accepts_nothing(aggregation: str, said: list[Opinion]) -> None:
    """Silence is never consent, also not by three abstentions with a score of 1."""
    verdict = decide(said, aggregation)
    assert (verdict.score, verdict.accepted) == (0.0, False)


def test_reaching_the_threshold_is_enough() -> None:
    """At least, not more than."""
    assert decide([opinion("accept", 0.75)], "mean", 0.75).accepted
    assert not decide([opinion("accept", 0.7499)], "mean", 0.75).accepted


GOOD, COIN, LIAR = (98, 0, 0, 98), (49, 49, 49, 49), (0, 98, 98, 0)


def test_weighted_votes_count_by_how_far_a_seat_is_above_chance() -> None:
    """A good seat outvotes two coins; seats at chance or below count nothing, and alone accept nothing."""
    known = calibration(good=GOOD, coin=COIN, liar=LIAR)
    said = {"good": opinion("accept"), "coin": opinion("reject"), "liar": opinion("reject")}
    assert aggregate(said, "weighted", 0.5, known) == PanelVerdict(1.0, accepted=True)
    assert not aggregate({"coin": opinion("accept"), "liar": opinion("accept")}, "weighted", 0.5, known).accepted


def test_dawid_skene_is_the_posterior_from_both_error_rates() -> None:
    """By hand: one seat of sensitivity 0.8 and specificity 0.6 accepts; odds 0.8 / 0.4 = 2, so 2/3."""
    known = calibration(one=(79, 19, 39, 59), two=(79, 19, 39, 59))
    accept, reject = opinion("accept"), opinion("reject")
    assert aggregate({"one": accept}, "dawid-skene", 0.5, known).score == pytest.approx(2 / 3)
    assert aggregate({"one": reject}, "dawid-skene", 0.5, known).score == pytest.approx(0.2 / 0.6 / (1 + 0.2 / 0.6))
    assert aggregate({"one": accept, "two": accept}, "dawid-skene", 0.5, known).score == pytest.approx(4 / 5)
    both = aggregate({"one": accept, "two": reject}, "dawid-skene", 0.5, known).score
    assert both == pytest.approx(2 * (1 / 3) / (1 + 2 * (1 / 3)))


def test_dawid_skene_learns_from_who_is_always_wrong() -> None:
    """A reliable liar's acceptance speaks against the artifact."""
    known = calibration(liar=LIAR)
    assert not aggregate({"liar": opinion("accept")}, "dawid-skene", 0.5, known).accepted
    assert aggregate({"liar": opinion("reject")}, "dawid-skene", 0.5, known).accepted


VERDICTS = st.sampled_from(["accept", "reject", "abstain"])
COUNTS = st.tuples(*[st.integers(0, 1000)] * 4)


@given(
    st.lists(st.tuples(VERDICTS, st.floats(0, 1), COUNTS), max_size=8),
    st.sampled_from(["majority", "mean", "min", "weighted", "dawid-skene"]),
)
def test_a_score_is_a_number_in_the_unit_interval_whoever_says_what(seats: list[Any], aggregation: Any) -> None:
    """Whatever the counts; and the order of the seats does not matter."""
    known = calibration(**{f"s{k}": counts for k, (_, _, counts) in enumerate(seats)})
    said = {f"s{k}": opinion(verdict, score) for k, (verdict, score, _) in enumerate(seats)}
    found = aggregate(said, aggregation, 0.5, known)
    assert 0 <= found.score <= 1
    assert found.accepted == (found.score >= 0.5)
    again = aggregate(dict(reversed(said.items())), aggregation, 0.5, known)
    assert math.isclose(found.score, again.score, abs_tol=1e-12)


def test_effective_votes_fall_with_correlation() -> None:
    """Kish: independent judges count fully, equal ones as one; the paper's nine with rho 0.44 count as two."""
    assert effective_votes(0.0, 9) == 9
    assert effective_votes(1.0, 9) == 1
    assert effective_votes(0.4375, 9) == 2
    assert effective_votes(-0.5, 9) == 9
