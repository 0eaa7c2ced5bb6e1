"""Replaces an arithmetic operator by another: ``+`` by ``-``, ``/`` by ``//``, ``%`` by ``//``."""

import ast

KIND = "operator"
OTHERS = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.FloorDiv, ast.Add, ast.Pow],
    ast.Div: [ast.FloorDiv, ast.Mult],
    ast.FloorDiv: [ast.Div, ast.Mod, ast.Mult],
    ast.Mod: [ast.FloorDiv],
    ast.Pow: [ast.Mult],
    ast.BitAnd: [ast.BitOr, ast.BitXor],
    ast.BitOr: [ast.BitAnd, ast.BitXor],
    ast.BitXor: [ast.BitAnd, ast.BitOr],
    ast.LShift: [ast.RShift],
    ast.RShift: [ast.LShift],
}


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.BinOp):
        for other in OTHERS.get(type(node.op), []):
            yield context.set(node, "op", other())
