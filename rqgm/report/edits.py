"""Edits: what each node changed of its parent, and what that gained.

A gain is a difference on the cells that parent and child were both measured on, under the same judges. Such cells are
few, because the search spreads its outcomes: an interval that holds zero says that nothing is known, not that nothing
was gained.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rqgm.core.intervals import paired_difference
from rqgm.core.text import clean
from rqgm.core.usage import Usage
from rqgm.report.history import judges, seatings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from rqgm.archive.lineage import FileChange
    from rqgm.archive.run_archive import RunArchive
    from rqgm.archive.state import Node, State
    from rqgm.core.intervals import PairedDifference
    from rqgm.run.session import OpenedRun

_DRAFTS = re.compile(r"\b(\d{1,4}) drafts?\b")


@dataclass(frozen=True, slots=True)
class Edit:
    """The edit that made a node: what it changed, what that gained, what it cost.

    `files` and the paths in it are foreign text. `changed` tells of every role, by its hash. `gain` has every measured
    role: the child's outcomes minus the parent's on the cells that both have, each cell counted once; None where the
    role was not changed, so that nothing can have been gained, or where there is no such cell yet.
    """

    index: int
    parent: int
    mate: int | None
    epoch: int
    files: tuple[FileChange, ...]
    changed: Mapping[str, bool]
    gain: Mapping[str, PairedDifference | None]
    usage: Usage
    """What the job cost: the editor's runs and those on train tasks."""
    drafts: int | None
    """How many drafts were tried, if the editor's note tells."""

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that it changed."""
        return tuple(role for role, changed in self.changed.items() if changed)

    @property
    def lines(self) -> tuple[int, int]:
        """How many lines it added and removed in all."""
        return sum(file.added for file in self.files), sum(file.removed for file in self.files)

    def to_json(self) -> dict[str, Any]:
        """Return plain data; paths are made safe to print."""
        return {
            "index": self.index,
            "parent": self.parent,
            "mate": self.mate,
            "epoch": self.epoch,
            "files": [asdict(file) | {"path": clean(file.path)} for file in self.files],
            "changed": dict(self.changed),
            "gain": {role: gain_json(found) for role, found in self.gain.items()},
            "usage": self.usage.to_json(),
            "drafts": self.drafts,
        }


def edits(run: OpenedRun, only: Collection[int] | None = None) -> list[Edit]:
    """Return the edit of every node but generation zero, by index; of the nodes in `only` where given."""
    return archive_edits(run.archive, only)


def archive_edits(archive: RunArchive, only: Collection[int] | None = None) -> list[Edit]:
    """Return the edits of an open archive; see `edits`."""
    state = archive.state
    seated = seatings(state)
    wanted = range(len(state.nodes)) if only is None else sorted(set(only))
    nodes = [state.nodes[index] for index in wanted]
    made = _made(archive, {node.n for node in nodes})
    found = []
    for node in nodes:
        if node.parent is None:
            continue
        parent = state.nodes[node.parent]
        event = made[node.index]
        usage = [Usage(**event[key]) for key in ("usage", "train_usage") if event[key]]
        changed = {role: parent.roles.get(role) != digest for role, digest in node.roles.items()}
        gains = {role: _gain(state, node, role, seated) if changed.get(role) else None for role in state.measured}
        said = _DRAFTS.search(node.tried)
        found.append(
            Edit(
                index=node.index,
                parent=parent.index,
                mate=event["mate"],
                epoch=node.epoch,
                files=tuple(archive.lineage.changes(parent.commit, node.commit)),
                changed=changed,
                gain=gains,
                usage=sum(usage, start=Usage()),
                drafts=int(said[1]) if said else None,
            )
        )
    return found


def _made(archive: RunArchive, jobs: set[int | None]) -> dict[int, dict[str, Any]]:
    """Return the events that added the nodes of some jobs, by the node's index."""
    by_commit = archive.state.by_commit
    bodies = (event.body for event in archive.ledger.events() if event.kind == "node_added")
    return {by_commit[body["commit"]]: body for body in bodies if body["n"] in jobs and body["commit"] in by_commit}


def _gain(state: State, node: Node, role: str, seated: list[dict[str, int]]) -> PairedDifference | None:
    assert node.parent is not None
    before = state.closed.get(state.key(node.parent, role), {})
    after = state.closed.get(state.key(node.index, role), {})
    pairs = [(state.records[before[cell]], state.records[after[cell]]) for cell in before if cell in after]
    # Without erasure, old judges' verdicts stay; they are not comparable with new ones'.
    fair = [(old, new) for old, new in pairs if judges(old, seated) == judges(new, seated)]
    if not fair:
        return None
    return paired_difference([bool(old.y) for old, _ in fair], [bool(new.y) for _, new in fair])


def gain_json(gain: PairedDifference | None) -> dict[str, Any] | None:
    """Return a gain as plain data: the difference of two rates, its 95 % interval, and the cells behind it."""
    if gain is None:
        return None
    return {
        "difference": round(gain.difference, 6),
        "interval": [round(gain.low, 6), round(gain.high, 6)],
        "gained": gain.only_second,
        "lost": gain.only_first,
        "cells": gain.items,
        "p_value": gain.p_value,
    }
