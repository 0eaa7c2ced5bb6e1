"""Open cells: what could still be measured of each node, least measured first.

A cell = (node, role, task, measure). It counts at most once per state of the seats that it depends on; an erasure
opens it again. The order of a node's cells is a shuffle of its own, so that few outcomes are spread over the tasks.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from rqgm.core.streams import python_stream

if TYPE_CHECKING:
    from rqgm.archive.state import Cell, State
    from rqgm.evolution.criterion import Criterion

_Heap = list[tuple[int, "Cell"]]


class OpenCells:
    """The cells that are neither measured nor in flight, kept beside a `State`; rebuilt from it on resume."""

    def __init__(self, state: State, criterion: Criterion, seed: int) -> None:
        self._state = state
        self._seed = seed
        self.cells: dict[str, tuple[Cell, ...]] = {
            role.name: tuple((task, m.name) for task in role.tasks.get(role.scored_pool, ()) for m in role.measures)
            for role in criterion.roles
        }
        self._per_node = sum(len(cells) for cells in self.cells.values())
        self._heaps: dict[tuple[int, str], _Heap] = {}
        self._ranks: dict[tuple[int, str], dict[Cell, int]] = {}
        self._used = np.zeros(64)
        self._in_flight: dict[tuple[int, str], int] = {}
        self.reserved = 0
        """How many cells are in flight."""
        self._load()

    def _load(self) -> None:
        for (node, _), cells in self._state.closed.items():
            self._add_used(node, len(cells))
        for job in self._state.pending.values():
            if job["kind"] == "validate":
                self._reserve(job["node"], job["role"])

    def _add_used(self, node: int, change: int) -> None:
        while node >= len(self._used):
            self._used = np.concatenate([self._used, np.zeros_like(self._used)])
        self._used[node] += change

    def mask(self) -> np.ndarray:
        """Return, per node, whether it has an open cell; shape (nodes,)."""
        nodes = len(self._state.nodes)
        self._add_used(nodes, 0)
        return self._used[:nodes] < self._per_node

    def pick(self, node: int) -> tuple[str, Cell] | None:
        """Return the next cell of a node: of its least-measured role that has one, the first in its order."""
        roles = [(self._measured(node, role), role) for role in self.cells if self._open(node, role)]
        if not roles:
            return None
        role = min(roles)[1]
        return role, self._heap(node, role)[0][1]

    def _measured(self, node: int, role: str) -> int:
        return len(self._state.closed.get((node, role), ())) + self._in_flight.get((node, role), 0)

    def _open(self, node: int, role: str) -> bool:
        return self._measured(node, role) < len(self.cells[role])

    def first(self, node: int, role: str, count: int) -> list[Cell]:
        """Return the next `count` open cells of one role of a node."""
        return [cell for _, cell in heapq.nsmallest(count, self._heap(node, role))]

    def reserve(self, node: int, role: str, cell: Cell) -> None:
        """Take a cell out while a job measures it."""
        heap = self._heap(node, role)
        if heap and heap[0][1] == cell:
            heapq.heappop(heap)
        else:
            heap.remove((self._ranks[node, role][cell], cell))
            heapq.heapify(heap)
        self._reserve(node, role)

    def _reserve(self, node: int, role: str) -> None:
        self._in_flight[node, role] = self._in_flight.get((node, role), 0) + 1
        self.reserved += 1
        self._add_used(node, 1)

    def release(self, node: int, role: str, cell: Cell, *, measured: bool) -> None:
        """End a reservation: the cell is closed by an outcome, or open again."""
        self._in_flight[node, role] -= 1
        self.reserved -= 1
        if not measured:
            self.reopen(node, role, cell)

    def reopen(self, node: int, role: str, cell: Cell) -> None:
        """Put a cell back: its record was erased, or its job came to nothing."""
        self._add_used(node, -1)
        if (node, role) in self._heaps:
            heapq.heappush(self._heaps[node, role], (self._ranks[node, role][cell], cell))

    def _heap(self, node: int, role: str) -> _Heap:
        heap = self._heaps.get((node, role))
        if heap is None:
            order = list(self.cells[role])
            python_stream(self._seed, "cells", node, role).shuffle(order)
            ranks = {cell: rank for rank, cell in enumerate(order)}
            taken = self._state.closed.get((node, role), {}).keys() | self._pending_cells(node, role)
            heap = [(rank, cell) for cell, rank in ranks.items() if cell not in taken]
            self._heaps[node, role], self._ranks[node, role] = heap, ranks
        return heap

    def _pending_cells(self, node: int, role: str) -> set[Cell]:
        return {
            (job["task"], job["measure"])
            for job in self._state.pending.values()
            if job["kind"] == "validate" and job["node"] == node and job["role"] == role
        }
