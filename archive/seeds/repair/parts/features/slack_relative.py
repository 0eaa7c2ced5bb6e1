"""The visible tests hold the edited place more, or less, firmly than the rest of the code that they run."""

import ast

from shared.values import same

KIND = "feature"

TRIED = 14
SCALE = 2.0
FLIPS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.And: ast.Or, ast.Or: ast.And, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult,
}  # fmt: skip


def measure(case):
    """Return SCALE x (share of surviving mutants elsewhere - at the edit), within -1 and 1."""
    ran = set().union(*case.patched_spectrum.lines)
    places = {change.line for change in case.changes}
    here, elsewhere = [], []
    for node in ast.walk(case.patched):
        if getattr(node, "lineno", 0) in ran and len(here) + len(elsewhere) < 3 * TRIED:
            group = here if node.lineno in places else elsewhere
            if len(group) < TRIED:
                group += survivors(case, node)
    if not here or not elsewhere:
        return 0.0
    return max(-1.0, min(1.0, SCALE * (sum(elsewhere) / len(elsewhere) - sum(here) / len(here))))


def survivors(case, node):
    """Return, for each mutant of a node, whether it passes all visible tests."""
    found = []
    for field, value in mutants_of(node):
        before = getattr(node, field)
        setattr(node, field, value)
        try:
            program = case.load(case.patched)
        finally:
            setattr(node, field, before)
        if program is not None:
            found.append(all(same(case.answer(program, s.input), s.expected) for s in case.visible))
    return found


def mutants_of(node):
    """Yield (field, other value) for one node."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in FLIPS:
        yield "ops", [FLIPS[type(node.ops[0])](), *node.ops[1:]]
    elif isinstance(node, (ast.BinOp, ast.BoolOp)) and type(node.op) in FLIPS:
        yield "op", FLIPS[type(node.op)]()
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield "value", node.value + 1
