"""Edits an augmented assignment: another operator, or a plain assignment; and a plain one into an augmented."""

import ast

KIND = "operator"
OTHERS = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Add, ast.FloorDiv],
    ast.Div: [ast.FloorDiv, ast.Mult],
    ast.FloorDiv: [ast.Mod, ast.Mult, ast.Sub],
    ast.Mod: [ast.FloorDiv],
    ast.BitOr: [ast.BitAnd, ast.BitXor],
    ast.BitAnd: [ast.BitOr],
    ast.BitXor: [ast.BitOr],
    ast.LShift: [ast.RShift],
    ast.RShift: [ast.LShift],
}

KINDS = {"set": (ast.BitOr, ast.BitAnd, ast.Sub), "dict": (ast.BitOr,), "list": (ast.Add,), "str": (ast.Add,), "bool": ()}


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.AugAssign):
        for other in OTHERS.get(type(node.op), []):
            yield context.set(node, "op", other())
        yield context.replace(node, ast.Assign([node.target], node.value))
    for node in context.nodes(ast.Assign):
        target = node.targets[0]
        if len(node.targets) == 1 and isinstance(target, (ast.Name, ast.Attribute, ast.Subscript)):
            kind = context.kind(node.value)
            for operator in KINDS.get(kind, (ast.Add, ast.Sub, ast.Mult, ast.BitOr)):
                yield context.replace(node, ast.AugAssign(target, operator(), node.value))
