"""How teams and panels talked, over a whole run: figures folded from its record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rqgm.orchestration.propagation import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rqgm.archive.ledger import Event
    from rqgm.evolution.criterion import Criterion


@dataclass
class TalkFigures:
    """How often a policy was asked about drafts, and what came of it. Calls are those beyond the drafts."""

    asked: int = 0
    empty: int = 0
    """Times that nobody was asked again: by its decision, or because it could not decide (`troubled`)."""
    troubled: int = 0
    extra_calls: int = 0
    critical_path: int = 0
    """Calls that waited for each other, the longest chain of each time, in sum."""
    accepted: int = 0
    refused: int = 0
    """Second answers that had less evidence than the first ones."""
    failed: int = 0

    def add(self, record: Mapping[str, Any]) -> None:
        """Count one talk, as it is on record."""
        self.asked += 1
        self.empty += not record["extra_calls"]
        self.troubled += "trouble" in record
        self.extra_calls += record["extra_calls"]
        self.critical_path += record["critical_path"]
        standings = [turn[2] for turn in record["turns"]]
        self.accepted += standings.count(Standing.ACCEPTED)
        self.refused += standings.count(Standing.REFUSED)
        self.failed += standings.count(Standing.FAILED)

    def to_json(self) -> dict[str, Any]:
        """Return plain data; `critical_path_mean` is over all times that it was asked, None if it never was."""
        told = asdict(self)
        chain = told.pop("critical_path")
        return told | {"critical_path_mean": round(chain / self.asked, 6) if self.asked else None}


def talk_figures(criterion: Criterion, events: Iterable[Event]) -> dict[str, dict[str, Any]]:
    """Return the figures of each role and panel (``panel:<name>``) that has a policy; {} where none has.

    Of a team's work counts what outcomes and tests measure, once however often; the train pool's is not on record.
    """
    figures = {role.name: TalkFigures() for role in criterion.roles if role.talk is not None}
    panels = [measure for role in criterion.roles for measure in role.measures if measure.panel]
    figures |= {one.name: TalkFigures() for one in panels if one.panel and one.panel.spec.policy is not None}
    seen: set[tuple[str, ...]] = set()
    for event in events if figures else ():
        if event.kind not in {"outcome", "test_outcome"}:
            continue
        body = event.body
        work = body.get("artifact_key") or f"{body['node']} {body['task']}"
        if "team" in body and body["role"] in figures and (body["role"], event.kind, work) not in seen:
            seen.add((body["role"], event.kind, work))
            figures[body["role"]].add(body["team"])
        for record in body.get("talk", ()):
            figures[body["measure"]].add(record)
    return {name: found.to_json() for name, found in figures.items()}
