"""Joins a condition of the program, or a simple test of a variable, to a condition by ``and`` or ``or``."""

import ast

from shared.make import both, compare, either, name, negate

KIND = "operator"
MAX_ATOMS = 24  # tests tried for each condition
WITH_OPPOSITES = 1  # also the opposite of each mined condition


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.expr):
        if context.is_condition(node):
            for atom in _atoms(node, context)[:MAX_ATOMS]:
                yield context.replace(node, both(node, atom), 2)
                yield context.replace(node, either(node, atom), 2)
                if _may_raise(node):
                    yield context.replace(node, both(atom, node), 2)
                    yield context.replace(node, either(atom, node), 2)


def _atoms(node, context) -> list:
    """Return tests that can be made at `node`: the program's own first, then of single variables."""
    own = ast.unparse(node)
    found = {}
    for text, item in context.conditions(node):
        if text not in own:
            found[text] = item
            if WITH_OPPOSITES:
                opposite = negate(item)
                found.setdefault(ast.unparse(opposite), opposite)
    for variable in context.names(node):
        kind = context.variable_kind(node, variable)
        if kind != "function" and variable != "self":
            for atom in _tests(variable, kind):
                found.setdefault(ast.unparse(atom), atom)
    return list(found.values())


def _tests(variable, kind):
    value = name(variable)
    if kind in ("int", "float", "number"):
        return [compare(value, ast.Gt, ast.Constant(0)), compare(value, ast.Eq, ast.Constant(0))]
    return [value, ast.UnaryOp(ast.Not(), value)]


def _may_raise(node):
    return any(isinstance(item, (ast.Subscript, ast.Attribute, ast.Div, ast.Mod)) for item in ast.walk(node))
