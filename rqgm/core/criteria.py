"""Criteria: what an artifact must fulfil, one by one, with prerequisites and, where a program can tell, a check.

A criterion whose prerequisite is unmet is unmet itself; one with a check is executed; judges are asked the rest
(Agent-as-a-Judge, arXiv 2410.10934, has requirements with prerequisites, and never uses them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from rqgm.core.errors import ConfigError
from rqgm.core.graphs import ordered
from rqgm.core.trees import check_path
from rqgm.core.words import Fulfilment

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_CRITERIA = 200

FilePath = Annotated[str, AfterValidator(check_path)]
Parsed = Literal["python", "json", "toml", "csv"]
Marked = Literal["png", "jpeg", "gif", "pdf", "zip", "gzip", "sqlite"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileCheck(_Table):
    """The artifact has the file `path`, and it holds at least `min_bytes` bytes."""

    kind: Literal["file"]
    path: FilePath
    min_bytes: int = Field(default=1, ge=0)


class FormatCheck(_Table):
    """The file `path` is of a format: text is parsed in a sandbox, all else known by its first and last bytes."""

    kind: Literal["format"]
    path: FilePath
    format: Literal[Parsed, Marked]


class DefinesCheck(_Table):
    """The Python file `path` defines the function or class `name`; a method is ``Class.method``."""

    kind: Literal["defines"]
    path: FilePath
    name: str = Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$", max_length=200)


class CommandCheck(_Table):
    """`argv` ends with `exit_code`, having printed `prints`, in a clean sandbox.

    It runs in a folder that holds the public task's files and over them the artifact's: so it runs the artifact, and an
    artifact can end it early. An exit code of 0 alone proves little; ask for something printed at the end.
    """

    kind: Literal["command"]
    argv: list[Annotated[str, Field(max_length=1_000, pattern=r"^[^\x00]*$")]] = Field(min_length=1, max_length=64)
    exit_code: int = Field(default=0, ge=0, le=255)
    prints: str | None = Field(default=None, min_length=1, description="text that standard output must hold")
    wall_s: float | None = Field(default=None, gt=0, description="can only shorten the profile's limit")


Check = Annotated[FileCheck | FormatCheck | DefinesCheck | CommandCheck, Field(discriminator="kind")]


class Criterion(_Table):
    """``[[criteria]]``: one thing that an artifact must fulfil. Without a `check` the seats are asked."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    text: str = Field(min_length=1, max_length=4_000)
    requires: list[str] = Field(default=[], max_length=MAX_CRITERIA, description="criteria that must be met before")
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    check: Check | None = None


def check_criteria(criteria: list[Criterion]) -> list[Criterion]:
    """Return `criteria` if their ids differ and their prerequisites are there and in no circle, else ConfigError."""
    ids = [criterion.id for criterion in criteria]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice:
        raise ConfigError(f"two criteria have the id {twice!r}; rename one")
    ordered({criterion.id: criterion.requires for criterion in criteria}, "requires")
    return criteria


Criteria = Annotated[list[Criterion], AfterValidator(check_criteria), Field(max_length=MAX_CRITERIA)]


def propagate(
    found: Mapping[str, Fulfilment], requires: Mapping[str, tuple[str, ...]], where: str
) -> dict[str, Fulfilment]:
    """Return `found` with every criterion unmet that requires, directly or by others, one that is unmet.

    Raises ConfigError, with `where`, when a prerequisite is unknown or criteria require each other in a circle.
    """
    result = dict(found)
    for name in ordered(requires, where):
        if any(result[other] is Fulfilment.UNMET for other in requires[name]):
            result[name] = Fulfilment.UNMET
    return result
