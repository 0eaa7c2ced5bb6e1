"""Panels: seats, an aggregation and a threshold, in ``judges/<panel>/panel.toml``."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from rqgm.core.errors import ConfigError
from rqgm.core.hashes import hash_json
from rqgm.core.toml import parse, read_toml
from rqgm.judging.aggregation import CALIBRATED, Aggregation, PanelVerdict, aggregate
from rqgm.judging.calibration import Calibration, load_calibration
from rqgm.judging.seats import open_seat

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rqgm.judging.judge import Opinion
    from rqgm.judging.seats import FixedSeat

PANEL_FILE = "panel.toml"


class SeatSpec(BaseModel):
    """One seat and who sits in it.

    `judge` is ``role:<name>``, an evolvable slot that generation zero's role fills first; ``path:<folder>#<role>``,
    a judge role of a folder of the panel that has a workspace.toml, run in a sandbox; ``rubric:<file>``, a rubric in
    the panel's folder (`rqgm judge refine`); or ``plugin:<name>``, an installed judge (entry point `rqgm.judges`), run
    in the engine's process.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    judge: str = Field(
        pattern=r"^(role:[a-z][a-z0-9_-]{0,62}|path:[A-Za-z0-9._/-]{1,200}(#[a-z][a-z0-9_-]{0,62})?|rubric:[A-Za-z0-9._/-]{1,200}|plugin:[A-Za-z0-9._-]{1,100})$"
    )
    packages: list[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]] = Field(
        default=[], max_length=16, description="installed pure-Python packages that a path seat sees"
    )
    config: dict[str, JsonValue] = Field(default={}, description="what a plug-in's judge is made with")

    @model_validator(mode="after")
    def _fits(self) -> SeatSpec:
        if self.packages and self.kind != "path":
            raise ValueError("packages go with a judge by path: only such a one is run in a sandbox of its own")
        if self.config and self.kind != "plugin":
            raise ValueError("config goes with a judge by plug-in")
        return self

    @property
    def kind(self) -> str:
        """How the seat is filled: ``role``, ``path``, ``rubric`` or ``plugin``."""
        return self.judge.partition(":")[0]

    @property
    def target(self) -> str:
        """The role, folder, file or entry point."""
        return self.judge.partition(":")[2]

    @property
    def role(self) -> str | None:
        """The role that fills this seat if it is evolvable."""
        return self.target if self.kind == "role" else None


class PanelSpec(BaseModel):
    """``panel.toml``. An artifact is accepted when the aggregated score is at least `threshold`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    description: str = ""
    seats: list[SeatSpec] = Field(min_length=1, max_length=64)
    aggregation: Aggregation = "majority"
    threshold: float = Field(default=0.5, gt=0, le=1)

    @field_validator("seats")
    @classmethod
    def _names_differ(cls, seats: list[SeatSpec]) -> list[SeatSpec]:
        names = [seat.name for seat in seats]
        if len(set(names)) < len(names):
            raise ValueError("two seats share a name; give each its own")
        return seats


@dataclass(frozen=True)
class Panel:
    """A panel as it is used: its file, who sits in the seats that do not evolve, and how right each seat was."""

    spec: PanelSpec
    fixed: Mapping[str, FixedSeat] = field(default_factory=dict)
    calibration: Calibration | None = None

    @property
    def name(self) -> str:
        """The panel's name."""
        return self.spec.name

    @cached_property
    def hash(self) -> str:
        """Hash of what decides how opinions come about and become a score, but for who sits in evolvable slots."""
        spec = self.spec.model_dump(mode="json", exclude={"description"})
        calibration = self.calibration.model_dump(mode="json") if self.calibration else None
        return hash_json([spec, {name: seat.hash for name, seat in self.fixed.items()}, calibration])

    @cached_property
    def slots(self) -> dict[str, str]:
        """Slot → judge role of the seats that evolve."""
        return {self.slot(seat): seat.role for seat in self.spec.seats if seat.role is not None}

    def slot(self, seat: SeatSpec) -> str:
        """Return the name of a seat's evaluator slot."""
        return f"{self.name}/{seat.name}"

    def decide(self, opinions: Mapping[str, Opinion]) -> PanelVerdict:
        """Return the panel's verdict from its seats' opinions, by seat name."""
        return aggregate(opinions, self.spec.aggregation, self.spec.threshold, self.calibration)


def load_panel(folder: Path, *, filled: bool = True, calibrated: bool = True) -> Panel:
    """Read a panel's folder; ConfigError names file, key and remedy. Without `filled` nobody sits in fixed seats.

    Without `calibrated` a panel may lack the calibration that its aggregation needs; it is then not asked to decide.
    """
    path = folder / PANEL_FILE
    spec = parse(read_toml(path), PanelSpec, path)
    fixed = {seat.name: open_seat(folder, seat) for seat in spec.seats if filled and seat.role is None}
    calibration = load_calibration(folder, [seat.name for seat in spec.seats])
    if calibrated and spec.aggregation in CALIBRATED and calibration is None:
        raise ConfigError(
            f"{path}: aggregation: {spec.aggregation!r} needs to know how right each seat is; "
            f"run `rqgm judge calibrate` first, or take majority, mean or min"
        )
    return Panel(spec, fixed, calibration if spec.aggregation in CALIBRATED else None)
