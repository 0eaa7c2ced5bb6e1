"""Replaces a comparison operator by a neighbour: ``<`` by ``<=``, ``==`` by ``!=``, ``in`` by ``not in``."""

import ast

KIND = "operator"
NEIGHBOURS = {
    ast.Lt: [ast.LtE, ast.Gt, ast.GtE],
    ast.LtE: [ast.Lt, ast.GtE, ast.Gt, ast.Eq],
    ast.Gt: [ast.GtE, ast.Lt, ast.LtE],
    ast.GtE: [ast.Gt, ast.LtE, ast.Lt, ast.Eq],
    ast.Eq: [ast.NotEq, ast.LtE, ast.GtE],
    ast.NotEq: [ast.Eq, ast.Lt, ast.Gt],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.Compare):
        for index, operator in enumerate(node.ops):
            for other in NEIGHBOURS[type(operator)]:
                yield context.set(node, "ops", [*node.ops[:index], other(), *node.ops[index + 1 :]])
