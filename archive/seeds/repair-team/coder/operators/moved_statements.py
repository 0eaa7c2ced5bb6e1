"""Moves a statement: past its neighbour, out of the block it ends or begins, into the block before or after it."""

import ast

from shared.candidates import Edit

KIND = "operator"


def propose(tree, context):
    """Yield the edits."""
    for node in context.nodes(ast.stmt):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        holder, field, index = context.place(node)
        block = getattr(holder, field)
        if index + 1 < len(block) and not isinstance(block[index + 1], (ast.FunctionDef, ast.ClassDef)):
            yield Edit([(holder, field, [*block[:index], block[index + 1], node, *block[index + 2 :]])], node.lineno)
            yield from _into(node, block[index + 1], holder, field, index, first=True)
        if index > 0:
            yield from _into(node, block[index - 1], holder, field, index, first=False)
        if isinstance(holder, (ast.If, ast.For, ast.While, ast.With, ast.Try)):
            yield from _out(node, holder, field, index, context)


def _into(node, other, holder, field, index, first):
    """Move `node` to the start (or end) of the blocks of its neighbour `other`."""
    rest = [item for item in getattr(holder, field) if item is not node]
    if not isinstance(other, (ast.If, ast.For, ast.While)):
        return
    for name in ("body", "orelse"):
        inner = getattr(other, name)
        if inner:
            changed = [node, *inner] if first else [*inner, node]
            yield Edit([(holder, field, rest), (other, name, changed)], node.lineno, 2)


def _out(node, holder, field, index, context):
    """Move `node` to the place before or after the statement that holds it."""
    block = getattr(holder, field)
    rest = [*block[:index], *block[index + 1 :]] or ([ast.Pass()] if field == "body" else [])
    outer, outer_field, place = context.place(holder)
    around = getattr(outer, outer_field)
    after = [*around[: place + 1], node, *around[place + 1 :]]
    before = [*around[:place], node, *around[place:]]
    yield Edit([(holder, field, rest), (outer, outer_field, after)], node.lineno, 2)
    yield Edit([(holder, field, rest), (outer, outer_field, before)], node.lineno, 2)
    if index + 1 < len(block):
        tail = [*around[: place + 1], *block[index:], *around[place + 1 :]]
        kept = block[:index] or [ast.Pass()]
        yield Edit([(holder, field, kept), (outer, outer_field, tail)], node.lineno, 2)
