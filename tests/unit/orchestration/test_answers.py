"""Canonical answers: what says the same is the same string, whatever an agent writes around it."""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
from itertools import combinations
from pathlib import Path
from re import _constants, _parser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rqgm.core.errors import UnknownNameError
from rqgm.orchestration import answers, programs
from rqgm.orchestration.answers import KINDS, behaviour, canonical

NUMBERS = {
    "5": [
        "5",
        "5.0",
        "005",
        "$5",
        "5 apples",
        "5.",
        "(5)",
        "x = 5",
        r"\boxed{5}",
        "The answer is 5. We are done.",
        "５",
    ],
    "-5": ["-5", "- 5", "−5", "$-5", "-$5", r"-\$5.00", "x = −5"],
    "1234567": ["1,234,567", "1234567", "$1,234,567.00", "1{,}234{,}567", r"1\,234\,567", "1.234567 million"],
    "1/2": ["1/2", "0.5", ".5", r"\frac{1}{2}", r"\dfrac12", r"$\boxed{\tfrac{1}{2}}$", "½", "2/4", "50/100", "5e-1"],
    "5/2": ["2 1/2", "2½", r"2\frac{1}{2}", "2.5 hours", "5/2", "2.50"],
    "60": [
        "60%",
        r"60\%",
        "60 percent",
        "60°",
        r"60^\circ",
        "60 degrees",
        "6 × 10^1",
        r"6 \times 10^{1}",
        "٦٠",
        "60cm",
    ],
    "694": ["3*68 + 2*80 = 204 + 490 = 694", "a = 694", r"\text{answer: 694}", "It costs $694. So we pay $694."],
    "33/100000": ["3.3e-4", r"3.3 \cdot 10^{-4}"],
}
WAYS = [
    "{}",
    "We add.\n\n{}",
    '```json\n{{"reasoning": "so 7", "answer": "{}"}}\n```',
    "{{'reasoning': 'it is 9', 'Answer' : '{}'}}",
    "First 3, then 4.\n#### {}",
    "First 3, then 4. The final answer is: **{}**\n",
    "3 or 4?\nAnswer: {}\n\nExplanation: 3 + 4 = 7 is not asked.",
    "Let x be 17.\nThus $\\boxed{{{}}}$ is what we wanted, not 18.",
]


@pytest.mark.parametrize("value", NUMBERS)
def test_numbers_that_are_equal_are_one_answer(value: str) -> None:
    assert {written: canonical(written, "number") for written in NUMBERS[value]} == dict.fromkeys(NUMBERS[value], value)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", ["5", "-1,234.50", "2/3"])
def test_number_is_found_however_it_is_marked(way: str, value: str) -> None:
    assert canonical(way.format(value), "number") == canonical(value, "number")


@given(st.fractions(max_denominator=10**6))
def test_every_fraction_is_read_exactly(value) -> None:
    assert canonical(f"The answer is {value}.", "number") == str(value)
    assert canonical(rf"\boxed{{\frac{{{value.numerator}}}{{{value.denominator}}}}}", "number") == str(value)


@pytest.mark.parametrize(
    "term",
    ["9n", "3(x+1)", "5!", "x + 3", "36π", "2^{31}", "6√2", "-4, 1", "11 or 12", "x = 1, x = 2", "1:2", "a_1", "7 - 3",
     "1/0", "18 hours and 48 minutes", "3-digit", "no number", "128 pi", "2,3", "32 x"],
)  # fmt: skip
def test_what_is_not_one_number_is_not_read_as_one(term: str) -> None:
    found = canonical(f"\\boxed{{{term}}}", "number")
    assert found is not None
    assert not re.fullmatch(r"-?\d+(/\d+)?", found) or found == "1/0"
    assert canonical(term, "number") is None  # nor is a term an answer where nothing marks it


@pytest.mark.parametrize(
    "same", [["6√2", r"6\sqrt{2}", "6*sqrt(2)", "6 * sqrt(2)"], ["36π", r"36\pi", "36 pi"], ["-4, 1", "-4,1"]]
)
def test_terms_that_are_written_alike_are_one_answer(same: list[str]) -> None:
    assert len({canonical(f'"answer": "{term}"', "number") for term in same}) == 1


def test_latex_in_json_is_read_as_it_was_meant() -> None:
    r"""Models write "\frac" into JSON with one backslash, which JSON reads as a form feed and "rac"."""
    assert canonical(r'{"answer": "\frac{3}{4}"}', "number") == "3/4"
    assert canonical(r'{"answer": "\\frac{3}{4}"}', "number") == "3/4"
    assert canonical(r'"{\"reasoning\": \"\", \"answer\": \"220\"}"', "number") == "220"


@pytest.mark.parametrize("text", ["", " ", "___", '{"answer": "___"}', '{"answer": null}', "NaN", '{"answer": "nan"}',
                                  "I cannot tell what it costs, since the price of a box is missing here.", "{" * 50])  # fmt: skip
def test_what_gives_no_number_is_no_answer(text: str) -> None:
    assert canonical(text, "number") is None


def test_placeholder_is_passed_over_for_the_answer_before_it() -> None:
    assert canonical('{"answer": "12"}\nThe form was {"answer": "___"}', "number") == "12"


OPTIONS = {
    "(B)": "B",
    "B": "B",
    "b": "B",
    "b)": "B",
    "B. Paris": "B",
    "The answer is (C).": "C",
    "The answer is C because it is small.": "C",
    "So the correct answer is **D**.": "D",
    r"Thus \boxed{E}": "E",
    r"Thus $\boxed{\text{(F)}}$": "F",
    '{"reasoning": "not A", "answer": "G"}': "G",
    "Answer: H. Dirt": "H",
    "Final Answer:\nJ": "J",
    "(A) is too large and (C) too small.\nThe closest option is (I).": "I",
    "The answer is (A).\n\nQuestion: another?\nThe answer is (B).": "A",
    "The answer is A cat": None,
    "The answer is I think not known": None,
    "The answer is a cat": None,
    "a": "A",
    "The answer is (A) and (C).": "A",
    "A cat sat": None,
    "The answer is not there": None,
    "The answer is Dublin": None,
    "I do not know": None,
    "The answer is (K)": None,
    "": None,
}


@pytest.mark.parametrize("text", OPTIONS)
def test_option_is_a_letter_and_no_word(text: str) -> None:
    assert canonical(text, "option") == OPTIONS[text]


def test_short_texts_are_compared_without_dress() -> None:
    assert canonical("The answer is the  Eiffel Tower!", "text") == "eiffel tower"
    assert canonical('{"answer": "eiffel-TOWER"}', "text") == "eiffel tower"
    assert canonical("The", "text") == "the"
    assert canonical("...", "text") is None


def test_unknown_kind_is_named() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown kind of answer 'nombre'.*Known: number, option, python, text"):
        canonical("5", "nombre")


def test_behaviour_is_what_came_out() -> None:
    assert behaviour(["1", "2", None]) == behaviour(["1", "2", None])
    assert behaviour([]) is None
    assert behaviour([None, None]) is None
    different = [["1", "2"], ["2", "1"], ["12", ""], ["", "12"], ["1", "2", None], [None, "1", "2"], ["1", "2", ""], [""],
                 ["1:2"], ["-"], [None, ""], ["\ud800"]]  # fmt: skip
    assert len({behaviour(outcomes) for outcomes in different}) == len(different)


@given(st.lists(st.none() | st.text(), max_size=5), st.lists(st.none() | st.text(), max_size=5))
def test_behaviours_are_equal_only_when_outcomes_are(one: list[str | None], two: list[str | None]) -> None:
    blank = {tuple(outcomes) for outcomes in (one, two) if all(outcome is None for outcome in outcomes)}
    assert (behaviour(one) == behaviour(two)) is (one == two or len(blank) > 1)


HOSTILE = [
    "9" * 10**6,
    "1," * 500_000,
    "1,234" * 200_000,
    "\\frac{" * 170_000,
    "\\boxed{" * 150_000,
    "{" * 10**6,
    '"answer": "' * 90_000,
    "'answer':" + " " * 10**6,
    "answer is " * 100_000,
    "answer" + " " * 10**6 + "is",
    "answer" + " *" * 500_000,
    "####" * 250_000,
    "\\sqrt{" * 170_000 + "2" + "}" * 170_000,
    "\\boxed{" + "\\text{" * 60 + "5" + "}" * 61,
    "1e999999999999",
    "\\boxed{9e999}",
    "\\boxed{1 * 10^{999}} \\boxed{1 * 10^{9999}}",
    "\\boxed{" + "1/" * 190 + "}",
    "\\boxed{" + "- " * 190 + "}",
    "(A" * 500_000,
    "²" * 10**6,
    "½" * 10**6,
    "\ufdfa" * 10**6,  # one character that normalises to eighteen
    "\ud800" * 1000,
    "\x00" * 10**6,
    "```\n" * 250_000,
    "```python\n" + "(" * 60_000 + "\n```",
    "nan" * 300_000,
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", range(len(HOSTILE)))
def test_hostile_text_takes_a_bounded_number_of_steps(place: int, kind: str) -> None:
    """A megabyte is read at its ends. Steps are calls, of Python's or of C's functions: no clock, so no flaky test."""
    steps = 0

    def count(_frame: Any, event: str, _arg: Any) -> None:
        nonlocal steps
        steps += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        found = canonical(HOSTILE[place], kind)
    finally:
        sys.setprofile(before)
    assert steps < 300_000
    assert found is None or len(found) < 10_000


@given(st.text(), st.sampled_from(sorted(KINDS)))
def test_any_text_has_an_answer_or_none(text: str, kind: str) -> None:
    for written in (text, f"\\boxed{{{text}}}", f'{{"answer": "{text}"}}', f"The answer is {text}"):
        assert isinstance(canonical(written, kind), str | None)


def ways(pattern: Any) -> int:
    """Return in how many ways a pattern may try the text from one place on; fails where that has no bound."""
    count = 1
    for operator, argument in pattern:
        if operator in {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}:
            low, high, repeated = argument
            assert high != _constants.MAXREPEAT
            inner = ways(repeated)
            keeps = operator is _constants.POSSESSIVE_REPEAT
            count *= inner if keeps else sum(inner**times for times in range(low, high + 1))
        elif operator is _constants.SUBPATTERN:
            count *= ways(argument[-1])
        elif operator is _constants.BRANCH:
            count *= sum(ways(branch) for branch in argument[1])
        elif operator in {_constants.ASSERT, _constants.ASSERT_NOT}:
            count *= ways(argument[1])
    return count


PATTERNS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in (answers, programs)
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern)
}


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_can_run_away(name: str) -> None:
    """From each place of a text of bounded length, a bounded number of ways: the product bounds the whole search."""
    pattern = PATTERNS[name]
    assert ways(_parser.parse(pattern.pattern, pattern.flags)) <= 1_500


def test_a_pattern_that_can_run_away_would_be_seen() -> None:
    assert ways(_parser.parse(r"(?:a{1,9}){1,9}b")) > 1_500
    with pytest.raises(AssertionError):
        ways(_parser.parse(r"(a+)+b"))


@pytest.mark.parametrize(
    ("file", "kind", "least_agreement", "most_strays"),
    [
        ("mmlu_pro_1008", "option", 0.998, 0.015),
        ("zeroeval_gsm", "number", 1.0, 0.005),
        ("zeroeval_math-l5", "number", 1.0, 0.005),
    ],
)
def test_answers_of_real_models_fall_where_the_graders_put_them(
    file: str, kind: str, least_agreement: float, most_strays: float
) -> None:
    """Two drafts graded as correct share an answer; a draft graded as wrong has none of theirs.

    The strays were read one by one: nearly all are answers that the data set's own reader missed (`Answer: "83"`), or
    graded by text (102/17 for 6).
    """
    folder = os.environ.get("RQGM_DATA")
    if folder is None:
        pytest.skip("RQGM_DATA is not set: it names the folder of public data sets")
    pairs = agreed = wrong = strays = 0
    with gzip.open(Path(folder) / "multi_model_answers" / f"{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            responses = json.loads(line)["responses"]
            right = [canonical(one["text"], kind) for one in responses if one["correct"]]
            for one, two in combinations(right, 2):
                pairs += 1
                agreed += one is not None and one == two
            others = [canonical(one["text"], kind) for one in responses if not one["correct"]]
            wrong += len(others)
            strays += sum(other in right for other in others if other is not None)
    assert pairs > 1_000
    assert agreed / pairs >= least_agreement
    assert strays / wrong <= most_strays
