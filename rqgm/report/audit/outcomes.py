"""Checks of outcomes: by the measure that was in force, from labels and from what seats are on record to have said."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rqgm.core.failures import Failure
from rqgm.core.usage import Usage
from rqgm.core.words import Pool, RoleKind, Verdict
from rqgm.evolution.worker import work_key
from rqgm.judging.evidence import Evidence, Standing
from rqgm.judging.judge import Opinion
from rqgm.judging.panel import Hearing
from rqgm.report.audit.talks import talk_faults
from rqgm.roles.manifest import MAX_TEAM
from rqgm.roles.messages import EvidencePointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rqgm.archive.state import State
    from rqgm.evolution.criterion import Criterion, Measure, MeasuredRole
    from rqgm.judging.panel import Panel
    from rqgm.report.audit.findings import Sheet


FAILURES = frozenset(Failure)
_POINTER = EvidencePointer(claim="recorded", quote="recorded", file="recorded")


@dataclass(frozen=True, slots=True)
class _Cell:
    """What every outcome of one role and measure has in common; looked up a hundred thousand times."""

    role: MeasuredRole
    measure: Measure
    slots: list[str]
    weight: float
    pool: Pool
    tasks: frozenset[str]


class OutcomeRules:
    """Holds outcomes against the criterion, the labels and the opinions; counts which it could compute again."""

    def __init__(self, criterion: Criterion, sheets: Mapping[str, Sheet]) -> None:
        self.criterion = criterion
        self.sheets = sheets
        self.by_label = self.by_panel = 0
        self._keys: dict[tuple[int, str, str], str] = {}
        self._cells: dict[tuple[str, str], _Cell] = {}
        self._teams: dict[str, int] = {}

    def check(self, body: dict[str, Any], state: State, where: str) -> None:
        """Check one outcome against the state before it."""
        cell = self._cells.get((body["role"], body["measure"])) or self._cell(body["role"], body["measure"])
        for what in self._wrong_criterion(body, state, cell):
            self.sheets["criterion"].fault(where, what)
        for what in self._wrong_value(body, state, cell):
            self.sheets["outcomes"].fault(where, what)
        for what in self._wrong_talks(body, cell):
            self.sheets["outcomes"].fault(where, what)
        self.check_team(body, state, where)

    def check_team(self, body: dict[str, Any], state: State, where: str) -> None:
        """Check how a team talked, if an outcome (also of the test pool) tells of one: equal roles are equal teams."""
        if "team" not in body:
            return
        role = self.criterion.role(body["role"])
        content = state.nodes[body["node"]].roles[role.name]
        size = self._teams.get(content)
        agents = range(2, MAX_TEAM + 1) if size is None else range(size, size + 1)
        faults = talk_faults(body["team"], agents, allowed=role.talk is not None)
        if role.kind is not RoleKind.SOLVER:
            faults.append(f"is of a {role.kind}, and only solvers are teams")
        for what in faults:
            self.sheets["outcomes"].fault(where, f"the record of its team {what}")
        if not faults:
            self._teams[content] = body["team"]["plan"]["agents"]

    def _cell(self, role_name: str, name: str) -> _Cell:
        role = self.criterion.role(role_name)
        measure = role.measure(name)
        pool = role.pool_of(measure)
        tasks = frozenset(role.tasks.get(pool, ()))
        cell = _Cell(role, measure, list(measure.slots), role.weight(measure), pool, tasks)
        self._cells[role_name, name] = cell
        return cell

    def _wrong_criterion(self, body: dict[str, Any], state: State, cell: _Cell) -> Iterator[str]:
        """Yield in what an outcome is not of its epoch's criterion."""
        if body["utility_id"] != state.utility_id:
            yield "carries another utility id than its epoch's"
        if body["epoch"] != state.epoch:
            yield f"says epoch {body['epoch']}, it is {state.epoch}"
        if body["deps"] != cell.slots:
            yield "names other slots than its measure has"
        if body["epoch_vector"] != {slot: state.seats[slot].counter for slot in cell.slots}:
            yield "was judged by other instances than sit there"
        if body["weight"] != cell.weight:
            yield f"counts {body['weight']}"
        if body["pool"] != cell.pool.value:
            yield f"says pool {body['pool']!r}, its measure is of {cell.pool}"
        held = state.pool(cell.role.name).items if cell.pool is Pool.ADVERSARIAL else cell.tasks
        if body["task"] not in held:
            yield f"{body['task']!r} is not of pool {cell.pool}"

    def _wrong_value(self, body: dict[str, Any], state: State, cell: _Cell) -> Iterator[str]:
        """Yield in what an outcome does not follow from what is on record of it."""
        y, score, failure = body["y"], body["score"], body["failure"]
        if y not in (0, 1):
            yield f"outcome {y!r}"
        if not (isinstance(score, int | float) and 0 <= score <= 1):
            yield f"score {score!r}"
        if failure is not None and failure not in FAILURES:
            yield "an unknown failure"
        if cell.role.kind is RoleKind.JUDGE:
            yield from self._wrong_label(body, state, cell.role)
            return
        yield from self._wrong_artifact(body, state)
        if body["artifact"] is None:
            if y != 0:
                yield "made nothing, and counts as right"
        elif cell.measure.panel is not None:
            yield from self._wrong_panel(body, cell.measure.panel)

    def _wrong_label(self, body: dict[str, Any], state: State, role: MeasuredRole) -> Iterator[str]:
        """Compare a judge's verdict with the label; abstaining is wrong."""
        said = body["opinions"][0]["verdict"]
        if body["measure"] == "adversarial":
            label = state.pool(role.name).items[body["task"]].label
        elif body["task"] in role.truths:
            label = Verdict.ACCEPT if role.truths[body["task"]].accept else Verdict.REJECT
        else:
            return
        self.by_label += 1
        right = int(said == label)  # a label never abstains
        if body["y"] != right:
            yield f"verdict {said!r:.20} on {body['task']!r} counts as {body['y']}, not {right}"

    def _wrong_artifact(self, body: dict[str, Any], state: State) -> Iterator[str]:
        made, key = body["made"], (body["node"], body["role"], body["task"])
        if key not in self._keys:
            self._keys[key] = work_key(self.criterion, state.nodes[body["node"]], body["role"], body["task"])
        if body["artifact_key"] != self._keys[key]:
            yield "is kept under another key"
        if body["artifact"] != made["blob"]:
            yield "measures another artifact than was made"
        before = state.artifacts.get(body["artifact_key"])
        if before is not None and before.blob != made["blob"]:
            yield "the same role made another artifact of this task before"

    def _wrong_talks(self, body: dict[str, Any], cell: _Cell) -> Iterator[str]:
        """Yield in what the seats of a panel cannot have talked as is on record."""
        told, panel = body.get("talk", []), cell.measure.panel
        talking = panel is not None and panel.spec.policy is not None and body["artifact"] is not None
        seats = len(panel.spec.seats) if panel else 0
        if not talking:
            if told:
                yield "has a record of a talk, and nobody was to talk"
            return
        if not isinstance(told, list) or (not body.get("criteria") and len(told) != min(seats, 1)):
            yield "does not say how its panel talked"
            return
        for one in told:
            for what in talk_faults(one, range(seats, seats + 1), allowed=True):
                yield f"the record of its panel {what}"

    def _wrong_panel(self, body: dict[str, Any], panel: Panel) -> Iterator[str]:
        """Let the panel decide anew by what its seats are on record to have said."""
        seats = {panel.slot(seat): seat.name for seat in panel.spec.seats}
        told = {said["slot"]: said for said in body["opinions"]}
        if told.keys() != seats.keys():
            yield "the panel's seats are others"
        if body.get("criteria"):
            return  # its criteria were settled by checks, which a replay runs again
        opinions = {seats[slot]: _opinion(said) for slot, said in told.items() if slot in seats}
        verdict = panel.decide(Hearing(opinions, (), Usage()))
        self.by_panel += 1
        if not math.isclose(verdict.score, body["score"], abs_tol=1e-9) or int(verdict.accepted) != body["y"]:
            yield f"its seats' opinions make {verdict.score:.3f}, not {body['score']:.3f}"


def _opinion(said: Mapping[str, Any]) -> Opinion:
    """Return a recorded opinion. Of its evidence only the standing matters: what did not hold is kept first."""
    failure = Failure(said["failure"]) if said["failure"] else None
    evidence = tuple(Evidence(_POINTER, Standing(found["standing"])) for found in said.get("evidence", ()))
    return Opinion(Verdict(said["verdict"]), said["score"], failure, "", Usage(), evidence=evidence)
