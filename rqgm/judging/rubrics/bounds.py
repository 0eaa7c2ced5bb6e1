"""Executable predicates: bounds on measures, alone or several at once; how they are written, checked and graded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.judging.rubrics.measures import DIGITS, MEASURES, measured
from rqgm.judging.rubrics.predicates import Predicate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rqgm.judging.rubrics.facts import Facts
    from rqgm.judging.rubrics.predicates import Vote

ALL = "all"
PARAMS = ("above", "at_most")
MAX_TERMS = 3
VERSION = 1


@dataclass(frozen=True, slots=True, order=True)
class Bound:
    """``above < measure ≤ at_most``; at least one of the two is given."""

    measure: str
    above: float | None = None
    at_most: float | None = None

    def holds(self, facts: Facts) -> bool | None:
        """Tell whether it holds, None where its measure does not apply. What cannot be observed holds nowhere."""
        measure = MEASURES[self.measure]
        if facts.patched is None or (measure.runs and facts.runs is None):
            return False
        value = measured(self.measure, facts)
        if value is None:
            return None
        return (self.above is None or value > self.above) and (self.at_most is None or value <= self.at_most)

    @property
    def params(self) -> dict[str, float]:
        """The bounds that are given."""
        return {key: value for key in PARAMS if (value := getattr(self, key)) is not None}

    @property
    def name(self) -> str:
        """A short name."""
        said = [f"{key.replace('_', '-')}-{value:g}" for key, value in self.params.items()]
        return "-".join([self.measure, *said])

    @property
    def text(self) -> str:
        """The bound in words."""
        said = [f"{'more than' if key == 'above' else 'at most'} {value:g}" for key, value in self.params.items()]
        return f"{MEASURES[self.measure].text}: {' and '.join(said)}"


def as_predicate(bounds: Sequence[Bound]) -> Predicate:
    """Return the predicate that all `bounds` hold, in a fixed order."""
    ordered = sorted(bounds, key=lambda bound: (bound.measure, bound.name))
    name, text = " & ".join(bound.name for bound in ordered), "; ".join(bound.text for bound in ordered)
    if len(ordered) == 1:
        return Predicate(name, ordered[0].measure, text, ordered[0].params, VERSION)
    return Predicate(name, ALL, text, {"of": [{"kind": b.measure, **b.params} for b in ordered]}, VERSION)


def as_bounds(kind: str, params: Mapping[str, Any], where: str = "predicate") -> list[Bound]:
    """Return the bounds of a predicate; ConfigError names the key that is wrong and the nearest known name."""
    if kind != ALL:
        return [_bound(kind, params, where)]
    unknown = sorted(set(params) - {"of"})
    if unknown:
        raise UnknownNameError("parameter", unknown[0], ["of"], f"{where}.params")
    terms = params.get("of")
    if not isinstance(terms, list) or not 2 <= len(terms) <= MAX_TERMS:  # noqa: PLR2004  # one bound has its own kind
        raise ConfigError(f"{where}.params.of: must be a list of 2 to {MAX_TERMS} tables, each with kind and bounds")
    bounds = []
    for number, term in enumerate(terms):
        if not isinstance(term, dict) or not isinstance(term.get("kind"), str):
            raise ConfigError(f"{where}.params.of.{number}: must be a table with a kind")
        rest = {key: value for key, value in term.items() if key != "kind"}
        bounds.append(_bound(term["kind"], rest, f"{where}.params.of.{number}"))
    return bounds


def _bound(kind: str, params: Mapping[str, Any], where: str) -> Bound:
    if kind not in MEASURES:
        raise UnknownNameError("predicate kind", kind, [*MEASURES, ALL], f"{where}.kind")
    unknown = sorted(set(params) - set(PARAMS))
    if unknown:
        raise UnknownNameError("parameter", unknown[0], PARAMS, f"{where}.params")
    if not params:
        raise ConfigError(f"{where}.params: is empty; give above, at_most, or both")
    for key, value in params.items():
        if type(value) not in (int, float) or not math.isfinite(value):
            raise ConfigError(f"{where}.params.{key}: must be a finite number (found {value!r:.80})")
    numbers = {key: round(float(value), DIGITS) for key, value in params.items()}
    if len(numbers) == len(PARAMS) and numbers["above"] >= numbers["at_most"]:
        raise ConfigError(f"{where}.params: above must be less than at_most, else nothing satisfies it")
    return Bound(kind, numbers.get("above"), numbers.get("at_most"))


class BoundGrader:
    """The grader of executable predicates."""

    def vote(self, predicate: Predicate, case: Facts) -> Vote:
        """Return 0 if any bound fails, else NA if any does not apply, else 1."""
        held = [bound.holds(case) for bound in as_bounds(predicate.kind, predicate.params)]
        if any(found is False for found in held):
            return 0
        return None if any(found is None for found in held) else 1
