"""The settings of the search and of the epochs, as they stand in ``experiment.toml``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Samples = Annotated[int, Field(ge=0, le=256)]
ReplacementRule = Literal["best-belief", "margin", "paired", "off"]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SearchSettings(_Settings):
    """The search inside an epoch (spec §4)."""

    alpha: float = Field(default=0.6, gt=0, le=1, description="expand while outcomes^alpha >= nodes")
    tau: float = Field(default=1.0, gt=0, description="scale of the Beta parameters in Thompson sampling")
    cooling: bool = Field(default=False, description="tau = budget / budget left, as some sources have it")
    parent_counts: Literal["clade", "own"] = "clade"
    validation_counts: Literal["own", "clade"] = "own"
    beliefs: Literal["by-role", "pooled"] = Field(
        default="by-role", description="a node's utility: the mean of its roles' posteriors, or one posterior of all"
    )
    lag: int = Field(default=8, ge=1, le=1024, description="decision n uses the results of jobs <= n - lag")
    commit: Literal["dispatch", "arrival"] = "dispatch"
    evidence: Literal["single", "paired"] = "paired"
    train_samples: Samples | dict[str, Samples] = Field(
        default=3, description="train tasks that a role runs before an edit; one number, or a table by role (others: 0)"
    )
    max_nodes: int = Field(default=1_000_000, ge=1)

    def samples_of(self, role: str) -> int:
        """Return how many train tasks a role runs before an edit."""
        return self.train_samples.get(role, 0) if isinstance(self.train_samples, dict) else self.train_samples


class RaceSettings(_Settings):
    """The anchor race before a replacement is decided: the best few candidates are topped up to equal counts."""

    candidates: int = Field(default=4, ge=0, le=64, description="how many enter; 0 = no race")
    target: int = Field(
        default=48, ge=1, description="outcomes on anchor and adversarial items that the last ones should have"
    )
    share: float = Field(default=0.25, ge=0, le=1, description="at most this share of an epoch's outcomes")


class EpochSettings(_Settings):
    """Checkpoints, replacement and erasure (spec §5)."""

    first: int = Field(default=32, ge=1, description="outcomes at the first checkpoint")
    ratio: float = Field(default=2.0, ge=1.05, description="each checkpoint lies at this multiple of the one before")
    replacement: ReplacementRule = "margin"
    min_anchor: int = Field(default=5, ge=1, description="anchor outcomes that a candidate must have")
    epsilon: float = Field(default=0.05, gt=0, lt=1, description="quantile of best belief")
    margin: float = Field(default=0.05, ge=0, lt=1, description="rule `margin`: lead in best belief that is asked for")
    delta: float = Field(default=0.1, gt=0, lt=1, description="rule `paired`: error budget of the whole run")
    race: RaceSettings = RaceSettings()
    erasure: bool = Field(default=True, description="False = the paper's ablation: old verdicts stay")


class AdversarialSettings(_Settings):
    """The adversarial objective: judges are also measured on what displaced judges accepted (spec §6)."""

    enabled: bool = Field(default=True, description="False = the ablation: judges are measured on the anchor alone")
    share: float = Field(
        default=0.5, gt=0, lt=1, description="share of a judge's outcomes that pool items get, as long as there are any"
    )
    max_items: int = Field(default=64, ge=1, le=4096, description="items in a judge role's pool, the newest first")
    reserve_per_epoch: int = Field(default=8, ge=0, description="places of these kept for the items of each epoch")
    accept_share: float = Field(
        default=0.5, ge=0, le=1, description="at most this share of a pool is labelled accept; 1 = as they come"
    )

    @model_validator(mode="after")
    def _fits(self) -> AdversarialSettings:
        if self.reserve_per_epoch > self.max_items:
            raise ValueError(
                f"reserve_per_epoch = {self.reserve_per_epoch} is more than max_items = {self.max_items}; lower it"
            )
        return self


class EndpointSettings(_Settings):
    """Which nodes are reported at the end (spec §7)."""

    min_outcomes: int = Field(default=10, ge=1)
    epsilon: float = Field(default=0.05, gt=0, lt=1)


class BudgetSettings(_Settings):
    """What a run may spend; it ends cleanly at the first limit. Only `outcomes` is exact and reproducible."""

    outcomes: int = Field(ge=1)
    usd: float | None = Field(default=None, gt=0)
    tokens: int | None = Field(default=None, gt=0, description="blended tokens: input + 5 × output")
    test_share: float = Field(
        default=0.2, ge=0, lt=1, description="share of usd and tokens that the search leaves for the test at the end"
    )
    cpu_s: float | None = Field(default=None, gt=0)
    wall_s: float | None = Field(default=None, gt=0)
