"""Open cells: what could still be measured of each node, least measured first.

A cell = (node, role, task, measure). It counts at most once per state of the seats that it depends on; an erasure
opens it again. Nodes whose role has equal content share its cells. The order of a content's cells is a shuffle of its
own, so that few outcomes are spread over the tasks. A judge's adversarial cells are drawn apart from its anchor's, so
that they get their share however few they are; they are an epoch's, so a checkpoint makes these objects anew.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from rqgm.core.streams import python_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rqgm.archive.state import Cell, State
    from rqgm.evolution.criterion import Criterion, MeasuredRole


ADVERSARIAL = "adversarial"


class _Order:
    """A content's own shuffle of some of its role's cells, as positions in its list; all before `start` are taken."""

    __slots__ = ("positions", "start")

    def __init__(self, part: range, seed: int, *name: str) -> None:
        positions = list(part)
        python_stream(seed, *name).shuffle(positions)
        self.positions = array("I", positions)
        self.start = 0


class OpenCells:
    """The cells that are neither measured nor in flight, kept beside a `State`; rebuilt from it on resume."""

    def __init__(self, state: State, criterion: Criterion, seed: int) -> None:
        self._state = state
        self._seed = seed
        self.cells: dict[str, tuple[Cell, ...]] = {role.name: _cells(role, state) for role in criterion.roles}
        self._own = {role: sum(m != ADVERSARIAL for _, m in cells) for role, cells in self.cells.items()}
        self._share = {role.name: role.adversarial.share for role in criterion.roles if role.adversarial}
        self._positions = {role: {cell: k for k, cell in enumerate(cells)} for role, cells in self.cells.items()}
        self._per_node = sum(len(cells) for cells in self.cells.values())
        self._orders: dict[tuple[str, str, bool], _Order] = {}
        self._adversarial: dict[tuple[str, str], int] = {}
        """Adversarial cells that are taken, by content, of the contents that were asked for."""
        self._used = np.zeros(64)
        self._known = 0
        self._in_flight: dict[tuple[str, str], set[Cell]] = {}
        self.reserved = 0
        """How many cells are in flight."""
        self.sync()
        for job in state.pending.values():
            if job["kind"] == "validate":
                self.reserve(job["node"], job["role"], (job["task"], job["measure"]))

    def sync(self) -> None:
        """Take in the nodes that are new: what they share with others is taken already. Called for every new node."""
        nodes = len(self._state.nodes)
        while nodes > len(self._used):
            self._used = np.concatenate([self._used, np.zeros_like(self._used)])
        for node in range(self._known, nodes):
            self._used[node] = sum(self._taken(node, role) for role in self.cells)
        self._known = nodes

    def _add_used(self, node: int, role: str, cell: Cell, change: int) -> None:
        role, content = self._state.key(node, role)
        if cell[1] == ADVERSARIAL and (role, content) in self._adversarial:
            self._adversarial[role, content] += change
        carriers, _ = self._state.evidence[role].contents[content].arrays()
        self._used[carriers] += change

    def mask(self) -> np.ndarray:
        """Return, per node, whether it has an open cell; shape (nodes,)."""
        open_nodes: np.ndarray = self._used[: self._known] < self._per_node
        return open_nodes

    def pick(self, node: int) -> tuple[str, Cell] | None:
        """Return the next cell of a node: of its least-measured role that has one, the first in its order.

        Of a judge, the adversarial pool's are next as long as they have had less than their share.
        """
        taken = [(self._taken(node, role), role) for role in self.cells]
        roles = [(count, role) for count, role in taken if count < len(self.cells[role])]
        if not roles:
            return None
        role = min(roles)[1]
        due = self._adversarial_is_due(node, role)
        first = next(self._walk(node, role, adversarial=due), None)
        return role, first if first is not None else next(self._walk(node, role, adversarial=not due))

    def _adversarial_is_due(self, node: int, role: str) -> bool:
        if self._own[role] == len(self.cells[role]):
            return False
        key = self._state.key(node, role)
        if key not in self._adversarial:
            taken = [*self._state.closed.get(key, ()), *self._in_flight.get(key, ())]
            self._adversarial[key] = sum(measure == ADVERSARIAL for _, measure in taken)
        return self._adversarial[key] < self._share[role] * (self._taken(node, role) + 1)

    def _taken(self, node: int, role: str) -> int:
        key = self._state.key(node, role)
        return len(self._state.closed.get(key, ())) + len(self._in_flight.get(key, ()))

    def _walk(self, node: int, role: str, *, adversarial: bool) -> Iterator[Cell]:
        """Yield the open cells of a node's role in its order, and remember where the first one stands."""
        key = self._state.key(node, role)
        order = self._orders.get((*key, adversarial))
        if order is None:
            order = self._orders[*key, adversarial] = self._order(*key, adversarial=adversarial)
        closed = self._state.closed.get(key, {})
        in_flight = self._in_flight.get(key, set())
        first = True
        for rank in range(order.start, len(order.positions)):
            cell = self.cells[role][order.positions[rank]]
            if cell not in closed and cell not in in_flight:
                if first:
                    order.start, first = rank, False
                yield cell
        if first:
            order.start = len(order.positions)

    def _order(self, role: str, content: str, *, adversarial: bool) -> _Order:
        own, count = self._own[role], len(self.cells[role])
        if adversarial:
            return _Order(range(own, count), self._seed, "cells", role, content, ADVERSARIAL)
        return _Order(range(own), self._seed, "cells", role, content)

    def is_open(self, node: int, role: str, cell: Cell) -> bool:
        """Tell whether a cell exists and is neither measured nor in flight."""
        key = self._state.key(node, role)
        closed = self._state.closed.get(key, {})
        return cell in self._positions[role] and cell not in closed and cell not in self._in_flight.get(key, set())

    def reserve(self, node: int, role: str, cell: Cell) -> None:
        """Take a cell out while a job measures it."""
        self._in_flight.setdefault(self._state.key(node, role), set()).add(cell)
        self.reserved += 1
        self._add_used(node, role, cell, 1)

    def release(self, node: int, role: str, cell: Cell, *, measured: bool) -> None:
        """End a reservation: the cell is closed by an outcome, or open again."""
        key = self._state.key(node, role)
        self._in_flight[key].remove(cell)
        if not self._in_flight[key]:
            del self._in_flight[key]
        self.reserved -= 1
        if not measured:
            self.reopen(node, role, cell)

    def reopen(self, node: int, role: str, cell: Cell) -> None:
        """Put a cell back: its record was erased, or its job came to nothing."""
        self._add_used(node, role, cell, -1)
        order = self._orders.get((*self._state.key(node, role), cell[1] == ADVERSARIAL))
        if order is not None:
            order.start = min(order.start, order.positions.index(self._positions[role][cell]))


def _cells(role: MeasuredRole, state: State) -> tuple[Cell, ...]:
    """Return a role's cells: those of its own suite first, then those of its adversarial pool."""
    own = [m.name for m in role.measures if m.kind != ADVERSARIAL]
    cells = [(task, name) for task in role.tasks.get(role.scored_pool, ()) for name in own]
    pool = state.pool(role.name).items if role.adversarial else ()
    return (*cells, *((item, ADVERSARIAL) for item in pool))
