"""Reads or sets another attribute of ``self``."""

import ast

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    known = context.attributes()
    for node in context.nodes(ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id == "self" and node.attr in known:
            for other in known:
                if other != node.attr:
                    yield context.set(node, "attr", other)
