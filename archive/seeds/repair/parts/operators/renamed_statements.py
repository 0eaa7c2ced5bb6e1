"""Puts a copy of one of the program's statements beside it or elsewhere, with one variable renamed."""

import ast

from shared.context import BUILTINS
from shared.make import renamed

KIND = "operator"
SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr)
MAX_COPIES = 12  # renamed copies of each statement


def propose(tree, context):
    """Yield the edits."""
    copies = _copies(context)
    for place in context.nodes(ast.stmt):
        if isinstance(context.function(place), ast.Module) or isinstance(place, (ast.FunctionDef, ast.ClassDef)):
            continue
        known = {*context.names(place), *context.function_names, *context.modules(), *BUILTINS}
        after = not isinstance(place, (ast.Return, ast.Raise, ast.Break, ast.Continue))
        for copy, needed, function in copies:
            if needed <= known and function is context.function(place):
                yield context.insert(place, copy)
                if after and place is context.block(place)[-1]:
                    yield context.insert(place, copy, after=True)


def _copies(context) -> list:
    found = {}
    for node in context.everywhere(*SIMPLE):
        function = context.function(node)
        if isinstance(function, ast.Module):
            continue
        for count, copy in enumerate(_renamings(node, context)):
            if count < MAX_COPIES:
                found.setdefault((ast.unparse(copy), id(function)), (copy, _needed(copy), function))
    return list(found.values())


def _renamings(node, context):
    used = dict.fromkeys(item.id for item in ast.walk(node) if isinstance(item, ast.Name))
    for old in used:
        kind = context.variable_kind(node, old)
        for new in context.names(node):
            if new not in (old, "self") and old != "self" and kind and context.variable_kind(node, new) == kind:
                yield renamed(node, old, new)


def _needed(copy) -> set:
    return {item.id for item in ast.walk(copy) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Load)}
