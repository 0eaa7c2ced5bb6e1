"""Mutants: programs one small change away, of bounded number and in a fixed order."""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq, ast.LtE, ast.GtE),
    ast.NotEq: (ast.Eq, ast.Lt, ast.Gt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.FloorDiv),
    ast.Div: (ast.FloorDiv, ast.Mult),
    ast.FloorDiv: (ast.Div, ast.Mod),
    ast.Mod: (ast.FloorDiv,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "append": "insert", "floor": "ceil", "ceil": "floor"}
_STATEMENTS = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Break, ast.Continue)


def mutate(tree: ast.Module, spots: Iterable[ast.AST] | None = None, *, most: int = 40) -> list[str]:
    """Return the texts of up to `most` distinct mutants, spread over the program, in a fixed order.

    Only nodes inside `spots` (nodes of `tree`; None = all of it) are changed, each by one operation of its kind.
    """
    inside = {id(node) for spot in ([tree] if spots is None else spots) for node in ast.walk(spot)}
    known = sorted(
        {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    )
    places = [(index, node) for index, node in enumerate(ast.walk(tree)) if id(node) in inside]
    options = [(index, variant) for index, node in places for variant in range(len(list(_variants(node, known))))]
    step = max(1.0, len(options) / most)
    chosen = [options[int(number * step)] for number in range(min(most, len(options)))]
    texts = dict.fromkeys(_changed(tree, index, variant, known) for index, variant in chosen)
    return [text for text in texts if text is not None]


def _changed(tree: ast.Module, index: int, variant: int, known: list[str]) -> str | None:
    """Return one mutant's text, None where the tree cannot be written as text."""
    mutant = copy.deepcopy(tree)
    node = next(item for number, item in enumerate(ast.walk(mutant)) if number == index)
    replacement = list(_variants(node, known))[variant]
    try:
        text = ast.unparse(ast.fix_missing_locations(_Replace(node, replacement).visit(mutant)))
        text.encode()
    except (ValueError, RecursionError, AttributeError):
        return None
    return text


class _Replace(ast.NodeTransformer):
    def __init__(self, node: ast.AST, replacement: ast.AST) -> None:
        self.node, self.replacement = node, replacement

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.node:
            return self.replacement
        visited: ast.AST = self.generic_visit(node)
        return visited


def _variants(node: ast.AST, known: list[str]) -> Iterator[ast.AST]:
    """Yield what a node could be instead."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for op in _COMPARISONS.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [op()], node.comparators)
    elif isinstance(node, ast.BinOp):
        for operator in _OPERATORS.get(type(node.op), ()):
            yield ast.BinOp(node.left, operator(), node.right)
    elif isinstance(node, ast.AugAssign):
        for operator in _OPERATORS.get(type(node.op), ()):
            yield ast.AugAssign(node.target, operator(), node.value)
    elif isinstance(node, (ast.BoolOp, ast.UnaryOp)):
        yield from _logic(node)
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, (ast.Name, ast.Attribute)):
        yield from _names(node, known)
    yield from _blocks(node)


def _logic(node: ast.BoolOp | ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, ast.Not):
            yield node.operand
        return
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    if len(node.values) == 2:  # noqa: PLR2004  # one side of the two
        yield from node.values


def _blocks(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, (ast.If, ast.While)):
        yield type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    if isinstance(node, _STATEMENTS):
        yield ast.Pass()


def _constants(node: ast.Constant) -> Iterator[ast.Constant]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int) and abs(node.value) < 1 << 62:
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)


def _names(node: ast.Name | ast.Attribute, known: list[str]) -> Iterator[ast.AST]:
    name = node.id if isinstance(node, ast.Name) else node.attr
    if not isinstance(node.ctx, ast.Load):
        return
    if name in _CALLS:
        other = _CALLS[name]
        yield ast.Name(other, node.ctx) if isinstance(node, ast.Name) else ast.Attribute(node.value, other, node.ctx)
    elif isinstance(node, ast.Name) and name in known and len(known) > 1:
        yield ast.Name(known[(known.index(name) + 1) % len(known)], node.ctx)
