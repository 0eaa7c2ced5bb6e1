"""Review one patch: the visible tests first, then the plan's features, combined into a number and a verdict."""

import math

from reviewer.case import PROGRAM, UNKNOWN, is_error
from shared.values import same


def review(plan, case):
    """Return the response's fields for a prepared case."""
    reason = refuse(case)
    if reason is not None:
        return verdict("reject", 0.0, [pointer(reason, case.line)], {"refused": reason})
    values = {}
    for feature, weight in plan.FEATURES.items():
        values[name_of(feature)] = (bounded(feature, case), weight)
    total = finite(plan.COMBINER.combine(list(values.values()))) - plan.THRESHOLD
    evidence = [pointer(f"{name} says {value:+.2f}", case.line) for name, (value, _) in values.items() if value]
    notes = {
        "features": {name: round(value, 4) for name, (value, _) in values.items()},
        "sum": round(total, 4),
        "steps": case.spent(),
    }
    return verdict("accept" if total >= 0 else "reject", probability(total), evidence, notes)


def refuse(case):
    """Return why a patch is rejected without a vote, or None: unreadable, unchanged, or a visible test fails."""
    if case.refusal is not None:
        return case.refusal
    if not case.changes:
        return "the patch changes nothing"
    if case.patched_program is None:
        return f"{PROGRAM} does not load"
    for number, sample in enumerate(case.visible, 1):
        if "drive" in sample.input:  # needs a driver that a review does not have
            continue
        answer = case.answer(case.patched_program, sample.input)
        if answer is UNKNOWN:
            return "the visible tests use up the steps of a review"
        if not same(answer, sample.expected):
            shown = answer["$error"] if is_error(answer) else "another value"
            return f"visible test {number} fails: {shown}"
    return None


def bounded(feature, case):
    """Return a feature's value in [-1, 1]; a feature that breaks or answers nonsense says nothing (0)."""
    try:
        return max(-1.0, min(1.0, finite(feature.measure(case))))
    except Exception:  # border: features are evolved code, and the patch is hostile
        return 0.0


def finite(value):
    """Return `value` as a finite float, 0 where it is none."""
    value = float(value)
    return value if math.isfinite(value) else 0.0


def probability(total):
    """Return the probability that goes with a sum: 1/2 at the threshold."""
    return 1.0 / (1.0 + math.exp(-2.0 * max(-50.0, min(50.0, total))))


def name_of(feature):
    """Return a part's name: the last piece of its module's."""
    return feature.__name__.rpartition(".")[2]


def pointer(claim, line):
    """Return one evidence pointer into the patched program."""
    return {"claim": claim[:500], "file": PROGRAM, "line": max(1, line)}


def verdict(word, chance, evidence, notes):
    """Return the fields of a JudgeResponse."""
    return {
        "verdict": word,
        "score": round(chance, 6),
        "probability": round(chance, 6),
        "evidence": evidence[:50],
        "notes": notes,
    }
