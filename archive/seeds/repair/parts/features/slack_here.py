"""Mutants of the edited place that pass all visible tests yet behave otherwise on generated inputs."""

import ast

from shared.values import same

KIND = "feature"

TRIED = 20
TESTED = 12
HELD = 0.4
LOOSE = 0.3


def measure(case):
    """Return from HELD (no such mutant) to -1 (LOOSE of the mutants pass and differ)."""
    samples = case.failing + [sample for sample in case.visible if sample not in case.failing]
    tested = case.legal[:TESTED]
    tried = doubtful = 0
    for holder, field, value in mutants(case):
        if tried >= TRIED:
            break
        before = getattr(holder, field)
        setattr(holder, field, value)
        try:
            program = case.load(case.patched)
        finally:
            setattr(holder, field, before)
        if program is None:
            continue
        tried += 1
        if all(same(case.answer(program, s.input), s.expected) for s in samples):
            doubtful += any(case.answer(program, item) != patched for item, _, patched in tested)
    if not tried:
        return 0.0
    return max(-1.0, HELD - (1.0 + HELD) * doubtful / tried / LOOSE)


def mutants(case):
    """Yield (node, field, value): variables exchanged, values one off, statements left out, at the changed places."""
    names = sorted({node.id for node in ast.walk(case.patched) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)})
    names += sorted({node.arg for node in ast.walk(case.patched) if isinstance(node, ast.arg)})
    for change in case.changes:
        if change.new is None or not change.above:
            continue
        inside = {id(node) for node in ast.walk(change.new)}
        for holder in [*change.above[-2:], *ast.walk(change.new)]:
            for field, value in ast.iter_fields(holder):
                items = value if isinstance(value, list) else [value]
                for index, item in enumerate(items):
                    if id(item) in inside:
                        for new in variants(item, names):
                            yield holder, field, [*items[:index], new, *items[index + 1 :]] if isinstance(value, list) else new


def variants(node, names):
    """Yield other expressions for a variable, or a value that may be one off."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for name in names[:4]:
            if name != node.id:
                yield ast.copy_location(ast.Name(name, ast.Load()), node)
    if isinstance(node, (ast.Name, ast.Call, ast.BinOp)) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        one = ast.copy_location(ast.Constant(1), node)
        yield ast.copy_location(ast.BinOp(node, ast.Add(), one), node)
        yield ast.copy_location(ast.BinOp(node, ast.Sub(), one), node)
