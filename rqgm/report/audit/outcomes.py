"""Checks of outcomes: by the measure that was in force, from labels and from what seats are on record to have said."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rqgm.core.failures import Failure
from rqgm.core.usage import Usage
from rqgm.core.words import Pool, RoleKind, Verdict
from rqgm.evolution.worker import work_key
from rqgm.judging.evidence import Evidence, Standing
from rqgm.judging.judge import Opinion
from rqgm.judging.panel import Hearing
from rqgm.roles.messages import EvidencePointer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rqgm.archive.state import State
    from rqgm.evolution.criterion import Criterion, Measure, MeasuredRole
    from rqgm.judging.panel import Panel
    from rqgm.report.audit.findings import Sheet


class OutcomeRules:
    """Holds outcomes against the criterion, the labels and the opinions; counts which it could compute again."""

    def __init__(self, criterion: Criterion, sheets: Mapping[str, Sheet]) -> None:
        self.criterion = criterion
        self.sheets = sheets
        self.by_label = self.by_panel = 0
        self._keys: dict[tuple[int, str, str], str] = {}

    def check(self, body: dict[str, Any], state: State, where: str) -> None:
        """Check one outcome against the state before it."""
        role = self.criterion.role(body["role"])
        measure = role.measure(body["measure"])
        self._check_criterion(body, state, role, measure, where)
        self._check_value(body, state, role, measure, where)

    def _check_criterion(
        self, body: dict[str, Any], state: State, role: MeasuredRole, measure: Measure, where: str
    ) -> None:
        sheet = self.sheets["criterion"]
        sheet.expect(body["utility_id"] == state.utility_id, where, "carries another utility id than its epoch's")
        sheet.expect(body["epoch"] == state.epoch, where, f"says epoch {body['epoch']}, it is {state.epoch}")
        sheet.expect(body["deps"] == list(measure.slots), where, "names other slots than its measure has")
        vector = {slot: state.seats[slot].counter for slot in measure.slots}
        sheet.expect(body["epoch_vector"] == vector, where, "was judged by other instances than sit there")
        sheet.expect(body["weight"] == role.weight(measure), where, f"counts {body['weight']}")
        pool = role.pool_of(measure)
        sheet.expect(body["pool"] == pool.value, where, f"says pool {body['pool']!r}, its measure is of {pool}")
        held = state.pool(role.name).items if pool is Pool.ADVERSARIAL else role.tasks.get(pool, ())
        sheet.expect(body["task"] in held, where, f"{body['task']!r} is not of pool {pool}")

    def _check_value(
        self, body: dict[str, Any], state: State, role: MeasuredRole, measure: Measure, where: str
    ) -> None:
        sheet = self.sheets["outcomes"]
        sheet.expect(body["y"] in (0, 1), where, f"outcome {body['y']!r}")
        score = body["score"]
        sheet.expect(isinstance(score, int | float) and 0 <= score <= 1, where, f"score {score!r}")
        sheet.expect(body["failure"] is None or body["failure"] in set(Failure), where, "an unknown failure")
        if role.kind is RoleKind.JUDGE:
            self._check_label(body, state, role, where)
        else:
            self._check_artifact(body, state, where)
            if measure.panel is not None and body["artifact"] is not None:
                self._check_panel(body, measure.panel, where)
            elif body["artifact"] is None:
                sheet.expect(body["y"] == 0, where, "made nothing, and counts as right")

    def _check_label(self, body: dict[str, Any], state: State, role: MeasuredRole, where: str) -> None:
        """Compare a judge's verdict with the label; abstaining is wrong."""
        said = Verdict(body["opinions"][0]["verdict"])
        if body["measure"] == "adversarial":
            label = state.pool(role.name).items[body["task"]].label
        elif body["task"] in role.truths:
            label = Verdict.ACCEPT if role.truths[body["task"]].accept else Verdict.REJECT
        else:
            return
        self.by_label += 1
        right = int(said is not Verdict.ABSTAIN and said == label)
        self.sheets["outcomes"].expect(
            body["y"] == right, where, f"verdict {said.value} on {body['task']!r} counts as {body['y']}, not {right}"
        )

    def _check_artifact(self, body: dict[str, Any], state: State, where: str) -> None:
        sheet, made = self.sheets["outcomes"], body["made"]
        key = (body["node"], body["role"], body["task"])
        if key not in self._keys:
            self._keys[key] = work_key(self.criterion, state.nodes[body["node"]], body["role"], body["task"])
        sheet.expect(body["artifact_key"] == self._keys[key], where, "is kept under another key")
        sheet.expect(body["artifact"] == made["blob"], where, "measures another artifact than was made")
        before = state.artifacts.get(body["artifact_key"])
        sheet.expect(
            before is None or before.blob == made["blob"],
            where,
            "the same role made another artifact of this task before",
        )

    def _check_panel(self, body: dict[str, Any], panel: Panel, where: str) -> None:
        """Let the panel decide anew by what its seats are on record to have said."""
        sheet = self.sheets["outcomes"]
        seats = {panel.slot(seat): seat.name for seat in panel.spec.seats}
        told = {said["slot"]: said for said in body["opinions"]}
        sheet.expect(set(told) == set(seats), where, "the panel's seats are others")
        if body.get("criteria"):
            return  # its criteria were settled by checks, which a replay runs again
        opinions = {seats[slot]: _opinion(said) for slot, said in told.items() if slot in seats}
        verdict = panel.decide(Hearing(opinions, (), Usage()))
        self.by_panel += 1
        same = math.isclose(verdict.score, body["score"], abs_tol=1e-9) and int(verdict.accepted) == body["y"]
        sheet.expect(same, where, f"its seats' opinions make {verdict.score:.3f}, not {body['score']:.3f}")


def _opinion(said: Mapping[str, Any]) -> Opinion:
    """Return a recorded opinion. Of its evidence only the standing matters: what did not hold is kept first."""
    failure = Failure(said["failure"]) if said["failure"] else None
    pointer = EvidencePointer(claim="recorded", quote="recorded", file="recorded")
    evidence = tuple(Evidence(pointer, Standing(found["standing"])) for found in said.get("evidence", ()))
    return Opinion(Verdict(said["verdict"]), said["score"], failure, "", Usage(), evidence=evidence)
