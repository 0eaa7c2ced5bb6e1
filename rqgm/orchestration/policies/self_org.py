"""`self-org`: agents whose drafts are alike talk, with no training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rqgm.orchestration.plans import Plan
from rqgm.orchestration.ranking import arranged, ranked

if TYPE_CHECKING:
    import numpy as np

    from rqgm.orchestration.features import Features


@dataclass(frozen=True)
class SelfOrg:
    """An agent hears those before it by ψ whose drafts have a cosine of at least `threshold` to its own."""

    threshold: float
    name: str = "self-org"

    def plan(self, features: Features, rng: np.random.Generator | None = None) -> Plan:  # noqa: ARG002
        """Return the graph of like drafts, each edge from the higher to the lower ψ."""
        order = ranked(features, evidence_first=False)
        return Plan.in_order(order, arranged(features, order).cosine >= self.threshold)
