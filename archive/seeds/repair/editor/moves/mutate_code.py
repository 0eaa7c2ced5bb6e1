"""Raw variation: change one operator, condition or number in the role's code outside of the plan."""

import ast

from editor.literals import nudge, number_of, splice
from editor.scene import Proposal

KIND = "move"

SYMBOLS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "*": "//", "//": "*"}
WORDS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//",
}  # fmt: skip


def propose(scene):
    """Return the change of one spot in one module, or None when the chosen module has no spot."""
    paths = [path for path in scene.workspace.modules(scene.folder) if not path.endswith("/plan.py")]
    if not paths:
        return None
    path = scene.rng.choice(paths)
    text = scene.workspace.read(path)
    spots = find_spots(text, scene.rng)
    if not spots:
        return None
    line, start, end, new, what = scene.rng.choice(spots)
    changes = {path: splice(text, line, start, line, end, new)}
    return Proposal(changes, f"{scene.role}: {path.removeprefix(scene.folder + '/')} line {line}: {what}", "at random")


def find_spots(text, rng):
    """Return (line, start, end, new text, what) of every change that is possible inside functions, one line each."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    lines = [line.encode() for line in text.splitlines()]
    spots = []
    for function in body:
        if isinstance(function, (ast.FunctionDef, ast.ClassDef)):
            for node in ast.walk(function):
                spots += _spots_at(node, lines, rng)
    return spots


def _spots_at(node, lines, rng):
    if isinstance(node, ast.Compare):
        return _operator(node.left, node.ops[0], node.comparators[0], lines)
    if isinstance(node, ast.BinOp):
        return _operator(node.left, node.op, node.right, lines)
    if isinstance(node, (ast.If, ast.IfExp)) and node.test.lineno == node.test.end_lineno:
        return [_negation(node.test, lines)]
    value = number_of(node)
    if value is not None and node.lineno == node.end_lineno:
        new = nudge(value, rng)
        return [(node.lineno, node.col_offset, node.end_col_offset, repr(new), f"{value!r} -> {new!r}")]
    return []


def _operator(left, operator, right, lines):
    old = WORDS.get(type(operator))
    if old is None or left.end_lineno != right.lineno:
        return []
    between = lines[right.lineno - 1][left.end_col_offset : right.col_offset].decode()
    if between.count(old) != 1:
        return []
    changed = between.replace(old, SYMBOLS[old])
    return [(right.lineno, left.end_col_offset, right.col_offset, changed, f"{old} -> {SYMBOLS[old]}")]


def _negation(test, lines):
    old = lines[test.lineno - 1][test.col_offset : test.end_col_offset].decode()
    return (test.lineno, test.col_offset, test.end_col_offset, f"not ({old})", f"negate {old}")
