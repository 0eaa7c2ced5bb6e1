"""Policies that know their graph beforehand: only the order of the agents depends on the drafts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rqgm.orchestration.plans import Plan
from rqgm.orchestration.ranking import ranked

if TYPE_CHECKING:
    from rqgm.orchestration.features import Features


@dataclass(frozen=True)
class Parallel:
    """Nobody talks: the drafts stand."""

    name: str = "parallel"

    def plan(self, features: Features, rng: np.random.Generator | None = None) -> Plan:  # noqa: ARG002
        """Return the empty plan."""
        return Plan.none(features.agents)


@dataclass(frozen=True)
class Again:
    """Everybody answers again and hears nobody: N calls, all at once. It parts hearing from a second turn."""

    name: str = "again"

    def plan(self, features: Features, rng: np.random.Generator | None = None) -> Plan:  # noqa: ARG002
        """Return the plan in which everybody answers again by itself."""
        return Plan.hearing(features.agents, dict.fromkeys(ranked(features), ()))


@dataclass(frozen=True)
class Full:
    """Everybody hears everybody before it in the order: N - 1 calls, one after the other."""

    name: str = "full"

    def plan(self, features: Features, rng: np.random.Generator | None = None) -> Plan:  # noqa: ARG002
        """Return the complete acyclic graph in the order of evidence and ψ."""
        return Plan.in_order(ranked(features), np.ones((features.agents, features.agents)))


@dataclass(frozen=True)
class Chain:
    """Everybody hears the one before it in the order: N - 1 calls, one after the other."""

    name: str = "chain"

    def plan(self, features: Features, rng: np.random.Generator | None = None) -> Plan:  # noqa: ARG002
        """Return the chain in the order of evidence and ψ."""
        return Plan.in_order(ranked(features), np.eye(features.agents, k=-1))


@dataclass(frozen=True)
class Star:
    """Everybody hears the first in the order: N - 1 calls, all at once."""

    name: str = "star"

    def plan(self, features: Features, rng: np.random.Generator | None = None) -> Plan:  # noqa: ARG002
        """Return the star around the first in the order of evidence and ψ."""
        hears = np.zeros((features.agents, features.agents))
        hears[:, 0] = 1
        return Plan.in_order(ranked(features), hears)


@dataclass(frozen=True)
class Debate:
    """Everybody hears what everybody else said in the round before: N calls a round, all at once in each round."""

    rounds: int
    name: str = "debate"

    def plan(self, features: Features, rng: np.random.Generator | None = None) -> Plan:  # noqa: ARG002
        """Return the debate; answers are told in the order of evidence and ψ."""
        return Plan.debate(ranked(features), self.rounds)
