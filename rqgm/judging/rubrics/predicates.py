"""Predicates: what votes on a case, who proposes them, and who lets them vote. The engine knows no domain."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from rqgm.core.hashes import hash_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Vote = Literal[0, 1] | None
"""1 = satisfied, 0 = not, None = not applicable (NA)."""

Case_contra = TypeVar("Case_contra", contravariant=True)


@dataclass(frozen=True)
class Predicate:
    """One criterion g(case) ∈ {0, 1, NA}: satisfied is meant to speak for the artifact.

    `kind`, `version` and `params` decide its votes, `text` says it in words; `name` is for people.
    """

    name: str
    kind: str
    text: str
    params: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1

    @cached_property
    def identity(self) -> str:
        """Hash of what decides its votes."""
        return hash_json([self.kind, self.version, dict(self.params)])


class Proposer(Protocol[Case_contra]):
    """Thinks of predicates: templates, or a model. It sees cases, never their labels."""

    def propose(self, sample: Sequence[Case_contra]) -> Sequence[Predicate]:
        """Return predicates for a sample of cases."""

    def decompose(self, predicate: Predicate, satisfying: Sequence[Case_contra]) -> tuple[Predicate, Predicate] | None:
        """Return exactly two finer predicates, None if there are none; it sees only the satisfying cases."""


class Grader(Protocol[Case_contra]):
    """Lets predicates vote: an evaluation of measures, or a model. Equal arguments give equal votes."""

    def vote(self, predicate: Predicate, case: Case_contra) -> Vote:
        """Return the predicate's vote on a case."""
