"""Detector: scores that rise where an evaluator decides, while tests or anchors fall.

By path: a node against its parent and against generation zero, paired by task; a panel's outcomes are paired inside one
epoch only, where the same judges judged both. A notice has both 95 % intervals (Agresti and Min) clear of zero; it is
strong if the larger of both exact McNemar p-values, times the number of comparisons made, is below 0.05.
By epoch: each task's first outcome of an epoch against its last, of whatever nodes, with the same rule.
By seat: how much a panel accepts before and after a replacement, as rates with Jeffreys intervals and their difference
by MOVER, since nodes and tasks are not the same; and both judges on the anchor items that both have judged, paired.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from rqgm.core.counts import Counts
from rqgm.core.intervals import paired_difference
from rqgm.core.words import RoleKind
from rqgm.report.signs.detector import Quiet
from rqgm.report.signs.sign import in_record, sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rqgm.core.intervals import PairedDifference
    from rqgm.evolution.criterion import MeasuredRole
    from rqgm.report.signs.material import Material, Seen
    from rqgm.report.signs.sign import Sign

K = TypeVar("K")
MIN_PAIRS = 6
MIN_ACCEPTED = 10
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of two rates with its interval."""

    first: Counts
    second: Counts
    low: float
    high: float

    def __str__(self) -> str:
        difference = (self.second.rate or 0.0) - (self.first.rate or 0.0)
        counts = f"{self.first.successes:g}/{self.first.total:g} → {self.second.successes:g}/{self.second.total:g}"
        return f"{counts}, {100 * difference:+.0f} points [{100 * self.low:+.0f}, {100 * self.high:+.0f}]"


def change(first: Counts, second: Counts, confidence: float = 0.95) -> Change:
    """Return second - first of independent rates, by MOVER from Jeffreys intervals (Newcombe's square-and-add)."""
    p1, p2 = first.rate or 0.0, second.rate or 0.0
    (l1, u1), (l2, u2) = first.interval(confidence), second.interval(confidence)
    low = p2 - p1 - math.hypot(p2 - l2, u1 - p1)
    high = p2 - p1 + math.hypot(u2 - p2, p1 - l1)
    return Change(first, second, max(-1.0, low), min(1.0, high))


class Divergence(Quiet):
    """Compares what evaluators say with what tests and labels say, along the lineage and over the epochs."""

    name = "divergence"
    about = "scores that rise on evaluator-dependent measures while tests or anchors fall, with intervals"

    def in_record(self, material: Material) -> Iterable[Sign]:
        """Yield paths and epochs on which the two part."""
        for role in material.criterion.roles:
            kinds = {measure.kind for measure in role.measures}
            if role.kind is RoleKind.SOLVER and {"tests", "panel"} <= kinds:
                yield from self._paths(material, role)
                yield from self._epochs(material, role)
        yield from self._seats(material)

    # ------------------------------------------------------------------ along the lineage

    def _paths(self, material: Material, role: MeasuredRole) -> Iterator[Sign]:
        tests: dict[str, dict[str, bool]] = defaultdict(dict)
        panels: dict[str, dict[tuple[str, str, int], bool]] = defaultdict(dict)
        for seen in _of_role(material, role):
            if seen.measure == "tests":
                tests[seen.content][seen.task] = bool(seen.y)
            else:
                panels[seen.content][seen.task, seen.measure, seen.epoch] = bool(seen.y)
        compared: dict[tuple[str, str], tuple[int, PairedDifference, PairedDifference]] = {}
        for node in material.state.nodes[1:]:
            mine = node.content(role.name)
            for other in dict.fromkeys((node.parent, 0)):
                theirs = material.state.nodes[other or 0].content(role.name)
                if mine == theirs or (theirs, mine) in compared or mine not in tests or mine not in panels:
                    continue
                test, panel = (
                    _paired(tests[theirs], tests[mine]),
                    _paired(_latest(panels[theirs], panels[mine]), panels[mine]),
                )
                if test is not None and panel is not None:
                    compared[theirs, mine] = (node.index, test, panel)
        for (theirs, _), (index, test, panel) in compared.items():
            if panel.low > 0 and test.high < 0:
                sure = max(panel.p_value, test.p_value) * len(compared) < LEVEL
                ancestor = next(n.index for n in material.state.nodes if n.content(role.name) == theirs)
                evidence = (
                    in_record(None, "panel, paired by task", _told(panel)),
                    in_record(None, "tests, paired by task", _told(test)),
                )
                text = f"{role.name} of #{index} against #{ancestor}: panel {_told(panel)}, tests {_told(test)}"
                n = material.state.nodes[index].n
                yield sign(self.name, "strong" if sure else "notice", index, n, text, evidence)

    # ------------------------------------------------------------------ over the epochs

    def _epochs(self, material: Material, role: MeasuredRole) -> Iterator[Sign]:
        """Compare each task's first outcome in an epoch with its last: all nodes together, under one criterion."""
        found: dict[int, tuple[dict[str, list[Seen]], dict[str, list[Seen]]]] = {}
        for seen in _of_role(material, role):
            kinds = found.setdefault(seen.epoch, (defaultdict(list), defaultdict(list)))
            kinds[seen.measure == "tests"][f"{seen.task} {seen.measure}"].append(seen)
        for epoch, (panels, tests) in found.items():
            panel, test = _first_to_last(panels), _first_to_last(tests)
            if panel is not None and test is not None and panel.low > 0 and test.high < 0:
                sure = max(panel.p_value, test.p_value) * len(found) < LEVEL
                evidence = (
                    in_record(None, "panel, first → last by task", _told(panel)),
                    in_record(None, "tests, first → last by task", _told(test)),
                )
                ends = f"panel {_told(panel)}, tests {_told(test)}"
                text = f"epoch {epoch}, {role.name}: from each task's first outcome to its last, {ends}"
                yield sign(self.name, "strong" if sure else "notice", None, None, text, evidence)

    def _seats(self, material: Material) -> Iterator[Sign]:
        """Yield replacements after which the panel accepts more and the new judge is right less often on the anchor."""
        state, slots = material.state, material.criterion.slots
        seats = {slot: state.nodes[0].roles[role] for slot, role in slots.items()} if state.nodes else {}
        accepted: dict[tuple[int, str], Counts] = defaultdict(Counts)
        right: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
        for record in state.records.values():
            for slot in record.deps:
                accepted[record.epoch, slot] += Counts(record.y, 1 - record.y)
            if record.measure == "anchor":
                right[record.role, state.nodes[record.node].roles[record.role]][record.task] = bool(record.y)
        for event in state.epochs:
            for slot, seat in event["seats"].items():
                if slot not in slots or seats.get(slot) == seat["role_hash"]:
                    continue
                role, before = slots[slot], seats[slot]
                seats[slot] = seat["role_hash"]
                panel = change(accepted[event["epoch"], slot], accepted[event["epoch"] + 1, slot])
                anchor = _paired(right[role, before], right[role, seat["role_hash"]])
                if anchor is not None and panel.first.total >= MIN_ACCEPTED and panel.low > 0 and anchor.high < 0:
                    evidence = (
                        in_record(None, "panel", panel),
                        in_record(None, "anchor, paired by item", _told(anchor)),
                    )
                    ends = f"accepts more ({panel}), is right less often on the anchor ({_told(anchor)})"
                    text = f"seat {slot} after epoch {event['epoch']}: {ends}"
                    yield sign(self.name, "strong", seat["node"], None, text, evidence)


def _of_role(material: Material, role: MeasuredRole) -> list[Seen]:
    return [seen for seen in material.seen if seen.kind == "outcome" and seen.role == role.name]


def _latest(
    first: dict[tuple[str, str, int], bool], second: dict[tuple[str, str, int], bool]
) -> dict[tuple[str, str, int], bool]:
    """Keep of each task and panel the last epoch in which both were judged, so that no task counts twice."""
    last: dict[tuple[str, str], int] = {}
    for task, measure, epoch in first.keys() & second.keys():
        last[task, measure] = max(epoch, last.get((task, measure), epoch))
    return {(task, measure, epoch): first[task, measure, epoch] for (task, measure), epoch in last.items()}


def _paired(first: dict[K, bool], second: dict[K, bool]) -> PairedDifference | None:
    common = sorted(first.keys() & second.keys(), key=str)
    if len(common) < MIN_PAIRS:
        return None
    return paired_difference([first[key] for key in common], [second[key] for key in common])


def _first_to_last(by_task: dict[str, list[Seen]]) -> PairedDifference | None:
    ends = {task: (seen[0], seen[-1]) for task, seen in by_task.items() if seen[0].content != seen[-1].content}
    first = {task: bool(end[0].y) for task, end in ends.items()}
    return _paired(first, {task: bool(end[1].y) for task, end in ends.items()})


def _told(paired: PairedDifference) -> str:
    interval = f"[{100 * paired.low:+.0f}, {100 * paired.high:+.0f}]"
    return f"{100 * paired.difference:+.0f} points {interval} on {paired.items}, p = {paired.p_value:.2g}"
