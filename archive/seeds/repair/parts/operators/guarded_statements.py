"""Puts a copy of one of the program's statements elsewhere, under a condition: ``if line: lines.append(line)``."""

import ast

from shared.context import BUILTINS
from shared.make import name, when

KIND = "operator"
SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Raise)
MAX_TESTS = 8  # conditions tried for each copy


def propose(tree, context):
    """Yield the edits."""
    donors = {ast.unparse(node): node for node in context.everywhere(*SIMPLE) if _is_inside(node, context)}
    for place in context.nodes(ast.stmt):
        if not _is_inside(place, context) or isinstance(place, (ast.FunctionDef, ast.ClassDef)):
            continue
        block = context.block(place)
        after = place is block[-1] and not isinstance(place, (ast.Return, ast.Raise, ast.Break, ast.Continue))
        known = {*context.names(place), *context.function_names, *context.modules()}
        for donor in donors.values():
            needed = _needed(donor)
            if needed <= known and donor is not place:
                for test in _tests(donor, place, context)[:MAX_TESTS]:
                    yield context.insert(place, when(test, donor), size=3)
                    if after:
                        yield context.insert(place, when(test, donor), after=True, size=3)


def _is_inside(node, context):
    return not isinstance(context.function(node), ast.Module) and not isinstance(context.parent(node), ast.ClassDef)


def _needed(donor) -> set:
    names = {item.id for item in ast.walk(donor) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Load)}
    return names - BUILTINS


def _tests(donor, place, context) -> list:
    """Return tests of the variables that the statement uses, then of the program's own conditions."""
    used = [item for item in context.names(place) if item in _needed(donor) and item != "self"]
    kinds = {item: context.variable_kind(place, item) for item in used}
    tests = [name(item) for item in used if kinds[item] not in ("function", "int", "float")]
    own = {id(item) for item in ast.walk(donor)}
    return tests + [item for _, item in context.conditions(place) if id(item) not in own]
