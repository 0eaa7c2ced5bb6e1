"""Scores of recorded verdicts: known values, laws, and the command that prints them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from rqgm.cli import judge_score
from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.failures import Failure
from rqgm.core.usage import Usage
from rqgm.core.words import Provenance, Verdict
from rqgm.judging.aggregation import aggregate, effective_votes
from rqgm.judging.judge import Opinion
from rqgm.judging.scoring.agreement import majority_of, score_panel
from rqgm.judging.scoring.figures import Figure, Resamples, bootstrapped, rate, wilson
from rqgm.judging.scoring.pairwise import score_pair_judges, score_pair_majority
from rqgm.judging.scoring.probabilities import auroc, calibration_error
from rqgm.judging.scoring.readers import READERS
from rqgm.judging.scoring.recorded import Answers, Pairs, Recorded, Said, Truth
from rqgm.judging.scoring.samples import ABSTAIN, ACCEPT, REJECT, sample_of
from rqgm.judging.scoring.scores import JudgeScores, kappa, mcc, score_judge, score_judges

WORDS = {"a": Verdict.ACCEPT, "r": Verdict.REJECT, "-": Verdict.ABSTAIN, "?": None}


def record(labels: str, *judges: str, **columns: list[Any]) -> Recorded:
    """Make a record of strings as `aarr`: one letter an item, `-` an abstention, `?` unparsed."""
    truth = {key: columns.get(key, [None] * len(labels)) for key in ("provenance", "cluster", "truth")}
    truths = {
        f"{at:04}": Truth(word == "a", *(truth[key][at] for key in ("provenance", "cluster", "truth")))
        for at, word in enumerate(labels)
    }
    scores, chances = (columns.get(key, [None] * len(labels)) for key in ("score", "probability"))
    said = {
        f"j{number}": {name: Said(WORDS[words[at]], scores[at], chances[at]) for at, name in enumerate(truths)}
        for number, words in enumerate(judges, start=1)
    }
    return Recorded(truths, said)


def score(labels: str, verdicts: str, **columns: list[Any]) -> JudgeScores:
    """Score one judge."""
    return score_judges(record(labels, verdicts, **columns))[0]


def values(figures: dict[str, Figure]) -> dict[str, float | None]:
    """Return the values without their intervals."""
    return {name: figure.value for name, figure in figures.items()}


# --- intervals ---


def test_wilson_is_scipys() -> None:
    for hits, n in ((0, 10), (3, 10), (10, 10), (330, 366), (1, 1)):
        theirs = scipy.stats.binomtest(hits, n).proportion_ci(method="wilson")
        assert wilson(hits / n, n) == pytest.approx((theirs.low, theirs.high))


def test_a_rate_of_nothing_is_undefined() -> None:
    assert rate(np.array([True]), np.array([False]), empty="why") == Figure(None, n=0, reason="why")


def test_copies_of_an_item_in_one_cluster_are_worth_one_item() -> None:
    """Ten copies of each item: the effective size is the number of clusters, or less for Student's t."""
    hits = np.arange(40) % 4 > 0
    plain = rate(hits)
    copies = rate(np.repeat(hits, 10), None, np.repeat(np.arange(40), 10))
    assert copies.value == plain.value == 0.75
    assert None not in (copies.low, plain.low, copies.high, plain.high)
    assert copies.low < plain.low < plain.high < copies.high  # type: ignore[operator]
    assert copies.high - copies.low == pytest.approx(plain.high - plain.low, rel=0.1)  # type: ignore[operator]
    assert rate(hits, None, np.arange(40)) == plain, "each its own cluster: nothing changes"


def test_a_rate_of_one_counts_each_cluster_once() -> None:
    found = rate(np.ones(100, dtype=bool), None, np.arange(100) // 10)
    assert found.value == 1.0
    assert found.low is not None
    assert found.low < wilson(1.0, 10)[0] + 1e-12
    alone = rate(np.ones(9, dtype=bool), None, np.zeros(9, dtype=np.int64))
    assert (alone.value, alone.low, alone.reason) == (1.0, None, "no interval: all items are of one cluster")


def test_resamples_keep_strata_and_clusters_and_repeat_with_their_seed() -> None:
    strata = np.array([0, 0, 0, 1, 1])
    weights = np.concatenate(list(Resamples(strata, seed=3, draws=50).chunks()))
    assert weights.shape == (50, 5)
    assert (weights[:, :3].sum(axis=1) == 3).all()
    assert (weights[:, 3:].sum(axis=1) == 2).all()
    assert (weights == np.concatenate(list(Resamples(strata, seed=3, draws=50).chunks()))).all()
    assert (weights != np.concatenate(list(Resamples(strata, seed=4, draws=50).chunks()))).any()
    together = np.concatenate(list(Resamples(strata, np.array([7, 7, 1, 1, 1]), draws=50).chunks()))
    assert (together[:, 0] == together[:, 1]).all()
    assert (together[:, [0, 2]].sum(axis=1) == 2).all()


def test_the_bootstrap_of_a_mean_is_as_wide_as_theory_says() -> None:
    data = np.random.default_rng(0).normal(size=400)
    draws = Resamples(np.zeros(400, dtype=np.int64)).spread(lambda w: (w @ data) / w.sum(axis=-1))
    found = bootstrapped(float(data.mean()), draws)
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(2 * 1.96 * data.std() / 20, rel=0.1)


def test_undefined_values_and_draws_have_reasons() -> None:
    assert bootstrapped(math.nan, np.array([]), why="why") == Figure(None, reason="why")
    assert bootstrapped(1.0, np.array([])).reason == "no interval: all items are of one cluster"
    assert "too many resamples" in bootstrapped(1.0, np.array([1.0, math.nan])).reason
    assert "denominator is 0" in bootstrapped(1.0, np.array([1.0, math.inf])).reason


# --- one judge ---


def test_known_values_of_a_small_table() -> None:
    """True accepts 3, false rejects 1, false accepts 2, true rejects 4: by hand."""
    found = values(score("aaaarrrrrr", "aaaraarrrr").every)
    assert found["accuracy"] == 0.7
    assert found["balanced_accuracy"] == pytest.approx((3 / 4 + 4 / 6) / 2)
    assert found["precision"] == pytest.approx(3 / 5)
    assert found["recall"] == 3 / 4
    assert found["specificity"] == pytest.approx(4 / 6)
    assert found["accept_rate"] == 0.5
    assert found["kappa"] == pytest.approx((0.7 - 0.5) / 0.5)
    assert found["mcc"] == pytest.approx((3 * 4 - 2 * 1) / math.sqrt(5 * 4 * 6 * 5))


def test_abstentions_are_wrong_over_all_and_left_out_over_decided() -> None:
    found = score("aaaarrrr", "aa-?rrra")
    assert (found.unparsed, found.abstained.value) == (1, 0.25)
    assert found.every["accuracy"].value == 5 / 8
    assert found.decided["accuracy"].value == 5 / 6
    assert found.every["recall"].value == 0.5
    assert found.decided["recall"].value == 1.0
    assert found.decided["accuracy"].n == 6
    # κ over all: (n·right - chance) / (n² - chance) with chance = Σ labels · verdicts = 4·3 + 4·3
    assert found.every["kappa"].value == pytest.approx((8 * 5 - 24) / (64 - 24))
    assert any("1 answers could not be parsed" in note for note in found.notes)


def test_a_judge_that_says_nothing_has_no_decided_figures() -> None:
    found = score("ar", "-?")
    assert found.every["accuracy"].value == 0.0
    assert found.every["balanced_accuracy"].value == 0.0
    for figure in found.decided.values():
        assert figure.value is None
        assert figure.reason


def test_matthews_is_pearsons_correlation_of_decided_items() -> None:
    generator = np.random.default_rng(1)
    labels, said = generator.random(300) < 0.4, generator.random(300) < 0.5
    cells = np.eye(6)[np.where(labels, 0, 3) + np.where(said, ACCEPT, REJECT)].sum(axis=0)
    assert mcc(cells) == pytest.approx(scipy.stats.pearsonr(labels, said).statistic)


def test_one_label_only_leaves_the_balanced_figures_undefined() -> None:
    found = score("aaa", "aar")
    assert found.every["accuracy"].value == pytest.approx(2 / 3)
    for name in ("balanced_accuracy", "mcc", "specificity"):
        assert found.every[name].value is None
        assert found.every[name].reason


def test_traps_are_noted() -> None:
    lenient = score("a" * 10 + "r" * 90, "a" * 97 + "r" * 3)
    assert any("accepts 97 %" in note and "balanced" in note for note in lenient.notes)
    strict = score("a" * 10 + "r" * 90, "r" * 100)
    assert any("rejects 100 %" in note for note in strict.notes)
    assert any("more frequent label (90.0 %)" in note for note in strict.notes)


# --- probabilities ---


def test_brier_and_calibration_errors_by_hand() -> None:
    found = score("aarr", "aaar", probability=[0.9, 0.9, 0.6, 0.1])
    assert found.probability["brier"].value == pytest.approx((0.01 + 0.01 + 0.36 + 0.01) / 4)
    assert found.probability["ece_equal_width"].value == pytest.approx((0.2 + 0.6 + 0.1) / 4)
    assert found.bins["equal_width"] == 3
    assert found.probability["auroc"].value == 1.0
    assert any("biased upwards" in note for note in found.notes)


def test_items_without_a_probability_are_left_out() -> None:
    found = score("arar", "arra", probability=[0.8, 0.3, None, None])
    assert found.probability["brier"].n == 2
    assert found.probability["brier"].value == pytest.approx((0.04 + 0.09) / 2)
    none = score("ar", "ar")
    assert none.probability["brier"] == Figure(None, n=0, reason="no probabilities were recorded")
    assert score("aa", "ar", probability=[0.2, 0.7]).probability["auroc"].value is None


def test_auroc_is_mann_whitneys_u() -> None:
    generator = np.random.default_rng(2)
    p, positive = np.round(generator.random(200), 1), generator.random(200) < 0.3
    u = scipy.stats.mannwhitneyu(p[positive], p[~positive]).statistic
    assert auroc(np.ones((1, 200)), p, positive)[0] == pytest.approx(u / positive.sum() / (~positive).sum())
    drawn = generator.integers(0, 200, 200)
    weights = np.bincount(drawn, minlength=200)[None, :].astype(float)
    copied = auroc(np.ones((1, 200)), p[drawn], positive[drawn])
    assert auroc(weights, p, positive) == pytest.approx(copied)


def test_a_calibrated_forecast_has_a_small_error_and_an_interval_around_it() -> None:
    generator = np.random.default_rng(3)
    p = generator.random(1_000)
    labels = "".join("a" if hit else "r" for hit in generator.random(1_000) < p)
    found = score(labels, "a" * 1_000, probability=list(p))
    for name in ("ece_equal_width", "ece_equal_mass"):
        figure = found.probability[name]
        assert figure.value is not None
        assert figure.value < 0.07
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low <= figure.value <= figure.high
    assert found.bins == {"equal_width": 10, "equal_mass": 10}


def test_weights_are_copies_for_the_calibration_error() -> None:
    p, y, bins = np.array([0.2, 0.7, 0.7]), np.array([0.0, 1.0, 0.0]), np.array([0, 1, 1])
    weighted = calibration_error(np.array([[2.0, 1.0, 3.0]]), p, y, bins)[0]
    at = [0, 0, 1, 2, 2, 2]
    assert weighted == pytest.approx(calibration_error(np.ones((1, 6)), p[at], y[at], bins[at])[0])


# --- stringency and grades ---


def test_stringency_is_conditioned_on_the_label() -> None:
    makers = [Provenance.MACHINE] * 4 + [Provenance.HUMAN] * 4
    found = score("aarraarr" * 5, "aaararrr" * 5, provenance=makers * 5)
    assert found.stringency["machine_accept"].value == 1.0
    assert found.stringency["human_accept"].value == 0.5
    assert found.stringency["ratio_accept"].value == 2.0
    low, high = found.stringency["ratio_accept"].low, found.stringency["ratio_accept"].high
    assert low is not None
    assert high is not None
    assert 1.0 < low < 2.0 < high
    assert found.stringency["ratio_reject"].value is None
    assert "no human-made item labelled reject was accepted" in found.stringency["ratio_reject"].reason


def test_a_ratio_of_zero_has_no_resampled_interval() -> None:
    makers = [Provenance.MACHINE] * 2 + [Provenance.HUMAN] * 2
    found = score("aaaa" * 3, "rrar" * 3, provenance=makers * 3).stringency["ratio_accept"]
    assert (found.value, found.low, found.high) == (0.0, None, None)
    assert found.reason == "no machine-made item labelled accept was accepted"


def test_stringency_needs_makers() -> None:
    assert "give the labels a `provenance`" in score("ar", "ar").stringency["ratio_accept"].reason
    human = score("ar", "ar", provenance=[Provenance.HUMAN] * 2).stringency["ratio_accept"]
    assert human.reason == "no machine-made item is labelled accept"


def test_grades_count_what_could_not_be_parsed_as_a_full_error() -> None:
    found = score("aarr", "aa?r", score=[1.0, 6 / 7, None, 0.0], truth=[1.0, 1.0, 0.0, 0.0])
    assert found.graded["exact"].value == 0.5
    assert found.graded["mean_absolute_error"].value == pytest.approx((1 / 7 + 1) / 4)
    assert score("ar", "ar").graded == {}


# --- laws ---

LABELLED = st.lists(
    st.tuples(st.sampled_from("ar"), st.sampled_from("ar-?"), st.floats(0, 1), st.sampled_from("xyz")),
    min_size=1,
    max_size=25,
)
FAST = settings(max_examples=30, deadline=None)


def scored(rows: list[tuple[str, str, float, str]], order: list[int] | None = None, *, clustered: bool) -> JudgeScores:
    """Score rows of (label, verdict, probability, cluster), whose files hold them in the given order."""
    found = record(
        "".join(row[0] for row in rows),
        "".join(row[1] for row in rows),
        probability=[row[2] for row in rows],
        cluster=[row[3] if clustered else None for row in rows],
        provenance=[Provenance.HUMAN if row[3] == "x" else Provenance.MACHINE for row in rows],
    )
    said = found.said["j1"]
    names = list(said) if order is None else [list(said)[at] for at in order]
    return score_judge("j1", sample_of(found.truths, {name: said[name] for name in names}))


@FAST
@given(rows=LABELLED, clustered=st.booleans(), random=st.randoms(use_true_random=False))
def test_figures_keep_their_range_and_the_order_of_items_decides_nothing(
    rows: list[tuple[str, str, float, str]], clustered: bool, random: Any
) -> None:
    found = scored(rows, clustered=clustered)
    text = json.dumps(found.to_json(), allow_nan=False)  # raises at NaN or infinity
    order = list(range(len(rows)))
    random.shuffle(order)
    assert json.dumps(scored(rows, order, clustered=clustered).to_json()) == text
    for part in (found.every, found.decided, found.probability, found.stringency):
        for name, figure in part.items():
            bottom, top = (-1.0, 1.0) if name in ("kappa", "mcc") else (0.0, math.inf if "ratio" in name else 1.0)
            assert figure.value is not None or figure.reason
            if figure.value is not None:
                assert bottom - 1e-12 <= figure.value <= top + 1e-12
            if figure.low is not None and figure.high is not None and figure.value is not None:
                assert bottom - 1e-9 <= figure.low <= figure.value + 1e-9
                assert figure.value - 1e-9 <= figure.high <= top + 1e-9


@FAST
@given(cells=st.lists(st.integers(0, 30), min_size=4, max_size=4))
def test_kappa_and_matthews_do_not_care_who_is_the_label(cells: list[int]) -> None:
    """Transposing the table, or swapping the words, changes neither."""
    tp, fn, fp, tn = map(float, cells)
    table = np.array([tp, fn, 0, fp, tn, 0])
    for other in (np.array([tp, fp, 0, fn, tn, 0]), np.array([tn, fp, 0, fn, tp, 0])):
        for compute in (kappa, mcc):
            with np.errstate(divide="ignore", invalid="ignore"):
                assert compute(table) == pytest.approx(compute(other), nan_ok=True)


@FAST
@given(labels=st.text("ar", min_size=2, max_size=30).filter(lambda text: len(set(text)) == 2))
def test_a_perfect_judge_scores_one_and_a_constant_judge_nothing(labels: str) -> None:
    perfect, constant = (score_judge("j", sample_of(r.truths, r.said["j1"])) for r in perfect_and_constant(labels))
    for name, figure in values(perfect.every).items():
        assert name == "accept_rate" or figure == pytest.approx(1.0)
    assert constant.every["balanced_accuracy"].value == 0.5
    assert constant.every["kappa"].value == 0.0
    assert constant.every["mcc"].value is None


def perfect_and_constant(labels: str) -> tuple[Recorded, Recorded]:
    """Return a judge that is always right and one that always accepts."""
    return record(labels, labels), record(labels, "a" * len(labels))


# --- several judges ---


def test_equal_judges_are_worth_one_vote() -> None:
    found = score_panel(record("aaaarrrr", *["aaarrrra"] * 3))
    assert found is not None
    assert found.mean_error_correlation.value == pytest.approx(1.0)
    assert found.effective_votes.value == pytest.approx(1.0)
    assert [pair.agreement.value for pair in found.pairs] == [1.0] * 3
    assert (found.difference.value, found.p_value) == (0.0, 1.0)


def test_error_correlation_is_pearsons_and_also_within_labels() -> None:
    generator = np.random.default_rng(4)
    labels = "a" * 60 + "r" * 90
    judges = ["".join(generator.choice(["a", "r"], 150, p=[0.4, 0.6])) for _ in range(3)]
    found = score_panel(record(labels, *judges))
    assert found is not None
    wrong = np.array([[word != label for word, label in zip(said, labels, strict=True)] for said in judges]).astype(
        float
    )
    expected = [scipy.stats.pearsonr(wrong[i], wrong[j]).statistic for i, j in ((0, 1), (0, 2), (1, 2))]
    assert [pair.error_correlation.value for pair in found.pairs] == pytest.approx(expected)
    centred = wrong.copy()
    for part in (slice(0, 60), slice(60, 150)):
        centred[:, part] -= centred[:, part].mean(axis=1, keepdims=True)
    within = [scipy.stats.pearsonr(centred[i], centred[j]).statistic for i, j in ((0, 1), (0, 2), (1, 2))]
    assert [pair.within_label.value for pair in found.pairs] == pytest.approx(within)
    assert found.mean_error_correlation.value == pytest.approx(np.mean(expected))
    for pair in found.pairs:
        for figure in (pair.kappa, pair.error_correlation, pair.within_label):
            assert figure.low is not None
            assert figure.high is not None
            assert figure.low <= figure.value <= figure.high  # type: ignore[operator]


def test_kappa_of_two_judges_by_hand() -> None:
    """A third word, abstention, has its own share of the chance."""
    found = score_panel(record("aarrar", "aarr-a", "arrr-r"))
    assert found is not None
    chance = (3 * 1 + 2 * 4 + 1 * 1) / 36
    assert found.pairs[0].agreement.value == pytest.approx(4 / 6)
    assert found.pairs[0].kappa.value == pytest.approx((4 / 6 - chance) / (1 - chance))


def test_kish_is_held_between_one_and_all_votes() -> None:
    assert effective_votes(0.4375, 9) == pytest.approx(2.0)
    assert effective_votes(0.0, 5) == 5
    assert effective_votes(-0.4, 5) == 5, "negative correlation is worth no more than independence"
    assert effective_votes(1.0, 5) == 1


def test_a_judge_that_never_errs_has_no_correlation() -> None:
    found = score_panel(record("aarr", "aarr", "aaaa"))
    assert found is not None
    assert found.pairs[0].error_correlation.value is None
    assert found.effective_votes.value is None
    assert found.effective_votes.reason
    json.dumps(found.to_json(), allow_nan=False)


def test_one_judge_or_no_shared_item_is_no_panel() -> None:
    both = record("ar", "ar", "ra")
    assert score_panel(both.only(["j1"])) is None
    apart = Recorded(both.truths, {"one": {"0000": Said(Verdict.ACCEPT)}, "two": {"0001": Said(Verdict.ACCEPT)}})
    assert score_panel(apart) is None
    assert [found.items for found in score_judges(apart)] == [1, 1]


@FAST
@given(st.lists(st.text("ar-?", min_size=6, max_size=6), min_size=1, max_size=5))
def test_the_majority_is_the_panels(judges: list[str]) -> None:
    """As `rqgm.judging.aggregation` forms it with the default threshold."""
    found = record("aaarrr", *judges)
    majority = majority_of([sample_of(found.truths, said) for said in found.said.values()])
    for at in range(6):
        words = [WORDS[judge[at]] or Verdict.ABSTAIN for judge in judges]
        opinions = {
            f"s{number}": Opinion(word, 0.0, Failure.ABSTAINED if word is Verdict.ABSTAIN else None, "", Usage())
            for number, word in enumerate(words)
        }
        assert (majority.said[at] == ACCEPT) == aggregate(opinions, "majority", 0.5).accepted
    assert ABSTAIN not in majority.said


def test_clustered_items_have_a_clustered_difference() -> None:
    found = score_panel(
        record("aarr" * 9, "aaar" * 9, "arrr" * 9, "aarr" * 9, cluster=[f"{n // 4}" for n in range(36)])
    )
    assert found is not None
    assert (found.best, found.p_value) == ("j3", None)
    assert found.difference.value == 0.0


def test_one_cluster_leaves_figures_without_intervals() -> None:
    found = score_panel(record("aarr", "aaar", "arrr", cluster=["c"] * 4))
    assert found is not None
    pair = found.pairs[0]
    for figure in (found.mean_error_correlation, found.effective_votes, found.difference, pair.kappa, pair.agreement):
        assert figure.value is not None
        assert (figure.low, figure.reason) == (None, "no interval: all items are of one cluster")


# --- pairs ---


def pair_scores(rows: list[tuple[int, int | None, int | None]], clusters: dict[str, str] | None = None) -> Any:
    """Score one judge's rows of (label, first, swapped)."""
    names = [f"{at:03}" for at in range(len(rows))]
    labels = {name: row[0] for name, row in zip(names, rows, strict=True)}
    said = {name: Answers(row[1], row[2]) for name, row in zip(names, rows, strict=True)}
    return score_pair_judges(Pairs(labels, {"j": said}, clusters or {}))[0]


def test_known_values_of_pairs() -> None:
    found = pair_scores([(1, 1, 1), (1, 1, 2), (2, 2, 2), (2, 1, 2), (2, None, 2)])
    assert values(found.figures) == pytest.approx(
        {
            "accuracy_first": 3 / 5,
            "accuracy_swapped": 4 / 5,
            "accuracy_average": 7 / 10,
            "accuracy_both": 2 / 5,
            "accuracy_decided": 7 / 9,
            "agreement": 2 / 5,
            # answers: first 1 1 2 1 -, swapped 1 2 2 2 2
            "kappa_orders": (2 / 5 - (3 * 1 + 1 * 4) / 25) / (1 - (3 * 1 + 1 * 4) / 25),
            "first_place_rate": 7 / 9,
            "position_bias": 2 / 4,
            "unparsed": 1 / 10,
        }
    )
    assert found.labels == {"1": 2, "2": 3}
    json.dumps(found.to_json(), allow_nan=False)


def test_a_judge_that_reads_only_the_first_answer_is_seen() -> None:
    found = pair_scores([(1, 1, 2), (2, 1, 2)] * 20)
    assert found.figures["position_bias"].value == 1.0
    assert found.figures["accuracy_both"].value == 0.0
    assert any("shown first" in note for note in found.notes)


def test_winners_given_by_place_are_suspected() -> None:
    """A good judge whose swapped answers were not turned back."""
    found = pair_scores([(1, 1, 2), (2, 2, 1)] * 20)
    assert any("candidate's own number" in note for note in found.notes)


def test_a_judge_that_never_answers_has_reasons() -> None:
    found = pair_scores([(1, None, None)] * 3)
    for name in ("accuracy_decided", "first_place_rate", "position_bias", "kappa_orders"):
        assert found.figures[name].value is None
        assert found.figures[name].reason
    assert any("100.0 % of the answers" in note for note in found.notes)


def test_pairs_may_be_clustered() -> None:
    rows: list[tuple[int, int | None, int | None]] = [(1, 1, 1), (2, 1, 2), (1, 1, 2), (2, 2, 2)] * 6
    found = pair_scores(rows, {f"{at:03}": f"c{at % 4}" for at in range(24)})
    plain = pair_scores(rows)
    assert values(found.figures) == values(plain.figures)
    one = pair_scores(rows, {f"{at:03}": "c" for at in range(24)})
    assert one.figures["accuracy_first"].low is None
    assert one.figures["position_bias"].low is None


def test_the_majority_of_judges_of_pairs_is_taken_in_each_order_apart() -> None:
    """On the pairs that all have judged; a tie, and silence, is no answer."""
    said = {
        "a": {"p": Answers(1, 1), "q": Answers(1, 2), "r": Answers(1, None), "only-a": Answers(2, 2)},
        "b": {"p": Answers(1, 2), "q": Answers(2, None), "r": Answers(2, None)},
        "c": {"p": Answers(2, 1), "q": Answers(2, 2), "r": Answers(None, None)},
    }
    found = score_pair_majority(Pairs({"p": 1, "q": 2, "r": 1, "only-a": 1}, said))
    assert found is not None
    assert (found.judge, found.items) == ("majority of 3", 3)
    figures = values(found.figures)
    assert (figures["accuracy_first"], figures["accuracy_swapped"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert figures["accuracy_both"] == pytest.approx(2 / 3)
    assert figures["unparsed"] == pytest.approx(2 / 6)
    assert score_pair_majority(Pairs({"p": 1}, {"a": {"p": Answers(1, 1)}})) is None
    assert score_pair_majority(Pairs({"p": 1, "q": 1}, {"a": {"p": Answers(1, 1)}, "b": {"q": Answers(1, 1)}})) is None


# --- the command ---

APP = typer.Typer(rich_markup_mode=None)
judge_score.register(APP)
APP.command(name="other")(lambda: None)


def run(*args: object) -> str:
    """Run the command; errors are raised, as `main` of rqgm.cli.app sees them."""
    result = CliRunner().invoke(APP, ["score", *map(str, args)], catch_exceptions=False, standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.stdout


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write a record of two judges, one of them with a hostile name, on 12 items."""
    verdicts, labels = tmp_path / "v.jsonl", tmp_path / "l.jsonl"
    names = [f"i{at}" for at in range(12)]
    labels.write_text("".join(json.dumps({"id": n, "label": "accept" if n < "i3" else "reject"}) + "\n" for n in names))
    rows = [
        {"id": name, "judge": judge, "verdict": "accept" if name < limit else "abstain", "probability": 0.5}
        for judge, limit in (("[red]\x1b[31mevil[/red]", "i2"), ("good", "i4"))
        for name in names
    ]
    verdicts.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return verdicts, labels


def test_json_is_one_object_without_nan(files: tuple[Path, Path]) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    data = json.loads(run(*files, "--json"), parse_constant=refuse)
    assert (data["kind"], data["items"], len(data["judges"])) == ("verdicts", 12, 2)
    assert data["judges"][1]["all"]["accuracy"]["n"] == 12
    assert data["panel"]["majority_minus_best"]["n"] == 12
    assert json.loads(run(*files, "--json"), parse_constant=refuse) == data, "the seed is fixed"


def test_the_table_shows_names_as_they_are_and_nothing_of_their_markup(files: tuple[Path, Path]) -> None:
    text = run(*files)
    assert "\x1b" not in text
    assert "[red]" in text
    assert "abstains on" in text
    assert "Decided items" in text
    assert "votes" in text


def test_one_judge_can_be_chosen(files: tuple[Path, Path]) -> None:
    data = json.loads(run(*files, "--json", "--judge", "go*"))
    assert [found["judge"] for found in data["judges"]] == ["good"]
    assert data["panel"] is None
    with pytest.raises(UnknownNameError, match="unknown judge 'god'; did you mean 'good'"):
        run(*files, "--judge", "god")


def test_pairs_are_scored_too(tmp_path: Path) -> None:
    verdicts, labels = tmp_path / "v.csv", tmp_path / "l.csv"
    labels.write_text("id,label\np,1\nq,2\n")
    rows = "p,j,first,1\np,j,swapped,2\nq,j,first,\nq,j,swapped,2\n"
    verdicts.write_text("id,judge,order,winner\n" + rows)
    data = json.loads(run(verdicts, labels, "--pairwise", "--json"))
    assert (data["kind"], data["judges"][0]["accuracy_first"]["value"]) == ("pairs", 0.5)
    assert data["majority"] is None
    verdicts.write_text("id,judge,order,winner\n" + rows + rows.replace(",j,", ",k,"))
    assert json.loads(run(verdicts, labels, "--pairwise", "--json"))["majority"]["judge"] == "majority of 2"
    assert "majority of 2" in run(verdicts, labels, "--pairwise")
    assert "both orders" in run(verdicts, labels, "--pairwise")


def test_the_help_names_every_reader() -> None:
    """The command imports the readers only when it runs."""
    assert set(judge_score.FORMATS) == set(READERS)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "LABELS is missing"),
        (("--format", "llmbr"), "unknown format 'llmbr'; did you mean 'llmbar'"),
        (("--format", "devai", "--allow-missing"), "--allow-missing: public formats"),
        (("LABELS", "--propagate"), "--propagate: the record names no prerequisites"),
    ],
)
def test_wrong_use_is_refused(files: tuple[Path, Path], args: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(files[0], *(files[1] if arg == "LABELS" else arg for arg in args))


def test_ten_thousand_items_are_no_burden() -> None:
    """Memory is bounded by chunks: weights of all draws would be 160 MB."""
    generator = np.random.default_rng(5)
    labels = "".join(generator.choice(["a", "r"], 10_000))
    verdicts = "".join(generator.choice(["a", "r"], 10_000))
    found = score(labels, verdicts)
    assert found.every["kappa"].low is not None
