"""Usage: what work cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
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

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Usage)))

    @property
    def blended_tokens(self) -> int:
        """Input + 5 × output tokens (the paper's measure of cost)."""
        return self.input_tokens + 5 * self.output_tokens

    def to_json(self) -> dict[str, Any]:
        """Return plain data, times rounded to a microsecond."""
        return {key: round(value, 6) if isinstance(value, float) else value for key, value in asdict(self).items()}
