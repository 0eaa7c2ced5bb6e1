"""Python sources as bounded syntax trees, and what differs between two of them. Nothing here executes a program."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 60_000
MAX_NODES = 6_000
MAX_DEPTH = 80
MAX_NESTING = 60
MAX_BITS = 4_096
"""Of a whole number: Python refuses to print very large ones."""
MATCHED = 40_000
"""Longer lists (product of the lengths) are compared place by place: matching may take cubic time."""
_OPENING, _CLOSING = "([{", ")]}"


class SourceError(ValueError):
    """A source is no Python program of bounded size and depth; the message says why."""


def parse_source(data: bytes) -> ast.Module:
    """Return the syntax tree of a hostile source, without docstrings; SourceError beyond any bound."""
    if len(data) > MAX_BYTES:
        raise SourceError(f"{len(data)} bytes, allowed {MAX_BYTES}")
    try:
        text = data.decode()
        _check_nesting(text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise SourceError(f"is not a program: {type(error).__name__}") from error
    _check_size(tree)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and _is_text(body):
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def _check_nesting(text: str) -> None:
    """Refuse deep brackets before the parser sees them: it may exhaust the stack of the C parser."""
    depth = deepest = 0
    for char in text:
        depth += (char in _OPENING) - (char in _CLOSING)
        deepest = max(deepest, depth)
    if deepest > MAX_NESTING:
        raise SourceError(f"brackets {deepest} deep, allowed {MAX_NESTING}")


def _check_size(tree: ast.AST) -> None:
    level: list[ast.AST] = [tree]
    nodes = depth = 0
    while level:
        nodes, depth = nodes + len(level), depth + 1
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            raise SourceError(f"more than {MAX_NODES} nodes or {MAX_DEPTH} levels")
        if any(type(value := getattr(node, "value", 0)) is int and value.bit_length() > MAX_BITS for node in level):
            raise SourceError(f"a number of more than {MAX_BITS} bits")
        level = [child for node in level for child in ast.iter_child_nodes(node)]


def _is_text(body: object) -> bool:
    first = body[0] if isinstance(body, list) and body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


@dataclass(frozen=True, slots=True)
class Change:
    """One edit: `old` (None = inserted) became `new` (None = deleted), inside the nodes `above`, outermost first."""

    old: ast.AST | None
    new: ast.AST | None
    above: tuple[ast.AST, ...]

    @property
    def size(self) -> int:
        """How many nodes came or went."""
        return max(count(self.old), count(self.new))


def count(node: ast.AST | None) -> int:
    """Return how many syntax nodes a subtree has, contexts left out."""
    return 0 if node is None else sum(not isinstance(item, ast.expr_context) for item in ast.walk(node))


def changes(faulty: ast.AST, patched: ast.AST) -> list[Change]:
    """Return the smallest subtrees that differ, in source order."""
    return list(_compare(faulty, patched, ()))


def _compare(old: ast.AST, new: ast.AST, above: tuple[ast.AST, ...]) -> Iterator[Change]:
    inside = (*above, new)
    for field in new._fields:
        before, after = getattr(old, field, None), getattr(new, field, None)
        if isinstance(before, list) and isinstance(after, list):
            yield from _compare_lists(before, after, inside)
        elif isinstance(before, ast.AST) or isinstance(after, ast.AST):
            yield from _compare_two(before, after, inside)
        elif before != after or type(before) is not type(after):
            yield Change(old, new, above)
            return


def _compare_two(before: object, after: object, above: tuple[ast.AST, ...]) -> Iterator[Change]:
    old = before if isinstance(before, ast.AST) else None
    new = after if isinstance(after, ast.AST) else None
    if old is None or new is None or type(old) is not type(new):
        if old is not None or new is not None:
            yield Change(old, new, above)
    elif ast.dump(old) != ast.dump(new):
        yield from _compare(old, new, above)


def _compare_lists(before: list[object], after: list[object], above: tuple[ast.AST, ...]) -> Iterator[Change]:
    left, right = ([ast.dump(item) if isinstance(item, ast.AST) else repr(item) for item in x] for x in (before, after))
    for tag, i, end_i, j, end_j in _operations(left, right):
        if tag != "equal":
            yield from _compare_blocks(before[i:end_i], after[j:end_j], above)


def _compare_blocks(before: list[object], after: list[object], above: tuple[ast.AST, ...]) -> Iterator[Change]:
    """Compare runs of items of which none are equal: those of one kind with each other, as far as there are."""
    kinds = ([type(item).__name__ for item in items] for items in (before, after))
    for _, i, end_i, j, end_j in _operations(*kinds):
        for k in range(max(end_i - i, end_j - j)):
            old = before[i + k] if k < end_i - i else None
            yield from _compare_two(old, after[j + k] if k < end_j - j else None, above)


def _operations(left: list[str], right: list[str]) -> list[tuple[str, int, int, int, int]]:
    """Return how `left` becomes `right`, as difflib's opcodes."""
    if len(left) * len(right) > MATCHED:
        return [("replace", 0, len(left), 0, len(right))]
    return list(SequenceMatcher(None, left, right, autojunk=False).get_opcodes())
