"""Python programs by syntax tree: equal for programs that differ in layout, comments and names of locals only."""

from __future__ import annotations

import ast
import hashlib
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST: Final = 65_536  # characters of a text that are read
_TRIES: Final = 8  # fenced blocks that are tried, the last first
_FENCE = re.compile(r"^[ \t]{0,8}+(?:```|~~~)[^\n`~]{0,40}+$", re.MULTILINE)
_DEEPEST: Final = 150  # nodes below nodes: what fits into the interpreter's stack wherever this is called from
_WORDS = (ast.Constant, ast.Name)  # what a text of one word parses as
# What looks at the names of locals, so that renaming would make different programs equal.
_NAMES_SEEN = frozenset(("dir", "eval", "exec", "globals", "inspect", "locals", "sys", "vars"))

Definition = TypeVar("Definition", ast.FunctionDef, ast.AsyncFunctionDef)
Comprehension = TypeVar("Comprehension", ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def canonical_program(text: str) -> str | None:
    """Return a digest of the Python program in `text`: its last fenced block that parses, else the whole; None = none.

    Left out: layout, comments, docstrings, annotations of parameters, results and variables. Names of parameters and
    locals are replaced by numbers, save where the program passes them by keyword or can look at them (`locals()`,
    `**` in a call). Names of modules, classes, attributes and of what stands at the top level stay. What is nested
    too deeply, or longer than 65,536 characters, is no program.
    """
    if len(text) > _MOST:
        return None
    fences = list(_FENCE.finditer(text))
    blocks = [text[one.end() : two.start()] for one, two in zip(fences[::2], fences[1::2], strict=False)]
    for code in (*blocks[: -_TRIES - 1 : -1], text):
        digest = _digest(code)
        if digest is not None:
            return f"python:{digest}"
    return None


def _digest(code: str) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an agent's "\d" is its own affair
            tree = ast.parse(code)
        if all(isinstance(one, ast.Expr) and isinstance(one.value, _WORDS) for one in tree.body) or _too_deep(tree):
            return None
        dump = ast.dump(_Renaming(tree).visit(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return hashlib.blake2b(dump.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _too_deep(tree: ast.AST) -> bool:
    level = [tree]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return bool(level)


@dataclass
class _Scope:
    """Names that a function, a comprehension or a class body binds; those of a class are seen by its own body alone."""

    names: frozenset[str]
    is_class: bool = False
    numbers: dict[str, str] = field(default_factory=dict)


class _Renaming(ast.NodeTransformer):
    """Give parameters and locals numbers, in the order of their first appearance."""

    def __init__(self, tree: ast.Module) -> None:
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        passed = {keyword.arg for call in calls for keyword in call.keywords}
        read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        self._rename = None not in passed and not read & _NAMES_SEEN
        self._kept = frozenset(passed)
        self._scopes: list[_Scope] = []
        self._count = 0

    @contextmanager
    def _scope(self, names: Iterable[str], *, is_class: bool = False) -> Iterator[None]:
        self._scopes.append(_Scope(frozenset(names), is_class))
        yield
        self._scopes.pop()

    def _name(self, name: str) -> str:
        for depth, scope in enumerate(reversed(self._scopes)):
            if name not in scope.names or (scope.is_class and depth > 0):
                continue
            if scope.is_class or not self._rename or name in self._kept:
                return name
            if name not in scope.numbers:
                self._count += 1
                scope.numbers[name] = f"{self._count}"  # no identifier, so it never meets a name that stays
            return scope.numbers[name]
        return name

    def visit_Module(self, node: ast.Module) -> ast.Module:
        node.body = _undocumented(node.body)
        self.generic_visit(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.name = self._name(node.name)
        node.decorator_list = self._all(node.decorator_list)
        node.bases = self._all(node.bases)
        node.keywords = self._all(node.keywords)
        with self._scope(_bound(node.body), is_class=True):
            node.body = self._all(_undocumented(node.body))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        return self._function(node)

    def _function(self, node: Definition) -> Definition:
        node.name = self._name(node.name)
        node.decorator_list = self._all(node.decorator_list)
        self._defaults(node.args)
        node.returns = node.type_comment = None
        with self._scope(_bound(node.body) | _parameters(node.args)):
            self._arguments(node.args)
            node.body = self._all(_undocumented(node.body))
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        self._defaults(node.args)
        with self._scope(_bound([node.body]) | _parameters(node.args)):
            self._arguments(node.args)
            node.body = self.visit(node.body)
        return node

    def _defaults(self, args: ast.arguments) -> None:
        args.defaults = self._all(args.defaults)
        args.kw_defaults = [default if default is None else self.visit(default) for default in args.kw_defaults]

    def _arguments(self, args: ast.arguments) -> None:
        for arg in _each_argument(args):
            arg.arg = self._name(arg.arg)
            arg.annotation = arg.type_comment = None

    def _comprehension(self, node: Comprehension) -> Comprehension:
        node.generators[0].iter = self.visit(node.generators[0].iter)  # belongs to the scope outside
        names = {name for generator in node.generators for name in _bound([generator.target])}
        with self._scope(names):
            for place, generator in enumerate(node.generators):
                generator.target = self.visit(generator.target)
                generator.iter = generator.iter if place == 0 else self.visit(generator.iter)
                generator.ifs = self._all(generator.ifs)
            if isinstance(node, ast.DictComp):
                node.key, node.value = self.visit(node.key), self.visit(node.value)
            else:
                node.elt = self.visit(node.elt)
        return node

    visit_ListComp = _comprehension  # noqa: N815
    visit_SetComp = _comprehension  # noqa: N815
    visit_DictComp = _comprehension  # noqa: N815
    visit_GeneratorExp = _comprehension  # noqa: N815

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._name(node.id)
        return node

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.Nonlocal:
        node.names = [self._name(name) for name in node.names]
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        node.name = node.name and self._name(node.name)
        self.generic_visit(node)
        return node

    def visit_MatchAs(self, node: ast.MatchAs) -> ast.MatchAs:
        node.name = node.name and self._name(node.name)
        self.generic_visit(node)
        return node

    def visit_MatchStar(self, node: ast.MatchStar) -> ast.MatchStar:
        node.name = node.name and self._name(node.name)
        return node

    def visit_MatchMapping(self, node: ast.MatchMapping) -> ast.MatchMapping:
        node.rest = node.rest and self._name(node.rest)
        self.generic_visit(node)
        return node

    def visit_alias(self, node: ast.alias) -> ast.alias:
        bound = node.asname or node.name
        if "." not in bound:
            name = self._name(bound)
            node.asname = None if name == node.name else name
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        """Read `x: int = 1` as `x = 1`, save in a class, where annotations may make fields."""
        in_class = bool(self._scopes) and self._scopes[-1].is_class
        if in_class or node.value is None:
            self.generic_visit(node)
            return node
        return ast.Assign(targets=[self.visit(node.target)], value=self.visit(node.value))

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        node.kind = None  # u"" is ""
        return node

    def _all(self, nodes: list[Node]) -> list[Node]:
        return [self.visit(node) for node in nodes]


Node = TypeVar("Node", bound=ast.AST)


def _undocumented(body: list[ast.stmt]) -> list[ast.stmt]:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest or [ast.Pass()]
    return body


def _each_argument(args: ast.arguments) -> Iterator[ast.arg]:
    yield from (*args.posonlyargs, *args.args, *args.kwonlyargs)
    yield from (arg for arg in (args.vararg, args.kwarg) if arg is not None)


def _parameters(args: ast.arguments) -> set[str]:
    return {arg.arg for arg in _each_argument(args)}


def _bound(body: Iterable[ast.AST]) -> set[str]:  # noqa: C901
    """Return the names that these nodes bind in the scope that they stand in."""
    bound: set[str] = set()
    elsewhere: set[str] = set()
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                bound.add(name)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                bound.add(node.name)
                continue  # what it binds inside is its own
            case ast.Lambda():
                continue
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                inside = ast.walk(node)  # a walrus inside binds outside
                bound.update(one.target.id for one in inside if isinstance(one, ast.NamedExpr))
                continue
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                bound.add(name)
            case ast.MatchMapping(rest=str(name)):
                bound.add(name)
            case ast.alias():
                if node.asname or "." not in node.name:
                    bound.add(node.asname or node.name)
            case ast.Global() | ast.Nonlocal():
                elsewhere.update(node.names)
        waiting.extend(ast.iter_child_nodes(node))
    return bound - elsewhere
