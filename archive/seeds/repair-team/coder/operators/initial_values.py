"""Edits what a variable starts with: zero, one, None, infinity, an empty list, the first item of an argument."""

import ast

from shared.make import name

KIND = "operator"
STARTS = {
    "int": ["0", "1", "-1", "float('inf')", "float('-inf')", "None"], "float": ["0.0", "1.0", "float('inf')", "float('-inf')"],
    "list": ["[]", "[0]", "[1]"], "dict": ["{}"], "set": ["set()"], "str": ["''"], "bool": ["True", "False", "None"],
    "NoneType": ["0", "float('inf')", "float('-inf')", "[]", "''", "1", "-1", "True", "False"],
}  # fmt: skip


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Assign):
        kind = context.kind(node.value)
        simple = isinstance(node.value, (ast.Constant, ast.List, ast.Dict, ast.Call, ast.UnaryOp, ast.Subscript))
        if len(node.targets) == 1 and simple and isinstance(node.targets[0], (ast.Name, ast.Attribute)):
            old = ast.unparse(node.value)
            for text in [*STARTS.get(kind, []), *_items(node, kind, context)]:
                if text != old:
                    yield context.set(node, "value", ast.parse(text, mode="eval").body)


def _items(node, kind, context):
    """Return first items and singletons of the variables that can be read."""
    for variable in context.names(node):
        held = context.variable_kind(node, variable)
        if held in ("list", "tuple", "str") and context.fits(kind, context.variable_kind(node, variable + "[]")):
            yield f"{variable}[0]"
        if held not in (None, "function"):
            if kind == "list":
                yield f"[{variable}]"
            elif kind == "set":
                yield f"{{{variable}}}"
            elif kind == held and isinstance(node.targets[0], ast.Name) and variable != node.targets[0].id:
                yield variable
