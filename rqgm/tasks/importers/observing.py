"""Rewrite tests into observations: a test that compares `f(x)` with an expected value becomes one that reports `f(x)`.

So no expected value is in the process of the program under test. What depends on the program is found by following
names (`tainted`); the other side of a comparison is dropped, and so is what was only there to make it. Where an
expected value cannot be dropped (it is used elsewhere in the test), the comparison is made in place and only its truth
is reported; the reason is noted, because a program that reads the test's code could forge it.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EQUAL = frozenset(
    f"assert{kind}Equal" for kind in ("", "List", "Dict", "Set", "Tuple", "Sequence", "Count", "MultiLine", "Almost")
) | {"assertEquals", "assertCountEqual"}
PAIR = 2


@dataclass(slots=True)
class Observed:
    """A rewritten block: its statements, the reasons why it is weak, and the widest tolerance that its tests allow."""

    body: list[ast.stmt]
    weak: list[str] = field(default_factory=list)
    tolerance: float | None = None


def rewrite(body: Sequence[ast.stmt], program_names: Iterable[str], test: str) -> Observed:
    """Return the observing form of a test's statements. `program_names` are bound to the program under test."""
    body = copy.deepcopy(list(body))
    rewriter = _Rewriter(tainted(body, set(program_names)), test)
    new = [item for statement in body for item in rewriter.statement(statement)]
    new = without_unused(new)
    still_there = _bound(new)
    for line, names in rewriter.dropped:
        if names & still_there:
            kept = ", ".join(sorted(names & still_there))
            rewriter.weak.append(f"{test}, line {line}: what is expected stays in the test's code ({kept})")
    return Observed(new, rewriter.weak, rewriter.tolerance)


def tainted(body: Sequence[ast.stmt], names: set[str]) -> set[str]:
    """Return the names (and ``self.x``) that hold what came from the program, `names` included."""
    found = set(names)
    while True:
        before = len(found)
        for node in (node for statement in body for node in ast.walk(statement)):
            for value, targets in _flows(node):
                if depends(value, found):
                    found |= {name for target in targets for name in _stored(target)}
        if len(found) == before:
            return found


def _flows(node: ast.AST) -> Iterable[tuple[ast.AST, list[ast.expr]]]:
    """Yield (value, targets) pairs of a node through which a value flows into names."""
    if isinstance(node, ast.Assign):
        yield node.value, node.targets
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and node.value is not None:
        yield node.value, [node.target]
    elif isinstance(node, (ast.For, ast.comprehension)):
        yield node.iter, [node.target]
    elif isinstance(node, ast.With):
        # what a block raises belongs to the program when its body does
        yield from ((node, [item.optional_vars]) for item in node.items if item.optional_vars is not None)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield from ((argument, [node.func.value]) for argument in node.args)  # items.append(f(x))
    elif isinstance(node, ast.FunctionDef):
        yield ast.Module(node.body, []), [ast.Attribute(ast.Name("self"), node.name), ast.Name(node.name)]


def _stored(target: ast.AST) -> set[str]:
    if isinstance(target, (ast.Tuple, ast.List)):
        return {name for item in target.elts for name in _stored(item)}
    if isinstance(target, (ast.Subscript, ast.Starred)):
        return _stored(target.value)
    name = _name(target)
    return {name} if name and name != "self" else set()


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return f"self.{node.attr}"
    return ""


def names_in(node: ast.AST) -> set[str]:
    """Return the names (and ``self.x``) that occur in a node."""
    return {name for inner in ast.walk(node) if (name := _name(inner))}


def depends(node: ast.AST, names: set[str]) -> bool:
    """Tell whether a node uses one of `names`."""
    return not names.isdisjoint(names_in(node))


class _Rewriter:
    def __init__(self, names: set[str], test: str) -> None:
        self.names = names
        self.test = test
        self.weak: list[str] = []
        self.tolerance: float | None = None
        self.dropped: list[tuple[int, set[str]]] = []

    def statement(self, node: ast.stmt) -> list[ast.stmt]:
        """Return what stands for a statement."""
        if isinstance(node, ast.Assert):
            return self._assertion(node.test)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return []  # a docstring may tell what is expected
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            return self._method(node.value) or [node]
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                setattr(node, name, [item for inner in block for item in self.statement(inner)] or [ast.Pass()])
        for handler in getattr(node, "handlers", []):
            handler.body = [item for inner in handler.body for item in self.statement(inner)] or [ast.Pass()]
        return [node]

    def _method(self, call: ast.Call) -> list[ast.stmt] | None:
        """Return what stands for ``self.assertEqual(a, b)``; other assertions are observed by the base class."""
        name = call.func.attr if isinstance(call.func, ast.Attribute) and _name(call.func).startswith("self.") else ""
        if name not in EQUAL or len(call.args) < PAIR:
            if name.startswith("assert") and len(call.args) >= PAIR and "Raises" not in name and "Is" not in name:
                self._note(call)
            return None
        if name == "assertAlmostEqual":
            self._almost(call)
        return self._equal(call.args[0], call.args[1], unordered=name == "assertCountEqual")

    def _almost(self, call: ast.Call) -> None:
        options = {word.arg: word.value for word in call.keywords}
        places = options.get("places", call.args[2] if len(call.args) > PAIR else ast.Constant(7))
        if "delta" in options:
            self._widen(options["delta"])
        elif isinstance(places, ast.Constant) and isinstance(places.value, int):
            self._widen(ast.Constant(0.5 * 10.0**-places.value))

    def _assertion(self, test: ast.expr) -> list[ast.stmt]:
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            return [item for part in test.values for item in self._assertion(part)]
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            left, operator, right = test.left, test.ops[0], test.comparators[0]
            if isinstance(operator, ast.Eq):
                return self._equal(left, self._approximate(right))
            if isinstance(operator, (ast.Lt, ast.LtE)) and (pair := _difference(left)) and self._widen(right):
                return self._equal(*pair)
        if any(isinstance(inner, ast.Compare) and not _trivial(inner) for inner in ast.walk(test)):
            self._note(test)
        return [_observe("observe_truth", test)]

    def _note(self, node: ast.expr) -> None:
        self.weak.append(f"{self.test}, line {node.lineno}: only the truth of a comparison is reported")

    def _approximate(self, expected: ast.expr) -> ast.expr:
        """Return what is inside ``pytest.approx(...)``, noting its tolerance."""
        if not (isinstance(expected, ast.Call) and ast.unparse(expected.func) == "pytest.approx" and expected.args):
            return expected
        options = {word.arg: word.value for word in expected.keywords}
        self._widen(options.get("abs", ast.Constant(1e-6)))
        return expected.args[0]

    def _widen(self, tolerance: ast.expr) -> bool:
        try:
            value = float(ast.literal_eval(tolerance))
        except (ValueError, TypeError, SyntaxError):
            return False
        self.tolerance = max(value, self.tolerance or 0.0)
        return True

    def _equal(self, left: ast.expr, right: ast.expr, *, unordered: bool = False) -> list[ast.stmt]:
        mine, theirs = depends(left, self.names), depends(right, self.names)
        if not mine and not theirs:  # by convention one side is a literal
            mine, theirs = not _literal(left), not _literal(right)
        if mine and theirs:
            return [_observe("observe_pair", left, right)]
        actual, expected = (left, right) if mine else (right, left)
        self.dropped.append((getattr(left, "lineno", 0), names_in(expected)))
        return [_observe("observe_unordered" if unordered else "observe", actual)]


def _difference(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """Return a and b of ``abs(a - b)``."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("abs", "math.fabs", "fabs") and len(node.args) == 1:
        inner = node.args[0]
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub):
            return inner.left, inner.right
    return None


def _trivial(node: ast.Compare) -> bool:
    """Tell whether a comparison is only with None, True or False."""
    return all(isinstance(other, ast.Constant) and other.value in (None, True, False) for other in node.comparators)


def _literal(node: ast.expr) -> bool:
    return not any(isinstance(inner, (ast.Name, ast.Call, ast.Attribute)) for inner in ast.walk(node))


def _observe(function: str, *values: ast.expr) -> ast.stmt:
    return ast.fix_missing_locations(ast.Expr(ast.Call(ast.Name(function, ast.Load()), list(values), [])))


def without_unused(body: list[ast.stmt], keep: Iterable[str] = ()) -> list[ast.stmt]:
    """Return the statements without assignments whose names nothing reads any more."""
    while True:
        read = {
            inner.id
            for statement in body
            for inner in ast.walk(statement)
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)
        } | set(keep)
        kept = [statement for statement in body if not _idle(statement, read)]
        if len(kept) == len(body):
            return kept
        body = kept


def _idle(statement: ast.stmt, read: set[str]) -> bool:
    if isinstance(statement, ast.Assign):
        plain = all(isinstance(target, ast.Name) and target.id not in read for target in statement.targets)
        return plain and not any(isinstance(inner, ast.Call) for inner in ast.walk(statement.value))
    return False


def _bound(body: Sequence[ast.stmt]) -> set[str]:
    """Return the names that the statements still bind."""
    return {
        inner.id
        for statement in body
        for inner in ast.walk(statement)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
    }
