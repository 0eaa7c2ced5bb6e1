"""Recorded verdicts and labels: their two files (JSON Lines or CSV), checked line by line."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from rqgm.core.criteria import propagate
from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.text import clean
from rqgm.core.toml import parse
from rqgm.core.words import Fulfilment, Provenance, Verdict  # pydantic reads them

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

MAX_BYTES = 256 << 20
"""Largest file that is read, after decompression."""
MAX_LINE_CHARS = 4 << 20
MAX_FIELD_CHARS = 1 << 20
NAMED = 5
"""How many ids a message names."""

Name = Annotated[str, Field(min_length=1, max_length=200)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Side = Annotated[int, Field(ge=1, le=2)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class VerdictLine(_Line):
    """One recorded verdict. `verdict` null: there was an answer and it could not be parsed."""

    id: Name
    judge: Name
    verdict: Verdict | None
    score: Share | None = None
    probability: Share | None = None
    group: Provenance | None = None
    cluster: Name | None = None


class LabelLine(_Line):
    """What is true of an item. `score` is a graded truth, beside the label."""

    id: Name
    label: Literal[Verdict.ACCEPT, Verdict.REJECT]
    provenance: Provenance | None = None
    cluster: Name | None = None
    score: Share | None = None


class PairLine(_Line):
    """One answer to "which is better?". `winner` is the candidate's own number in both orders, not its place."""

    id: Name
    judge: Name
    order: Literal["first", "swapped"]
    winner: Side | None
    cluster: Name | None = None


class PairLabelLine(_Line):
    """Which candidate of a pair is better."""

    id: Name
    label: Side
    cluster: Name | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of an item."""

    accept: bool
    provenance: Provenance | None = None
    cluster: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a judge said of an item; `verdict` None is an answer that could not be parsed."""

    verdict: Verdict | None
    score: float | None = None
    probability: float | None = None


MISSING = Said(Verdict.ABSTAIN)


@dataclass(frozen=True)
class Recorded:
    """Verdicts of judges on labelled items: `said[judge][id]`. Judges may have judged different items.

    `requires` names the items that an item cannot be right without, where the record says so.
    """

    truths: Mapping[str, Truth]
    said: Mapping[str, Mapping[str, Said]]
    notes: tuple[str, ...] = ()
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def only(self, patterns: Sequence[str]) -> Recorded:
        """Return the judges of these names or shell patterns; UnknownNameError if one names none."""
        return replace(self, said=chosen(self.said, patterns))


def propagated(record: Recorded) -> Recorded:
    """Return the record with every verdict a rejection whose item requires one that the same judge rejected.

    Labels stay as they are; a note counts those that do not follow from their prerequisites. Raises ConfigError when
    the record names no prerequisites.
    """
    if not any(record.requires.values()):
        raise ConfigError("--propagate: the record names no prerequisites; --format devai does; leave --propagate out")
    said = {judge: _with_unmet(own, record.requires) for judge, own in record.said.items()}
    changed = sum(said[judge][name] != row for judge, own in record.said.items() for name, row in own.items())
    truths = {name: MEANS[Verdict.ACCEPT if truth.accept else Verdict.REJECT] for name, truth in record.truths.items()}
    odd = sum(propagate(truths, record.requires, "requires")[name] != met for name, met in truths.items())
    note = (
        f"{changed} verdicts became rejections because the judge rejected a prerequisite; {odd} labels accept an item "
    )
    return replace(record, said=said, notes=(*record.notes, note + "of which a prerequisite is labelled reject."))


MEANS = {Verdict.ACCEPT: Fulfilment.MET, Verdict.REJECT: Fulfilment.UNMET, Verdict.ABSTAIN: Fulfilment.ABSTAIN}


def _with_unmet(own: Mapping[str, Said], requires: Mapping[str, tuple[str, ...]]) -> dict[str, Said]:
    known = {name: tuple(other for other in requires.get(name, ()) if other in own) for name in own}
    found = {name: MEANS[row.verdict or Verdict.ABSTAIN] for name, row in own.items()}
    after = propagate(found, known, "requires")
    lost = {name for name in own if after[name] is Fulfilment.UNMET}
    return {name: replace(row, verdict=Verdict.REJECT) if name in lost else row for name, row in own.items()}


@dataclass(frozen=True, slots=True)
class Answers:
    """A judge's two answers to one pair, each a candidate's own number, None where it could not be parsed."""

    first: int | None = None
    swapped: int | None = None


@dataclass(frozen=True)
class Pairs:
    """Answers of judges to labelled pairs, in both orders: `said[judge][id]`."""

    labels: Mapping[str, int]
    said: Mapping[str, Mapping[str, Answers]]
    clusters: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def only(self, patterns: Sequence[str]) -> Pairs:
        """Return the judges of these names or shell patterns; UnknownNameError if one names none."""
        return replace(self, said=chosen(self.said, patterns))


_Value = TypeVar("_Value")
_Model = TypeVar("_Model", bound=BaseModel)


def chosen(said: Mapping[str, _Value], patterns: Sequence[str]) -> dict[str, _Value]:
    """Return the judges that `patterns` name, in their order of appearance; all without a pattern."""
    if not patterns:
        return dict(said)
    kept: set[str] = set()
    for pattern in patterns:
        found = {pattern} if pattern in said else {name for name in said if fnmatchcase(name, pattern)}
        if not found:
            raise UnknownNameError("judge", pattern, said, "--judge")
        kept |= found
    return {name: value for name, value in said.items() if name in kept}


def read_recorded(verdicts: Path, labels: Path, *, allow_missing: bool = False) -> Recorded:
    """Read verdicts and labels; ConfigError names file, line, key and remedy.

    Each judge must have one verdict for each label; with `allow_missing`, a verdict that is not there is an abstention.
    """
    truths: dict[str, Truth] = {}
    for where, line in _parsed(labels, LabelLine):
        _once(line.id, truths, f"{where}: id: {line.id!r} is labelled twice; keep one label")
        truths[line.id] = Truth(line.label is Verdict.ACCEPT, line.provenance, line.cluster, line.score)
    said: dict[str, dict[str, Said]] = {}
    for where, row in _parsed(verdicts, VerdictLine):
        own = _place(said, row, truths, where, labels)
        _once(row.id, own, f"{where}: id: {row.judge!r} has judged {row.id!r} twice; keep one verdict")
        own[row.id] = Said(row.verdict, row.score, row.probability)
        truths[row.id] = _completed(truths[row.id], row, where)
    notes = _complete(verdicts, said, truths, MISSING, allow_missing=allow_missing)
    return Recorded(truths, said, notes)


def read_pairs(verdicts: Path, labels: Path, *, allow_missing: bool = False) -> Pairs:
    """Read pairwise answers and labels, as `read_recorded`; an answer that is not there counts as unparsed."""
    truths: dict[str, int] = {}
    clusters: dict[str, str] = {}
    for where, line in _parsed(labels, PairLabelLine):
        _once(line.id, truths, f"{where}: id: {line.id!r} is labelled twice; keep one label")
        truths[line.id] = line.label
        if line.cluster is not None:
            clusters[line.id] = line.cluster
    found: dict[str, dict[str, dict[str, int | None]]] = {}
    for where, row in _parsed(verdicts, PairLine):
        answers = _place(found, row, truths, where, labels).setdefault(row.id, {})
        twice = f"{where}: order: {row.judge!r} has two answers to {row.id!r} in the order {row.order!r}; keep one"
        _once(row.order, answers, twice)
        answers[row.order] = row.winner
        if row.cluster is not None and clusters.setdefault(row.id, row.cluster) != row.cluster:
            raise ConfigError(f"{where}: cluster: {row.cluster!r} here, {clusters[row.id]!r} before; make them agree")
    half = [(judge, name) for judge, own in found.items() for name, answers in own.items() if len(answers) == 1]
    if half and not allow_missing:
        judge, name = half[0]
        raise ConfigError(
            f"{verdicts}: {len(half)} pairs were answered in one order only, first {name!r} by {judge!r}; record both "
            "orders (order: first, swapped), or count the missing as unparsed with --allow-missing"
        )
    said = {judge: {name: Answers(**answers) for name, answers in own.items()} for judge, own in found.items()}
    notes = _complete(verdicts, said, truths, Answers(), allow_missing=allow_missing)
    return Pairs(truths, said, clusters, notes)


def _once(key: object, known: Mapping[Any, object], message: str) -> None:
    if key in known:
        raise ConfigError(message)


def _place(
    said: dict[str, dict[str, _Value]], row: VerdictLine | PairLine, truths: Mapping[str, object], where: str, at: Path
) -> dict[str, _Value]:
    """Return what the row's judge has said so far; ConfigError if its item has no label."""
    if row.id not in truths:
        raise ConfigError(f"{where}: id: {row.id!r} has no label in {at}; add one, or leave the verdict out")
    return said.setdefault(row.judge, {})


def _completed(truth: Truth, row: VerdictLine, where: str) -> Truth:
    """Return `truth` with what the verdict's line says of the item; ConfigError if the two disagree."""
    for key, known, told in (("group", truth.provenance, row.group), ("cluster", truth.cluster, row.cluster)):
        if known is not None and told is not None and known != told:
            raise ConfigError(f"{where}: {key}: {str(told)!r} here, {str(known)!r} before; make them agree")
    return replace(truth, provenance=truth.provenance or row.group, cluster=truth.cluster or row.cluster)


def _complete(
    path: Path, said: dict[str, dict[str, _Value]], truths: Mapping[str, object], gap: _Value, *, allow_missing: bool
) -> tuple[str, ...]:
    """Fill the gaps, or refuse them, and return notes on what was filled."""
    if not truths:
        raise ConfigError(f"{path}: there are no labels; nothing can be scored")
    if not said:
        raise ConfigError(f"{path}: holds no verdicts; nothing can be scored")
    notes = []
    for judge, own in said.items():
        missing = [name for name in truths if name not in own]
        if missing and not allow_missing:
            names = ", ".join(repr(name) for name in missing[:NAMED])
            raise ConfigError(
                f"{path}: {judge!r} has no verdict on {len(missing)} of {len(truths)} labelled items ({names}); add "
                "them, or count them as abstentions with --allow-missing"
            )
        own.update(dict.fromkeys(missing, gap))
        if missing:
            notes.append(f"{judge}: {len(missing)} of {len(truths)} items have no verdict and count as abstentions.")
    return tuple(notes)


def _parsed(path: Path, model: type[_Model]) -> Iterator[tuple[str, _Model]]:
    for where, data in read_rows(path):
        yield where, parse(data, model, where)


def read_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each line's place and content; .jsonl or .csv, also .gz. A CSV cell that is empty is null."""
    name = path.name.removesuffix(".gz")
    text = read_text(path)
    if name.endswith((".csv", ".tsv")):
        yield from _table(path, text, "\t" if name.endswith(".tsv") else ",")
        return
    for number, line in enumerate(io.StringIO(text), start=1):
        if line.strip():
            where = f"{path}:{number}"
            data = read_json(line, where) if len(line) <= MAX_LINE_CHARS else None
            if not isinstance(data, dict):
                raise ConfigError(f"{where}: must be one JSON object of at most {MAX_LINE_CHARS} characters")
            yield where, data


def read_text(path: Path) -> str:
    """Return a file's text, decompressed; ConfigError if it cannot be read, is not UTF-8, or is too large."""
    try:
        with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ConfigError(f"{path}: cannot be read: {reason}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8: {error}") from error
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{path}: is larger than {MAX_BYTES >> 20} MiB")
    return text


def read_json(text: str, where: object) -> Any:
    """Return JSON data; ConfigError names `where`. A key that occurs twice in one object is refused."""
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where}: is not JSON: {clean(str(error), 200)}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("a key occurs twice in one object")
    return data


def _table(path: Path, text: str, delimiter: str) -> Iterator[tuple[str, dict[str, Any]]]:
    old = csv.field_size_limit(MAX_FIELD_CHARS)  # of the whole process: put back below
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        header = [name.strip() for name in next(rows, [])]
        if len(set(header)) < len(header):
            raise ConfigError(f"{path}:1: a column occurs twice; give each its own name")
        number = rows.line_num + 1
        for row in rows:
            where, number = f"{path}:{number}", rows.line_num + 1
            if len(row) not in (0, len(header)):
                raise ConfigError(f"{where}: {len(row)} cells under {len(header)} columns")
            if row:
                yield where, {key: cell if cell.strip() else None for key, cell in zip(header, row, strict=True)}
    except csv.Error as error:
        raise ConfigError(f"{path}:{rows.line_num}: is not CSV: {error}") from error
    finally:
        csv.field_size_limit(old)
