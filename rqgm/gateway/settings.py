"""The `[models]` table of ``experiment.toml``: which models roles may ask, within what limits, recorded or replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rqgm.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

ModelName = Annotated[str, Field(pattern=r"^[a-z0-9_]+/[^\s\x00]{1,200}$")]
"""A model in LiteLLM's notation: ``provider/name``."""
Mode = Literal["live", "record", "replay", "replay-or-live"]
LOCAL_PROVIDERS = ("ollama", "hosted_vllm")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class LimitTable(_Table):
    """What may be used; what is left out has no limit of its own."""

    usd: float | None = Field(default=None, gt=0)
    tokens: int | None = Field(default=None, gt=0, description="blended tokens: input + 5 × output")
    calls: int | None = Field(default=None, gt=0)


class ProviderTable(_Table):
    """How one provider is reached; the defaults fit the known ones."""

    protocol: Literal["openai", "anthropic", "litellm"] | None = Field(
        default=None, description="what it speaks; litellm = whatever LiteLLM makes of the name"
    )
    base_url: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    key_env: str | None = Field(
        default=None, pattern=r"^[A-Z][A-Z0-9_]*$", description="environment variable of the engine with the key"
    )
    concurrency: int = Field(default=8, ge=1, le=1024, description="calls at a time")
    requests_per_min: float | None = Field(default=None, gt=0)
    timeout_s: float = Field(default=300.0, gt=0, le=3_600, description="of one attempt, from its start to its end")
    attempts: int = Field(default=5, ge=1, le=20)
    patience_s: float = Field(default=120.0, ge=0, le=3_600, description="how long one call is tried again")


class PriceTable(_Table):
    """A model's price, in US dollars per million tokens."""

    input_usd_per_mtok: float = Field(ge=0)
    output_usd_per_mtok: float = Field(ge=0)
    cached_usd_per_mtok: float | None = Field(
        default=None, ge=0, description="input read from the cache; default: input"
    )
    cache_write_usd_per_mtok: float | None = Field(default=None, ge=0, description="default: input")


class ModelsSettings(_Table):
    """Which language models a run grants its roles. Without `default` only the roles that are named get one.

    Seats of panels that are filled by a model bring its name; they have its terms from here.
    """

    default: ModelName | None = Field(default=None, description="the model of every role that `roles` does not name")
    roles: dict[str, ModelName] = Field(default_factory=dict, description="models of single roles")
    embeddings: ModelName | None = None
    mode: Mode = Field(
        default="record",
        description="live: calls are metered, their texts not kept; record: kept as well; replay: from `cassette` only",
    )
    cassette: str | None = Field(default=None, description="folder of the run whose recorded calls are replayed")
    max_output_tokens: int = Field(
        default=8_192, ge=1, description="of a call that names no limit, and the most of any"
    )
    max_request_bytes: int = Field(default=8 << 20, ge=1_024)
    job: LimitTable = Field(default=LimitTable(usd=1.0, calls=200), description="what one job of a role may use")
    limits: dict[str, LimitTable] = Field(default_factory=dict, description="what a role may use in the whole run")
    providers: dict[str, ProviderTable] = Field(default_factory=dict)
    prices: dict[ModelName, PriceTable] = Field(default_factory=dict, description="before LiteLLM's table")
    allow_unpriced: bool = Field(default=False, description="a model without a known price counts as costing nothing")
    check: bool = Field(default=True, description="ask every model once, for next to nothing, before a run starts")
    tools: bool = Field(default=True, description="the roles use tools: a model that takes none is refused")

    @model_validator(mode="after")
    def _fits(self) -> ModelsSettings:
        if self.mode in {"replay", "replay-or-live"} and self.cassette is None:
            raise ValueError(f'mode = "{self.mode}" needs `cassette`, the folder of a recorded run')
        if self.mode in {"live", "record"} and self.cassette is not None:
            raise ValueError(f'cassette is for mode "replay" or "replay-or-live", not "{self.mode}"')
        return self

    def model_of(self, role: str) -> str | None:
        """Return the model that a role is granted, None if it is granted none."""
        return self.roles.get(role, self.default)

    def granted(self, roles: list[str]) -> dict[str, str]:
        """Return the roles that are granted a model, with it."""
        return {role: model for role in roles if (model := self.model_of(role)) is not None}

    def all_granted(self, roles: list[str], seats: Mapping[str, str]) -> dict[str, str]:
        """Return all who are granted a model, with it: roles, and seats that bring theirs; ConfigError if nobody is."""
        granted = {**self.granted(roles), **seats}
        if not granted:
            raise ConfigError('models: names no model; set `default = "provider/model"`, or leave the table out')
        return granted

    @property
    def may_call(self) -> bool:
        """Whether a call may leave the machine in this mode."""
        return self.mode != "replay"
