"""Puts a copy of one of the program's own statements in another place (the plastic-surgery hypothesis)."""

import ast

from shared.context import BUILTINS

KIND = "operator"
SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Break, ast.Continue, ast.Raise, ast.Delete)
MAX_LINES = 3  # longest compound statement that is copied


def propose(tree, context):
    """Yield the edits."""
    donors = _donors(context)
    for place in context.nodes(ast.stmt):
        if isinstance(context.function(place), ast.Module) or isinstance(place, ast.ClassDef):
            continue
        known = {*context.names(place), *context.function_names, *context.modules()}
        block = context.block(place)
        last = place is block[-1]
        for donor, text, names in donors:
            if names <= known and donor not in block[-1:] + [place]:
                if isinstance(donor, (ast.Break, ast.Continue)) and context.loop(place) is None:
                    continue
                if not isinstance(donor, (ast.Break, ast.Continue, ast.Return, ast.Raise)):
                    yield context.insert(place, donor)
                if last and not isinstance(place, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
                    yield context.insert(place, donor, after=True)


def _donors(context):
    found = {}
    for node in context.everywhere(ast.stmt):
        short = isinstance(node, (ast.If, ast.For)) and node.end_lineno - node.lineno < MAX_LINES
        if (isinstance(node, SIMPLE) or short) and not isinstance(context.function(node), ast.Module):
            found.setdefault(ast.unparse(node), node)
    return [(node, text, _read(node)) for text, node in found.items()]


def _read(node):
    """Return the names that a statement needs: what it stores itself needs no value."""
    stored = {item.id for item in ast.walk(node) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)}
    names = {item.id for item in ast.walk(node) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Load)}
    own = stored if isinstance(node, ast.For) else set()
    return names - own - BUILTINS
