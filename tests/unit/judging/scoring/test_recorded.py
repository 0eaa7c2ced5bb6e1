"""The two files of recorded verdicts."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.words import Provenance, Verdict
from rqgm.judging.scoring.recorded import MISSING, Answers, Said, Truth, read_pairs, read_recorded, read_rows

LABELS = '{"id": "a", "label": "accept"}\n{"id": "b", "label": "reject"}\n'
GOOD = '{"id": "a", "judge": "j", "verdict": "accept"}\n{"id": "b", "judge": "j", "verdict": "reject"}\n'


def write(folder: Path, verdicts: str, labels: str = LABELS, ending: str = "jsonl") -> tuple[Path, Path]:
    """Write both files."""
    paths = folder / f"verdicts.{ending}", folder / f"labels.{ending}"
    for path, text in zip(paths, (verdicts, labels), strict=True):
        path.write_text(text)
    return paths


def row(**fields: Any) -> str:
    """Return one line."""
    return json.dumps({"id": "a", "judge": "j", "verdict": "accept", **fields}) + "\n"


def test_json_lines_are_read(tmp_path: Path) -> None:
    verdicts = row(score=0.75, probability=1, group="machine", cluster="c") + row(id="b", verdict=None)
    found = read_recorded(*write(tmp_path, verdicts))
    assert found.truths == {"a": Truth(True, Provenance.MACHINE, "c"), "b": Truth(False)}
    assert found.said == {"j": {"a": Said(Verdict.ACCEPT, 0.75, 1.0), "b": Said(None)}}
    assert found.notes == ()


def test_csv_says_the_same(tmp_path: Path) -> None:
    """An empty cell is null; a quoted cell may hold a line break."""
    verdicts = 'id,judge,verdict,score,probability,group,cluster\na,j,accept,0.75,1,machine,"c"\nb,j,,,,,\n'
    labels = "id,label,provenance\na,accept,machine\nb,reject,\n"
    found = read_recorded(*write(tmp_path, verdicts, labels, "csv"))
    assert found.truths == {"a": Truth(True, Provenance.MACHINE, "c"), "b": Truth(False)}
    assert found.said == {"j": {"a": Said(Verdict.ACCEPT, 0.75, 1.0), "b": Said(None)}}


def test_numbers_may_be_ids_and_files_may_be_compressed(tmp_path: Path) -> None:
    paths = tmp_path / "v.jsonl.gz", tmp_path / "l.jsonl.gz"
    for path, text in zip(paths, (row(id=1), '{"id": 1, "label": "reject"}\n'), strict=True):
        path.write_bytes(gzip.compress(text.encode()))
    assert read_recorded(*paths).said["j"] == {"1": Said(Verdict.ACCEPT)}


def test_line_separators_inside_strings_do_not_split_a_line(tmp_path: Path) -> None:
    """U+2028 and U+0085 are not ends of lines of JSON Lines."""
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": "a\u2028b\x85c"}\n\n{"id": "d"}\n', encoding="utf-8")
    assert [(where.rpartition(":")[2], data["id"]) for where, data in read_rows(path)] == [
        ("1", "a\u2028b\x85c"),
        ("3", "d"),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (row(id="z"), r"verdicts.jsonl:3: id: 'z' has no label in .*labels.jsonl; add one"),
        (row(), "verdicts.jsonl:3: id: 'j' has judged 'a' twice; keep one"),
        (row(verdict="maybe"), "3: verdict: Input should be 'accept', 'reject' or 'abstain' .found 'maybe'."),
        ('{"id": "a", "judge": "j"}\n', "3: verdict: is missing"),
        ('{"id": "a", "verdict": "accept"}\n', "3: judge: is missing"),
        (row(probability=1.5), "3: probability: Input should be less than or equal to 1 .found 1.5"),
        (row(score=-0.1), "3: score: Input should be greater than or equal to 0"),
        ('{"id": "a", "judge": "k", "verdict": "accept", "score": NaN}\n', "3: score: Input should be a finite number"),
        ('{"id": "a", "judge": "k", "verdict": "accept", "score": Infinity}\n', "3: score: Input should be a finite"),
        (row(verdct="accept"), "3: verdct: unknown key; did you mean 'verdict'.*Allowed: cluster, group, id, judge"),
        (row(group="robot"), "3: group: Input should be 'human' or 'machine'"),
        (row(id=""), "3: id: String should have at least 1 character"),
        (row(judge="x" * 201), "3: judge: String should have at most 200"),
        ("[1]\n", "3: must be one JSON object"),
        ("{\n", "3: is not JSON"),
        ('{"id": "a", "id": "b"}\n', "3: is not JSON: a key occurs twice"),
        ("[" * 100_000 + "\n", "3: is not JSON"),
        (row(judge="k"), "'k' has no verdict on 1 of 2 labelled items .'b'.; .* --allow-missing"),
    ],
)
def test_bad_verdicts_are_refused_with_place_and_remedy(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read_recorded(*write(tmp_path, GOOD + line))
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS + '{"id": "a", "label": "reject"}\n', "labels.jsonl:3: id: 'a' is labelled twice"),
        (LABELS + '{"id": "c", "label": "abstain"}\n', "labels.jsonl:3: label: Input should be .*accept.*reject"),
        (LABELS + '{"id": "c"}\n', "labels.jsonl:3: label: is missing"),
        ("", "there are no labels"),
    ],
)
def test_bad_labels_are_refused(tmp_path: Path, labels: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_recorded(*write(tmp_path, GOOD if labels else "", labels))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,judge,verdict,id\n", ":1: a column occurs twice"),
        ("id,judge,verdict\na,j\n", ":2: 2 cells under 3 columns"),
        ('id,judge,verdict\na,j,"accept\n', "is not CSV"),
        ('id,judge,verdict\n"a\nb",j,accept\nb,j,no\n', ":2: id: 'a.nb' has no label"),
        ("id,judge,verdict\na,j,accept\nb,j,no\n", ":3: verdict: Input should be"),
        ("id,judge,verdict,why\na,j,accept,x\n", ":2: why: unknown key"),
    ],
)
def test_bad_tables_are_refused(tmp_path: Path, text: str, message: str) -> None:
    limit = csv.field_size_limit()
    with pytest.raises(ConfigError, match=message):
        read_recorded(*write(tmp_path, text, "id,label\na,accept\nb,reject\n", "csv"))
    assert csv.field_size_limit() == limit


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    verdicts, labels = write(tmp_path, "")
    with pytest.raises(ConfigError, match=r"verdicts\.jsonl: holds no verdicts"):
        read_recorded(verdicts, labels)
    with pytest.raises(ConfigError, match=r"nowhere\.jsonl: cannot be read: No such file"):
        read_recorded(tmp_path / "nowhere.jsonl", labels)
    verdicts.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        read_recorded(verdicts, labels)
    for data in (b"no gzip", gzip.compress(b"x" * 99)[:-9]):
        (tmp_path / "x.jsonl.gz").write_bytes(data)
        with pytest.raises(ConfigError, match=r"x\.jsonl\.gz: cannot be read"):
            read_recorded(tmp_path / "x.jsonl.gz", labels)


def test_a_lone_surrogate_cannot_come_in(tmp_path: Path) -> None:
    """It could not be printed."""
    with pytest.raises(ConfigError, match="judge: "):
        read_recorded(*write(tmp_path, GOOD + '{"id": "a", "judge": "\\ud800", "verdict": "accept"}\n'))


def test_missing_verdicts_may_count_as_abstentions(tmp_path: Path) -> None:
    found = read_recorded(*write(tmp_path, row()), allow_missing=True)
    assert found.said["j"] == {"a": Said(Verdict.ACCEPT), "b": MISSING}
    assert found.notes == ("j: 1 of 2 items have no verdict and count as abstentions.",)


@pytest.mark.parametrize("key", ["group", "cluster"])
def test_the_two_files_must_agree_on_an_item(tmp_path: Path, key: str) -> None:
    words = {"group": ("human", "machine"), "cluster": ("one", "two")}[key]
    with pytest.raises(ConfigError, match=f"verdicts.jsonl:2: {key}: '{words[1]}' here, '{words[0]}' before"):
        read_recorded(*write(tmp_path, row(**{key: words[0]}) + row(judge="k", **{key: words[1]})))


def test_judges_are_chosen_by_name_or_pattern(tmp_path: Path) -> None:
    names = ("gpt-4", "gpt-3", "other", "[odd]")
    lines = "".join(row(judge=name) + row(id="b", judge=name) for name in names)
    found = read_recorded(*write(tmp_path, lines))
    assert list(found.only([]).said) == list(names)
    assert list(found.only(["gpt-*", "[odd]"]).said) == ["gpt-4", "gpt-3", "[odd]"]
    with pytest.raises(UnknownNameError, match="unknown judge 'gpt-5'; did you mean 'gpt-"):
        found.only(["gpt-5"])


PAIR_LABELS = '{"id": "p", "label": 1, "cluster": "c"}\n'


def answer(order: str, winner: object, **fields: Any) -> str:
    """Return one line of a pairwise record."""
    return json.dumps({"id": "p", "judge": "j", "order": order, "winner": winner, **fields}) + "\n"


def test_pairs_are_read_in_both_orders(tmp_path: Path) -> None:
    found = read_pairs(*write(tmp_path, answer("swapped", None) + answer("first", 2), PAIR_LABELS))
    assert (found.labels, found.clusters) == ({"p": 1}, {"p": "c"})
    assert found.said == {"j": {"p": Answers(2, None)}}
    assert found.only(["j"]) == found


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (answer("first", 1), "1 pairs were answered in one order only, first 'p' by 'j'; .*--allow-missing"),
        (answer("first", 1) * 2, ":2: order: 'j' has two answers to 'p' in the order 'first'"),
        (answer("second", 1), ":1: order: Input should be 'first' or 'swapped'"),
        (answer("first", 3), ":1: winner: Input should be less than or equal to 2"),
        (answer("first", 1, id="q"), ":1: id: 'q' has no label"),
        (answer("first", 1, cluster="d"), ":1: cluster: 'd' here, 'c' before"),
    ],
)
def test_bad_pairs_are_refused(tmp_path: Path, lines: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_pairs(*write(tmp_path, lines, PAIR_LABELS))


def test_a_missing_order_may_count_as_unparsed(tmp_path: Path) -> None:
    labels = PAIR_LABELS + '{"id": "q", "label": 2}\n'
    found = read_pairs(*write(tmp_path, answer("first", 1), labels), allow_missing=True)
    assert found.said == {"j": {"p": Answers(1, None), "q": Answers(None, None)}}
