"""Experiments: ``experiment.toml`` as a strict model, with overrides from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from rqgm.core.overrides import set_keys
from rqgm.core.toml import parse, read_toml
from rqgm.core.words import RoleKind
from rqgm.evolution.settings import (
    AdversarialSettings,
    BudgetSettings,
    EndpointSettings,
    EpochSettings,
    SearchSettings,
)
from rqgm.gateway.settings import ModelsSettings
from rqgm.orchestration.talk import TalkSpec, spelled_out

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class MeasureTable(_Table):
    """One measure of a role: ``tests`` (solvers), ``anchor`` (judges) or a ``panel`` by name (solvers)."""

    kind: Literal["tests", "anchor", "panel"]
    panel: str | None = None
    weight: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _panel_named(self) -> MeasureTable:
        if (self.kind == "panel") != (self.panel is not None):
            raise ValueError('a measure names a panel exactly when its kind is "panel"')
        return self


class RoleTable(_Table):
    """One role: its kind, the suite that it works on and how its work is measured. Editors have neither."""

    kind: RoleKind
    suite: str | None = None
    measures: list[MeasureTable] = []
    steps: int = Field(default=0, ge=0, description="passed to the role as limits.steps, the domain's count of work")
    policy: Annotated[TalkSpec, BeforeValidator(spelled_out)] | None = Field(
        default=None,
        exclude_if=lambda policy: policy is None,  # locks without it stay what they were
        description="decides whether a team of solvers talks: a name, or a table of policy, weights, embedder",
    )

    @model_validator(mode="after")
    def _fits(self) -> RoleTable:
        if self.policy is not None and self.kind is not RoleKind.SOLVER:
            raise ValueError(f"a {self.kind} has no policy: teams of solvers do, and panels (in their panel.toml)")
        if self.kind is RoleKind.EDITOR:
            if self.suite or self.measures:
                raise ValueError("an editor has no suite and no measures: what it makes of others is its worth")
            return self
        if self.suite is None or not self.measures:
            raise ValueError(f"a {self.kind} needs a suite and at least one measure")
        twice = [
            m
            for k, m in enumerate(self.measures)
            if (m.kind, m.panel) in [(o.kind, o.panel) for o in self.measures[:k]]
        ]
        if twice:
            raise ValueError(f"the measure {twice[0].panel or twice[0].kind!r} is listed twice; give it one weight")
        allowed = {"anchor"} if self.kind is RoleKind.JUDGE else {"tests", "panel"}
        wrong = [measure.kind for measure in self.measures if measure.kind not in allowed]
        if wrong:
            raise ValueError(f"a {self.kind} cannot be measured by {wrong[0]!r}; allowed: {', '.join(sorted(allowed))}")
        return self


class PanelTable(_Table):
    """What an experiment changes of a panel that it names."""

    policy: Annotated[TalkSpec, BeforeValidator(spelled_out)] = Field(
        description="decides whether its seats talk, in place of what its panel.toml says; parallel: they do not"
    )


class Experiment(_Table):
    """``experiment.toml``: everything that a run is told."""

    schema_version: Literal[1]
    name: Name
    description: str = ""
    workspace: str = Field(description="seed workspace, by shelf name or path")
    profile: str = "python"
    seed: int = Field(default=0, ge=0, lt=2**31)
    roles: dict[Name, RoleTable] = Field(min_length=1)
    panels: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$")], PanelTable] = Field(
        default={}, exclude_if=lambda panels: not panels, description="panel → what is changed of it"
    )
    search: SearchSettings = SearchSettings()
    epochs: EpochSettings = EpochSettings()
    adversarial: AdversarialSettings = AdversarialSettings()
    endpoints: EndpointSettings = EndpointSettings()
    budget: BudgetSettings
    models: ModelsSettings | None = Field(
        default=None,
        description="language models that roles may call, and the terms of seats that a model fills",
    )

    @model_validator(mode="after")
    def _models_of_roles(self) -> Experiment:
        limited = {name for name in self.models.limits if "/" not in name} if self.models else set()  # else: a seat
        named = {*self.models.roles, *limited} if self.models else set()
        unknown = sorted(named - set(self.roles))
        if unknown:
            raise ValueError(f"models names role {unknown[0]}; roles are {', '.join(self.roles)}")
        return self

    @model_validator(mode="after")
    def _panels_used(self) -> Experiment:
        used = {measure.panel for role in self.roles.values() for measure in role.measures if measure.panel}
        unknown = sorted(set(self.panels) - used)
        if unknown:
            raise ValueError(
                f"panels names {unknown[0]}, which measures no role; in use: {', '.join(sorted(used)) or 'none'}"
            )
        return self

    @model_validator(mode="after")
    def _one_editor(self) -> Experiment:
        editors = [name for name, role in self.roles.items() if role.kind is RoleKind.EDITOR]
        if len(editors) != 1:
            raise ValueError(f"roles must have exactly one editor, found {len(editors)}")
        if len(editors) == len(self.roles):
            raise ValueError("roles has an editor only; nothing would be measured")
        return self

    @model_validator(mode="after")
    def _samples_of_measured_roles(self) -> Experiment:
        samples = self.search.train_samples
        measured = [name for name, role in self.roles.items() if role.kind is not RoleKind.EDITOR]
        unknown = sorted(set(samples) - set(measured)) if isinstance(samples, dict) else []
        if unknown:
            known = ", ".join(measured)
            raise ValueError(f"search.train_samples names {', '.join(unknown)}; measured roles are {known}")
        return self


def load_experiment(path: Path, overrides: Sequence[str] = ()) -> Experiment:
    """Read an experiment and apply ``a.b=value`` overrides; ConfigError names file and key."""
    return _changed(read_toml(path), overrides, str(path))


def change_experiment(experiment: Experiment, overrides: Sequence[str], where: str) -> Experiment:
    """Return an experiment with ``a.b=value`` overrides; ConfigError names `where` it is from and the key."""
    return _changed(experiment.model_dump(mode="json", exclude_none=True), overrides, where)


def _changed(data: dict[str, Any], overrides: Sequence[str], where: str) -> Experiment:
    set_keys(data, overrides)
    return parse(data, Experiment, f"{where} (with -c {' -c '.join(overrides)})" if overrides else where)
