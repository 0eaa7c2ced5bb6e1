"""What learned policies share: weights that fit the features, and edges that are drawn one by one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from rqgm.orchestration.plans import Plan, PlanError
from rqgm.orchestration.ranking import arranged, ranked
from rqgm.orchestration.weights import Weights, WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from rqgm.orchestration.features import Features


@dataclass(frozen=True)
class Reading:
    """What a policy reads of features, before any weights: the agents in its order, and their features in that."""

    order: list[int]
    known: Features


@dataclass(frozen=True)
class Learned(ABC):
    """A policy with weights. `plan` is greedy without `rng`, which is its use; with one it samples, for training.

    Its trainer needs `vector` (the parameters; `weights.layout` says what lies where), `with_vector`, and `read` and
    `plan_of`, of which `plan` is made: what was read once holds for all weights.
    """

    weights: Weights
    kind: ClassVar[str]
    evidence_first: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.weights.policy != self.kind:
            raise WeightsError(f"policy {self.kind!r} was given weights of {self.weights.policy!r}")
        self._check()

    @property
    def name(self) -> str:
        """The name by which it is opened."""
        return self.kind

    @property
    def vector(self) -> NDArray[np.float64]:
        """All parameters as one vector."""
        return self.weights.vector

    def with_vector(self, vector: ArrayLike) -> Self:
        """Return the policy with other parameters."""
        return replace(self, weights=self.weights.with_vector(vector))

    def plan(self, features: Features, rng: np.random.Generator | None = None) -> Plan:
        """Return the likelier decision at every step, or with `rng` a drawn one; WeightsError if they do not fit."""
        return self.plan_of(self.read(features), rng)

    def read(self, features: Features) -> Reading:
        """Return the features in the order of the policy; WeightsVersionError if they are of another version."""
        self.weights.check_version(features.version)
        order = ranked(features, evidence_first=self.evidence_first)
        return Reading(order, arranged(features, order))

    @abstractmethod
    def plan_of(self, reading: Reading, rng: np.random.Generator | None = None) -> Plan:
        """Return the plan for what was read: see `plan`."""

    @abstractmethod
    def log_prob(self, features: Features, plan: Plan) -> float:
        """Return the natural logarithm of the probability that `plan` is drawn; -inf if it cannot be."""

    @abstractmethod
    def _check(self) -> None:
        """Raise WeightsError unless the tensors fit each other."""


class EdgeWise(Learned):
    """A learned policy in which each edge of a triangle is there or not, for itself, with its own logit."""

    @abstractmethod
    def logits(self, reading: Reading) -> NDArray[np.float64]:
        """Return (N, N): the logit of the edge on which the agent at place i of the order hears the one at place j."""

    def plan_of(self, reading: Reading, rng: np.random.Generator | None = None) -> Plan:
        """Return the edges that are likelier than not, or with `rng` edges drawn each by its probability."""
        logits = self._finite(reading)
        hears = logits > 0 if rng is None else rng.random(logits.shape) < probability(logits)
        return Plan.in_order(reading.order, hears)

    def log_prob(self, features: Features, plan: Plan) -> float:
        """Return the natural logarithm of the probability that `plan` is drawn; -inf if it cannot be."""
        reading = self.read(features)
        logits = self._finite(reading)
        hears = told(plan, reading.order)
        if Plan.in_order(reading.order, hears) != plan:
            return -np.inf
        below = np.tril_indices(len(reading.order), -1)
        return float(log_bernoulli(logits, hears > 0)[below].sum())

    def _finite(self, reading: Reading) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):
            return finite(self.logits(reading), self.kind)


def told(plan: Plan, order: list[int]) -> NDArray[np.int64]:
    """Return whom `plan` lets hear whom, by places in `order`: entry (i, j) is k if j is the k-th whom i hears, or 0.

    A plan with several turns of an agent, or whose agents hear others than the newest versions, comes out of it as
    another plan: compare.
    """
    if plan.agents != len(order):
        raise PlanError(f"a plan of {plan.agents} agents, features of {len(order)}")
    place = {agent: k for k, agent in enumerate(order)}
    hears = np.zeros((len(order), len(order)), dtype=np.int64)
    for agent, others in plan.parents.items():
        for number, other in enumerate(others, 1):
            hears[place[agent], place[other]] = number
    return hears


def finite(values: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
    """Return `values`, or raise WeightsError when the weights blew them up."""
    if not np.isfinite(values).all():
        raise WeightsError(f"weights of {kind}: too large, these features come out as NaN or infinity; train again")
    return values


def probability(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return σ of the logits."""
    return np.exp(-np.logaddexp(0.0, -logits))


def size(weights: Weights, name: str, axis: int) -> int:
    """Return how long a tensor is along an axis, 0 if there is no such; `Weights.check_shapes` then tells."""
    tensor = weights.tensors.get(name)
    return tensor.shape[axis] if tensor is not None and tensor.ndim > axis else 0


def perceptron_shapes(part: str, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
    """Return the tensors that `perceptron` reads, with their shapes."""
    return {
        f"{part}.0.weight": (hidden, inputs),
        f"{part}.0.bias": (hidden,),
        f"{part}.2.weight": (1, hidden),
        f"{part}.2.bias": (1,),
    }


def uniform(shapes: dict[str, tuple[int, ...]], rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    """Return fresh tensors: matrices uniform within ±1/√inputs, vectors 0."""
    return {
        name: rng.uniform(-1, 1, shape) / np.sqrt(shape[-1]) if len(shape) > 1 else np.zeros(shape)
        for name, shape in shapes.items()
    }


# Maths that the trainer differentiates: `xp` is numpy, or autograd's numpy.


def log_bernoulli(logits: NDArray[np.float64], taken: NDArray[np.bool_], xp: Any = np) -> NDArray[np.float64]:
    """Return ln σ(logit) where `taken`, ln(1 - σ(logit)) elsewhere."""
    result: NDArray[np.float64] = -xp.logaddexp(0.0, xp.where(taken, -logits, logits))
    return result


def perceptron(
    tensors: Mapping[str, NDArray[np.float64]], part: str, rows: NDArray[np.float64], xp: Any = np
) -> NDArray[np.float64]:
    """Return (…) of (…, inputs): linear, tanh, linear to one number; named as in torch's ``Sequential``."""
    hidden = xp.tanh(xp.dot(rows, tensors[f"{part}.0.weight"].T) + tensors[f"{part}.0.bias"])
    result: NDArray[np.float64] = (xp.dot(hidden, tensors[f"{part}.2.weight"].T) + tensors[f"{part}.2.bias"])[..., 0]
    return result
