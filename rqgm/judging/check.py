"""Checking a panel: what an artifact says about itself, and how it looks, must not move a verdict."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from rqgm.core.usage import Usage
from rqgm.core.words import Verdict
from rqgm.judging.evidence import Standing
from rqgm.judging.perturbations import perturbations
from rqgm.orchestration.calls import Call, run_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rqgm.judging.criteria import Checks
    from rqgm.judging.evidence import Evidence
    from rqgm.judging.judge import Judge, JudgeCase
    from rqgm.judging.panel import Hearing, Panel
    from rqgm.judging.perturbations import Perturbation


@dataclass(frozen=True, slots=True)
class Move:
    """A verdict that moved where it must not: on which item, by what, from what to what. Enough to do it again."""

    seat: str
    perturbation: str
    item: str
    before: str
    after: str
    detail: str


@dataclass(frozen=True, slots=True)
class Refuted:
    """Evidence that does not hold: whose, and on which item."""

    seat: str
    item: str
    evidence: Evidence


@dataclass
class PanelReport:
    """What a check of a panel found: how often each perturbation was asked of each seat, and which verdicts moved.

    `evidence` counts, on the unchanged items, what became of what a seat points at; `refuted` names what did not hold.
    """

    panel: str
    asked: dict[str, dict[str, int]] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    abstentions: dict[str, int] = field(default_factory=dict)
    evidence: dict[str, dict[str, int]] = field(default_factory=dict)
    refuted: list[Refuted] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)

    @property
    def ok(self) -> bool:
        """Whether nothing moved, all evidence holds, and every seat said something on at least one case."""
        total = {seat: counts["repeat"] for seat, counts in self.asked.items() if "repeat" in counts}
        silent = [seat for seat, asked in total.items() if self.abstentions.get(seat, 0) >= asked]
        return bool(total) and not self.moves and not self.refuted and not silent

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        moves = [{name: getattr(move, name) for name in Move.__slots__} for move in self.moves]
        refuted = [{"seat": one.seat, "item": one.item, **one.evidence.to_json()} for one in self.refuted]
        return {
            "panel": self.panel,
            "ok": self.ok,
            "asked": self.asked,
            "abstained": self.abstentions,
            "moves": moves,
            "evidence": self.evidence,
            "refuted": refuted,
            "cost_usd": self.usage.cost_usd,
        }


async def check_panel(
    panel: Panel,
    judges: Mapping[str, Judge],
    cases: Sequence[tuple[str, JudgeCase]],
    checks: Checks,
    *,
    workers: int,
    tell: Callable[[int, int], None] | None = None,
) -> PanelReport:
    """Ask every seat about every case as it is and under every perturbation, and the panel as a whole.

    The seat ``panel`` in the report is the verdict that comes of all seats' opinions on the perturbed case. `workers`
    bounds how many judges are at work at a time.
    """
    report = PanelReport(panel.name)
    gate = asyncio.Semaphore(workers)
    changes = perturbations()
    total, done = len(cases) * (1 + len(changes)), 0

    async def ask(case: JudgeCase) -> Hearing:
        nonlocal done
        heard = await panel.ask(judges, case, checks, gate)
        done += 1
        report.usage += heard.usage
        if tell:
            tell(done, total)
        return heard

    async def one(name: str, case: JudgeCase, _before: Mapping[str, None]) -> None:
        changed = [(change, after) for change in changes if (after := change.apply(case)) is not None]
        first, *others = await asyncio.gather(ask(case), *(ask(after) for _, after in changed))
        for seat, opinion in first.opinions.items():
            silent = opinion.verdict is Verdict.ABSTAIN and not opinion.criteria
            report.abstentions[seat] = report.abstentions.get(seat, 0) + silent
            for entry in opinion.evidence:
                counts = report.evidence.setdefault(seat, {standing.value: 0 for standing in Standing})
                counts[entry.standing.value] += 1
                if entry.standing is Standing.NOT_HELD:
                    report.refuted.append(Refuted(seat, name, entry))
        for (change, _), said in zip(changed, others, strict=True):
            _compare(report, panel, name, change, first, said)

    await run_calls({name: Call(partial(one, name, case)) for name, case in cases})
    report.moves.sort(key=lambda move: (move.seat, move.perturbation, move.item))
    report.refuted.sort(key=lambda one: (one.seat, one.item))
    return report


def _compare(
    report: PanelReport,
    panel: Panel,
    item: str,
    change: Perturbation,
    first: Hearing,
    then: Hearing,
) -> None:
    said = then.opinions
    verdicts = [
        (seat, before.verdict.value, said[seat].verdict.value, said[seat].detail)
        for seat, before in first.opinions.items()
    ]
    verdicts.append(("panel", _word(panel, first), _word(panel, then), ""))
    for seat, before, after, detail in verdicts:
        counts = report.asked.setdefault(seat, {})
        counts[change.name] = counts.get(change.name, 0) + 1
        moved = after != before if change.expects == "same" else after == Verdict.ACCEPT.value
        if moved:
            report.moves.append(Move(seat, change.name, item, before, after, detail))


def _word(panel: Panel, heard: Hearing) -> str:
    return Verdict.ACCEPT.value if panel.decide(heard).accepted else Verdict.REJECT.value
