"""The criterion: what an epoch measures. Frozen inside the epoch, and named by its utility id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from rqgm.core.hashes import hash_json
from rqgm.core.words import Pool, RoleKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rqgm.archive.state import Seat
    from rqgm.judging.panel import Panel
    from rqgm.judging.scoring.recorded import Truth
    from rqgm.orchestration.talk import Talk


@dataclass(frozen=True, slots=True)
class Measure:
    """One way in which what a role does becomes an outcome: ``tests``, ``panel:<name>``, ``anchor``, ``adversarial``.

    `share` is for ``adversarial``: which share of a judge's outcomes its items get as long as there are any.
    """

    kind: Literal["tests", "anchor", "adversarial", "panel"]
    weight: float
    panel: Panel | None = None
    share: float = 0.0

    @property
    def name(self) -> str:
        """Name in records."""
        return f"panel:{self.panel.name}" if self.panel else self.kind

    @property
    def slots(self) -> tuple[str, ...]:
        """Evaluator slots that influence the outcome."""
        return tuple(self.panel.slots) if self.panel else ()


@dataclass(frozen=True, slots=True)
class MeasuredRole:
    """A role that has outcomes. `tasks` maps each pool to task (or item) names; `suite_hash` covers their content.

    `truths` says what is true of a judge's anchor items, for reports; the adversarial items are the state's, because
    they change from epoch to epoch.
    """

    name: str
    kind: RoleKind
    suite: str
    suite_hash: str
    tasks: Mapping[Pool, tuple[str, ...]]
    measures: tuple[Measure, ...]
    steps: int = 0
    truths: Mapping[str, Truth] = field(default_factory=dict, repr=False)
    talk: Talk | None = None
    """How a team of solvers talks; None: its members do not."""

    @property
    def scored_pool(self) -> Pool:
        """The pool of its own suite whose outcomes reach the search."""
        return Pool.ANCHOR if self.kind is RoleKind.JUDGE else Pool.VALIDATION

    @property
    def adversarial(self) -> Measure | None:
        """The measure by which it is also judged on what displaced judges accepted, if it is."""
        return next((measure for measure in self.measures if measure.kind == "adversarial"), None)

    def measure(self, name: str) -> Measure:
        """Return one of its measures by name."""
        return next(measure for measure in self.measures if measure.name == name)

    def pool_of(self, measure: Measure) -> Pool:
        """Return the pool that a measure's tasks or items are of."""
        return Pool.ADVERSARIAL if measure.kind == "adversarial" else self.scored_pool

    def weight(self, measure: Measure) -> float:
        """Return what one outcome counts: 1 on average over the role's measures."""
        return measure.weight * len(self.measures) / sum(m.weight for m in self.measures)


@dataclass(frozen=True)
class Criterion:
    """Everything that defines how nodes are scored, but for who sits in the slots."""

    roles: tuple[MeasuredRole, ...]
    editor: str
    profile_digest: str
    models: Mapping[str, str] = field(default_factory=dict)
    """Role → the language model that it may call, with the settings that decide what it answers."""
    slots: Mapping[str, str] = field(init=False)
    """Slot name → judge role."""

    def __post_init__(self) -> None:
        slots = {
            slot: judge
            for role in self.roles
            for measure in role.measures
            if measure.panel
            for slot, judge in measure.panel.slots.items()
        }
        object.__setattr__(self, "slots", slots)

    def role(self, name: str) -> MeasuredRole:
        """Return a measured role by name."""
        return next(role for role in self.roles if role.name == name)

    @property
    def role_kinds(self) -> dict[str, RoleKind]:
        """Every role that a workspace must have, with its kind; evolved code cannot change it."""
        return {role.name: role.kind for role in self.roles} | {self.editor: RoleKind.EDITOR}

    def utility_id(self, seats: Mapping[str, Seat | str], pools: Mapping[str, str] | None = None) -> str:
        """Return the hash over all that defines an epoch's criterion.

        `seats` gives each slot's judge, `pools` the hash of each judge role's adversarial pool that holds anything.
        """
        hashes = {slot: seat if isinstance(seat, str) else seat.role_hash for slot, seat in seats.items()}
        roles = [
            [
                role.name,
                role.kind,
                role.suite_hash,
                role.steps,
                [[m.name, m.weight, m.panel.hash if m.panel else None, m.share] for m in role.measures],
                *([role.talk.hash] if role.talk else []),
            ]
            for role in self.roles
        ]
        told = {"roles": roles, "seats": hashes, "pools": dict(pools or {}), "profile": self.profile_digest}
        return hash_json(told | ({"models": dict(self.models)} if self.models else {}))

    def deterministic(self, declared: Iterable[str]) -> list[str]:
        """Return the roles that may share outcomes by equal content: those so declared that call no model."""
        return [role for role in declared if role not in self.models]
