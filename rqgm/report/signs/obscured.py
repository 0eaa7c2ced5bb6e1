"""Detector: code that is hidden: decoded texts that are executed, and names that are spelt out of pieces."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from rqgm.report.signs.detector import Finding, Place, Quiet
from rqgm.report.signs.folding import DECODERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rqgm.report.signs.source import Source

UNPACKERS = {*DECODERS, "marshal.loads", "pickle.loads", "gzip.decompress", "bz2.decompress", "lzma.decompress"}
RUNS = {"exec", "eval", "compile", "types.FunctionType", "types.CodeType"}
LOOKS_UP = {"getattr", "__import__", "importlib.import_module"}
PIECES = (ast.BinOp, ast.Call, ast.Subscript, ast.JoinedStr)


class Obscured(Quiet):
    """Rules: exec of decoded text; getattr and imports by a name put together from literals."""

    name = "obscured"
    about = "hidden code: decoded texts that are executed, names spelt out of pieces"

    def in_file(self, source: Source, place: Place) -> Iterable[Finding]:
        """Yield what is hidden. A module with texts of bytes decoded for use as data is none of it."""
        if source.tree is None:
            return
        decoded = _decoded_names(source)
        for call in source.calls:
            node = call.node
            if call.name in RUNS and any(_decodes(source, argument, decoded) for argument in node.args):
                yield Finding("decoded", "strong", source.at(node), f"{call.name} of a decoded text")
            elif call.name in LOOKS_UP or call.name.startswith("?") or "." in call.name:
                yield from self._spelt(source, node, place)

    def _spelt(self, source: Source, node: ast.Call, place: Place) -> Iterator[Finding]:
        """Yield names that are literals, but written so that nobody finds them by searching."""
        name = source.dotted(node.func)
        if name not in LOOKS_UP:
            return
        where = node.args[1:2] if name == "getattr" else node.args[:1]
        for argument in where:
            value = source.value(argument) if isinstance(argument, PIECES) else None
            if isinstance(value, str):
                yield Finding(
                    "spelt",
                    "strong" if place.artifact else "notice",
                    source.at(node),
                    f"spells out the name {value!r:.60}",
                )


def _decoded_names(source: Source) -> set[str]:
    """Return names that are assigned a decoded text."""
    found: set[str] = set()
    for node in source.nodes:
        if isinstance(node, ast.Assign) and _decodes(source, node.value, set()):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def _decodes(source: Source, node: ast.expr, names: set[str]) -> bool:
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and source.dotted(part.func) in UNPACKERS:
            return True
        if isinstance(part, ast.Attribute) and part.attr == "to_bytes":
            return True
        if isinstance(part, ast.Name) and part.id in names:
            return True
    return False
