"""Returns another value: a variable, a simple constant, or an expression of the program."""

import ast

from shared.make import name

KIND = "operator"
MAX_MINED = 12  # expressions of the program tried for each return


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Return):
        old = ast.unparse(node.value) if node.value else "None"
        kind = context.kind(node.value) if node.value else None
        found = {}
        for variable in context.names(node):
            if variable != "self" and context.fits(kind, context.variable_kind(node, variable)):
                found[variable] = name(variable)
        for value in _constants():
            if context.fits(kind, context.kind(value)) or isinstance(value, ast.Constant):
                found.setdefault(ast.unparse(value), value)
        mined = [(text, item) for text, item in context.mined(node) if kind and context.kind(item) == kind]
        found.update(mined[:MAX_MINED])
        for text, value in found.items():
            if text != old:
                yield context.set(node, "value", value)


def _constants():
    """Return new nodes: a node may stand in one place only."""
    constants = [ast.Constant(value) for value in (None, True, False, 0, 1, "")]
    return [*constants, ast.UnaryOp(ast.USub(), ast.Constant(1)), ast.List([], ast.Load()), ast.Dict([], [])]
