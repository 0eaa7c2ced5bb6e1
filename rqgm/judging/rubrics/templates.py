"""Templates: propose predicates and decompose them without a model, from the measures of a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rqgm.judging.rubrics.bounds import MAX_TERMS, Bound, as_bounds, as_predicate
from rqgm.judging.rubrics.measures import MEASURES, measured

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rqgm.judging.rubrics.facts import Facts
    from rqgm.judging.rubrics.predicates import Predicate


@dataclass(frozen=True)
class Templates:
    """Bounds on measures. Labels are never seen: a bound is proposed in both directions, and halved when too wide."""

    measures: tuple[str, ...] = tuple(MEASURES)

    def propose(self, sample: Sequence[Facts]) -> list[Predicate]:
        """Return, of each measure that varies, its lowest value, "not its highest" and "not its lowest"."""
        found: list[Predicate] = []
        for name in self.measures:
            values = _values(name, sample)
            if len(values) > 1:
                bounds = (Bound(name, None, values[0]), Bound(name, None, values[-2]), Bound(name, values[0], None))
                found += [as_predicate([bound]) for bound in dict.fromkeys(bounds)]
        return found

    def decompose(self, predicate: Predicate, satisfying: Sequence[Facts]) -> tuple[Predicate, Predicate] | None:
        """Return the two halves of a predicate: by its own measures, else by the measure that halves best."""
        bounds = as_bounds(predicate.kind, predicate.params)
        own = [bound.measure for bound in bounds]
        halves = self._best_cut(own, satisfying)
        if halves is None and len(bounds) < MAX_TERMS:
            halves = self._best_cut([name for name in self.measures if name not in own], satisfying)
        if halves is None:
            return None
        name, point = halves
        held = next((bound for bound in bounds if bound.measure == name), Bound(name))
        rest = [bound for bound in bounds if bound.measure != name]
        low, high = Bound(name, held.above, point), Bound(name, point, held.at_most)
        return as_predicate([*rest, low]), as_predicate([*rest, high])

    def _best_cut(self, names: Iterable[str], satisfying: Sequence[Facts]) -> tuple[str, float] | None:
        """Return the measure and the value at which the satisfying cases are halved most evenly."""
        best: tuple[float, str, float] | None = None
        for name in names:
            taken = [value for facts in satisfying if (value := measured(name, facts)) is not None]
            for point in sorted(set(taken))[:-1]:
                uneven = abs(0.5 - sum(value <= point for value in taken) / max(1, len(satisfying)))
                if best is None or uneven < best[0]:
                    best = (uneven, name, point)
        return None if best is None else (best[1], best[2])


def _values(name: str, sample: Sequence[Facts]) -> list[float]:
    """Return the distinct values of a measure in ascending order."""
    return sorted({value for facts in sample if (value := measured(name, facts)) is not None})
