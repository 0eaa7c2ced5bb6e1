"""Folding: what expressions come to that are made of literals only, so that ``"/lo" + "gs"`` reads as what it is.

A small and bounded evaluator: nothing of the program is run. Unknown parts of a text become `GAP`.
"""

from __future__ import annotations

import ast
import base64
import binascii
import codecs
import zlib
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

GAP = "\x00"
"""Stands for a part of a text that is not known."""
MAX_CHARS = 1 << 17
MAX_ITEMS = 4_096
MAX_BITS = 4_096
MAX_DEPTH = 48
MAX_STEPS = 400_000
"""Steps in one file, after which nothing more is folded: a file made to be slow is not worth it."""


class _UnknownType:
    def __repr__(self) -> str:
        return "unknown"


UNKNOWN: Any = _UnknownType()
ROOT_VARIABLE = "RQGM_ROOT"
"""Stands for ``/`` on back-ends that cannot mount; so it adds nothing to a path."""
_JOINS = {"os.path.join", "posixpath.join"}
_PATHS = {"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath"}
_ENVIRONMENT = {"os.environ.get", "os.getenv", "os.environ"}
_PLAIN = (str, bytes, int, float, complex, type(None), type(...))


def _rot13(data: Any, encoding: Any = "utf-8", *_: Any) -> Any:
    """``codecs.decode`` for the codecs by which text is hidden."""
    if str(encoding).replace("-", "").replace("_", "").lower() == "rot13":
        return codecs.decode(data, "rot13")
    if encoding in {"hex", "base64", "utf-8", "utf8", "ascii", "latin-1"}:
        return codecs.decode(data, encoding)
    return UNKNOWN


def _inflate(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, MAX_CHARS)


DECODERS: dict[str, Callable[..., Any]] = {
    "base64.b64decode": base64.b64decode,
    "base64.standard_b64decode": base64.b64decode,
    "base64.urlsafe_b64decode": base64.urlsafe_b64decode,
    "base64.decodebytes": base64.decodebytes,
    "base64.b32decode": base64.b32decode,
    "base64.b16decode": base64.b16decode,
    "base64.b85decode": base64.b85decode,
    "base64.a85decode": base64.a85decode,
    "binascii.unhexlify": binascii.unhexlify,
    "binascii.a2b_hex": binascii.unhexlify,
    "binascii.a2b_base64": binascii.a2b_base64,
    "bytes.fromhex": bytes.fromhex,
    "bytearray.fromhex": bytes.fromhex,
    "codecs.decode": _rot13,
    "zlib.decompress": _inflate,
}
"""Functions that turn hidden text into text; also a sign in front of ``exec``."""
_METHODS = {
    "lower", "upper", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "replace", "decode", "encode",
    "title", "swapcase", "capitalize", "casefold", "hex",
}  # fmt: skip


class Folder:
    """Folds the expressions of one file. `dotted` names what an expression refers to, `bound` what a name was given."""

    def __init__(self, dotted: Callable[[ast.expr], str | None], bound: Callable[[str], ast.expr | None]) -> None:
        self._dotted = dotted
        self._bound = bound
        self._known: dict[int, Any] = {}
        self._steps = 0

    def value(self, node: ast.expr) -> Any:
        """Return the exact value of an expression, or UNKNOWN."""
        found = self._fold(node, 0)
        return UNKNOWN if isinstance(found, str) and GAP in found else found

    def text(self, node: ast.expr) -> str | None:
        """Return an expression's text with gaps where it is not known; bytes as Latin-1; None if nothing is known."""
        found = self._fold(node, 0)
        if isinstance(found, bytes):
            return found.decode("latin-1")
        return found if isinstance(found, str) and found.strip(GAP) else None

    def _fold(self, node: ast.expr, depth: int) -> Any:
        if id(node) in self._known:
            return self._known[id(node)]
        self._steps += 1
        if depth > MAX_DEPTH or self._steps > MAX_STEPS:
            return UNKNOWN
        self._known[id(node)] = UNKNOWN  # a name that is bound to itself
        try:
            found = self._compute(node, depth + 1)
        except Exception:  # noqa: BLE001  # foreign values in foreign combinations: whatever fails is not known
            found = UNKNOWN
        if isinstance(found, int) and found.bit_length() > MAX_BITS:  # Python refuses to print longer ones
            found = UNKNOWN
        if _size(found) > (MAX_CHARS if isinstance(found, (str, bytes)) else MAX_ITEMS):
            found = UNKNOWN
        self._known[id(node)] = found
        return found

    def _compute(self, node: ast.expr, depth: int) -> Any:  # noqa: PLR0911  # one case for each kind of expression
        match node:
            case ast.Constant():
                return node.value if isinstance(node.value, _PLAIN) else UNKNOWN
            case ast.Name():
                bound = self._bound(node.id)
                return self._fold(bound, depth) if bound is not None else UNKNOWN
            case ast.JoinedStr():
                return _joined("", (self._piece(value, depth) for value in node.values))
            case ast.BinOp():
                return self._operation(node, depth)
            case ast.UnaryOp(op=ast.USub()):
                found = self._fold(node.operand, depth)
                return -found if isinstance(found, (int, float)) else UNKNOWN
            case ast.List() | ast.Tuple() | ast.Set():
                return self._sequence(node.elts, depth, tuple if isinstance(node, ast.Tuple) else list)
            case ast.Subscript():
                return self._subscript(node, depth)
            case ast.Call():
                return self._call(node, depth)
        return UNKNOWN

    def _piece(self, node: ast.expr, depth: int) -> str:
        inner = node.value if isinstance(node, ast.FormattedValue) else node
        found = self._fold(inner, depth)
        return str(found) if isinstance(found, (str, int, float)) else GAP

    def _sequence(self, elements: Sequence[ast.expr], depth: int, kind: Callable[[list[Any]], Any]) -> Any:
        if len(elements) > MAX_ITEMS:
            return UNKNOWN
        found, size = [], 0
        for element in elements:
            item = self._fold(element, depth)
            size += _size(item) if isinstance(item, (list, tuple)) else 1
            if item is UNKNOWN or size > MAX_ITEMS:
                return UNKNOWN
            found.append(item)
        return kind(found)

    def _operation(self, node: ast.BinOp, depth: int) -> Any:
        left, right = self._fold(node.left, depth), self._fold(node.right, depth)
        if isinstance(node.op, ast.Div) and isinstance(right, str):
            return f"{left if isinstance(left, str) else GAP}/{right}"
        if isinstance(node.op, ast.Add) and (isinstance(left, str) or isinstance(right, str)):
            return (left if isinstance(left, str) else GAP) + (right if isinstance(right, str) else GAP)
        if isinstance(node.op, ast.Mod) and isinstance(left, str):
            pieces = list(right) if isinstance(right, tuple) else [right]
            known = [str(piece) if isinstance(piece, (str, int)) else GAP for piece in pieces]
            between = left.split("%s")
            known += [GAP] * (len(between) - 1 - len(known))
            return _joined(
                "", (part for pair in zip_longest(between, known[: len(between) - 1]) for part in pair if part)
            )
        if left is UNKNOWN or right is UNKNOWN:
            return UNKNOWN
        if isinstance(node.op, ast.Add) and type(left) is type(right):
            return left + right
        small = isinstance(left, int) and isinstance(right, int) and max(abs(left), abs(right)) < 1 << 32
        operators = {ast.Sub: int.__sub__, ast.Mult: int.__mul__, ast.BitXor: int.__xor__}
        return operators[type(node.op)](left, right) if small and type(node.op) in operators else UNKNOWN

    def _subscript(self, node: ast.Subscript, depth: int) -> Any:
        if self._dotted(node.value) == "os.environ":
            return "" if self._fold(node.slice, depth) == ROOT_VARIABLE else UNKNOWN
        value = self._fold(node.value, depth)
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(node.slice, ast.Slice):
            ends = (node.slice.lower, node.slice.upper, node.slice.step)
            low, high, step = (self._fold(end, depth) if end is not None else None for end in ends)
            return value[slice(low, high, step)]
        return value[self._fold(node.slice, depth)]

    def _call(self, node: ast.Call, depth: int) -> Any:
        name = self._dotted(node.func)
        if name in _ENVIRONMENT:
            return "" if node.args and self._fold(node.args[0], depth) == ROOT_VARIABLE else UNKNOWN
        if name == "map" and len(node.args) == 2 and self._dotted(node.args[0]) == "chr":  # noqa: PLR2004
            return [chr(code) for code in self._fold(node.args[1], depth)]
        arguments = [self._fold(argument, depth) for argument in node.args]
        if name in _JOINS or name in _PATHS:
            return _joined("/", (part if isinstance(part, str) else GAP for part in arguments))
        if isinstance(node.func, ast.Attribute):
            found = self._method(node.func, arguments, node, depth)
            if found is not UNKNOWN:
                return found
        if any(argument is UNKNOWN for argument in arguments):
            return UNKNOWN
        return self._function(name, arguments)

    def _function(self, name: str | None, arguments: list[Any]) -> Any:
        if name in DECODERS:
            return DECODERS[name](*arguments)
        first = arguments[0] if arguments else None
        if name == "chr":
            return chr(first)  # type: ignore[arg-type]  # what is none raises, and is not known then
        if name in {"str", "int"} and len(arguments) == 1 and isinstance(first, (str, int)):
            return str(first) if name == "str" else int(first)
        if name in {"bytes", "bytearray"} and isinstance(first, (bytes, list, tuple)):
            return bytes(first)
        if name in {"reversed", "list", "tuple"} and isinstance(first, (str, list, tuple)):
            return list(reversed(first)) if name == "reversed" else list(first)
        return UNKNOWN

    def _method(  # noqa: PLR0911  # one for each method
        self, func: ast.Attribute, arguments: list[Any], call: ast.Call, depth: int
    ) -> Any:
        base = self._fold(func.value, depth)
        if func.attr == "joinpath":
            return _joined("/", (part if isinstance(part, str) else GAP for part in [base, *arguments]))
        if base is UNKNOWN:
            return UNKNOWN
        if func.attr == "join" and isinstance(base, str) and len(arguments) == 1:
            return self._join(base, call.args[0], arguments[0], depth)
        if func.attr == "format" and isinstance(base, str) and ":" not in base:
            known = [part if isinstance(part, (str, int)) else GAP for part in arguments]
            named = {key.arg: self._piece(key.value, depth) for key in call.keywords if key.arg}
            longest = max((len(str(part)) for part in [*known, *named.values()]), default=0)
            return base.format(*known, **named) if base.count("{") * longest <= MAX_CHARS else UNKNOWN
        known_arguments = not call.keywords and all(isinstance(part, (str, bytes, int)) for part in arguments)
        if func.attr in _METHODS and isinstance(base, (str, bytes)) and known_arguments:
            if func.attr == "replace" and (len(base) + 1) * len(arguments[1]) > MAX_CHARS:
                return UNKNOWN
            return getattr(base, func.attr)(*arguments)
        return UNKNOWN

    def _join(self, base: str, node: ast.expr, items: Any, depth: int) -> Any:
        if isinstance(items, (list, tuple, str)):
            return _joined(base, items)
        if isinstance(node, (ast.List, ast.Tuple)) and len(node.elts) <= MAX_ITEMS:
            return _joined(base, (self._piece(element, depth) for element in node.elts))
        if isinstance(node, (ast.GeneratorExp, ast.ListComp)):
            return _joined(base, self._characters(node, depth))
        return UNKNOWN

    def _characters(self, node: ast.GeneratorExp | ast.ListComp, depth: int) -> list[str]:
        """Return the characters of ``chr(code ^ key) for code in [...]``, the usual way to spell a hidden text."""
        (generator,) = node.generators
        codes = self._fold(generator.iter, depth)
        call = node.elt
        if generator.ifs or not isinstance(call, ast.Call) or self._dotted(call.func) != "chr":
            raise ValueError
        (inner,) = call.args
        if isinstance(inner, ast.Name):
            return [chr(code) for code in codes]
        if not isinstance(inner, ast.BinOp) or not isinstance(inner.left, ast.Name):
            raise TypeError
        key = self._fold(inner.right, depth)
        change = {ast.BitXor: int.__xor__, ast.Sub: int.__sub__, ast.Add: int.__add__}[type(inner.op)]
        return [chr(change(code, key)) for code in codes]


def _size(value: Any) -> int:
    """Return the characters of a text, the leaves of a container, 1 of anything else."""
    if isinstance(value, (str, bytes)):
        return len(value)
    return sum(map(_leaves, value)) + 1 if isinstance(value, (list, tuple)) else 1


def _leaves(value: Any) -> int:
    return sum(map(_leaves, value)) + 1 if isinstance(value, (list, tuple)) else 1


def _joined(separator: str, parts: Iterable[str]) -> Any:
    """Join without ever making more than is allowed."""
    made, chars = [], 0
    for part in parts:
        chars += len(part) + len(separator)
        if chars > MAX_CHARS:
            return UNKNOWN
        made.append(part)
    return separator.join(made)
