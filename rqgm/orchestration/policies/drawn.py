"""`random`: the control that has the density of another policy and knows nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rqgm.orchestration.plans import Plan
from rqgm.orchestration.ranking import arranged, ranked

if TYPE_CHECKING:
    from rqgm.orchestration.features import Features


@dataclass(frozen=True)
class Drawn:
    """Each edge of the full plan with probability `density`, each for itself."""

    density: float
    name: str = "random"

    def plan(self, features: Features, rng: np.random.Generator | None = None) -> Plan:
        """Return a drawn plan; without `rng` one that the drafts' own features name, equal for equal drafts."""
        order = ranked(features)
        rng = rng or np.random.default_rng(_seed(arranged(features, order)))
        return Plan.in_order(order, rng.random((features.agents, features.agents)) < self.density)


def _seed(features: Features) -> list[int]:
    blocks = (features.cosine, features.cluster, features.evidence, features.each)
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(block).tobytes() for block in blocks)).digest()
    return list(digest)
