"""Sources: one file as detectors see it: calls, texts, comparisons and bindings, from the syntax tree of Python.

Everything here is bounded and meant for hostile content: what cannot be parsed is looked at as text.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from rqgm.report.signs.folding import GAP, UNKNOWN, Folder

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SOURCE_BYTES = 400_000
"""Larger files are not parsed."""
MAX_TEXT_BYTES = 2_000_000
"""Larger files are not read at all."""
MAX_NODES = 200_000
MAX_NESTED_CHARS = 100_000
NESTED_DEPTH = 2
_CODE = re.compile(r"(?m)^\s*(?:import|from|def|class|with|for|if|try|raise|exec)\b|\w\(|[\w\])]\s*=[^=]")

_TOKEN = re.compile(
    r"(?P<comment>\#[^\n]*)"
    r"|(?P<text>[rRbBfFuU]{0,2}(?:\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'))"
    r"|(?P<word>\w+)|(?P<sign>[^\w\s])"
)

Use = Literal["call", "compare", "plain", "doc", "comment", "text"]
"""Where a text stands: argument of a call, in a comparison, elsewhere in code; docstring, comment; a text file."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text in a file. `callee` is the name of the function that it is given to, if it is."""

    text: str
    line: int
    use: Use
    callee: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A call: the full name of what is called, or ``?.method`` of something unknown."""

    name: str
    node: ast.Call


@dataclass(frozen=True, slots=True)
class Compared:
    """A literal that code tells inputs apart by: compared with, looked up, or matched."""

    value: Any
    line: int
    how: Literal["compare", "key", "member", "case"]


@dataclass(frozen=True)
class Source:
    """One file. `quoted` = a text inside of another file that is code itself; its lines are then `first_line`."""

    path: str
    data: bytes = field(repr=False)
    quoted: bool = False
    first_line: int = 0
    depth: int = 0

    # ------------------------------------------------------------------ what it is

    @cached_property
    def text(self) -> str | None:
        """The file's text, None if it is none or too much to read."""
        if len(self.data) > MAX_TEXT_BYTES:
            return None
        try:
            text = self.data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None
        return None if "\x00" in text else text

    @cached_property
    def is_python(self) -> bool:
        """Whether it is meant as Python, by its name or its first line."""
        if self.quoted or self.path.endswith((".py", ".pyw", ".pth")):
            return True
        return bool(re.match(rb"#!.*\bpython", self.data[:200]))

    @cached_property
    def is_script(self) -> bool:
        """Whether it is something else that runs, or says what is run."""
        return self.path.endswith((".sh", ".bash", "workspace.toml", "Makefile")) or self.data.startswith(b"#!")

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree of a Python file, None where there is none."""
        if not self.is_python or self.text is None or len(self.data) > MAX_SOURCE_BYTES:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    @cached_property
    def lines(self) -> list[str]:
        """The file's lines."""
        return (self.text or "").split("\n")

    def line(self, number: int) -> str:
        """Return one line, counted from 1 in the file that this one lies in."""
        number -= self.first_line - 1 if self.quoted else 0
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def at(self, node: ast.AST) -> int:
        """Return the line of a node."""
        return self._shifted(getattr(node, "lineno", 1))

    def _shifted(self, line: int) -> int:
        return line + self.first_line - 1 if self.quoted else line

    # ------------------------------------------------------------------ the syntax tree

    @cached_property
    def _walked(self) -> tuple[list[ast.AST], dict[int, ast.AST]]:
        """All nodes, parents before children, at most `MAX_NODES`; and the parent of each by its id."""
        nodes: list[ast.AST] = [self.tree] if self.tree else []
        parents: dict[int, ast.AST] = {}
        for node in nodes:
            for child in ast.iter_child_nodes(node) if len(nodes) < MAX_NODES else ():
                if not isinstance(child, ast.expr_context):  # a third of all nodes, and of no use
                    parents[id(child)] = node
                    nodes.append(child)
        return nodes, parents

    @property
    def nodes(self) -> list[ast.AST]:
        """All nodes of the syntax tree, parents before children; at most about `MAX_NODES`."""
        return self._walked[0]

    @property
    def parents(self) -> dict[int, ast.AST]:
        """The parent of each node, by the node's id."""
        return self._walked[1]

    @cached_property
    def _bindings(self) -> tuple[dict[str, ast.expr], dict[str, str]]:  # noqa: C901  # one case for each kind
        """Names that are given one value in the whole file, and names that are imported (alias → full name)."""
        counts: Counter[str] = Counter()
        values: dict[str, ast.expr] = {}
        imported: dict[str, set[str]] = {}
        for node in self.nodes:
            match node:
                case ast.Name(ctx=ast.Store() | ast.Del()):
                    counts[node.id] += 1
                case ast.arg():
                    counts[node.arg] += 1
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    counts[node.name] += 1
                case ast.Import():
                    for alias in node.names:
                        top = alias.name.partition(".")[0]
                        imported.setdefault(alias.asname or top, set()).add(alias.name if alias.asname else top)
                case ast.ImportFrom(level=0):
                    for alias in node.names:
                        imported.setdefault(alias.asname or alias.name, set()).add(f"{node.module}.{alias.name}")
                case ast.Assign(targets=[ast.Name() as target]):
                    values[target.id] = node.value
                case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
                    values[target.id] = value
        once = {name: value for name, value in values.items() if counts[name] == 1 and name not in imported}
        clear = {name: targets.pop() for name, targets in imported.items() if len(targets) == 1 and not counts[name]}
        return once, clear

    @cached_property
    def bound(self) -> set[str]:
        """All names that the file binds anywhere, but for imports."""
        named = {node.id for node in self.nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        named |= {node.name for node in self.nodes if isinstance(node, defined)}
        return named | {node.arg for node in self.nodes if isinstance(node, ast.arg)}

    @cached_property
    def folder(self) -> Folder:
        """Evaluates the file's literal expressions."""
        return Folder(self.dotted, self._bindings[0].get)

    def value(self, node: ast.expr) -> Any:
        """Return the value of a literal expression, or UNKNOWN."""
        return self.folder.value(node)

    def dotted(self, node: ast.expr, depth: int = 0) -> str | None:  # noqa: PLR0911
        """Return the full name of what an expression refers to, as ``os._exit``, through aliases and getattr."""
        if depth > 20:  # noqa: PLR2004  # chains of names
            return None
        match node:
            case ast.Name():
                once, imported = self._bindings
                if node.id in imported:
                    return imported[node.id]
                if node.id in once:
                    return self.dotted(once[node.id], depth + 1)
                return None if node.id in self.bound else self._free(node.id)
            case ast.Attribute():
                base = self.dotted(node.value, depth + 1)
                return f"{base}.{node.attr}" if base else None
            case ast.Call():
                return self._called(node, depth + 1)
            case ast.Subscript():
                return self._looked_up(node, depth + 1)
        return None

    def _free(self, name: str) -> str:
        """Return what a name stands for that the file binds nowhere: in a quoted piece, ``_os`` is likely os."""
        plain = name.lstrip("_")
        return plain if self.quoted and plain in sys.stdlib_module_names else name

    def _called(self, node: ast.Call, depth: int) -> str | None:
        """Return what ``getattr(x, "y")``, ``__import__("x")`` and their kin refer to."""
        name = self.dotted(node.func, depth)
        if name in {"getattr", "builtins.getattr"} and len(node.args) > 1:
            base, attribute = self.dotted(node.args[0], depth), self.value(node.args[1])
            return f"{base or '?'}.{attribute}" if isinstance(attribute, str) else None
        if name in {"__import__", "builtins.__import__", "importlib.import_module", "sys.modules.get"} and node.args:
            module = self.value(node.args[0])
            return module if isinstance(module, str) else None
        return None

    def _looked_up(self, node: ast.Subscript, depth: int) -> str | None:
        key = self.value(node.slice)
        if not isinstance(key, str):
            return None
        base = self.dotted(node.value, depth)
        if base == "sys.modules":
            return key
        if base and base.endswith(".__dict__"):
            return f"{base.removesuffix('.__dict__')}.{key}"
        if isinstance(node.value, ast.Call):
            of = self.dotted(node.value.func, depth)
            if of == "vars" and node.value.args:
                return f"{self.dotted(node.value.args[0], depth)}.{key}"
            return key if of in {"globals", "vars", "locals"} and not node.value.args else None
        return key if base == "__builtins__" else None

    # ------------------------------------------------------------------ what it does

    @cached_property
    def calls(self) -> list[Call]:
        """All calls."""
        return [Call(self._name(node), node) for node in self.nodes if isinstance(node, ast.Call)]

    def _name(self, node: ast.Call) -> str:
        known = self.dotted(node.func)
        if known:
            return known.removeprefix("builtins.")
        return f"?.{node.func.attr}" if isinstance(node.func, ast.Attribute) else "?"

    @cached_property
    def imports(self) -> list[tuple[str, int]]:
        """Modules that are imported, with the line; also by ``__import__`` and ``import_module``."""
        found: list[tuple[str, int]] = []
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found += [(alias.name, self.at(node)) for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.append((node.module, self.at(node)))
            elif isinstance(node, ast.Call):
                name = self.dotted(node.func)
                if name in {"__import__", "builtins.__import__", "importlib.import_module"} and node.args:
                    module = self.value(node.args[0])
                    found += [(module, self.at(node))] if isinstance(module, str) else []
        return found

    @cached_property
    def said(self) -> list[Said]:
        """All texts: of code, each once for its literal and once for every larger text that it is part of."""
        if self.tree is None:
            return list(self._plain_lines())
        return [*self._spoken(), *self._comments()]

    def _plain_lines(self) -> Iterator[Said]:
        code = self.is_script or self.is_python
        for number, line in enumerate(self.lines, start=1):
            comment = code and line.lstrip().startswith("#") and not line.startswith("#!")
            yield Said(line, self._shifted(number), "comment" if comment else "plain" if code else "text")

    def _spoken(self) -> Iterator[Said]:
        documents = self._documents
        for node in self.nodes:
            if not isinstance(node, ast.expr):
                continue
            parent = self.parents.get(id(node))
            if isinstance(node, ast.Constant):
                if not isinstance(node.value, (str, bytes)):
                    continue
                text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
                use: Use = "doc" if id(node) in documents else self._use(node)
                yield Said(text, self.at(node), use, self._callee(parent))
            elif isinstance(node, (ast.JoinedStr, ast.BinOp, ast.Call, ast.Subscript, ast.Name)):
                argument = isinstance(parent, (ast.Call, ast.keyword))
                if isinstance(node, ast.Name) and not argument:
                    continue
                text_or_none = self.folder.text(node)
                if text_or_none:
                    yield Said(text_or_none, self.at(node), self._use(node), self._callee(parent))

    def _callee(self, parent: ast.AST | None) -> str:
        if isinstance(parent, ast.keyword):
            parent = self.parents.get(id(parent))
        return self._name(parent) if isinstance(parent, ast.Call) else ""

    def _use(self, node: ast.AST) -> Use:
        """Return how a text is used, looking through what only joins or lists texts."""
        transparent = (
            ast.BinOp,
            ast.JoinedStr,
            ast.FormattedValue,
            ast.List,
            ast.Tuple,
            ast.Set,
            ast.Starred,
            ast.keyword,
        )
        parent = self.parents.get(id(node))
        for _ in range(12):
            if isinstance(parent, ast.Compare | ast.match_case):
                return "compare"
            if isinstance(parent, ast.Call):
                asked = self._name(parent).rpartition(".")[2]
                return "compare" if asked in {"startswith", "endswith", "fullmatch", "match", "compile"} else "call"
            if not isinstance(parent, transparent):
                break
            parent = self.parents.get(id(parent))
        return "plain"

    @cached_property
    def _documents(self) -> set[int]:
        """Ids of the constants that are docstrings, or texts that nothing is done with."""
        statements = (node for node in self.nodes if isinstance(node, ast.Expr))
        return {id(node.value) for node in statements if isinstance(node.value, ast.Constant)}

    def _comments(self) -> Iterator[Said]:
        for kind, text, line in self.tokens:
            if kind == "comment":
                yield Said(text, self._shifted(line), "comment")

    @cached_property
    def tokens(self) -> list[tuple[str, str, int]]:
        """The tokens of a Python file: (comment, text, word or sign; as written; line). Layout is left out."""
        if self.text is None or not self.is_python or len(self.data) > MAX_SOURCE_BYTES:
            return []
        found: list[tuple[str, str, int]] = []
        line, counted = 1, 0
        for match in _TOKEN.finditer(self.text):  # the library's own tokenizer stops at what does not parse
            start = match.start()
            line += self.text.count("\n", counted, start)
            counted = start
            found.append((match.lastgroup or "sign", match[0], line))
        return found

    @cached_property
    def compared(self) -> list[Compared]:  # noqa: C901  # one case for each kind
        """All literals by which code tells things apart."""
        found: list[Compared] = []
        for node in self.nodes:
            match node:
                case ast.Compare():
                    for operator, side in zip([None, *node.ops], [node.left, *node.comparators], strict=True):
                        if isinstance(operator, (ast.In, ast.NotIn)):
                            found += self._members(side)
                        elif isinstance(operator or node.ops[0], (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)):
                            found += self._literal(side, "compare")
                case ast.Dict():
                    for key in node.keys:
                        found += self._literal(key, "key") if key is not None else []
                case ast.MatchValue():
                    found += self._literal(node.value, "case")
                case ast.Call() if self._name(node).endswith((".__eq__", "operator.eq")):
                    for argument in node.args:
                        found += self._literal(argument, "compare")
        return found

    def _literal(self, node: ast.expr, how: Literal["compare", "key", "member", "case"]) -> list[Compared]:
        value = self.value(node)
        return [] if value is UNKNOWN else [Compared(value, self.at(node), how)]

    def _members(self, node: ast.expr) -> list[Compared]:
        bound = self._bindings[0].get(node.id) if isinstance(node, ast.Name) else None
        holder = bound if bound is not None else node
        if isinstance(holder, (ast.List, ast.Tuple, ast.Set)):
            return [found for element in holder.elts for found in self._literal(element, "member")]
        if isinstance(holder, ast.Call) and holder.args:  # frozenset({...})
            return self._members(holder.args[0]) if isinstance(holder.args[0], (ast.List, ast.Tuple, ast.Set)) else []
        return []

    @cached_property
    def deciding(self) -> frozenset[str]:
        """Names that are compared with a constant, or are a condition by themselves."""
        found: set[str] = set()
        for node in self.nodes:
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                if any(self.value(side) is not UNKNOWN for side in sides):
                    named = (part for side in sides for part in ast.walk(side) if isinstance(part, ast.Name))
                    found |= {name.id for name in named}
            elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
                test = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
                found |= {test.id} if isinstance(test, ast.Name) else set()
        return frozenset(found)

    # ------------------------------------------------------------------ code inside of texts

    @cached_property
    def nested(self) -> list[Source]:
        """Texts of this file that are code themselves: what it may plant elsewhere, or run by ``exec``."""
        if self.tree is None or self.depth >= NESTED_DEPTH:
            return []
        found: dict[str, Source] = {}
        room = MAX_NESTED_CHARS
        for said in self.said:
            if said.use in ("doc", "comment") or said.text in found or len(said.text) > room or len(said.text) < 12:  # noqa: PLR2004
                continue
            text = said.text.replace(GAP, "_")
            if not _CODE.search(text):
                continue
            inner = Source(self.path, text.encode("utf-8", "replace"), True, said.line, self.depth + 1)
            if inner.tree is not None and inner._acts:
                room -= len(text)
                found[said.text] = inner
        return list(found.values())

    @property
    def _acts(self) -> bool:
        """Whether a parsed text does anything, so that it is code and not a word or a formula."""
        acting = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.Call, ast.Raise)
        return any(isinstance(node, acting) for node in self.nodes)
