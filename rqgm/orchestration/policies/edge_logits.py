"""`edge-logits`: one free logit an edge, for one task and one team, as in GPTSwarm and AgentPrune."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from rqgm.orchestration.policies.learned import EdgeWise, Reading, size
from rqgm.orchestration.weights import Weights, WeightsError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class EdgeLogits(EdgeWise):
    """Agent i hears agent j with probability σ(``logits[i, j]``), where j is before i in the order of the drafts.

    The logits belong to the agents by number: who they are is all that this policy knows. So it serves only the N
    that it was trained for, and follows a permutation of the agents only if its logits are permuted with them.
    """

    kind: ClassVar[str] = "edge-logits"

    @classmethod
    def initial(cls, agents: int, version: str, start: float = 0.1) -> Self:
        """Return untrained weights: every edge with probability `start`."""
        logits = np.full((agents, agents), np.log(start / (1 - start)))
        return cls(Weights(cls.kind, version, {"logits": logits}))

    def logits(self, reading: Reading) -> NDArray[np.float64]:
        """Return (N, N) by places in the order; WeightsError for another number of agents."""
        logits = self.weights.tensors["logits"]
        if len(logits) != len(reading.order):
            raise WeightsError(
                f"weights of {self.kind} are of a team of {len(logits)} agents, these are {len(reading.order)}; "
                "it has a logit for each edge: train it for this team, or take a policy that serves any (gated)"
            )
        return logits[np.ix_(reading.order, reading.order)]

    def _check(self) -> None:
        count = size(self.weights, "logits", 0)
        self.weights.check_shapes({"logits": (count, count)})
