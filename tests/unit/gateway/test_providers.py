"""Providers: address, key, and the switch that keeps calls on this machine."""

from __future__ import annotations

import os
from typing import Any

import pytest

from rqgm.core.errors import ConfigError
from rqgm.gateway.providers import NO_LIVE_CALLS, Provider, check_live, is_loopback, provider_of
from rqgm.gateway.settings import ModelsSettings, ProviderTable

KEY = "sk-canary-0123456789"


def of(model: str, env: dict[str, str] | None = None, **more: Any) -> Provider:
    settings = ModelsSettings.model_validate({"default": model, **more})
    return provider_of(model, settings, {"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY} if env is None else env)


def test_known_providers_need_a_key_and_nothing_else() -> None:
    """Their address and protocol are known."""
    openai, anthropic = of("openai/m"), of("anthropic/m")
    assert (openai.protocol, openai.base_url, openai.key) == ("openai", "https://api.openai.com/v1", KEY)
    assert (anthropic.protocol, anthropic.base_url, anthropic.key) == ("anthropic", "https://api.anthropic.com", KEY)
    assert [openai.speaks(p) for p in ("chat", "responses", "embeddings", "messages")] == [True, True, True, False]
    assert [anthropic.speaks(p) for p in ("chat", "responses", "embeddings", "messages")] == [False] * 3 + [True]


def test_an_address_comes_from_the_table_then_the_environment_then_what_is_known() -> None:
    """As the SDKs have it."""
    env = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "http://127.0.0.1:1/v1/"}
    assert of("openai/m", env).base_url == "http://127.0.0.1:1/v1"
    table = {"openai": {"base_url": "http://127.0.0.1:2/v1"}}
    assert of("openai/m", env, providers=table).base_url == "http://127.0.0.1:2/v1"


def test_local_servers_need_no_key() -> None:
    """One that has no usual address needs that."""
    assert of("ollama/m", {}).key is None
    with pytest.raises(ConfigError, match=r"HOSTED_VLLM_API_BASE, or models\.providers\.hosted_vllm\.base_url"):
        of("hosted_vllm/m", {})


def test_any_other_name_is_litellms() -> None:
    """Its key is looked for where LiteLLM would."""
    gemini = of("gemini/m", {"GEMINI_API_KEY": KEY})
    assert (gemini.protocol, gemini.base_url, gemini.key) == ("litellm", None, KEY)
    assert not gemini.speaks("chat")
    with pytest.raises(ConfigError, match=r"models\.providers\.own\.base_url"):
        of("own/m", {}, providers={"own": {"protocol": "openai"}})


def test_a_missing_key_is_named_with_its_variable() -> None:
    """Before anything starts; a replay needs none."""
    with pytest.raises(ConfigError, match="set OPENAI_API_KEY in the environment of rqgm"):
        of("openai/m", {})
    with pytest.raises(ConfigError, match="set OTHER_KEY"):
        of("openai/m", {"OPENAI_API_KEY": KEY}, providers={"openai": {"key_env": "OTHER_KEY"}})
    for mode in ("replay", "replay-or-live"):
        assert of("openai/m", {}, mode=mode, cassette="run").key is None


@pytest.mark.parametrize("key", [f"{KEY}\r\nx", f"{KEY}\x00", "sk-ключ-012345"])
def test_a_key_that_no_header_can_hold_is_refused_without_being_shown(key: str) -> None:
    """HTTP's library would show it in its error."""
    with pytest.raises(ConfigError, match="OPENAI_API_KEY") as error:
        of("openai/m", {"OPENAI_API_KEY": key})
    assert key[:6] not in str(error.value)
    assert of("openai/m", {"OPENAI_API_KEY": f" {KEY}\n"}).key == KEY


def test_a_key_is_taken_out_of_texts_and_not_shown() -> None:
    """Placeholders of local servers are too short to look for."""
    provider = of("openai/m")
    assert provider.redact(f"a {KEY} b {KEY}".encode()) == b"a [redacted] b [redacted]"
    assert KEY not in repr(provider)
    assert of("ollama/m", {"OLLAMA_API_KEY": "ollama"}).redact(b"an ollama") == b"an ollama"


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1/v1", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:80", True),
        ("http://localhost:11434/v1", True),
        ("https://api.openai.com/v1", False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
        ("http://127.0.0.1.example.org", False),
        ("http://127.0.0.1@example.org", False),
        ("http://localhost.example.org", False),
        (None, False),
        ("", False),
    ],
)
def test_loopback_is_this_machine_and_nothing_that_looks_like_it(url: str | None, here: bool) -> None:
    """By the address that would be connected to."""
    assert is_loopback(url) is here
    provider = Provider("p", "openai", url, None, ProviderTable())
    check_live(provider, {})
    if here:
        check_live(provider, {NO_LIVE_CALLS: ""})
    else:
        with pytest.raises(ConfigError, match="no call may leave this machine"):
            check_live(provider, {NO_LIVE_CALLS: ""})


def test_no_test_can_make_a_live_call() -> None:
    """The switch is set for all of them."""
    assert NO_LIVE_CALLS in os.environ


@pytest.mark.parametrize("model", ["openai/gpt-4o-mini", "gemini/gemini-2.5-flash"], ids=["direct", "litellm"])
async def test_with_the_switch_no_call_leaves_whatever_speaks_to_the_provider(gateways: Any, model: str) -> None:
    """Neither by HTTP nor by LiteLLM: it is an error of the run, it counts as nothing, and LiteLLM is not even loaded."""
    price = {model: {"input_usd_per_mtok": 1.0, "output_usd_per_mtok": 1.0}}
    tables: dict[str, Any] = {"openai": {"base_url": "http://192.0.2.1/v1", "timeout_s": 5}}
    more = {"default": model, "roles": {}, "embeddings": None, "prices": price, "providers": tables}
    async with gateways.open("http://192.0.2.1", **more) as gateway:
        role = gateways.role(gateway)
        response = await role.ask(model=model)
        assert (response.status_code, response.json()["error"]["code"]) == (503, "gateway_failed")
        with pytest.raises(ConfigError, match="no call may leave this machine"):
            await role.lease.close()
        assert (gateway._whole.doubtful.tokens, gateway._whole.held.tokens) == (0, 0)
        with pytest.raises(ConfigError, match=f"{model} cannot be used: {NO_LIVE_CALLS}"):
            await gateway.check()
