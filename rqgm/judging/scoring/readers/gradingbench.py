"""IMO-GradingBench: grades of proofs, 0 to 7 points, against human graders.

Sources: `gradingbench*.csv` of https://github.com/google-deepmind/superhuman and its filtered subsets (labels only),
and recorded grades: `lockbox_summary.json` of https://github.com/scasella/Proofgrade, or a .csv or .jsonl file with the
columns `Grading ID`, `prediction` and, for several graders, `judge`. A grade is a word (incorrect, partial, almost,
correct) or its points (0, 1, 6, 7); 6 and 7 accept. Anything else is unparsed: wrong, with an error of 1. The published
splits share their problems, so the problem is the cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from rqgm.core.errors import ConfigError
from rqgm.core.toml import parse
from rqgm.core.words import Verdict
from rqgm.judging.scoring.recorded import Name, Recorded, Said, Truth, read_json, read_rows, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GRADINGS = "gradingbench*.csv"
RECORDS = ("lockbox_summary.json", "*grader*.jsonl", "*predictions*.csv")
WORDS = {"incorrect": 0, "partial": 1, "almost": 6, "correct": 7}
FULL, PASSING = 7, 6
GRADER = "grader"


class _Grading(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)

    grading: Name = Field(alias="Grading ID")
    problem: Name = Field(alias="Problem ID")
    points: Annotated[int, Field(ge=0, le=FULL)] = Field(alias="Points")


class _Grade(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)

    grading: Name = Field(alias="Grading ID")
    prediction: str | None
    judge: Name = GRADER


class _Variant(BaseModel):
    model_config = ConfigDict(frozen=True)

    predictions: list[dict[str, Any]]


class _Lockbox(BaseModel):
    model_config = ConfigDict(frozen=True)

    variants: dict[Name, _Variant]


def read_gradingbench(path: Path, labels: Path | None = None) -> Recorded:
    """Read recorded grades and human gradings (LABELS, or beside or inside them); ConfigError names file, line, key."""
    file = _record(path)
    truths, left_out = _truths(_gradings(path, file, labels))
    notes = [f"{left_out} gradings with points other than 0, 1, 6, 7 are left out."] if left_out else []
    said: dict[str, dict[str, Said]] = {}
    unknown = 0
    for where, row in _rows(file):
        grade = parse(row, _Grade, where)
        own = said.setdefault(grade.judge, {})
        if grade.grading in own:
            raise ConfigError(f"{where}: Grading ID: {grade.judge!r} has graded {grade.grading!r} twice; keep one")
        if grade.grading in truths:
            own[grade.grading] = _said(grade.prediction)
        else:
            unknown += 1
    if unknown:
        notes.append(f"{unknown} grades of proofs without a human grading are left out.")
    said = {judge: own for judge, own in said.items() if own}
    if not said:
        raise ConfigError(f"{file}: no grade is of a proof with a human grading; name the gradings' file as LABELS")
    return Recorded(truths, said, tuple(notes))


def _record(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = [file for pattern in RECORDS for file in sorted(path.glob(pattern))]
    if not found:
        raise ConfigError(
            f"{path}: holds no recorded grades ({', '.join(RECORDS)}), only human gradings at most; name a file with "
            "the columns `Grading ID` and `prediction`"
        )
    return found[0]


def _gradings(path: Path, file: Path, labels: Path | None) -> Iterator[tuple[str, dict[str, Any]]]:
    if labels is not None:
        yield from read_rows(labels)
    elif path.is_dir() and (tables := sorted(path.glob(GRADINGS))):
        for table in tables:
            yield from read_rows(table)
    else:
        yield from _rows(file)


def _rows(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows of a file of recorded grades, with `judge` set to the variant's name in a summary of several."""
    if file.suffix != ".json":
        yield from read_rows(file)
        return
    lockbox = parse(read_json(read_text(file), file), _Lockbox, file)
    for name, variant in lockbox.variants.items():
        for index, row in enumerate(variant.predictions):
            yield f"{file}: variants.{name}.predictions[{index}]", {**row, "judge": name}


def _truths(rows: Iterator[tuple[str, dict[str, Any]]]) -> tuple[dict[str, Truth], int]:
    truths: dict[str, Truth] = {}
    left_out = 0
    for where, row in rows:
        grading = parse(row, _Grading, where)
        if grading.points not in WORDS.values():
            left_out += 1
            continue
        truth = Truth(grading.points >= PASSING, None, grading.problem, grading.points / FULL)
        if truths.setdefault(grading.grading, truth) != truth:
            raise ConfigError(f"{where}: Points: {grading.grading!r} was graded otherwise before; keep one grading")
    return truths, left_out


def _said(prediction: str | None) -> Said:
    word = (prediction or "").strip().lower()
    points = int(word) if word in {str(known) for known in WORDS.values()} else WORDS.get(word)
    if points is None:
        return Said(None)
    return Said(Verdict.ACCEPT if points >= PASSING else Verdict.REJECT, points / FULL)
