"""How right each seat was on labelled items: ``calibration.json``, written by `rqgm judge calibrate`."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from rqgm.core.errors import ConfigError
from rqgm.core.toml import parse
from rqgm.core.words import Pool, Verdict  # pydantic reads them

if TYPE_CHECKING:
    from pathlib import Path

CALIBRATION_FILE = "calibration.json"


class SeatCounts(BaseModel):
    """A seat's verdicts on items whose label is known: how many right ones it accepted, of how many, and so on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    right_accepted: int = Field(ge=0)
    right_rejected: int = Field(ge=0)
    wrong_accepted: int = Field(ge=0)
    wrong_rejected: int = Field(ge=0)
    abstained: int = Field(default=0, ge=0)

    @property
    def sensitivity(self) -> float:
        """Chance to accept a right artifact: posterior mean under a uniform prior."""
        return (self.right_accepted + 1) / (self.right_accepted + self.right_rejected + 2)

    @property
    def specificity(self) -> float:
        """Chance to reject a wrong artifact, likewise."""
        return (self.wrong_rejected + 1) / (self.wrong_rejected + self.wrong_accepted + 2)

    @property
    def balanced_accuracy(self) -> float:
        """Mean of both chances."""
        return (self.sensitivity + self.specificity) / 2

    @property
    def edge(self) -> float:
        """How far the seat is better than chance: 0 for a coin or worse, 1 for a perfect judge."""
        return max(0.0, 2 * self.balanced_accuracy - 1)

    def log_odds(self, verdict: Verdict) -> float:
        """Return the log likelihood ratio, right against wrong, of a verdict of this seat."""
        if verdict is Verdict.ACCEPT:
            return math.log(self.sensitivity / (1 - self.specificity))
        return math.log((1 - self.sensitivity) / self.specificity)


class Calibration(BaseModel):
    """``calibration.json``: on which items of which suite, and each seat's counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    suite: str
    suite_hash: str
    pool: Pool
    items: int = Field(ge=1)
    seats: dict[str, SeatCounts]


def load_calibration(folder: Path, seats: list[str]) -> Calibration | None:
    """Read a panel's calibration, None if it has none; ConfigError when it is malformed or of other seats."""
    path = folder / CALIBRATION_FILE
    if not path.is_file():
        return None
    try:
        data = json.loads(path.read_text())
    except (UnicodeDecodeError, ValueError) as error:
        raise ConfigError(f"{path}: not JSON: {error}; write it again with `rqgm judge calibrate`") from error
    calibration = parse(data, Calibration, path)
    missing = [seat for seat in seats if seat not in calibration.seats]
    if missing:
        raise ConfigError(f"{path}: seats.{missing[0]}: missing; calibrate the panel again with `rqgm judge calibrate`")
    return calibration
