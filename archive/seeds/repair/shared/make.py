"""Making small expressions and statements."""

import ast

from shared.candidates import clone


def number(value):
    """Return the expression of a number; a negative one is a minus sign and a literal, as Python reads it."""
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def name(text: str):
    """Return the expression that reads a variable."""
    return ast.Name(text, ast.Load())


def call(function: str, *arguments):
    """Return the call of a function by name."""
    return ast.Call(name(function), list(arguments), [])


def method(value, attribute: str, *arguments):
    """Return the call of a method of `value`."""
    return ast.Call(ast.Attribute(value, attribute, ast.Load()), list(arguments), [])


def offset(node, step: int):
    """Return ``node + step`` without needless parts: ``n - 1`` plus one is ``n``."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return number(node.value + step)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)) and isinstance(node.right, ast.Constant):
        if type(node.right.value) is int:
            total = step + (node.right.value if isinstance(node.op, ast.Add) else -node.right.value)
            return node.left if total == 0 else _sum(node.left, total)
    return _sum(node, step)


def _sum(node, total):
    return ast.BinOp(node, ast.Add() if total > 0 else ast.Sub(), ast.Constant(abs(total)))


def negate(node):
    """Return the opposite of a condition, in the way that a person would write it."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return node.operand
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPPOSITES:
        return ast.Compare(node.left, [OPPOSITES[type(node.ops[0])]()], node.comparators)
    return ast.UnaryOp(ast.Not(), node)


OPPOSITES = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def compare(left, operator, right):
    """Return ``left <operator> right``; `operator` is a class such as ast.Lt."""
    return ast.Compare(left, [operator()], [right])


def both(left, right):
    """Return ``left and right``."""
    return _bool(ast.And, left, right)


def either(left, right):
    """Return ``left or right``."""
    return _bool(ast.Or, left, right)


def _bool(kind, left, right):
    first = left.values if isinstance(left, ast.BoolOp) and isinstance(left.op, kind) else [left]
    return ast.BoolOp(kind(), [*first, right])


def assign(target: str, value):
    """Return ``target = value``."""
    return ast.Assign([ast.Name(target, ast.Store())], value)


def when(test, statement):
    """Return ``if test: statement``."""
    return ast.If(test, [statement], [])


def renamed(node, old: str, new: str):
    """Return a copy of `node` in which the variable `old` is called `new`."""
    copy = clone(node)
    for item in ast.walk(copy):
        if isinstance(item, ast.Name) and item.id == old:
            item.id = new
    return copy
