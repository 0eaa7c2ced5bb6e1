"""Plans: after the parallel drafts, who answers again and whom they hear; never a circle."""

from __future__ import annotations

from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from operator import index
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, ValidationError

from rqgm.core.errors import RqgmError
from rqgm.core.toml import explain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike


class PlanError(RqgmError, ValueError):
    """Something is no plan: agents that there are not, a circle, or data of another shape; the message names it."""


class Turn(NamedTuple):
    """One answer of one agent: number 0 is its draft, 1 the first time that it answers again."""

    agent: int
    number: int

    def __str__(self) -> str:
        return f"{self.agent}" if self.number == 1 else f"{self.agent} (turn {self.number})"


@dataclass(frozen=True)
class Plan:
    """Who answers again after N parallel drafts, and whom they hear.

    A plan holds turns, not agents, so that several rounds of a debate are one acyclic pass like all else: in round two
    an agent hears turn 1 of the others. Where everybody answers again at most once, `parents` is the whole plan.
    Made by hand it is checked: PlanError for agents that there are not, turns that are missing, or a circle.
    """

    agents: int
    gate: bool = False
    """Whether the policy let anybody talk at all; it may have, and then asked nobody."""
    turns: Mapping[Turn, tuple[Turn, ...]] = field(default_factory=dict)
    """Turns from 1 on, each with the turns that it hears, in the order in which they are told; who hears none answers
    again by itself. A turn k > 1 also comes after the agent's own turn k - 1, without that being told here."""
    _levels: tuple[tuple[Turn, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        turns = {_turn(turn): tuple(_turn(other) for other in heard) for turn, heard in self.turns.items()}
        object.__setattr__(self, "turns", turns)
        if self.agents < 0:
            raise PlanError(f"a plan of {self.agents} agents")
        if turns and not self.gate:
            raise PlanError(f"the gate is shut, yet agent {next(iter(turns))} answers again")
        for turn, heard in turns.items():
            self._check(turn, heard)
        object.__setattr__(self, "_levels", self._layered())

    @classmethod
    def none(cls, agents: int, *, gate: bool = False) -> Plan:
        """Return the plan in which nobody answers again: the parallel drafts stand."""
        return cls(agents, gate)

    @classmethod
    def in_order(cls, order: Sequence[int], hears: ArrayLike, again: Collection[int] = ()) -> Plan:
        """Return the plan of a strictly triangular mask in an order of the agents: it cannot hold a circle.

        `order` is a permutation of 0 … N-1. `hears`: (N, N), by places in the order; row i says whom the agent at i
        hears, and only entries left of the diagonal are read. Where it is above 0, j is heard; in rising order of the
        entries, equal ones in that of `order`. Whom one hears is heard by its newest version. An agent that hears
        nobody keeps its draft, unless it is named in `again`: then it answers again by itself.
        """
        places = [index(agent) for agent in order]
        mask = np.asarray(hears)
        if sorted(places) != list(range(len(places))) or mask.shape != (len(places), len(places)):
            raise PlanError(f"no order and mask of {len(places)} agents: {places!r:.200}, mask {mask.shape}")
        heard = {}
        for place, agent in enumerate(places):
            row = mask[place, :place]
            told = [int(other) for other in np.argsort(row, kind="stable") if row[other] > 0]
            if told or agent in again:
                heard[agent] = tuple(places[other] for other in told)
        return cls.hearing(len(places), heard)

    @classmethod
    def hearing(cls, agents: int, parents: Mapping[int, Iterable[int]]) -> Plan:
        """Return the plan in which each key answers again once and hears the newest version of its parents, if any.

        Raises PlanError, with the circle named when there is one: for plug-ins that have parents and no order.
        """
        heard = {index(agent): tuple(map(index, others)) for agent, others in parents.items()}
        turns = {
            Turn(agent, 1): tuple(Turn(other, int(other in heard)) for other in others)
            for agent, others in heard.items()
        }
        return cls(agents, gate=bool(turns), turns=turns)

    @classmethod
    def debate(cls, order: Sequence[int], rounds: int) -> Plan:
        """Return the plan in which everybody hears what everybody else said in the round before, `rounds` times."""
        turns = {
            Turn(agent, number): tuple(Turn(other, number - 1) for other in order if other != agent)
            for number in range(1, rounds + 1)
            for agent in order
        }
        return cls(len(order), gate=True, turns=turns) if len(order) > 1 and rounds else cls.none(len(order))

    @property
    def empty(self) -> bool:
        """Whether nobody answers again."""
        return not self.turns

    @property
    def updated(self) -> tuple[int, ...]:
        """The agents who answer again, in rising order."""
        return tuple(sorted({turn.agent for turn in self.turns}))

    @property
    def parents(self) -> dict[int, tuple[int, ...]]:
        """Whom each agent that answers again hears, over all of its turns; nobody, if it does so by itself."""
        found: dict[int, dict[int, None]] = {}
        for turn, heard in self.turns.items():
            found.setdefault(turn.agent, {}).update(dict.fromkeys(other.agent for other in heard))
        return {agent: tuple(others) for agent, others in found.items()}

    @property
    def extra_calls(self) -> int:
        """How many calls this costs beyond the drafts."""
        return len(self.turns)

    @property
    def critical_path(self) -> int:
        """The longest chain of calls that wait for each other, after the drafts: what it costs in time."""
        return len(self.levels())

    @property
    def edges(self) -> int:
        """How many answers are heard."""
        return sum(map(len, self.turns.values()))

    def levels(self) -> tuple[tuple[Turn, ...], ...]:
        """Return the turns by level: a turn's level is one above the highest of those that it waits for."""
        return self._levels

    def relabelled(self, names: Sequence[int]) -> Plan:
        """Return the same plan for agents of other numbers: agent k is called ``names[k]``, a permutation."""
        turns = {
            Turn(names[turn.agent], turn.number): tuple(Turn(names[other.agent], other.number) for other in heard)
            for turn, heard in self.turns.items()
        }
        return Plan(self.agents, self.gate, turns)

    def waits_for(self, turn: Turn) -> tuple[Turn, ...]:
        """Return the turns (no drafts) that must have ended before `turn` begins."""
        own = Turn(turn.agent, turn.number - 1)
        return tuple(other for other in dict.fromkeys((own, *self.turns[turn])) if other.number)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        turns = [[*turn, [list(other) for other in heard]] for turn, heard in self.turns.items()]
        return {"schema_version": 1, "agents": self.agents, "gate": self.gate, "turns": turns}

    @classmethod
    def from_json(cls, data: Any) -> Plan:
        """Return the plan that `to_json` told of; PlanError names what is wrong."""
        try:
            told = _PlanData.model_validate(data)
        except ValidationError as error:
            raise PlanError(f"plan: {explain(error, _PlanData)}") from error
        turns = {Turn(agent, number): tuple(Turn(*o) for o in heard) for agent, number, heard in told.turns}
        if len(turns) < len(told.turns):
            raise PlanError("plan: a turn is told twice")
        return cls(told.agents, told.gate, turns)

    def _check(self, turn: Turn, heard: tuple[Turn, ...]) -> None:
        for one in (turn, *heard):
            if not 0 <= one.agent < self.agents:
                raise PlanError(f"agent {one.agent}: there are {self.agents} agents, numbered from 0")
        if turn.number < 1 or (turn.number > 1 and (turn.agent, turn.number - 1) not in self.turns):
            raise PlanError(f"agent {turn.agent}: turn {turn.number} without a turn {turn.number - 1}")
        others = [other.agent for other in heard]
        if len(set(others)) < len(others) or turn.agent in others:
            raise PlanError(f"agent {turn} hears {others}: each other agent once at most, itself never")
        for other in heard:
            if other.number < 0 or (other.number and other not in self.turns):
                raise PlanError(f"agent {turn} hears turn {other.number} of agent {other.agent}, which there is not")

    def _layered(self) -> tuple[tuple[Turn, ...], ...]:
        sorter = TopologicalSorter({turn: self.waits_for(turn) for turn in self.turns})
        try:
            sorter.prepare()
        except CycleError as error:
            circle = " → ".join(str(turn) for turn in reversed(error.args[1]))
            raise PlanError(f"agents wait for each other in a circle: {circle}; take one of them out") from error
        levels = []
        while ready := sorter.get_ready():
            levels.append(tuple(sorted(ready)))
            sorter.done(*ready)
        return tuple(levels)


_Heard = tuple[NonNegativeInt, NonNegativeInt]


class _PlanData(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)

    schema_version: Literal[1]
    agents: Annotated[int, Field(ge=0, le=1_000_000)]
    gate: bool
    turns: list[tuple[NonNegativeInt, PositiveInt, list[_Heard]]]


def _turn(told: tuple[int, int]) -> Turn:
    agent, number = told
    return Turn(index(agent), index(number))
