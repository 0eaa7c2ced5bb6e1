"""Panels: seats, an aggregation and a threshold, in ``judges/<panel>/panel.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from rqgm.core.errors import ConfigError
from rqgm.core.hashes import hash_json
from rqgm.core.toml import parse, read_toml
from rqgm.core.words import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rqgm.judging.judge import Opinion

Aggregation = Literal["majority", "mean", "min"]


class SeatSpec(BaseModel):
    """One seat: `judge` is ``role:<name>``, an evolvable slot that generation zero's role fills first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    judge: str = Field(pattern=r"^role:[a-z][a-z0-9_-]{0,62}$")

    @property
    def role(self) -> str:
        """The role that fills this seat."""
        return self.judge.removeprefix("role:")


class PanelSpec(BaseModel):
    """``panel.toml``. An artifact is accepted when the aggregated score is at least `threshold`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    description: str = ""
    seats: list[SeatSpec] = Field(min_length=1, max_length=64)
    aggregation: Aggregation = "majority"
    threshold: float = Field(default=0.5, gt=0, le=1)

    @property
    def hash(self) -> str:
        """Hash of what decides how opinions become a score."""
        return hash_json(self.model_dump(exclude={"description"}))

    def slot(self, seat: SeatSpec) -> str:
        """Return the name of a seat's evaluator slot."""
        return f"{self.name}/{seat.name}"


@dataclass(frozen=True, slots=True)
class PanelVerdict:
    """What a panel came to: a score in [0, 1] and whether it reaches the threshold."""

    score: float
    accepted: bool


def load_panel(folder: Path) -> PanelSpec:
    """Read ``panel.toml`` from a panel's folder; ConfigError names file, key and remedy."""
    path = folder / "panel.toml"
    panel = parse(read_toml(path), PanelSpec, path)
    names = [seat.name for seat in panel.seats]
    if len(set(names)) < len(names):
        raise ConfigError(f"{path}: seats: two seats share a name; give each its own")
    return panel


def aggregate(opinions: Sequence[Opinion], panel: PanelSpec) -> PanelVerdict:
    """Turn opinions into one verdict. Abstentions are left out; when all abstain, the artifact is not accepted."""
    said = [opinion for opinion in opinions if opinion.verdict is not Verdict.ABSTAIN]
    if not said:
        return PanelVerdict(0.0, accepted=False)
    if panel.aggregation == "majority":
        score = sum(opinion.verdict is Verdict.ACCEPT for opinion in said) / len(said)
    elif panel.aggregation == "mean":
        score = sum(opinion.score for opinion in said) / len(said)
    else:
        score = min(opinion.score for opinion in said)
    return PanelVerdict(score, accepted=score >= panel.threshold)
