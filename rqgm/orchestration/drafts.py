"""Drafts: what agents answered in parallel, before any of them heard another."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rqgm.core.errors import ConfigError


class DraftError(ConfigError):
    """A draft's evidence or usage is out of range."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What one agent answered by itself. An agent that timed out or died leaves a `failed` draft, mostly an empty one.

    Raises DraftError when `evidence` lies outside [0, 1] or a usage is negative; evidence of NaN is none.
    """

    text: str = ""
    """As the agent wrote it: hostile, of any length."""
    answer: str | None = None
    """Canonical (`rqgm.orchestration.answers`): drafts say the same when these are equal; None = no answer found."""
    evidence: float | None = None
    """In [0, 1]: the share of tests passed or of claims that were checked, a verifier's score; None = none."""
    tokens: int = 0
    cpu_s: float = 0.0
    failed: bool = False

    def __post_init__(self) -> None:
        if self.evidence is not None and math.isnan(self.evidence):  # what a broken verifier says is no evidence
            object.__setattr__(self, "evidence", None)
        if self.evidence is not None and not 0 <= self.evidence <= 1:
            raise DraftError(f"a draft's evidence is {self.evidence}: it lies in [0, 1], or is None")
        if self.tokens < 0 or not 0 <= self.cpu_s < math.inf:
            raise DraftError(f"a draft's usage is {self.tokens} tokens and {self.cpu_s} CPU-s: neither is below zero")
