"""Prices: LiteLLM's table, read as data (importing LiteLLM takes seconds), with the experiment's own before it."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ConfigError

if TYPE_CHECKING:
    from rqgm.gateway.settings import ModelsSettings, PriceTable
    from rqgm.gateway.usage import Tokens

MILLION = 1_000_000
TIER = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")
TABLE = "model_prices_and_context_window_backup.json"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per token. From `threshold` input tokens on, `dear` holds for the whole call."""

    input: float
    output: float
    cached: float
    cache_write: float
    cache_write_1h: float
    reasoning: float | None = None
    """Of the output's part that was reasoning; None = as the rest of it."""
    threshold: int | None = None
    dear: Price | None = None

    def cost_usd(self, tokens: Tokens) -> float:
        """Return what a call costs that used `tokens`."""
        if self.dear is not None and self.threshold is not None and tokens.input > self.threshold:
            return self.dear.cost_usd(tokens)
        plain = max(0, tokens.input - tokens.cached - tokens.cache_write)
        read = tokens.cached * self.cached
        long = tokens.cache_write_1h
        written = (tokens.cache_write - long) * self.cache_write + long * self.cache_write_1h
        thought = min(tokens.reasoning, tokens.output) if self.reasoning is not None else 0
        made = (tokens.output - thought) * self.output + thought * (self.reasoning or 0.0)
        return plain * self.input + read + written + made

    def bound_usd(self, input_tokens: int, output_tokens: int) -> float:
        """Return the most that a call of at most so many tokens can cost, whatever is read from a cache or not."""
        dearest = max(self.input, self.cached, self.cache_write, self.cache_write_1h)
        bound = input_tokens * dearest + output_tokens * max(self.output, self.reasoning or 0.0)
        return max(bound, self.dear.bound_usd(input_tokens, output_tokens)) if self.dear else bound


FREE = Price(0.0, 0.0, 0.0, 0.0, 0.0)


def price_of(model: str, settings: ModelsSettings) -> Price:
    """Return a model's price; ConfigError with the lines that would set one if none is known."""
    own = settings.prices.get(model)
    if own is not None:
        return _own(own)
    entry = known_model(model)
    if entry is not None and "input_cost_per_token" in entry:
        return _listed(entry)
    if settings.allow_unpriced:
        return FREE
    raise ConfigError(
        f"models: no price is known for {model!r}, so no budget could be kept. Set it:\n"
        f'[models.prices."{model}"]\ninput_usd_per_mtok = 0.0\noutput_usd_per_mtok = 0.0\n'
        "or, if it costs nothing or you do not want it counted: models.allow_unpriced = true"
    )


def known_model(model: str) -> dict[str, Any] | None:
    """Return LiteLLM's entry of a model (prices, context window, what it supports), None if it has none."""
    provider, _, name = model.partition("/")
    table = _table()
    entry = table.get(model)
    if entry is None and table.get(name, {}).get("litellm_provider") == provider:
        entry = table[name]
    return entry


@functools.cache
def _table() -> dict[str, Any]:
    """Return the table that ships with the installed LiteLLM. Nothing is downloaded."""
    spec = find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        return {}
    table: dict[str, Any] = json.loads((Path(spec.submodule_search_locations[0]) / TABLE).read_text(encoding="utf-8"))
    return table


def _own(table: PriceTable) -> Price:
    given, cached, written = table.input_usd_per_mtok, table.cached_usd_per_mtok, table.cache_write_usd_per_mtok
    written = given if written is None else written
    return Price(
        input=given / MILLION,
        output=table.output_usd_per_mtok / MILLION,
        cached=(given if cached is None else cached) / MILLION,
        cache_write=written / MILLION,
        cache_write_1h=written / MILLION,
    )


def _listed(entry: dict[str, Any]) -> Price:
    sizes = sorted(int(found[1]) for key in entry if (found := TIER.fullmatch(key)))
    tiers = [_at(entry, "", None)]
    for size in sizes:
        tiers.append(_at(entry, f"_above_{size}k_tokens", tiers[-1]))
    price = tiers.pop()
    for size in reversed(sizes):
        price = replace(tiers.pop(), threshold=1_000 * size, dear=price)
    return price


def _at(entry: dict[str, Any], suffix: str, base: Price | None) -> Price:
    def number(key: str, default: float) -> float:
        value = entry.get(f"{key}{suffix}")
        return float(value) if isinstance(value, int | float) else default

    given = number("input_cost_per_token", base.input if base else 0.0)
    written = number("cache_creation_input_token_cost", given)
    made = number("output_cost_per_token", base.output if base else 0.0)
    before = max(base.reasoning, made) if base and base.reasoning is not None else None
    return Price(
        input=given,
        output=made,
        cached=number("cache_read_input_token_cost", given),
        cache_write=written,
        cache_write_1h=number("cache_creation_input_token_cost_above_1hr", written),
        reasoning=number("output_cost_per_reasoning_token", 0.0) or before,
    )
