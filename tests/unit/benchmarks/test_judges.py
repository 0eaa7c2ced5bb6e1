"""Figures of the judges' benchmark: paired differences over tasks, and rankings of pools with their bounds."""

from __future__ import annotations

import importlib.util
import sys

import pytest
from labelling import Candidate

from rqgm.core.words import Verdict
from rqgm.judging.scoring.recorded import Recorded, Said, Truth

from .conftest import BENCHMARKS


@pytest.fixture(scope="module")
def judges():
    """Return the script as a module; a plain import would name a shelf."""
    spec = importlib.util.spec_from_file_location("judges_benchmark", BENCHMARKS / "judges.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def recorded(tasks, **judges):
    """Return a record of two items a task, one right and one wrong; a judge's letters are its verdicts, in order."""
    truths = {f"{task}-{label}": Truth(label == "y", None, str(task)) for task in range(tasks) for label in "yn"}
    word = {"A": Verdict.ACCEPT, "R": Verdict.REJECT, "-": Verdict.ABSTAIN}
    said = {
        judge: {n: Said(word[v], float(v == "A")) for n, v in zip(truths, letters, strict=True)}
        for judge, letters in judges.items()
    }
    return Recorded(truths, said)


def test_a_difference_is_paired_and_its_interval_is_over_tasks(judges):
    """Half of the tasks are gained, whole: the interval is that of eight coins, not of sixteen items."""
    record = recorded(8, lenient="A" * 16, better="AR" * 4 + "AA" * 4, abstains="-" * 16)
    found = judges.differences(
        record, [("gain", "better", "lenient"), ("none", "lenient", "lenient"), ("all", "abstains", "lenient")]
    )
    assert found["gain"]["value"] == 0.25
    assert (found["gain"]["low"], found["gain"]["high"]) == pytest.approx((0.0625, 0.4375), abs=0.07)
    assert [found["none"][key] for key in ("value", "low", "high")] == [0.0, 0.0, 0.0]
    assert found["all"]["value"] == -0.5


def test_a_difference_of_one_task_has_no_interval(judges):
    found = judges.differences(recorded(1, one="AA", two="AR"), [("gain", "two", "one")])["gain"]
    assert (found["value"], found["low"]) == (0.5, None)
    assert "one cluster" in found["reason"]


def test_all_judges_of_a_record_are_scored_the_panel_not_among_the_seats(judges):
    record = recorded(4, first="AR" * 4, second="AA" * 4, panel="AR" * 4)
    found = judges.items_figures(record, "second")
    assert (found["items"], found["right"], found["tasks"]) == (8, 4, 4)
    assert found["judges"]["panel"]["balanced_accuracy"]["value"] == 1.0
    assert found["differences"]["panel - best seat"]["value"] == 0.5
    assert found["errors"]["effective_votes"]["n"] == 2


def test_rankings_are_compared_by_task_and_bounded(judges):
    """Task a: tests leave a right and a wrong one, judges know. Task b: nothing is right. Task c: tests suffice."""
    pool = [
        Candidate("a", "right", 1.0, True),
        Candidate("a", "wrong", 1.0, False),
        Candidate("b", "wrong", 1.0, False),
        Candidate("c", "right", 1.0, True),
        Candidate("c", "failed", 0.5, False),
    ]
    tests = {c.id: c.visible for c in pool}
    judged = {c.id: 0.9 if c.text in ("right", "failed") else 0.1 for c in pool}
    ranks = ("random", "tests", "panel", "both", "best seat", "tests, then best seat")
    keys = {name: {c.id: () for c in pool} for name in ranks}
    keys["tests"] = {name: (share,) for name, share in tests.items()}
    keys["panel"] = {name: (score,) for name, score in judged.items()}
    keys["both"] = {name: (share, judged[name]) for name, share in tests.items()}
    found = judges.ranked(pool, keys)
    every = found["all_tasks"]
    assert (found["tasks"], found["tasks_with_a_right_one"], found["plausible"]) == (3, 2, 4)
    values = {name: figure["value"] for name, figure in every["first"].items()}
    assert values["random"] == pytest.approx(1 / 3, abs=1e-4)
    assert values["tests"] == values["panel"] == 0.5
    assert values["both"] == every["any"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    gain = every["differences"]["both - tests"]
    assert (gain["better"], gain["worse"], gain["equal"]) == (1, 0, 2)
    assert every["first of k"]["both"]["1"]["value"] == values["random"]
    assert found["tasks_with_a_choice"]["tasks"] == 1
    assert found["tasks_with_a_choice"]["first"]["both"]["value"] == 1.0


def test_without_a_choice_there_is_no_table_of_choices(judges):
    pool = [Candidate("a", "wrong", 0.5, False)]
    names = ("random", "tests", "panel", "both", "best seat", "tests, then best seat")
    assert judges.ranked(pool, {name: {pool[0].id: ()} for name in names})["tasks_with_a_choice"] is None
