"""A seat's opinion: the features it looks at on its own and heard material, combined; and what it tells the others."""

from reviewer import probe
from reviewer.review import bounded, finite, name_of, probability, refuse, verdict
from reviewer.telling import message
from shared.values import canonical

MAX_QUOTE = 200


def opine(plan, case, seat, heard=None):
    """Return the response's fields for a seated case; `heard` is what it was told, None in the first round."""
    reason = refuse(case)
    if reason is not None:
        return verdict("reject", 0.0, [pointer(case, reason)], {"refused": reason})
    weights = seat.weights(plan, heard.features if heard else ())
    values = {feature: bounded(feature, case) for feature in weights}
    votes = [(values[feature], weight) for feature, weight in weights.items()]
    total = finite(plan.COMBINER.combine(votes)) - plan.THRESHOLD
    word = "accept" if total >= 0 else "reject"
    evidence = [pointer(case, f"{name_of(feature)} says {value:+.2f}") for feature, value in values.items() if value]
    if case.rivals:
        evidence.insert(0, pointer(case, crowd(case), quoted=True))
    if word == "reject":
        evidence += probe.pointers(counter_examples(case), int(plan.PROBES))
    told = message(case, values, plan)
    notes = {"features": told["features"], "sum": round(total, 4), "steps": case.spent(), "rivals": len(case.rivals)}
    return {**verdict(word, probability(total), evidence, notes), "message": told, "usage": {"steps": case.spent()}}


def crowd(case):
    """Return how many of the known rivals differ from the patch, as a claim."""
    return f"{len(differing(case))} of {len(case.rivals)} other patches that pass the visible tests behave otherwise"


def differing(case):
    """Return the rivals that answer some compared input otherwise than the patch does."""
    return [rival for rival in case.rivals if any(parts(case, rival, triple) for triple in case.legal)]


def parts(case, rival, triple):
    """Tell whether a rival and the patch answer a compared input differently."""
    item, _, patched = triple
    return canonical(case.answer(rival.program, item)) != canonical(patched)


def counter_examples(case):
    """Return the compared triples on which most of the known rivals answer otherwise than the patch, the most first."""
    counted = [(sum(parts(case, rival, triple) for rival in case.rivals), triple) for triple in case.legal]
    found = [entry for entry in counted if 2 * entry[0] > len(case.rivals)]
    return [triple for _, triple in sorted(found, key=lambda entry: -entry[0])]


def pointer(case, claim, quoted=False):
    """Return one evidence pointer at the first changed line; with its text where there is something found to tell."""
    lines = case.patched_source.decode("utf-8", "replace").splitlines()
    place = {"claim": claim[:500], "file": "program.py", "line": max(1, case.line)}
    quote = lines[case.line - 1].strip()[:MAX_QUOTE] if quoted and case.line <= len(lines) else ""
    return {**place, "quote": quote} if quote else place
