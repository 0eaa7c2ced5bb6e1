"""Open cells: what could still be measured of each node, least measured first.

A cell = (node, role, task, measure). It counts at most once per state of the seats that it depends on; an erasure
opens it again. The order of a node's cells is a shuffle of its own, so that few outcomes are spread over the tasks.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from rqgm.core.streams import python_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rqgm.archive.state import Cell, State
    from rqgm.evolution.criterion import Criterion


class _Order:
    """A node's own shuffle of one role's cells, as positions in the role's list; all before `start` are taken."""

    __slots__ = ("positions", "start")

    def __init__(self, count: int, seed: int, node: int, role: str) -> None:
        positions = list(range(count))
        python_stream(seed, "cells", node, role).shuffle(positions)
        self.positions = array("I", positions)
        self.start = 0


class OpenCells:
    """The cells that are neither measured nor in flight, kept beside a `State`; rebuilt from it on resume."""

    def __init__(self, state: State, criterion: Criterion, seed: int) -> None:
        self._state = state
        self._seed = seed
        self.cells: dict[str, tuple[Cell, ...]] = {
            role.name: tuple((task, m.name) for task in role.tasks.get(role.scored_pool, ()) for m in role.measures)
            for role in criterion.roles
        }
        self._positions = {role: {cell: k for k, cell in enumerate(cells)} for role, cells in self.cells.items()}
        self._per_node = sum(len(cells) for cells in self.cells.values())
        self._orders: dict[tuple[int, str], _Order] = {}
        self._used = np.zeros(64)
        self._in_flight: dict[tuple[int, str], set[Cell]] = {}
        self.reserved = 0
        """How many cells are in flight."""
        self._load()

    def _load(self) -> None:
        for (node, _), cells in self._state.closed.items():
            self._add_used(node, len(cells))
        for job in self._state.pending.values():
            if job["kind"] == "validate":
                self.reserve(job["node"], job["role"], (job["task"], job["measure"]))

    def _add_used(self, node: int, change: int) -> None:
        while node >= len(self._used):
            self._used = np.concatenate([self._used, np.zeros_like(self._used)])
        self._used[node] += change

    def mask(self) -> np.ndarray:
        """Return, per node, whether it has an open cell; shape (nodes,)."""
        nodes = len(self._state.nodes)
        self._add_used(nodes, 0)
        open_nodes: np.ndarray = self._used[:nodes] < self._per_node
        return open_nodes

    def pick(self, node: int) -> tuple[str, Cell] | None:
        """Return the next cell of a node: of its least-measured role that has one, the first in its order."""
        taken = [(self._taken(node, role), role) for role in self.cells]
        roles = [(count, role) for count, role in taken if count < len(self.cells[role])]
        if not roles:
            return None
        role = min(roles)[1]
        return role, next(self._walk(node, role))

    def _taken(self, node: int, role: str) -> int:
        return len(self._state.closed.get((node, role), ())) + len(self._in_flight.get((node, role), ()))

    def _walk(self, node: int, role: str) -> Iterator[Cell]:
        """Yield the open cells of a node's role in its order, and remember where the first one stands."""
        key = (node, role)
        order = self._orders.get(key)
        if order is None:
            order = self._orders[key] = _Order(len(self.cells[role]), self._seed, node, role)
        closed = self._state.closed.get(key, {})
        in_flight = self._in_flight.get(key, set())
        first = True
        for rank in range(order.start, len(order.positions)):
            cell = self.cells[role][order.positions[rank]]
            if cell not in closed and cell not in in_flight:
                if first:
                    order.start, first = rank, False
                yield cell

    def is_open(self, node: int, role: str, cell: Cell) -> bool:
        """Tell whether a cell exists and is neither measured nor in flight."""
        key = (node, role)
        closed = self._state.closed.get(key, {})
        return cell in self._positions[role] and cell not in closed and cell not in self._in_flight.get(key, set())

    def reserve(self, node: int, role: str, cell: Cell) -> None:
        """Take a cell out while a job measures it."""
        self._in_flight.setdefault((node, role), set()).add(cell)
        self.reserved += 1
        self._add_used(node, 1)

    def release(self, node: int, role: str, cell: Cell, *, measured: bool) -> None:
        """End a reservation: the cell is closed by an outcome, or open again."""
        in_flight = self._in_flight[node, role]
        in_flight.remove(cell)
        if not in_flight:
            del self._in_flight[node, role]
        self.reserved -= 1
        if not measured:
            self.reopen(node, role, cell)

    def reopen(self, node: int, role: str, cell: Cell) -> None:
        """Put a cell back: its record was erased, or its job came to nothing."""
        self._add_used(node, -1)
        order = self._orders.get((node, role))
        if order is not None:
            order.start = min(order.start, order.positions.index(self._positions[role][cell]))
