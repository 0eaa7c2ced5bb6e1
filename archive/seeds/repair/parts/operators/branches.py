"""Rearranges branches: swaps them, ``if`` for ``elif``, ``if`` for ``while``, what follows becomes the else branch."""

import ast

from shared.candidates import Edit

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.If):
        holder, field, index = context.place(node)
        block = getattr(holder, field)
        if node.orelse:
            yield Edit([(node, "body", node.orelse), (node, "orelse", node.body)], node.lineno, 2)
            plain = ast.If(node.test, node.body, [])
            yield context.rewrite(node, [plain, *node.orelse], 2)
        else:
            yield context.rewrite(node, [ast.While(node.test, node.body, [])], 2)
            if index + 1 < len(block):
                for end in {index + 2, len(block)}:
                    joined = ast.If(node.test, node.body, block[index + 1 : end])
                    yield Edit([(holder, field, [*block[:index], joined, *block[end:]])], node.lineno, 2)
            if index > 0 and isinstance(block[index - 1], ast.If) and not block[index - 1].orelse:
                before = block[index - 1]
                joined = ast.If(before.test, before.body, [node])
                yield Edit([(holder, field, [*block[: index - 1], joined, *block[index + 1 :]])], node.lineno, 2)
    for node in context.nodes(ast.While):
        yield context.rewrite(node, [ast.If(node.test, node.body, node.orelse)], 2)
