"""The rubric file: predicates, weights, threshold, where they come from; versioned by the hash of its content.

``votes`` and ``score`` are all that a panel's seat needs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rqgm.core.errors import ConfigError
from rqgm.core.hashes import hash_json
from rqgm.core.toml import parse, read_toml
from rqgm.judging.rubrics.bounds import VERSION, BoundGrader, as_bounds, as_predicate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rqgm.judging.rubrics.facts import Facts
    from rqgm.judging.rubrics.predicates import Grader, Predicate, Vote

SHOWN_DIGITS = 6
Shown = TypeVar("Shown")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Table):
    """What a rubric was refined on: a suite, its hash, the pool, how many items of how many tasks, the seed."""

    suite: str
    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    pool: Literal["train"]
    items: int = Field(ge=1)
    tasks: int = Field(ge=1)
    seed: int


class PredicateTable(_Table):
    """One predicate. `rate` is how often it was satisfied, `edge` how much more often by the strong of a pair."""

    name: str = Field(min_length=1, max_length=300)
    kind: str = Field(min_length=1, max_length=100)
    kind_version: int = Field(default=VERSION, ge=1)
    text: str = Field(max_length=2_000)
    params: dict[str, Any]
    weight: float = Field(ge=0, le=1, allow_inf_nan=False)
    uniform_weight: float = Field(ge=0, le=1, allow_inf_nan=False)
    rate: float = Field(ge=0, le=1, allow_inf_nan=False)
    edge: float = Field(ge=-1, le=1, allow_inf_nan=False)
    interval: tuple[float, float]


class RubricFile(_Table):
    """``rubric.toml``. An artifact is accepted when its score is at least `threshold`."""

    schema_version: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    version: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    preset: str
    weighting: str = "shrunk"
    threshold: float = Field(gt=0, le=1, allow_inf_nan=False)
    uniform_threshold: float = Field(gt=0, le=1, allow_inf_nan=False)
    source: Source
    predicates: list[PredicateTable] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _weighted(self) -> RubricFile:
        for key in ("weight", "uniform_weight"):
            total = sum(getattr(predicate, key) for predicate in self.predicates)
            if not math.isclose(total, 1.0, abs_tol=1e-4):
                raise ValueError(f"the predicates' {key}s add up to {total:g}, not to 1")
        return self

    @property
    def content_hash(self) -> str:
        """Hash of all but the version."""
        return hash_json(self.model_dump(mode="json", exclude={"version"}))

    def as_predicates(self) -> list[Predicate]:
        """Return the predicates that vote."""
        return [as_predicate(as_bounds(table.kind, table.params)) for table in self.predicates]


def load_rubric(path: Path) -> RubricFile:
    """Read a rubric file; ConfigError names the file, the key, the remedy and the nearest known name."""
    rubric = parse(read_toml(path), RubricFile, path)
    for number, table in enumerate(rubric.predicates):
        where = f"{path}: predicates.{number}"
        as_bounds(table.kind, table.params, where)
        if table.kind_version != VERSION:
            raise ConfigError(
                f"{where}.kind_version: is {table.kind_version}, this rqgm has {VERSION}; refine it again"
            )
    if rubric.version != rubric.content_hash:
        raise ConfigError(
            f"{path}: version: is not the hash of the content ({rubric.content_hash[:12]}…), so it was edited by hand; "
            "write it again with `rqgm judge refine`, or take the edit back"
        )
    return rubric


def sealed(rubric: RubricFile) -> RubricFile:
    """Return the rubric with its version set to the hash of its content."""
    return rubric.model_copy(update={"version": rubric.content_hash})


def dump_rubric(rubric: RubricFile) -> bytes:
    """Return the file's bytes: equal rubrics give equal ones."""
    import tomli_w  # noqa: PLC0415  # only who writes

    return tomli_w.dumps(sealed(rubric).model_dump(mode="json")).encode()


def save_rubric(path: Path, rubric: RubricFile) -> None:
    """Write the file, whole or not at all; ConfigError if that cannot be."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(dump_rubric(rubric))
        part.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}; name another file with --out") from error


def votes(rubric: RubricFile, facts: Facts) -> list[Vote]:
    """Return how each predicate votes on an artifact, in the rubric's order."""
    return cast_votes(BoundGrader(), rubric.as_predicates(), facts)


def cast_votes(grader: Grader[Shown], predicates: Sequence[Predicate], case: Shown) -> list[Vote]:
    """Return how each predicate votes on a case, by any grader."""
    return [grader.vote(predicate, case) for predicate in predicates]


def score(rubric: RubricFile, cast: Sequence[Vote]) -> float | None:
    """Return the share of the answered predicates' weight that is satisfied, in [0, 1]; None = the rubric abstains."""
    return weighted([predicate.weight for predicate in rubric.predicates], cast)


def weighted(weights: Sequence[float], cast: Sequence[Vote]) -> float | None:
    """Return Σ w·g / Σ w over the votes that are not NA, None where no weight answered; ValueError on a misfit."""
    if len(weights) != len(cast):
        raise ValueError(f"{len(weights)} weights and {len(cast)} votes")
    answered = [(weight, vote) for weight, vote in zip(weights, cast, strict=True) if vote is not None]
    total = math.fsum(weight for weight, _ in answered)
    if total <= 0:
        return None
    return min(1.0, math.fsum(weight for weight, vote in answered if vote) / total)
