"""Readers of public records, and the published figures that they must reproduce."""

from __future__ import annotations

import csv
import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from rqgm.core.criteria import propagate
from rqgm.core.errors import ConfigError
from rqgm.core.words import Fulfilment, Verdict
from rqgm.judging.scoring.agreement import score_panel
from rqgm.judging.scoring.pairwise import score_pair_judges
from rqgm.judging.scoring.readers import READERS
from rqgm.judging.scoring.readers.devai import read_devai
from rqgm.judging.scoring.readers.gradingbench import read_gradingbench
from rqgm.judging.scoring.readers.iclr import read_iclr
from rqgm.judging.scoring.readers.llmbar import read_llmbar
from rqgm.judging.scoring.recorded import Answers, Said, Truth, propagated
from rqgm.judging.scoring.scores import score_judges


@pytest.fixture
def data() -> Path:
    """Return the folder of public data sets."""
    folder = os.environ.get("RQGM_DATA")
    if not folder:
        pytest.skip("RQGM_DATA is not set: it names the folder of public data sets")
    return Path(folder)


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


# --- LLMBar ---


def test_every_published_llmbar_figure_is_reproduced(data: Path) -> None:
    """All evaluators and strategies, to the digit; κ against the label is not: the published one compares {0, 1, 2}."""
    published = json.loads((data / "llmbar" / "published_statistics.json").read_text())
    found = {scores.judge: scores.figures for scores in score_pair_judges(read_llmbar(data / "llmbar"))}
    assert len(found) == len(published) >= 38
    kappas = 0
    for table in published:
        figures, said = found[f"{table['set']}: {table['evaluator']}/{table['strategy']}"], table["statistics"]
        names = {"correct_False": "accuracy_first", "correct_True": "accuracy_swapped"}
        for theirs, ours in {**names, "correct_both": "accuracy_both", "equal": "agreement"}.items():
            hits, n = (int(part) for part in said[theirs].partition("=")[0].split("/"))
            assert (round((figures[ours].value or 0.0) * n), figures[ours].n) == (hits, n), (table, ours)
            assert figures[ours].value == hits / n
        assert f"{100 * figures['accuracy_average'].value:.2f}" == f"{float(said['correct_average'].rstrip('%')):.2f}"  # type: ignore[operator]
        if figures["unparsed"].value == 0:  # where an answer is missing, the published κ takes it for a 2
            assert figures["kappa_orders"].value == pytest.approx(said["kappa_agreement"], abs=1e-12)
            kappas += 1
    assert kappas >= 31


ROW = {"set": "S", "index": 0, "evaluator": "E", "strategy": "Swap", "label": 1}
ROUNDS = [{"swap = False": "1"}, {"swap = True": "2"}, {"swap = False": None}, {"swap = True": "1"}]


def test_the_last_round_of_an_evaluator_counts(tmp_path: Path) -> None:
    found = read_llmbar(lines(tmp_path / "x.jsonl", [{**ROW, "winners": ROUNDS, "completions": ["[red]"]}]))
    assert found.said == {"S: E/Swap": {"S/0": Answers(None, 1)}}
    assert found.labels == {"S/0": 1}


def test_the_repositorys_own_layout_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "LLMBar" / "Natural" / "evaluators" / "GPT-4" / "CoT"
    folder.mkdir(parents=True)
    rounds = [["ask", "stop"], {"swap = False": {"winner": "2", "completion": ["x"]}, "swap = True": {"winner": None}}]
    (folder / "result.json").write_text(json.dumps([{"label": 2, "input": "x", "results": rounds}]))
    found = read_llmbar(tmp_path)
    assert found.said == {"LLMBar/Natural: GPT-4/CoT": {"LLMBar/Natural/0": Answers(2, None)}}
    assert read_llmbar(folder / "result.json") == found


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{**ROW, "winners": []}], "1: winners: List should have at least 1 item"),
        ([{**ROW, "winners": ROUNDS[:1]}], "1: winners: there is no answer with 'swap = True'"),
        ([{**ROW, "winners": [{"swap = False": "3"}]}], "1: winners.0.swap = False: Input should be '1' or '2'"),
        ([{**ROW, "winners": ROUNDS}] * 2, "2: index: 'S: E/Swap' has judged 'S/0' twice"),
        ([{**ROW, "winners": ROUNDS}, {**ROW, "winners": ROUNDS, "label": 2}], "2: label: 2 here, 1 before"),
        ([], "holds no recorded answers"),
    ],
)
def test_bad_llmbar_rows_are_refused(tmp_path: Path, rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_llmbar(lines(tmp_path / "x.jsonl", rows))


@pytest.mark.parametrize(("text", "message"), [("{}", "must be a list"), ("[{}]", r"\[0\]: label: is missing")])
def test_bad_llmbar_results_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_llmbar(tmp_path / "result.json")


# --- DevAI ---


def test_devais_alignment_is_reproduced(data: Path) -> None:
    """All of OpenHands' 366 requirements (.90); MetaGPT (.92) and GPT-Pilot (.87) where the file holds them."""
    published = {"OpenHands": 330, "MetaGPT": 337, "GPT-Pilot": 317}
    found = score_judges(read_devai(data / "devai_judgments"))
    assert {scores.judge.partition("/")[2] for scores in found} >= {"OpenHands"}
    for scores in found:
        figure = scores.every["accuracy"]
        assert figure.value == published[scores.judge.partition("/")[2]] / 366
        assert figure.n == 366
    openhands = next(scores for scores in found if scores.judge.endswith("/OpenHands"))
    assert openhands.labels == {"accept": 157, "reject": 209}, "the all-negative guess: .571"


def test_prerequisites_move_devais_judge_away_from_the_human_consensus(data: Path) -> None:
    """330 of 366 as recorded, 286 where an unmet prerequisite decides: 62 of the 157 consented ones have one."""
    recorded = read_devai(data / "devai_judgments").only(["*/OpenHands"])
    record = propagated(recorded)
    (scores,) = score_judges(record)
    assert scores.every["accuracy"].value == 286 / 366
    assert recorded.notes == ("2 requirements name themselves as prerequisites, which is left out.",)
    assert record.notes[1].startswith("68 verdicts became rejections")
    assert "62 labels accept" in record.notes[1]
    # Were the labels to follow their prerequisites as well, 340 would agree, and 278 of the verdicts as recorded.
    labels = {name: Fulfilment.MET if truth.accept else Fulfilment.UNMET for name, truth in record.truths.items()}
    strict = propagate(labels, record.requires, "requires")
    for own, agreeing in ((record.said, 340), (recorded.said, 278)):
        (said,) = own.values()
        assert (
            sum((said[name].verdict == Verdict.ACCEPT) == (strict[name] is Fulfilment.MET) for name in strict)
            == agreeing
        )


DEVAI = {
    "task": "t",
    "developer_agent": "A",
    "requirement_id": 0,
    "human_satisfied": True,
    "agent_judge_satisfied": False,
    "criteria": "[red]",
}


def test_each_developer_agent_has_its_own_record(tmp_path: Path) -> None:
    rows = [DEVAI, {**DEVAI, "developer_agent": "B", "agent_judge_satisfied": None}]
    lines(tmp_path / "requirement_judgments.jsonl", rows)
    found = read_devai(tmp_path)
    assert found.said == {
        "agent-as-a-judge/A": {"A/t/0": Said(Verdict.REJECT)},
        "agent-as-a-judge/B": {"B/t/0": Said(None)},
    }
    assert [truth.cluster for truth in found.truths.values()] == ["t", "t"]


def test_an_unmet_prerequisite_rejects_all_that_requires_it(tmp_path: Path) -> None:
    """Within one agent's task, also by way of others; an answer that could not be parsed rejects nothing."""
    said = {0: (False, []), 1: (True, [0, 1]), 2: (True, [1]), 3: (None, []), 4: (True, [3])}
    rows = [
        {
            **DEVAI,
            "developer_agent": agent,
            "requirement_id": k,
            "agent_judge_satisfied": judged,
            "prerequisites": before,
        }
        for agent in "AB"
        for k, (judged, before) in said.items()
    ]
    rows[5]["agent_judge_satisfied"] = True  # B's first
    record = propagated(read_devai(lines(tmp_path / "x.jsonl", rows)))
    accept, reject = Said(Verdict.ACCEPT), Said(Verdict.REJECT)
    assert list(record.said["agent-as-a-judge/A"].values()) == [reject, reject, reject, Said(None), accept]
    assert list(record.said["agent-as-a-judge/B"].values()) == [accept, accept, accept, Said(None), accept]
    assert record.notes[0].startswith("2 requirements name themselves")
    assert record.notes[1].startswith("2 verdicts became rejections")


@pytest.mark.parametrize(
    ("change", "message"),
    [({}, "names no prerequisites"), ({"prerequisites": [7]}, "A/t/0: unknown name 'A/t/7'")],
)
def test_prerequisites_that_lead_nowhere_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        propagated(read_devai(lines(tmp_path / "x.jsonl", [{**DEVAI, **change}])))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{**DEVAI, "human_satisfied": 1}], "1: human_satisfied: Input should be a valid boolean"),
        ([DEVAI, DEVAI], "2: requirement_id: 'A/t/0' occurs twice"),
        ([], "holds no judgments"),
    ],
)
def test_bad_devai_rows_are_refused(tmp_path: Path, rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_devai(lines(tmp_path / "x.jsonl", rows))


# --- ICLR ---


def test_reviewers_of_iclr_are_as_computed_from_the_raw_files(data: Path) -> None:
    """All six reviewers; the reference below shares no code with the reader."""
    folder = data / "iclr2022_reviews"
    with gzip.open(folder / "papers.jsonl.gz", "rt", encoding="utf-8") as file:
        decided = {paper["paper_id"]: paper["decision"] != "Reject" for paper in map(json.loads, file)}
    found = {scores.judge: scores for scores in score_judges(read_iclr(folder))}
    files = list((folder / "llm_reviews").glob("*.csv"))
    assert len(found) == len(files) == 6
    for path in files:
        with path.open(newline="", encoding="utf-8") as file:
            said = {review["paper_id"]: review["Decision"] == "Accept" for review in csv.DictReader(file)}
        kept = [paper for paper in said if paper in decided]
        scores = found[path.name.removesuffix(".csv")]
        assert scores.every["accuracy"].value == sum(said[p] == decided[p] for p in kept) / len(kept)
        assert scores.every["accept_rate"].value == sum(said[p] for p in kept) / len(kept)
        sides = [[said[p] == decided[p] for p in kept if decided[p] is side] for side in (True, False)]
        assert scores.every["balanced_accuracy"].value == pytest.approx(sum(sum(s) / len(s) for s in sides) / 2)
    lenient = found["claude-3-5-sonnet-20240620_temp_0_1_reflect_5_ensemble_5_pages_all"]
    assert any("use the balanced figures" in note for note in lenient.notes)
    panel = score_panel(read_iclr(folder))
    assert panel is not None
    assert 1 <= (panel.effective_votes.value or 0) <= 6


def iclr(folder: Path, reviews: str) -> Path:
    """Write a folder of reviews by one reviewer."""
    (folder / "llm_reviews").mkdir()
    (folder / "llm_reviews" / "gpt.csv").write_text("paper_id,Summary,Overall,Decision\n" + reviews)
    lines(
        folder / "papers.jsonl",
        [{"paper_id": "p", "decision": "Accept (Oral)"}, {"paper_id": "q", "decision": "Reject"}],
    )
    return folder


def test_reviews_are_read_with_their_marks(tmp_path: Path) -> None:
    found = read_iclr(iclr(tmp_path, 'p,"a\nb",10,Accept\nq,[red],many,Weak accept\nz,,1,Reject\n'))
    assert found.said == {"gpt": {"p": Said(Verdict.ACCEPT, 1.0), "q": Said(None)}}
    assert [truth.accept for truth in found.truths.values()] == [True, False]
    assert found.notes == ("gpt: 1 reviews of papers without a decision are left out.",)
    table = tmp_path / "ratings.tsv"
    table.write_text("paper_id\t0\tdecision\np\t8\tReject\n")
    assert read_iclr(tmp_path / "llm_reviews" / "gpt.csv", table).truths["p"].accept is False


@pytest.mark.parametrize("mark", ["nan", "inf", "0", "11", ""])
def test_marks_outside_the_scale_are_none(tmp_path: Path, mark: str) -> None:
    assert read_iclr(iclr(tmp_path, f"p,,{mark},Accept\n")).said["gpt"]["p"].score is None


@pytest.mark.parametrize(
    ("reviews", "message"),
    [
        ("p,,1,Accept\np,,1,Accept\n", "gpt.csv:3: paper_id: 'p' is reviewed twice"),
        ("z,,1,Accept\n", "no review is of a paper with a decision"),
    ],
)
def test_bad_reviews_are_refused(tmp_path: Path, reviews: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_iclr(iclr(tmp_path, reviews))


def test_reviews_or_decisions_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no reviews"):
        read_iclr(tmp_path)
    (iclr(tmp_path, "") / "papers.jsonl").unlink()
    with pytest.raises(ConfigError, match=r"holds no decisions .*name their file as LABELS"):
        read_iclr(tmp_path)


# --- GradingBench ---


def test_published_gradings_become_labels(data: Path, tmp_path: Path) -> None:
    """A grader that always says `correct`, on both splits at once: they share their 30 problems, which are clusters."""
    folder = data / "imo_bench"
    points: dict[str, tuple[int, str]] = {}
    for path in sorted(folder.glob("gradingbench_filtered_100_*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            points |= {row["Grading ID"]: (int(row["Points"]), row["Problem ID"]) for row in csv.DictReader(file)}
        (tmp_path / path.name).symlink_to(path)
    lines(tmp_path / "my_grader.jsonl", [{"Grading ID": name, "prediction": "correct"} for name in points])
    found = read_gradingbench(tmp_path)
    assert {name: (round((t.score or 0) * 7), t.cluster) for name, t in found.truths.items()} == points
    assert len({t.cluster for t in found.truths.values()}) == 30
    scores = score_judges(found)[0]
    assert scores.every["accuracy"].value == sum(p in (6, 7) for p, _ in points.values()) / len(points)
    assert scores.graded["exact"].value == sum(p == 7 for p, _ in points.values()) / len(points)
    assert any("30 clusters" in note for note in scores.notes)
    with pytest.raises(ConfigError, match="holds no recorded grades"):
        read_gradingbench(folder)


def grading(name: str, points: int, **more: Any) -> dict[str, Any]:
    """Return one human grading."""
    return {"Grading ID": name, "Problem ID": "P", "Points": str(points), "Response": "[red]", **more}


def test_a_summary_of_several_graders_is_read(tmp_path: Path) -> None:
    """Unparsable is wrong, with an error of 1; here 2 of 4 exact and (0 + 1/7 + 0 + 1) / 4."""
    truth = [("a", 7), ("b", 7), ("c", 0), ("d", 1)]
    grades = ["correct", "Almost ", "0", "I think: correct!"]
    rows = [grading(name, points, prediction=grade) for (name, points), grade in zip(truth, grades, strict=True)]
    path = tmp_path / "lockbox_summary.json"
    path.write_text(json.dumps({"model": "m", "variants": {"base": {"id": "base", "predictions": rows}}}))
    found = read_gradingbench(tmp_path)
    assert found.truths["a"] == Truth(True, None, "P", 1.0)
    assert found.said["base"]["d"] == Said(None)
    scores = score_judges(found)[0]
    assert scores.every["accuracy"].value == 0.75
    assert scores.decided["accuracy"].value == 1.0
    assert scores.graded["exact"].value == 0.5
    assert scores.graded["mean_absolute_error"].value == pytest.approx((1 / 7 + 1) / 4)


def test_other_points_and_other_proofs_are_left_out(tmp_path: Path) -> None:
    labels = lines(tmp_path / "l.jsonl", [grading("a", 7), grading("b", 3)])
    grades = [{"Grading ID": name, "prediction": "correct", "judge": "g"} for name in "abc"]
    found = read_gradingbench(lines(tmp_path / "v.jsonl", grades), labels)
    assert found.said == {"g": {"a": Said(Verdict.ACCEPT, 1.0)}}
    assert found.notes == (
        "1 gradings with points other than 0, 1, 6, 7 are left out.",
        "2 grades of proofs without a human grading are left out.",
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([grading("a", 7, prediction="0")] * 2, "2: Grading ID: 'grader' has graded 'a' twice"),
        ([grading("a", 7, prediction="0"), grading("a", 0)], "2: Points: 'a' was graded otherwise before"),
        ([grading("a", 8, prediction="0")], "1: Points: Input should be less than or equal to 7"),
        ([grading("a", 7)], "1: prediction: is missing"),
        ([], "no grade is of a proof with a human grading"),
    ],
)
def test_bad_grades_are_refused(tmp_path: Path, rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_gradingbench(lines(tmp_path / "x.jsonl", rows))


# --- all ---


@pytest.mark.parametrize("form", sorted(READERS))
def test_no_reader_fails_otherwise_than_with_a_message(form: str, tmp_path: Path) -> None:
    hostile = [b"", b"\xff", b"[]", b"[" * 9_999, b'{"variants": 1}', b'{"a": NaN}', b"a,b\n1\n", b"\x00" * 99]
    for ending in ("x.jsonl", "x.csv", "lockbox_summary.json", "result.json", "x.jsonl.gz"):
        for content in hostile:
            (tmp_path / ending).write_bytes(content)
            with pytest.raises(ConfigError):
                READERS[form](tmp_path / ending, None)
    with pytest.raises(ConfigError):
        READERS[form](tmp_path / "nowhere", None)


@pytest.mark.parametrize("form", ["devai", "llmbar"])
def test_formats_that_hold_their_labels_take_no_others(form: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds its own labels; leave LABELS out"):
        READERS[form](tmp_path, tmp_path)
