"""What one call used, as the provider reports it, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Protocol = Literal["chat", "responses", "messages", "embeddings"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one call. `input` is all input, read from or written to a cache or not; `output` is with reasoning."""

    input: int = 0
    output: int = 0
    cached: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    """The part of `cache_write` that is kept for an hour, which costs more."""
    reasoning: int = 0

    @property
    def blended(self) -> int:
        """Input + 5 × output."""
        return self.input + 5 * self.output

    def to_json(self) -> dict[str, int]:
        """Return plain data."""
        return {
            "input": self.input,
            "output": self.output,
            "cached": self.cached,
            "cache_write": self.cache_write,
            "cache_write_1h": self.cache_write_1h,
            "reasoning": self.reasoning,
        }


def read_usage(protocol: Protocol, usage: Any) -> Tokens | None:
    """Return the tokens of a provider's `usage` object, None where there is none that makes sense."""
    if not isinstance(usage, dict):
        return None
    if protocol == "messages":
        return _anthropic(usage)
    if protocol == "responses":
        return _openai(usage, "input_tokens", "output_tokens", "input_tokens_details", "output_tokens_details")
    return _openai(usage, "prompt_tokens", "completion_tokens", "prompt_tokens_details", "completion_tokens_details")


def _openai(usage: Mapping[str, Any], given: str, made: str, given_details: str, made_details: str) -> Tokens | None:
    if _count(usage, given) is None:
        return None
    return Tokens(
        input=_count(usage, given) or 0,
        output=_count(usage, made) or 0,
        cached=_count(usage.get(given_details), "cached_tokens") or 0,
        cache_write=_count(usage.get(given_details), "cache_write_tokens") or 0,
        reasoning=_count(usage.get(made_details), "reasoning_tokens") or 0,
    )


def _anthropic(usage: Mapping[str, Any]) -> Tokens | None:
    """Anthropic counts cached input apart from `input_tokens`."""
    if _count(usage, "input_tokens") is None and _count(usage, "output_tokens") is None:
        return None
    cached = _count(usage, "cache_read_input_tokens") or 0
    written = _count(usage, "cache_creation_input_tokens") or 0
    return Tokens(
        input=(_count(usage, "input_tokens") or 0) + cached + written,
        output=_count(usage, "output_tokens") or 0,
        cached=cached,
        cache_write=written,
        cache_write_1h=min(written, _count(usage.get("cache_creation"), "ephemeral_1h_input_tokens") or 0),
    )


def _count(table: Any, key: str) -> int | None:
    value = table.get(key) if isinstance(table, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
