"""The replacement rules."""

from __future__ import annotations

from typing import Any

import pytest

from rqgm.core.counts import Counts
from rqgm.evolution.replacement import Candidate, choose, discordant, sign_test
from rqgm.evolution.settings import EpochSettings


def judge(node: int, right: int, wrong: int, first: int = 0) -> Candidate:
    """Return a judge that got the first `right` of its items right, beginning with item `first`."""
    verdicts = {f"item-{first + k:03d}": int(k < right) for k in range(right + wrong)}
    return Candidate(f"hash-{node}", node, verdicts)


def rule(name: str, **settings: Any) -> EpochSettings:
    """Return the settings of a rule."""
    return EpochSettings(replacement=name, **settings)


def test_a_candidates_counts_are_its_verdicts() -> None:
    """Right and wrong."""
    assert judge(1, 3, 2).counts == Counts(3, 2)


def test_best_belief_seats_the_strictly_best() -> None:
    """The winner is the best of them, not the first that is better."""
    choice = choose(rule("best-belief"), judge(0, 10, 10), [judge(1, 15, 5), judge(2, 18, 2), judge(3, 5, 15)], 1)
    assert choice.winner is not None
    assert choice.winner.node == 2
    assert choice.best_score == Counts(18, 2).best_belief()
    assert choice.incumbent_score == Counts(10, 10).best_belief()


@pytest.mark.parametrize("name", ["best-belief", "margin", "paired"])
def test_a_tie_keeps_the_incumbent(name: str) -> None:
    """Equal counts on equal items are no reason to change."""
    assert choose(rule(name, margin=0.0), judge(0, 10, 5), [judge(1, 10, 5), judge(2, 10, 5)], 1).winner is None


@pytest.mark.parametrize("name", ["best-belief", "margin"])
def test_a_tie_among_challengers_goes_to_the_oldest_node(name: str) -> None:
    """So that the choice depends on nothing else."""
    choice = choose(rule(name), judge(0, 1, 19), [judge(7, 19, 1), judge(3, 19, 1), judge(5, 19, 1)], 1)
    assert choice.winner is not None
    assert choice.winner.node == 3


@pytest.mark.parametrize("name", ["best-belief", "margin", "paired"])
def test_a_challenger_needs_the_least_number_of_anchor_outcomes(name: str) -> None:
    """With one fewer it does not stand, whatever it got right."""
    few = rule(name, min_anchor=20, delta=0.9)
    choice = choose(few, judge(0, 0, 20), [judge(1, 19, 0)], 1)
    assert choice.winner is None
    assert "no challenger has 20 anchor outcomes" in choice.reason
    assert choose(few, judge(0, 0, 20), [judge(1, 20, 0)], 1).winner is not None


def test_five_outcomes_never_beat_a_well_measured_incumbent() -> None:
    """A property of the paper's rule (spec §5): the most that five can score is 0.607."""
    assert choose(rule("best-belief"), judge(0, 70, 30), [judge(1, 5, 0)], 1).winner is None


def test_off_never_replaces() -> None:
    """The matched control."""
    choice = choose(rule("off"), judge(0, 0, 50), [judge(1, 50, 0)], 1)
    assert choice.winner is None
    assert choice.reason == "replacement is off"


def test_the_incumbents_own_content_is_no_challenger() -> None:
    """The same judge carried by another node is the same judge."""
    seated = judge(0, 10, 10)
    twin = Candidate(seated.role_hash, 9, judge(9, 20, 0).verdicts)
    assert choose(rule("best-belief"), seated, [twin], 1).winner is None


def test_a_margin_asks_for_a_lead() -> None:
    """A lead of exactly the margin is not enough."""
    seated, better = judge(0, 20, 10), judge(1, 22, 8)
    lead = better.counts.best_belief() - seated.counts.best_belief()
    assert choose(rule("margin", margin=lead * 0.99), seated, [better], 1).winner == better
    assert choose(rule("margin", margin=lead), seated, [better], 1).winner is None
    assert choose(rule("best-belief", margin=0.9), seated, [better], 1).winner == better


def test_an_incumbent_without_verdicts_can_be_replaced() -> None:
    """It is worth what the prior says; pairs with it do not exist."""
    assert choose(rule("best-belief"), Candidate("h", 0, {}), [judge(1, 5, 0)], 1).winner is not None
    assert choose(rule("paired", delta=0.9), Candidate("h", 0, {}), [judge(1, 50, 0)], 1).winner is None


def test_discordant_counts_common_items_only() -> None:
    """What only one of them has judged says nothing about both."""
    challenger = Candidate("a", 1, {"x": 1, "y": 0, "z": 1, "only": 1})
    incumbent = Candidate("b", 0, {"x": 0, "y": 1, "z": 1, "other": 0})
    assert discordant(challenger, incumbent) == (1, 1)


@pytest.mark.parametrize(
    ("won", "lost", "p"), [(0, 0, 1.0), (1, 0, 0.5), (0, 1, 1.0), (5, 0, 1 / 32), (8, 2, 56 / 1024), (3, 3, 42 / 64)]
)
def test_the_sign_test_is_exact_and_one_sided(won: int, lost: int, p: float) -> None:
    """P(at least `won` heads)."""
    assert sign_test(won, lost) == pytest.approx(p)


def test_paired_spreads_its_error_over_checkpoints_and_candidates() -> None:
    """Delta · 6 / (π² t²) / C: nine items won and none lost pass at first, not with ten candidates, nor at checkpoint 5."""
    settings = rule("paired", delta=0.1)
    seated, better = judge(0, 0, 9), judge(1, 9, 0)
    crowd = [better, *(judge(node, 0, 9) for node in range(2, 42))]
    assert choose(settings, seated, [better], 1).winner == better  # p = 0.00195 <= 0.0608
    assert choose(settings, seated, crowd, 1).winner is None  # level 0.00148
    assert choose(settings, seated, [better], 5).winner == better  # level 0.00243
    assert choose(settings, seated, [better], 6).winner is None  # level 0.00169


def test_paired_takes_the_most_significant_and_then_the_best_belief() -> None:
    """Among equal p-values the one with more behind it."""
    seated = judge(0, 0, 10)
    fewer, more = (
        judge(1, 10, 0),
        Candidate("hash-2", 2, judge(2, 10, 0).verdicts | {f"extra-{k}": 1 for k in range(9)}),
    )
    assert choose(rule("paired"), seated, [fewer, more], 1).winner == more


def test_a_choice_says_why_in_figures() -> None:
    """The record can be read without the code."""
    assert choose(rule("best-belief"), judge(0, 5, 5), [judge(1, 9, 1)], 1).reason == "best belief 0.636 > 0.271"
    assert choose(rule("margin"), judge(0, 5, 5), [judge(1, 5, 5)], 1).reason == "best belief 0.271 <= 0.271 + 0.050"
    assert "9 items won, 0 lost" in choose(rule("paired"), judge(0, 0, 9), [judge(1, 9, 0)], 1).reason


# ---------------------------------------------------------------------- the adversarial pool


def faced(candidate: Candidate, right: int, wrong: int) -> Candidate:
    """Return the same judge with verdicts on adversarial items too."""
    verdicts = {f"task~{k:03d}": int(k < right) for k in range(right + wrong)}
    return Candidate(candidate.role_hash, candidate.node, candidate.verdicts, verdicts)


def test_adversarial_verdicts_count_in_the_score() -> None:
    """As those on the anchor do: right of all."""
    judged = faced(judge(1, 15, 5), 2, 8)
    assert judged.counts == Counts(17, 13)
    choice = choose(rule("best-belief"), faced(judge(0, 10, 10), 5, 5), [judged], 1, pool_size=10)
    assert choice.best_score == Counts(17, 13).best_belief()
    assert choice.incumbent_score == Counts(15, 15).best_belief()


@pytest.mark.parametrize("name", ["best-belief", "margin", "paired"])
def test_who_is_best_on_the_anchor_alone_may_lose_by_the_pool(name: str) -> None:
    """Every rule listens to it."""
    seated = faced(judge(0, 20, 20), 30, 0)
    lenient = faced(judge(1, 32, 8), 0, 30)
    settings = rule(name, delta=0.9)
    assert choose(settings, judge(0, 20, 20), [judge(1, 32, 8)], 1).winner is not None
    assert choose(settings, seated, [lenient], 1, pool_size=30).winner is None


def test_pairs_are_made_of_adversarial_items_too() -> None:
    """Those that both have judged."""
    assert discordant(faced(judge(1, 3, 0), 4, 0), faced(judge(0, 3, 0), 1, 2)) == (2, 0)


def test_a_challenger_must_have_faced_the_pool() -> None:
    """As many items as of the anchor, or all that there are; before there is a pool, none."""
    seated, shy = faced(judge(0, 10, 10), 2, 8), judge(1, 20, 0)
    settings = rule("best-belief", min_anchor=5)
    refused = choose(settings, seated, [shy], 1, pool_size=10)
    assert refused.winner is None
    assert refused.reason == "no challenger has 5 anchor outcomes and 5 adversarial ones"
    assert choose(settings, seated, [faced(shy, 4, 0)], 1, pool_size=10).winner is None
    assert choose(settings, seated, [faced(shy, 5, 0)], 1, pool_size=10).winner is not None
    assert choose(settings, seated, [faced(shy, 3, 0)], 1, pool_size=3).winner is not None
    assert choose(settings, seated, [shy], 1).winner is not None
