"""Prices: the worst case before a call, the cost after it, and where they come from."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rqgm.core.errors import ConfigError
from rqgm.gateway.prices import FREE, Price, _table, known_model, price_of
from rqgm.gateway.settings import ModelsSettings
from rqgm.gateway.usage import Tokens

PRICED = "openai/gpt-4o-mini"
OWN = "openai/own"


def settings_of(**more: object) -> ModelsSettings:
    return ModelsSettings.model_validate({"default": PRICED, **more})


def of(model: str) -> Price:
    return price_of(model, settings_of())


def listed(suffix: str, provider: str = "") -> str:
    """Return a model that has a tier, by its name in the table."""
    names = (
        name
        for name, entry in _table().items()
        if f"input_cost_per_token_above_{suffix}_tokens" in entry
        and entry.get("litellm_provider", "").startswith(provider)
    )
    return next(name for name in names if known_model(name))


def test_the_price_is_litellms_and_nothing_is_imported_for_it() -> None:
    """Cached input is cheaper, by the table."""
    price = of(PRICED)
    assert price.cost_usd(Tokens(1_000_000, 1_000_000)) == pytest.approx(0.15 + 0.6)
    assert price.cost_usd(Tokens(1_000_000, 0, cached=1_000_000)) == pytest.approx(0.075)


def test_what_is_written_to_a_cache_costs_more_and_for_an_hour_still_more() -> None:
    """As Anthropic counts."""
    price = of("anthropic/claude-haiku-4-5")
    million = 1_000_000
    assert price.cost_usd(Tokens(million)) == pytest.approx(1.0)
    assert price.cost_usd(Tokens(million, cached=million)) == pytest.approx(0.1)
    assert price.cost_usd(Tokens(million, cache_write=million)) == pytest.approx(1.25)
    assert price.cost_usd(Tokens(million, cache_write=million, cache_write_1h=million)) == pytest.approx(2.0)


@pytest.mark.parametrize("suffix", ["32k", "128k", "200k", "256k", "272k"])
def test_above_a_tiers_size_its_price_holds_for_the_whole_call(suffix: str) -> None:
    """From the first token on, and for its output."""
    name = listed(suffix)
    price, entry, size = of(name), _table()[name], int(suffix[:-1]) * 1_000
    dear = entry[f"input_cost_per_token_above_{suffix}_tokens"]
    assert price.cost_usd(Tokens(size + 1)) == pytest.approx((size + 1) * dear)
    below = price.cost_usd(Tokens(size))
    assert below != pytest.approx(size * dear) or entry["input_cost_per_token"] == dear
    made = entry.get(f"output_cost_per_token_above_{suffix}_tokens", entry["output_cost_per_token"])
    assert price.cost_usd(Tokens(size + 1, 10)) == pytest.approx((size + 1) * dear + 10 * made)


def test_a_model_with_several_tiers_climbs_through_all_of_them() -> None:
    """The dearest is not left out."""
    several = [
        (name, sizes)
        for name, entry in _table().items()
        if len(sizes := [k for k in entry if k.startswith("input_cost_per_token_above_") and k.endswith("k_tokens")])
        > 1
    ]
    assert several
    for name, keys in several:
        price, entry = of(name), _table()[name]
        for key in keys:
            size = int(key.removeprefix("input_cost_per_token_above_").removesuffix("k_tokens")) * 1_000
            assert price.cost_usd(Tokens(size + 1)) == pytest.approx((size + 1) * entry[key]), (name, key)


amounts = st.integers(0, 1_000).map(lambda number: number / 1e6)
flat = st.builds(Price, amounts, amounts, amounts, amounts, amounts, st.none() | amounts)
prices = flat | st.builds(
    Price, amounts, amounts, amounts, amounts, amounts, st.none() | amounts, st.integers(1, 500), flat
)


@st.composite
def usages(draw: st.DrawFn) -> tuple[Tokens, int, int]:
    """Draw what a call may use, and its bounds."""
    most, limit = draw(st.integers(0, 1_000)), draw(st.integers(0, 1_000))
    given_in = draw(st.integers(0, most))
    cached = draw(st.integers(0, given_in))
    written = draw(st.integers(0, given_in - cached))
    made = draw(st.integers(0, limit))
    tokens = Tokens(
        given_in, made, cached, written, draw(st.integers(0, written)), reasoning=draw(st.integers(0, made))
    )
    return tokens, most, limit


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(prices, usages())
def test_no_call_within_its_bounds_costs_more_than_its_worst_case(price: Price, drawn: tuple[Tokens, int, int]) -> None:
    """Whatever of it came from a cache, was written to one, or was above a tier's size."""
    tokens, most, limit = drawn
    assert price.cost_usd(tokens) <= price.bound_usd(most, limit) * (1 + 1e-12)


def test_every_listed_price_has_a_worst_case_above_its_cost() -> None:
    """All models that may be named, at the sizes where their tiers begin."""
    for name, entry in _table().items():
        if "input_cost_per_token" not in entry or known_model(name) is None:
            continue
        price = of(name)
        for size in (1, 100_001, 200_001, 272_001, 1_000_000):
            for tokens in (
                Tokens(size, 50, reasoning=50),
                Tokens(size, 50, cached=size),
                Tokens(size, 50, 0, size, size),
            ):
                assert price.cost_usd(tokens) <= price.bound_usd(size, 50) * (1 + 1e-12), name


def test_reasoning_that_is_dearer_than_output_is_not_priced_as_output() -> None:
    """Where a provider takes more for it."""
    dearer = [
        name
        for name, entry in _table().items()
        if (entry.get("output_cost_per_reasoning_token") or 0) > (entry.get("output_cost_per_token") or 0) > 0
        and "input_cost_per_token" in entry
    ]
    assert dearer
    price, entry = of(dearer[0]), _table()[dearer[0]]
    assert price.cost_usd(Tokens(0, 10, reasoning=4)) == pytest.approx(
        6 * entry["output_cost_per_token"] + 4 * entry["output_cost_per_reasoning_token"]
    )


def test_an_own_price_comes_before_the_table() -> None:
    """What is left out of it costs as input does."""
    own = {"input_usd_per_mtok": 3.0, "output_usd_per_mtok": 6.0}
    price = price_of(PRICED, settings_of(prices={PRICED: own}))
    assert price.cost_usd(Tokens(1_000_000, 1_000_000)) == pytest.approx(9.0)
    assert price.cost_usd(Tokens(1_000_000, cached=1_000_000)) == pytest.approx(3.0)
    assert price.cost_usd(Tokens(1_000_000, cache_write=1_000_000, cache_write_1h=1_000_000)) == pytest.approx(3.0)
    own |= {"cached_usd_per_mtok": 0.5, "cache_write_usd_per_mtok": 4.0}
    price = price_of(OWN, settings_of(prices={OWN: own}))
    assert price.cost_usd(Tokens(3_000_000, cached=1_000_000, cache_write=1_000_000)) == pytest.approx(7.5)
    assert price.bound_usd(1_000_000, 0) == pytest.approx(4.0)


def test_without_a_price_there_is_no_budget_and_the_error_has_the_lines_that_set_one() -> None:
    """To be copied into the experiment."""
    with pytest.raises(ConfigError) as error:
        of(OWN)
    assert f'[models.prices."{OWN}"]\ninput_usd_per_mtok = ' in str(error.value)
    assert "allow_unpriced = true" in str(error.value)
    assert price_of(OWN, settings_of(allow_unpriced=True)) is FREE
    assert price_of(PRICED, settings_of(allow_unpriced=True)) == of(PRICED)


def test_a_name_of_another_provider_has_no_price_by_accident() -> None:
    """The table has names without a provider; whose they are, it says."""
    assert known_model("anthropic/gpt-4o-mini") is None
    assert known_model("openai/gpt-4o-mini") is not None
    assert known_model("nobody/nothing") is None
