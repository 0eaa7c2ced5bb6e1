"""Evidence: what is known of each role of each node, and of its clade, counted by content.

Two nodes whose role has equal content (and is deterministic) have equal outcomes by definition, so they share them: an
outcome is counted once for its content, and at once for every node that carries it. A child that does not touch a role
has that role's evidence from its first moment, at no cost. A stochastic role is a content of its own in each node.

A clade's evidence in a role is that of the distinct contents which its nodes carry, each counted once.
"""

from __future__ import annotations

import numpy as np

from rqgm.core.counts import Counts


class Content:
    """What a role is in one or more nodes: its live counts, its carriers, all nodes with a carrier in their clade."""

    __slots__ = ("_arrays", "carriers", "counts", "holders")

    def __init__(self) -> None:
        self.counts = np.zeros(2)
        self.carriers: list[int] = []
        self.holders: dict[int, None] = {}
        self._arrays: tuple[np.ndarray, np.ndarray] | None = None

    def add_carrier(self, path: list[int]) -> list[int]:
        """Let the last node of `path` carry this content; return the nodes whose clades are new to it."""
        self.carriers.append(path[-1])
        fresh = [node for node in path if node not in self.holders]
        self.holders.update(dict.fromkeys(fresh))
        self._arrays = None
        return fresh

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the indices of (carriers, holders)."""
        if self._arrays is None:
            self._arrays = np.array(self.carriers), np.fromiter(self.holders, dtype=np.intp)
        return self._arrays


class RoleEvidence:
    """Successes and failures of one role, for every node: `own` and `clade`, each of shape (2, nodes)."""

    def __init__(self) -> None:
        self.contents: dict[str, Content] = {}
        self._data = np.zeros((4, 64))
        self._size = 0

    @property
    def own(self) -> np.ndarray:
        """Each node's own (successes, failures)."""
        return self._data[:2, : self._size]

    @property
    def clade(self) -> np.ndarray:
        """Each node's clade's (successes, failures)."""
        return self._data[2:, : self._size]

    def add_node(self, identity: str, path: list[int]) -> None:
        """Take in a new node (the last of `path`, from generation zero) that carries content `identity`."""
        if self._size == self._data.shape[1]:
            self._data = np.concatenate([self._data, np.zeros_like(self._data)], axis=1)
        self._size += 1
        content = self.contents.setdefault(identity, Content())
        fresh = content.add_carrier(path)
        self._data[:2, path[-1]] = content.counts
        self._data[2:, fresh] += content.counts[:, None]

    def count(self, identity: str, *, success: bool, weight: float) -> None:
        """Count an outcome of a content, or with a negative weight take it back."""
        row = 0 if success else 1
        content = self.contents[identity]
        content.counts[row] += weight
        carriers, holders = content.arrays()
        self._data[row, carriers] += weight
        self._data[2 + row, holders] += weight

    def of(self, index: int) -> Counts:
        """Return a node's own counts."""
        return Counts(float(self._data[0, index]), float(self._data[1, index]))
