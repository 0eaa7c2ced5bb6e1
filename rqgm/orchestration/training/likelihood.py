"""Likelihoods: of the decisions behind plans their log-probabilities and entropies, as functions of the tensors.

The maths is the policies' own (`rqgm.orchestration.policies`), on many plans at a time; with autograd's numpy in place
of numpy it can be differentiated. A plan's log-probability is the sum over its decisions. The entropies are of each
decision given those before it: their sum over a drawn plan has the entropy of the plan as its mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rqgm.core.errors import UnknownNameError
from rqgm.orchestration.policies.edge_logits import EdgeLogits
from rqgm.orchestration.policies.gated import MOST_PARENTS, Gated, gate_rows, logits, parent_rows, update_rows
from rqgm.orchestration.policies.learned import log_bernoulli, told
from rqgm.orchestration.policies.nexa_paper import NexaPaper, edge_logits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from rqgm.orchestration.plans import Plan
    from rqgm.orchestration.policies.learned import Reading

    Reals = NDArray[np.float64]
    Counts = NDArray[np.int64]
    Tensors = Mapping[str, Reals]

_NEVER = -1e9  # a logit that nothing is drawn with; finite, so that 0 times it is 0


@dataclass(frozen=True)
class Decisions:
    """What was decided in a batch of plans, D decisions in all."""

    log_prob: Reals
    """(D,): the natural logarithm of each decision's probability, given those before it in its plan."""
    entropy: Reals
    """(D,), in nats: of each decision, given those before it in its plan."""
    plan: Counts
    """(D,): which plan of the batch it belongs to."""
    gates: int = 0
    """The first so many of them are on gates, of plan 0, 1, …; the others come after a gate is open."""


class Likelihood(Protocol):
    """The decisions behind a batch of plans that a policy drew."""

    def decisions(self, tensors: Tensors, xp: Any = np) -> Decisions:
        """Return their log-probabilities and entropies; `xp` is numpy, or autograd's numpy."""


def likelihood(kind: str, drawn: Sequence[tuple[Reading, Plan]]) -> Likelihood:
    """Return the decisions behind plans, each drawn by the policy `kind` for what it read.

    Plans that it cannot have drawn have no meaning here. UnknownNameError for a policy that is not trained.
    """
    if kind not in _KINDS:
        raise UnknownNameError("policy to train", kind, _KINDS)
    return _KINDS[kind](drawn)


def _bits(logits: Reals, taken: NDArray[np.bool_], xp: Any) -> tuple[Reals, Reals]:
    """Return ln p of what was taken, and the entropies: ln(1 + eˣ) - x σ(x)."""
    entropy = xp.logaddexp(0.0, logits) - logits * xp.exp(-xp.logaddexp(0.0, -logits))
    return log_bernoulli(logits, taken, xp), entropy


def _picks(logits: Reals, picked: Counts, xp: Any) -> tuple[Reals, Reals]:
    """Return ln p of the column picked in each row of (T, C) logits, by softmax, and the entropies."""
    top = xp.max(logits, axis=1, keepdims=True)
    total = xp.log(xp.sum(xp.exp(logits - top), axis=1, keepdims=True)) + top
    logs = logits - total
    return logs[np.arange(len(picked)), picked], -xp.sum(xp.exp(logs) * logs, axis=1)


class _Gated:
    """Bits for the gate and for each agent, then picks of parents, for who answers again."""

    def __init__(self, drawn: Sequence[tuple[Reading, Plan]]) -> None:
        self._gates = np.array([gate_rows(reading.known) for reading, _ in drawn])
        self._gate_taken = np.array([plan.gate for _, plan in drawn], dtype=bool)
        updates, again, parents, steps = [], [], [], []
        of_update: list[int] = []
        of_step: list[int] = []
        offset = 1 + MOST_PARENTS  # the first logits to pick among are: never, nobody (further) after none, one, two
        for number, (reading, plan) in enumerate(drawn):
            if not plan.gate:
                continue
            hears = told(plan, reading.order)
            speaks = np.isin(reading.order, plan.updated)
            updates.append(update_rows(reading.known))
            again.append(speaks)
            of_update += [number] * len(speaks)
            rows = parent_rows(reading.known)
            for place in np.flatnonzero(speaks).tolist():
                parents.append(rows[place, :place])
                found = _steps(hears[place, :place] > 0, speaks[:place], offset)
                steps += found
                of_step += [number] * len(found)
                offset += place
        self._updates, self._parents = _stacked(updates), _stacked(parents)
        self._again = np.concatenate(again) if again else np.zeros(0, dtype=bool)
        width = max((len(columns) for columns, _ in steps), default=1)
        self._columns = np.array([columns + [0] * (width - len(columns)) for columns, _ in steps], dtype=np.int64)
        self._picked = np.array([picked for _, picked in steps], dtype=np.int64)
        self._plan = np.array([*range(len(drawn)), *of_update, *of_step], dtype=np.int64)

    def decisions(self, tensors: Tensors, xp: Any = np) -> Decisions:
        found = [_bits(logits(tensors, "gate", self._gates, xp), self._gate_taken, xp)]
        if len(self._again):
            found.append(_bits(logits(tensors, "update", self._updates, xp), self._again, xp))
        if len(self._picked):
            wants = logits(tensors, "parent", self._parents, xp)
            pool = xp.concatenate([np.array([_NEVER]), tensors["parent.nobody"], wants])
            found.append(_picks(pool[self._columns], self._picked, xp))
        logs, entropies = (xp.concatenate(parts) for parts in zip(*found, strict=True))
        return Decisions(logs, entropies, self._plan, len(self._gates))


def _steps(heard: NDArray[np.bool_], again: NDArray[np.bool_], offset: int) -> list[tuple[list[int], int]]:
    """Return the picks by which one agent came to hear those before it that are `heard`: columns, and which of them.

    Those that answer `again` are never heard. Its logits begin at `offset`; the columns before are: never, nobody
    after none, one, two.
    """
    columns = [1, *np.where(again, 0, np.arange(offset, offset + len(heard))).tolist()]
    found = []
    chosen = np.flatnonzero(heard).tolist()
    for count, other in enumerate(chosen, 1):
        found.append((list(columns), other + 1))
        columns = [1 + count, *[0] * (other + 1), *columns[other + 2 :]]
    if len(chosen) < min(MOST_PARENTS, len(heard)):
        found.append((columns, 0))
    return found


def _stacked(rows: list[Reals]) -> Reals:
    return np.concatenate(rows) if rows else np.zeros((0, 0))


class _EdgeWise:
    """A bit for each edge of the triangle. Plans of equally large teams are worked out together."""

    def __init__(self, drawn: Sequence[tuple[Reading, Plan]]) -> None:
        self._teams: list[tuple[list[Reading], NDArray[np.bool_]]] = []
        of_edge: list[int] = []
        for size in sorted({len(reading.order) for reading, _ in drawn}):
            below = np.tril_indices(size, -1)
            numbers = [number for number, (reading, _) in enumerate(drawn) if len(reading.order) == size]
            taken = [told(drawn[number][1], drawn[number][0].order)[below] > 0 for number in numbers]
            self._teams.append(([drawn[number][0] for number in numbers], np.array(taken, dtype=bool)))
            of_edge += [number for number in numbers for _ in below[0]]
        self._plan = np.array(of_edge, dtype=np.int64)

    def decisions(self, tensors: Tensors, xp: Any = np) -> Decisions:
        logs, entropies = [], []
        for readings, taken in self._teams:
            rows, columns = np.tril_indices(len(readings[0].order), -1)
            found = _bits(self.logits(readings, tensors, xp)[:, rows, columns], taken, xp)
            logs.append(xp.reshape(found[0], (-1,)))
            entropies.append(xp.reshape(found[1], (-1,)))
        return Decisions(xp.concatenate(logs), xp.concatenate(entropies), self._plan)

    def logits(self, readings: list[Reading], tensors: Tensors, xp: Any) -> Reals:
        """Return (B, N, N) by places."""
        raise NotImplementedError


class _EdgeLogits(_EdgeWise):
    def logits(self, readings: list[Reading], tensors: Tensors, xp: Any) -> Reals:  # noqa: ARG002
        order = np.array([reading.order for reading in readings])
        logits: Reals = tensors["logits"][order[:, :, None], order[:, None, :]]
        return logits


class _NexaPaper(_EdgeWise):
    def logits(self, readings: list[Reading], tensors: Tensors, xp: Any) -> Reals:
        return edge_logits(np.array([reading.known.vectors for reading in readings], np.float64), tensors, xp)


class _Make(Protocol):
    def __call__(self, drawn: Sequence[tuple[Reading, Plan]]) -> Likelihood: ...


_KINDS: dict[str, _Make] = {Gated.kind: _Gated, EdgeLogits.kind: _EdgeLogits, NexaPaper.kind: _NexaPaper}
