"""A patch that still passes with a piece of it cut out, and then behaves otherwise, holds something made up."""

import ast

from shared.values import same

KIND = "feature"

TRIED = 24
TESTED = 24
NEEDED = 0.3


def measure(case):
    """Return NEEDED when no simpler form passes, -1 when one does and answers differently; 0 when none can be made."""
    tried = passing = differing = 0
    for simpler in simpler_forms(case):
        if tried >= TRIED:
            break
        tried += 1
        with simpler:
            program = case.load(case.patched)
        if program is None or not passes(case, program):
            continue
        passing += 1
        tested = case.legal[:TESTED]
        differing += any(not same(case.answer(program, item), patched) for item, _, patched in tested)
    if not tried:
        return 0.0
    return -1.0 if differing else NEEDED if not passing else 0.0


def passes(case, program):
    """Tell whether a loaded program passes the visible tests, those that failed first."""
    samples = case.failing + [sample for sample in case.visible if sample not in case.failing]
    return all(same(case.answer(program, sample.input), sample.expected) for sample in samples)


class Replaced:
    """While entered, a node's field holds another value."""

    def __init__(self, node, field, value):
        self.node, self.field, self.value = node, field, value

    def __enter__(self):
        self.before = getattr(self.node, self.field)
        setattr(self.node, self.field, self.value)

    def __exit__(self, *error):
        setattr(self.node, self.field, self.before)


def simpler_forms(case):
    """Yield what to enter for each way to put a part of an added expression in the place of the whole."""
    for change in case.changes:
        if change.new is None or not change.above:
            continue
        inside = {id(node) for node in ast.walk(change.new)} if change.new is not None else set()
        for holder in [change.above[-1], *ast.walk(change.new)]:
            for field, value in ast.iter_fields(holder):
                yield from smaller(holder, field, value, inside)


def smaller(holder, field, value, inside):
    """Yield the replacements of one field: an expression by its operands, a condition by True, False, a half."""
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        if id(item) not in inside:
            continue
        for part in parts(item):
            if isinstance(value, list):
                yield Replaced(holder, field, [*value[:index], part, *value[index + 1 :]])
            else:
                yield Replaced(holder, field, part)
        if isinstance(item, ast.stmt) and isinstance(value, list) and len(value) > 1:
            yield Replaced(holder, field, value[:index] + value[index + 1 :])


def parts(node):
    """Return the expressions that may stand for a larger one."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.BoolOp):
        return list(node.values)
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.Call):
        return [argument for argument in node.args if not isinstance(argument, ast.Starred)]
    return []
