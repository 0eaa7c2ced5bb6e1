"""The Worker protocol: who carries out jobs. The loop decides and records; it never runs anything itself.

Jobs and results are plain JSON data, because both are stored: a job in the ledger when it is dispatched, a result in
the inbox when it arrives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from rqgm.core.hashes import hash_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rqgm.archive.adversarial import AdversarialItem
    from rqgm.archive.state import Artifact, Node
    from rqgm.evolution.criterion import Criterion


@dataclass(frozen=True, slots=True)
class SeatRef:
    """The judge instance in a slot: a node's commit id and the role."""

    commit: str
    role: str
    role_hash: str


@dataclass(frozen=True, slots=True)
class Validation:
    """Measure one cell of a node. `made` is the artifact if an earlier job already made it.

    `item` is what a judge is shown where the measure is ``adversarial``.
    """

    n: int
    commit: str
    role: str
    task: str
    measure: str
    seats: Mapping[str, SeatRef]
    artifact_key: str
    made: Artifact | None
    item: AdversarialItem | None = None


@dataclass(frozen=True, slots=True)
class Expansion:
    """Edit a node.

    `train` names the (role, task) that its editor is shown; `known` holds those outcomes, of the node and of its mate,
    that need not be run again, by `work_key`; `mate` is another node's commit id.
    """

    n: int
    commit: str
    mate: str | None
    train: tuple[tuple[str, str], ...]
    known: Mapping[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Test:
    """Run one task of the test pool, at the end of a run."""

    __test__ = False  # not for pytest

    commit: str
    role: str
    task: str


@dataclass(frozen=True, slots=True)
class Labelling:
    """Look at an artifact that is to enter an adversarial pool, and say what is true of it.

    `role` made it on `task`. `tested`: whether the role is measured by tests, `y` their outcome if it is on record.
    """

    role: str
    task: str
    artifact: str
    tested: bool
    y: int | None


def work_key(criterion: Criterion, node: Node, role: str, task: str) -> str:
    """Return the key of what a node's role makes of a task: equal for equal content if the role is deterministic."""
    measured = criterion.role(role)
    identity = node.roles[role] if role in node.deterministic else node.commit
    return hash_json([identity, measured.suite_hash, task, measured.steps, criterion.profile_digest])


class Worker(Protocol):
    """Carries out jobs. Agents' failures are results; InfrastructureError is raised when nothing can be said."""

    async def validate(self, job: Validation) -> dict[str, Any]:
        """Return {y, score, failure, detail, usage, made: {blob, failure, detail} | None, opinions}."""

    async def label(self, job: Labelling) -> dict[str, Any]:
        """Return {y, kept_out, usage}: the verifier's outcome, None where there is none; or why to leave it out."""

    async def expand(self, job: Expansion) -> dict[str, Any]:
        """Return {tree: blob | None, failure, detail, tried, why, roles, deterministic, train, usage, train_usage}."""

    async def test(self, job: Test) -> dict[str, Any]:
        """Return {y, score, failure, detail, usage}, and of a solver the blob of its artifact or None."""
