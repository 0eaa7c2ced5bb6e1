"""A seat's opinion: the features it looks at on its own and heard material, combined; and what it tells the others."""

from reviewer.review import bounded, finite, name_of, probability, refuse, verdict
from reviewer.telling import message


def opine(plan, case, seat, heard=None):
    """Return the response's fields for a seated case; `heard` is what others said, None in the first round."""
    reason = refuse(case)
    if reason is not None:
        return verdict("reject", 0.0, [pointer(case, reason)], {"refused": reason})
    weights = seat.weights(plan)
    values = {feature: bounded(feature, case) for feature in weights}
    total = finite(plan.COMBINER.combine([(values[feature], weight) for feature, weight in weights.items()]))
    total += plan.DEFERENCE * leaning(heard) - plan.THRESHOLD
    evidence = [pointer(case, f"{name_of(feature)} says {value:+.2f}") for feature, value in values.items() if value]
    told = message(case, values, plan)
    notes = {"features": told["features"], "sum": round(total, 4), "steps": case.spent(), "rivals": len(case.rivals)}
    fields = verdict("accept" if total >= 0 else "reject", probability(total), evidence, notes)
    return {**fields, "message": told, "usage": {"steps": case.spent()}}


def leaning(heard):
    """Return the mean leaning, from -1 to 1, of the heard opinions whose evidence held; 0 without any."""
    held = [lean for lean, holds in heard.opinions if holds] if heard else []
    return sum(held) / len(held) if held else 0.0


def pointer(case, claim):
    """Return one evidence pointer that quotes the first changed line, where there is one to quote."""
    lines = case.patched_source.decode("utf-8", "replace").splitlines()
    place = {"claim": claim[:500], "file": "program.py", "line": max(1, case.line)}
    quote = lines[case.line - 1].strip()[:200] if 0 < case.line <= len(lines) else ""
    return {**place, "quote": quote} if quote else place
