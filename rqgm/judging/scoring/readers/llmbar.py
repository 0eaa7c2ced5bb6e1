"""LLMBar: which of two outputs follows the instruction, asked in both orders (arXiv 2310.07641).

Source: https://github.com/princeton-nlp/LLMBar. Either the repository's own
`<set>/evaluators/<evaluator>/<strategy>/result.json`, or `recorded_evaluators.jsonl(.gz)`, the same rows in one file. A
strategy that asks again after a disagreement has several rounds; the last one counts, as in the published statistics.
A recorded winner is the output's own number in both orders; one that could not be parsed is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from rqgm.core.errors import ConfigError
from rqgm.core.toml import parse
from rqgm.judging.scoring.recorded import Answers, Name, Pairs, Side, read_json, read_rows, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = ("recorded_evaluators.jsonl.gz", "recorded_evaluators.jsonl")
RESULTS = "**/evaluators/**/result.json"
ORDERS = ("swap = False", "swap = True")

_Winner = Literal["1", "2"] | None


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)

    set: Name
    index: Annotated[int, Field(ge=0)]
    evaluator: Name
    strategy: Name
    label: Side
    winners: Annotated[list[dict[str, _Winner]], Field(min_length=1, max_length=64)]


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True)

    label: Side
    results: Annotated[list[Any], Field(min_length=1, max_length=64)]


class _Round(BaseModel):
    model_config = ConfigDict(frozen=True)

    first: _Answer = Field(validation_alias=AliasChoices(ORDERS[0]))
    swapped: _Answer = Field(validation_alias=AliasChoices(ORDERS[1]))


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)

    winner: _Winner


def read_llmbar(path: Path, labels: Path | None = None) -> Pairs:
    """Read one file, or the folder that holds the records; ConfigError names file, line and key.

    A judge is named ``<set>: <evaluator>/<strategy>``, because the published tables are of one set each.
    """
    if labels is not None:
        raise ConfigError(f"{labels}: --format llmbar holds its own labels; leave LABELS out")
    known: dict[str, int] = {}
    said: dict[str, dict[str, Answers]] = {}
    for where, judge, name, label, answers in _answers(path):
        if known.setdefault(name, label) != label:
            raise ConfigError(f"{where}: label: {label} here, {known[name]} before, for {name!r}; make them agree")
        own = said.setdefault(judge, {})
        if name in own:
            raise ConfigError(f"{where}: index: {judge!r} has judged {name!r} twice; keep one answer")
        own[name] = answers
    if not said:
        raise ConfigError(f"{path}: holds no recorded answers")
    return Pairs(known, said)


def _answers(path: Path) -> Iterator[tuple[str, str, str, int, Answers]]:
    if path.is_dir():
        file = next((path / name for name in FILES if (path / name).is_file()), None)
        results = sorted(path.glob(RESULTS)) if file is None else []
        if file is None and not results:
            raise ConfigError(f"{path}: holds neither {FILES[0]} nor {RESULTS}")
    else:
        file, results = (None, [path]) if path.name == "result.json" else (path, [])
    if file is not None:
        for where, data in read_rows(file):
            row = parse(data, _Row, where)
            judge = f"{row.set}: {row.evaluator}/{row.strategy}"
            yield where, judge, f"{row.set}/{row.index}", row.label, _last(row.winners, where)
    for result in results:
        yield from _published(result)


def _last(winners: list[dict[str, _Winner]], where: str) -> Answers:
    """Return the last answer in each order."""
    found = {}
    for order in ORDERS:
        rounds = [answer[order] for answer in winners if order in answer]
        if not rounds:
            raise ConfigError(f"{where}: winners: there is no answer with {order!r}")
        found[order] = _side(rounds[-1])
    return Answers(found[ORDERS[0]], found[ORDERS[1]])


def _side(winner: _Winner) -> int | None:
    return None if winner is None else int(winner)


def _published(file: Path) -> Iterator[tuple[str, str, str, int, Answers]]:
    """Read the repository's own result file, whose path names set, evaluator and strategy."""
    strategy, evaluator = file.parent, file.parent.parent
    group = evaluator.parent.parent
    name = f"{group.parent.name}/{group.name}" if group.parent.name == "LLMBar" else group.name
    rows = read_json(read_text(file), file)
    if not isinstance(rows, list):
        raise ConfigError(f"{file}: must be a list of answered pairs")
    for index, data in enumerate(rows):
        where = f"{file}: [{index}]"
        row = parse(data, _Result, where)
        last = parse(row.results[-1], _Round, f"{where}: results[-1]")
        answers = Answers(_side(last.first.winner), _side(last.swapped.winner))
        yield where, f"{name}: {evaluator.name}/{strategy.name}", f"{name}/{index}", row.label, answers
