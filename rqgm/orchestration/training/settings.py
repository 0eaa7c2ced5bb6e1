"""Settings of a training, and the presets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rqgm.core.errors import UnknownNameError
from rqgm.core.overrides import set_keys
from rqgm.core.toml import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

Price = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


class Prices(BaseModel):
    """What a second round costs, in shares of a right answer."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    call: Price = 0.002
    """For each extra call."""
    path: Price = 0.0
    """For each call on the critical path."""
    kilotoken: Price = 0.0
    """For each thousand tokens."""
    edges: Price = 0.0
    """For all N(N-1)/2 edges of the triangle; a plan pays for its share of them (the paper's price)."""


class Settings(BaseModel):
    """How a policy is trained. The defaults are the preset `default`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    prices: Prices = Prices()
    target_calls: Annotated[float, Field(ge=0, le=1_000)] | None = None
    """Extra calls per item to keep to in the mean of each environment: a multiplier is added to the price of a call."""
    multiplier_step: Positive = 5e-4
    """By how much the multiplier moves in an update, for each call above or below the target."""
    baseline: Literal["paired", "batch"] = "paired"
    """Advantage: r(plan) - r(nobody talks), less its mean over the batch; or r(plan) less its mean over the batch."""
    gate: Literal["held", "drawn"] = "held"
    """Held: every plan is drawn with the gate open, and its gate learns from what that is worth against a shut one; the
    threshold above which it opens is set on the train and validation pools, so that a target of calls is spent."""
    floor: Price = 0.2
    """What comes after an open gate learns as if that were open with this chance at least."""
    batch: Annotated[int, Field(ge=1, le=4_096)] = 32
    """Items in an update."""
    plans: Annotated[int, Field(ge=1, le=256)] = 4
    """Plans drawn for each item."""
    updates: Annotated[int, Field(ge=1, le=100_000)] = 80
    """Steps up the gradient, at most."""
    rate: Positive = 1e-2
    """Adam's learning rate."""
    clip: Positive = 1.0
    """The gradient's norm is cut to this."""
    decay: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 10.0
    """Of matrices, times the rate in each update (AdamW, Loshchilov and Hutter 2019): what nothing speaks for fades."""
    averaging: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """What is looked at and kept is a moving average of the weights, of which so much stays in every update."""
    entropy: Price = 1e-3
    """Reward for a nat of entropy in the decisions behind a plan."""
    start: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """The chance with which a fresh policy lets anybody talk, whoever stands in the middle answer again, or hear."""
    check_every: Annotated[int, Field(ge=1, le=10_000)] = 20
    """Updates between looks at the validation pool."""
    patience: Annotated[int, Field(ge=1, le=10_000)] = 16
    """Looks without a better one after which training ends; with a target of calls it does not end early."""
    restarts: Annotated[int, Field(ge=1, le=64)] = 1
    """Trainings from this many seeds, of which the best on the validation pool is kept."""

    @model_validator(mode="after")
    def _fades_by_parts(self) -> Self:
        if self.rate * self.decay >= 1:
            raise ValueError(
                f"rate {self.rate} times decay {self.decay} takes all of the weights in each update: lower one"
            )
        return self


PRESETS = {
    "default": Settings(),
    "paper": Settings(
        prices=Prices(call=0.0, edges=0.1),
        baseline="batch",
        gate="drawn",
        plans=1,
        updates=50,
        rate=0.1,
        decay=0.0,
        averaging=0.0,
        entropy=0.0,
        start=0.1,
        check_every=10,
    ),
}
"""`paper` is as told in arXiv 2605.15573; it tells of no validation, and here it is looked at as in `default`."""


def make_settings(preset: str = "default", overrides: Sequence[str] = (), **changes: object) -> Settings:
    """Return a preset's settings with `overrides` (``decay=1``, ``prices.call=0.01``) and `changes` that are not None.

    ConfigError names what is not allowed.
    """
    if preset not in PRESETS:
        raise UnknownNameError("preset", preset, PRESETS)
    data = PRESETS[preset].model_dump() | {name: value for name, value in changes.items() if value is not None}
    set_keys(data, overrides, "decay=1")
    return parse(data, Settings, "settings of a training")
