"""Usage: what work cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """What some work cost; additive. Tokens are counts, cost in US dollars, times in seconds."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    agent_runs: int = 0
    cached_tokens: int = 0
    """The part of the input that was read from a provider's cache."""
    reasoning_tokens: int = 0
    """The part of the output that was reasoning."""
    model_calls: int = 0

    def __add__(self, other: Usage) -> Usage:
        # Written out: this runs once for every record when a run is resumed.
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cost_usd + other.cost_usd,
            self.cpu_s + other.cpu_s,
            self.wall_s + other.wall_s,
            self.agent_runs + other.agent_runs,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.model_calls + other.model_calls,
        )

    @property
    def blended_tokens(self) -> int:
        """Input + 5 × output tokens (the paper's measure of cost)."""
        return self.input_tokens + 5 * self.output_tokens

    def to_json(self) -> dict[str, Any]:
        """Return plain data, times rounded to a microsecond, cost to what a single token can cost."""
        told = {key: round(value, 6) if isinstance(value, float) else value for key, value in asdict(self).items()}
        return told | {"cost_usd": round(self.cost_usd, 12)}
