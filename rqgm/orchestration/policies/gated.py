"""`gated`: first whether anybody talks at all, then who answers again, then whom they hear."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from rqgm.orchestration.plans import Plan
from rqgm.orchestration.policies.learned import (
    Learned,
    Reading,
    finite,
    log_bernoulli,
    perceptron,
    perceptron_shapes,
    probability,
    size,
    told,
    uniform,
)
from rqgm.orchestration.weights import Weights, WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from rqgm.orchestration.features import Features

MOST_PARENTS = 3
TILT = 4.0
"""Of fresh weights, in logits: how far the last in the order is likelier to answer again than the first, and the first
to be heard than the last."""
PARTS = ("gate", "update", "parent")


@dataclass(frozen=True)
class Scores:
    """What the weights make of features, by places in the order of evidence and ψ."""

    order: list[int]
    gate: float
    """The logit of the bit: communicate at all."""
    update: NDArray[np.float64]
    """(N,): the logit that the agent answers again."""
    parent: NDArray[np.float64]
    """(N, N): how much the agent at place i wants to hear the one at j; -inf unless j < i."""
    nobody: NDArray[np.float64]
    """(MOST_PARENTS,): how much it wants to hear nobody (further), when it is to hear none, one, two already."""


class Gated(Learned):
    """Three small perceptrons on features that know no basis, no number of agents and no task.

    The gate is decided on `whole` and the least, mean and greatest of `each` over the agents (the context); who answers
    again on its place, `each` and the context; whom it hears on ``pair[listener, speaker]``, places and `each` of both,
    and `whole`. Who answers again listens, who does not speaks: a plan is one level of calls, only drafts are heard.
    Speakers stand before the listener in the order of evidence, ψ breaking ties. They are drawn one after the other by
    softmax against hearing nobody (further), each from those after the one before it; at most three.
    """

    kind: ClassVar[str] = "gated"

    @classmethod
    def initial(cls, features: Features, rng: np.random.Generator, hidden: int = 16, start: float = 0.1) -> Self:
        """Return untrained weights for features of this version.

        The gate opens by the chance `start`. By the same chance whoever stands in the middle of the order answers
        again, those before it less likely, those after it more so; rather the first are heard (`TILT`). What is learned
        comes on top of that.
        """
        columns = features.each.shape[1], features.pair.shape[2], features.whole.shape[0]
        tensors = uniform(_shapes(*columns, (hidden, hidden, hidden)), rng)
        for part in PARTS:
            tensors[f"{part}.2.weight"][:] = 0.0
        odds = np.log(start / (1 - start))
        tensors["gate.2.bias"][:] = tensors["update.2.bias"][:] = odds
        tensors["parent.nobody"][0] = -odds
        tensors["update.place"][:], tensors["parent.place"][:] = TILT, -TILT
        return cls(Weights(cls.kind, features.version, tensors))

    def plan_of(self, reading: Reading, rng: np.random.Generator | None = None) -> Plan:
        """Return what is likeliest (see `_asked`), or with `rng` a drawn plan; WeightsError if they do not fit."""
        scores = self.scores_of(reading)
        if not _decided(np.array([scores.gate]), rng)[0]:
            return Plan.none(len(scores.order))
        return self.opened(scores, rng)

    @staticmethod
    def opened(scores: Scores, rng: np.random.Generator | None = None) -> Plan:
        """Return the plan once the gate is open, by what the weights made of the features."""
        count = len(scores.order)
        again = _asked(scores.update, rng)
        hears = np.zeros(scores.parent.shape, dtype=np.bool_)
        for place in again:
            hears[place, _chosen(scores, place, again, rng)] = True
        plan = Plan.in_order(scores.order, hears, {scores.order[place] for place in again})
        return Plan.none(count, gate=True) if plan.empty else plan

    def with_threshold(self, logit: float) -> Self:
        """Return the policy whose gate opens where that of this one has a larger logit."""
        tensors = dict(self.weights.tensors)
        tensors["gate.2.bias"] = tensors["gate.2.bias"] - logit
        return replace(self, weights=replace(self.weights, tensors=tensors))

    def log_prob(self, features: Features, plan: Plan) -> float:
        """Return the natural logarithm of the probability that `plan` is drawn; -inf if it cannot be."""
        scores = self.scores(features)
        hears = told(plan, scores.order)
        total = float(log_bernoulli(np.array([scores.gate]), np.array([plan.gate], dtype=bool))[0])
        if not plan.gate:
            return total
        again = np.isin(scores.order, plan.updated)
        same = plan.empty or Plan.in_order(scores.order, hears > 0, set(plan.updated)) == plan
        if not same or (hears[:, again] > 0).any() or hears.max(initial=0) > MOST_PARENTS:
            return -np.inf
        total += float(log_bernoulli(scores.update, again).sum())
        listeners = np.flatnonzero(again).tolist()
        return total + sum((_log_chosen(scores, place, again, hears[place]) for place in listeners), 0.0)

    def scores(self, features: Features) -> Scores:
        """Return what the weights make of the features; WeightsError if they do not fit."""
        return self.scores_of(self.read(features))

    def scores_of(self, reading: Reading) -> Scores:
        """Return what the weights make of what was read; WeightsError if they do not fit."""
        tensors = self.weights.tensors
        known, count = reading.known, len(reading.order)
        self._check_columns(known.each.shape[1], known.pair.shape[2], known.whole.shape[0])
        rows = gate_rows(known), update_rows(known), parent_rows(known)
        with np.errstate(all="ignore"):
            gate, update, parent = (logits(tensors, part, found) for part, found in zip(PARTS, rows, strict=True))
        finite(np.concatenate([gate[None], update, parent.ravel()]), self.kind)
        before = np.tril(np.ones((count, count), dtype=bool), -1)
        return Scores(reading.order, float(gate), update, np.where(before, parent, -np.inf), tensors["parent.nobody"])

    def _check(self) -> None:
        hidden = tuple(size(self.weights, f"{part}.0.bias", 0) for part in PARTS)
        gate, update, parent = (size(self.weights, f"{part}.0.weight", 1) for part in PARTS)
        each = update - gate - 1
        whole = gate - 3 * each
        self.weights.check_shapes(_shapes(each, parent - 2 * (each + 1) - whole, whole, hidden))

    def _check_columns(self, each: int, pair: int, whole: int) -> None:
        for part, inputs in _inputs(each, pair, whole).items():
            found = self.weights.tensors[f"{part}.0.weight"].shape[1]
            if found != inputs:
                raise WeightsError(
                    f"weights of {self.kind}: {part} reads {found} numbers, these features give it {inputs}; "
                    "they were trained by another version: train again"
                )


def gate_rows(known: Features) -> NDArray[np.float64]:
    """Return (inputs,): what the gate is decided on."""
    each = np.asarray(known.each, dtype=np.float64)
    return np.concatenate([np.asarray(known.whole, np.float64), each.min(axis=0), each.mean(axis=0), each.max(axis=0)])


def update_rows(known: Features) -> NDArray[np.float64]:
    """Return (N, inputs): what it is decided on whether an agent answers again."""
    each = _placed(known)
    return np.hstack([each, np.tile(gate_rows(known), (len(each), 1))])


def parent_rows(known: Features) -> NDArray[np.float64]:
    """Return (N, N, inputs): what it is decided on whether the agent at place i hears the one at j, its place first."""
    each, pair, whole = _placed(known), np.asarray(known.pair, np.float64), np.asarray(known.whole, np.float64)
    shape = (*pair.shape[:2], each.shape[1])
    listener, speaker = (np.broadcast_to(rows, shape) for rows in (each[:, None], each[None, :]))
    return np.concatenate([speaker, listener, pair, np.broadcast_to(whole, (*pair.shape[:2], len(whole)))], axis=2)


def logits(
    tensors: Mapping[str, NDArray[np.float64]], part: str, rows: NDArray[np.float64], xp: Any = np
) -> NDArray[np.float64]:
    """Return (…) of (…, inputs): what a perceptron makes of them and, where agents are told apart, of their places."""
    found = perceptron(tensors, part, rows, xp)
    return found if part == "gate" else found + tensors[f"{part}.place"] * (rows[..., 0] - 0.5)


def _placed(known: Features) -> NDArray[np.float64]:
    """Return (N, 1 + A): each agent's place in the order, from 0 (the first) to 1, and what is known of its draft."""
    return np.column_stack([np.linspace(0, 1, known.agents), known.each])


def _inputs(each: int, pair: int, whole: int) -> dict[str, int]:
    """Return how many numbers each perceptron reads."""
    return {"gate": whole + 3 * each, "update": whole + 4 * each + 1, "parent": pair + 2 * (each + 1) + whole}


def _shapes(each: int, pair: int, whole: int, hidden: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"parent.nobody": (MOST_PARENTS,), "update.place": (1,), "parent.place": (1,)}
    for (part, count), width in zip(_inputs(each, pair, whole).items(), hidden, strict=True):
        shapes |= perceptron_shapes(part, count, width)
    return shapes


def _decided(wants: NDArray[np.float64], rng: np.random.Generator | None) -> NDArray[np.bool_]:
    """Return which bits are set; at even odds silence is the greedy choice."""
    return wants > 0 if rng is None else rng.random(wants.shape) < probability(wants)


def _asked(wants: NDArray[np.float64], rng: np.random.Generator | None) -> list[int]:
    """Return the places of those that answer again: each by its own odds, or without `rng` as many as these expect.

    Agents that are equally worth asking, any of which is enough, all have middling odds: by the likelier of each bit
    nobody would be asked, or everybody. It is the likeliest that are; at even odds who comes first in the order.
    """
    if rng is not None:
        return np.flatnonzero(_decided(wants, rng)).tolist()
    count = int(np.floor(probability(wants).sum() + 0.5))
    return sorted(np.argsort(-wants, kind="stable")[:count].tolist())


def _chosen(scores: Scores, place: int, again: list[int], rng: np.random.Generator | None) -> list[int]:
    """Return whom the agent at `place` hears of those before it that do not answer again, by rising places."""
    left = np.append(scores.nobody[0], scores.parent[place, :place])
    left[1 + np.array([other for other in again if other < place], dtype=np.int64)] = -np.inf
    chosen: list[int] = []
    while len(chosen) < min(MOST_PARENTS, place):
        left[0] = scores.nobody[len(chosen)]
        noise = 0.0 if rng is None else rng.gumbel(size=len(left))  # its greatest sum is a draw by softmax
        best = int(np.argmax(left + noise))
        if best == 0:
            break
        chosen.append(best - 1)
        left[1 : best + 1] = -np.inf
    return chosen


def _log_chosen(scores: Scores, place: int, again: NDArray[np.bool_], numbers: NDArray[np.int64]) -> float:
    """Return ln of the probability that the agent at `place` hears those of whom `numbers` is above 0."""
    left = np.append(scores.nobody[0], np.where(again[:place], -np.inf, scores.parent[place, :place]))
    steps = [int(other) + 1 for other in np.flatnonzero(numbers)]
    if len(steps) < min(MOST_PARENTS, place):
        steps.append(0)
    total = 0.0
    for count, step in enumerate(steps):
        left[0] = scores.nobody[count]
        total += left[step] - np.logaddexp.reduce(left)
        left[1 : step + 1] = -np.inf
    return float(total)
