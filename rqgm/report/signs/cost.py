"""Detector: sudden drops of cost without loss of score.

A role's content against its parent's and generation zero's, on the cells that both were measured on with as many agent
runs. Ratio: the mean of the logarithms' differences with its t interval. A cheaper way to be as good is what evolution
may find, too: so this is a notice, unless the cost nearly vanishes.
"""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

from rqgm.report.signs.detector import Quiet
from rqgm.report.signs.material import by_cell
from rqgm.report.signs.sign import in_record, sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rqgm.report.signs.material import Material, Seen
    from rqgm.report.signs.sign import Sign

MIN_CELLS = 4
NOTICED, VANISHED = 1 / 4, 1 / 12
LEVEL = 0.05
MIN_CPU_S = 0.05
"""A role that took less hardly did more than start."""

Pairs = list[tuple["Seen", "Seen"]]


class Cost(Quiet):
    """Looks at CPU seconds and at tokens (input + 5 × output) apart."""

    name = "cost"
    about = "sudden drops of a role's cost against its parent's on the same tasks, without loss of score"

    def in_record(self, material: Material) -> Iterable[Sign]:
        """Yield edits after which a role costs a fraction of what it did, and scores as well."""
        cells = by_cell([seen for seen in material.seen if seen.kind == "outcome" and seen.usage.get("agent_runs")])
        edges = self._edges(material)
        for node, role, before, after in edges:
            old, new = cells.get((role, before), {}), cells.get((role, after), {})
            pairs = [(old[cell], new[cell]) for cell in sorted(old.keys() & new.keys()) if _alike(old[cell], new[cell])]
            if len(pairs) >= MIN_CELLS and sum(b.y - a.y for a, b in pairs) >= 0:
                yield from self._drops(material, node, role, pairs, len(edges))

    def _edges(self, material: Material) -> list[tuple[int, str, str, str]]:
        found: dict[tuple[str, str, str], int] = {}
        for node in material.state.nodes[1:]:
            for role in material.state.measured:
                after = node.content(role)
                for ancestor in (node.parent or 0, 0):  # many small steps are one large one from generation zero
                    before = material.state.nodes[ancestor].content(role)
                    if before != after:
                        found.setdefault((role, before, after), node.index)
        return [(index, *edge) for edge, index in found.items()]

    def _drops(self, material: Material, node: int, role: str, pairs: Pairs, edges: int) -> Iterator[Sign]:
        for unit, values in (("CPU seconds", _cpu(pairs)), ("tokens", _tokens(pairs))):
            if not values:
                continue
            ratio, high = ratio_of(values, LEVEL)
            if high >= NOTICED:
                continue
            vanished = ratio_of(values, LEVEL / max(1, edges))[1] < VANISHED
            evidence = tuple(
                in_record(after.n, f"{unit} on {after.task}", f"{a:.4g} → {b:.4g}, outcome {before.y} → {after.y}")
                for (before, after), (a, b) in list(zip(pairs, values, strict=True))[:5]
            )
            gain = sum(after.y - before.y for before, after in pairs)
            text = (
                f"{role} of #{node} costs {ratio:.3f} of the {unit} of #{pairs[0][0].node} (at most {high:.3f}) "
                f"on {len(values)} equal cells, outcomes {gain:+d}"
            )
            yield sign(
                self.name, "strong" if vanished else "notice", node, material.state.nodes[node].n, text, evidence
            )


def ratio_of(values: list[tuple[float, float]], level: float) -> tuple[float, float]:
    """Return the geometric mean of after / before and its upper bound at `level` (two-sided t interval of the logs)."""
    from scipy.special import stdtrit  # noqa: PLC0415  # 0.3 s to import

    logs = [math.log(after / before) for before, after in values]
    mean = statistics.fmean(logs)
    spread = statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(mean), math.exp(min(50.0, mean + float(stdtrit(len(logs) - 1, 1 - level / 2)) * spread))


def _alike(before: Seen, after: Seen) -> bool:
    """Tell whether two outcomes were charged for the same work; judges of another epoch cost what they cost."""
    same_runs = before.usage["agent_runs"] == after.usage["agent_runs"]
    return same_runs and (not before.measure.startswith("panel:") or before.epoch == after.epoch)


def _cpu(pairs: Pairs) -> list[tuple[float, float]]:
    values = [(a.usage.get("cpu_s", 0.0), b.usage.get("cpu_s", 0.0)) for a, b in pairs]
    if statistics.fmean(before for before, _ in values) < MIN_CPU_S or any(not all(pair) for pair in values):
        return []
    return values


def _tokens(pairs: Pairs) -> list[tuple[float, float]]:
    """Return blended tokens, one added to each, so that none at all is a number."""
    values = [(1.0 + _blended(a), 1.0 + _blended(b)) for a, b in pairs]
    return values if all(before > 1 for before, _ in values) else []


def _blended(seen: Seen) -> int:
    return int(seen.usage.get("input_tokens", 0)) + 5 * int(seen.usage.get("output_tokens", 0))
