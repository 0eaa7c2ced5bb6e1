"""How firmly the visible tests hold the edit: small mutations of the edited place that also pass leave it in doubt."""

import ast
import copy

from shared.values import same

KIND = "feature"

TRIED = 24
HELD = 0.5
LOOSE = 0.35
FLIPS = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq, ast.LtE), ast.NotEq: (ast.Eq, ast.Lt), ast.Add: (ast.Sub,), ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add,), ast.FloorDiv: (ast.Mult,), ast.And: (ast.Or,), ast.Or: (ast.And,), ast.In: (ast.NotIn,),
}  # fmt: skip


def measure(case):
    """Return from HELD (all mutants of the edit fail a visible test) to -1 (LOOSE of them pass)."""
    samples = case.failing + [sample for sample in case.visible if sample not in case.failing]
    tried = alive = 0
    for node, field, value in mutants(case):
        if tried >= TRIED:
            break
        before = getattr(node, field)
        setattr(node, field, value)
        try:
            program = case.load(case.patched)
        finally:
            setattr(node, field, before)
        if program is not None:
            tried += 1
            alive += all(same(case.answer(program, s.input), s.expected) for s in samples)
    if not tried:
        return 0.0
    return max(-1.0, HELD - (1.0 + HELD) * alive / tried / LOOSE)


def mutants(case):
    """Yield (node, field, other value) for small mutations of the changed expressions and what is right around them."""
    seen = set()
    for change in case.changes:
        around = [node for node in change.above[-2:] if isinstance(node, ast.expr)]
        for node in [*around, *(ast.walk(change.new) if change.new is not None else ())]:
            if id(node) in seen:
                continue
            seen.add(id(node))
            yield from mutants_of(node)


def mutants_of(node):
    """Yield the mutations of one node."""
    if isinstance(node, ast.Compare):
        for other in FLIPS.get(type(node.ops[0]), ()):
            yield node, "ops", [other(), *node.ops[1:]]
    elif isinstance(node, (ast.BinOp, ast.BoolOp, ast.AugAssign)):
        for other in FLIPS.get(type(node.op), ()):
            yield node, "op", other()
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield node, "value", node.value + 1
        yield node, "value", node.value - 1
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield node, "test", ast.copy_location(ast.UnaryOp(ast.Not(), copy.copy(node.test)), node.test)
