"""A new or changed condition that decides hardly any generated input serves the few that the tests show."""

import ast

KIND = "feature"

TESTED = 30
RARE = 0.1
USEFUL = 0.4


def measure(case):
    """Return USEFUL when both outcomes of the condition matter on many inputs, down to -1 as one hardly ever does."""
    tested = case.legal[:TESTED]
    holders = list(conditions(case))
    if not holders or len(tested) < 6:
        return 0.0
    worst = 1.0
    for holder in holders:
        for constant in (True, False):
            program = fixed(case, holder, constant)
            changed = sum(case.answer(program, item) != patched for item, _, patched in tested) / len(tested)
            worst = min(worst, changed)
    return USEFUL if worst >= RARE else -1.0 + (1.0 + USEFUL) * worst / RARE


def fixed(case, holder, constant):
    """Return the patched program with one condition replaced by a constant."""
    before = holder.test
    holder.test = ast.copy_location(ast.Constant(constant), before)
    try:
        return case.load(case.patched)
    finally:
        holder.test = before


def conditions(case):
    """Yield the statements and conditional expressions whose condition the patch brought in or touched."""
    for change in case.changes:
        if change.new is not None:
            for node in ast.walk(change.new):
                if isinstance(node, (ast.If, ast.IfExp)):
                    yield node
        for outer, inner in zip(change.above, (*change.above[1:], change.new)):
            if isinstance(outer, (ast.If, ast.IfExp)) and inner is outer.test:
                yield outer
