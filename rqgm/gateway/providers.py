"""Providers: where a model's calls go, in which protocol, with which key. Keys stay in objects of this module."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from rqgm.core.errors import ConfigError
from rqgm.gateway.settings import ProviderTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rqgm.gateway.settings import ModelsSettings
    from rqgm.gateway.usage import Protocol

NO_LIVE_CALLS = "RQGM_NO_LIVE_CALLS"
"""Set (to anything) in the engine's environment: no call leaves this machine. Loopback servers stay reachable."""
SHORTEST_KEY = 8
"""Shorter keys (placeholders of local servers) are not looked for in texts: they would match anything."""
REDACTED = b"[redacted]"


@dataclass(frozen=True)
class _Known:
    """What is known of a provider: what it speaks, where it is, and which variables say so."""

    protocol: Literal["openai", "anthropic"]
    base_url: str | None
    base_env: str
    key_env: str
    needs_key: bool = True


KNOWN = {
    "openai": _Known("openai", "https://api.openai.com/v1", "OPENAI_BASE_URL", "OPENAI_API_KEY"),
    "anthropic": _Known("anthropic", "https://api.anthropic.com", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY"),
    "ollama": _Known("openai", "http://127.0.0.1:11434/v1", "OLLAMA_API_BASE", "OLLAMA_API_KEY", needs_key=False),
    "hosted_vllm": _Known("openai", None, "HOSTED_VLLM_API_BASE", "HOSTED_VLLM_API_KEY", needs_key=False),
}
SPOKEN: dict[str, tuple[Protocol, ...]] = {
    "openai": ("chat", "responses", "embeddings"),
    "anthropic": ("messages",),
    "litellm": (),
}


@dataclass(frozen=True)
class Provider:
    """One provider as this run reaches it. `protocol` "litellm" = by LiteLLM, whatever it makes of the name."""

    name: str
    protocol: Literal["openai", "anthropic", "litellm"]
    base_url: str | None
    key: str | None = field(repr=False)
    table: ProviderTable

    def speaks(self, protocol: Protocol) -> bool:
        """Tell whether a request can be passed on as it is; else LiteLLM translates it."""
        return protocol in SPOKEN[self.protocol]

    def redact(self, data: bytes) -> bytes:
        """Return `data` without the key."""
        if self.key is None or len(self.key) < SHORTEST_KEY:
            return data
        return data.replace(self.key.encode(), REDACTED)


def provider_of(model: str, settings: ModelsSettings, env: Mapping[str, str] = os.environ) -> Provider:
    """Return the provider of a model; ConfigError names the variable or the setting that is missing."""
    name = model.partition("/")[0]
    table = settings.providers.get(name, ProviderTable())
    known = KNOWN.get(name)
    protocol = table.protocol or (known.protocol if known else "litellm")
    base_url = table.base_url or (env.get(known.base_env) if known else None) or (known.base_url if known else None)
    key_env = table.key_env or (known.key_env if known else f"{name.upper()}_API_KEY")
    if base_url is None and protocol != "litellm":
        where = f"{known.base_env}, or " if known else ""
        raise ConfigError(f"models: provider {name!r} has no address; set {where}models.providers.{name}.base_url")
    key = env.get(key_env, "").strip() or None
    if key is not None and not (key.isascii() and key.isprintable()):
        raise ConfigError(f"models: {key_env} holds what no key is made of (line breaks, or letters beyond ASCII)")
    needs_key = known.needs_key if known else protocol != "litellm" and table.key_env is not None
    if key is None and needs_key and settings.may_call and settings.mode != "replay-or-live":
        raise ConfigError(
            f"models: no key for {model!r}; set {key_env} in the environment of rqgm (roles never see it), "
            f"or name another variable: models.providers.{name}.key_env"
        )
    return Provider(name, protocol, base_url.rstrip("/") if base_url else None, key, table)


def check_live(provider: Provider, env: Mapping[str, str] = os.environ) -> None:
    """Raise ConfigError where the kill switch is set and the provider is not on this machine."""
    if NO_LIVE_CALLS in env and not is_loopback(provider.base_url):
        raise ConfigError(f"{NO_LIVE_CALLS} is set: no call may leave this machine, and {provider.name!r} is elsewhere")


def is_loopback(base_url: str | None) -> bool:
    """Tell whether an address is of this machine."""
    host = urlsplit(base_url or "").hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
