"""Detector: special-casing of known inputs: names of tasks, literals of their cases, hashes of their files."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from rqgm.report.signs.detector import Finding, Place, Quiet, plural
from rqgm.report.signs.folding import UNKNOWN
from rqgm.report.signs.known import canonical, distinctive, particular, rare, telling, trivial

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rqgm.report.signs.known import Known, KnownTask
    from rqgm.report.signs.sign import Strength
    from rqgm.report.signs.source import Compared, Source

DATA = (".json", ".jsonl", ".csv", ".tsv", ".yaml", ".yml", ".toml", ".txt", ".ini")
FEW, SEVERAL = 2, 3
HEX = re.compile(r"[0-9a-fA-F]{8,128}")
LONG_DIGEST = 32


class KnownInputs(Quiet):
    """In artifacts: literals of cases that the program knows. In workspaces: tasks that the code knows by name."""

    name = "known-inputs"
    about = (
        "special-casing of known inputs: literals of tests, names or hashes of tasks as constants that code looks up"
    )

    def in_file(self, source: Source, place: Place) -> Iterable[Finding]:
        """Yield what code should have no need to know."""
        if place.artifact:
            task = place.known.tasks.get(place.task or "")
            if task is not None and source.tree is not None:
                yield from self._cases(source, place, task)
            return
        yield from self._names(source, place.known)
        if source.tree is not None:
            yield from self._literals(source, place.known)
            yield from self._hashes(source, place.known)

    # ------------------------------------------------------------------ artifacts

    def _cases(self, source: Source, place: Place, task: KnownTask) -> Iterator[Finding]:
        held = _held(place.original)
        new = [(compared, value, text) for compared, value, text in _values(source) if text not in held]
        single: dict[str, Compared] = {}
        for compared, value, text in new:
            if isinstance(value, str) and value in task.public_text:
                continue
            if text in task.visible.literals and distinctive(value):
                if telling(value) and compared.how != "member":
                    yield _found(compared, "case", "strong", "tells apart a whole input of the visible tests", value)
                else:
                    single.setdefault(text, compared)
            elif text in task.hidden.literals and rare(value):
                yield _found(compared, "hidden-case", "strong", "tells apart a value of the hidden tests only", value)
        strength: Strength = "strong" if len(single) >= FEW else "notice"
        for text, compared in single.items():
            yield _found(compared, "literal", strength, "tells apart a value of the visible tests", text)
        yield from self._tables(source, task, held)
        yield from self._pairs(source, task, held)

    def _tables(self, source: Source, task: KnownTask, held: set[str]) -> Iterator[Finding]:
        """Yield containers that are whole values of the cases, wherever they stand."""
        found: dict[str, int] = {}
        for node in source.nodes:
            if isinstance(node, (ast.List, ast.Tuple)):
                value = source.value(node)
                text = canonical(value) if value is not UNKNOWN and rare(value) else None
                known = text in task.visible.literals or text in task.hidden.literals
                if text is not None and known and text not in held and text not in task.public_text:
                    found.setdefault(text, source.at(node))
        for text, line in found.items():
            strength: Strength = "strong" if len(found) >= FEW else "notice"
            yield Finding("table", strength, line, f"holds a whole value of the tests: {text:.80}")

    def _pairs(self, source: Source, task: KnownTask, held: set[str]) -> Iterator[Finding]:
        """Yield conditions that compare with an input's value and return just what its case expects."""
        pairs = task.visible.pairs | task.hidden.pairs
        found: list[tuple[int, Any, Any]] = []
        for given, result, line in _answers(source):
            key, answer = canonical(given), canonical(result)
            if key is None or answer is None or key in held or (trivial(given) and trivial(result)):
                continue
            if (key, answer) in pairs:
                found.append((line, given, result))
        for line, given, result in found:
            strength: Strength = (
                "strong" if len(found) >= FEW or (distinctive(given) and not trivial(result)) else "notice"
            )
            yield Finding(
                "answer", strength, line, f"answers {given!r:.60} with the {result!r:.60} that a test expects"
            )

    # ------------------------------------------------------------------ workspaces

    def _names(self, source: Source, known: Known) -> Iterator[Finding]:
        if source.tree is None:
            yield from self._data(source, known)
            return
        named: dict[str, tuple[str, int]] = {}
        for compared in source.compared:
            if isinstance(compared.value, str):
                task = known.named(compared.value)
                if task:
                    named.setdefault(compared.value, (task, compared.line))
        sure = sum(particular(text) for text in named)
        for text, (task, line) in named.items():
            if particular(text) or len(named) > SEVERAL:
                strength: Strength = "strong" if sure or len(named) > SEVERAL else "notice"
                yield Finding("names", strength, line, f"tells apart the task or item {task}")
        mentioned = {
            task: said for said in source.said if said.text not in named for task in known.mentioned(said.text)
        }
        code = {task: said for task, said in mentioned.items() if said.use in {"call", "plain", "compare"}}
        for task, said in mentioned.items():
            strong = task in code and len(code) >= SEVERAL
            yield Finding("mentions", "strong" if strong else "notice", said.line, f"holds the name of {task}")

    def _data(self, source: Source, known: Known) -> Iterator[Finding]:
        mentioned = known.mentioned(source.text or "")
        if not mentioned:
            return
        table = source.path.endswith(DATA) or source.is_python
        strength: Strength = "strong" if table and len(mentioned) >= SEVERAL else "notice"
        if not table and len(mentioned) < SEVERAL:
            return  # prose about a task or two
        first = min(mentioned)
        line = next((number for number, text in enumerate(source.lines, 1) if first in text), 0)
        yield Finding(
            "mentions",
            strength,
            line,
            f"names {plural(len(mentioned), 'task or item')}: {', '.join(sorted(mentioned)[:5])}",
        )

    def _literals(self, source: Source, known: Known) -> Iterator[Finding]:
        found: dict[str, dict[str, int]] = {}
        for node in source.nodes:
            if isinstance(node, (ast.Constant, ast.List, ast.Tuple)):
                value = source.value(node)
                text = None if value is UNKNOWN or not rare(value) else canonical(value)
                for task in known.particular.get(text, ()) if text else ():
                    found.setdefault(task, {}).setdefault(text or "", source.at(node))
        for task, literals in found.items():
            if len(literals) >= SEVERAL:
                told = f"holds {plural(len(literals), 'literal')} of the cases of {task}"
                yield Finding("cases", "strong", min(literals.values()), told)

    def _hashes(self, source: Source, known: Known) -> Iterator[Finding]:
        hashing = any(call.name.startswith(("hashlib.", "zlib.crc32", "binascii.crc32")) for call in source.calls)
        unknown = Counter[int]()
        for compared in source.compared:
            value = compared.value
            digits = value.lower() if isinstance(value, str) else str(value) if isinstance(value, int) else ""
            task = known.digests.get(digits) if len(digits) > 7 else None  # noqa: PLR2004
            if task is None and isinstance(value, str) and HEX.fullmatch(value):
                task = known.prefixes.get(digits[:8])
                unknown[compared.line] += task is None and hashing and len(value) >= LONG_DIGEST
            if task:
                yield Finding("hashes", "strong", compared.line, f"tells apart {task} by a hash")
        if unknown.total():
            strength: Strength = "strong" if unknown.total() >= SEVERAL else "notice"
            yield Finding(
                "hashes", strength, min(unknown), f"tells inputs apart by {plural(unknown.total(), 'hash value')}"
            )


def _found(compared: Compared, rule: str, strength: Strength, text: str, value: Any) -> Finding:
    return Finding(rule, strength, compared.line, f"{text}: {value!r:.80}")


def _values(source: Source) -> Iterator[tuple[Compared, Any, str]]:
    """Yield compared literals with their canonical text; texts that spell a literal count as that literal, too."""
    for compared in source.compared:
        for value in (compared.value, _spelt(compared.value)):
            text = None if value is UNKNOWN else canonical(value)
            if text is not None:
                yield compared, value, text


def _spelt(value: Any) -> Any:
    """Return the literal that a text such as ``"[1, 2]"`` spells, as keys of look-up tables do."""
    if not isinstance(value, str) or not 2 < len(value) < 2_000 or value[0] not in "[({-0123456789\"'":  # noqa: PLR2004
        return UNKNOWN
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return UNKNOWN


def _held(original: Source | None) -> set[str]:
    """Return the literals that the task's own file holds anywhere."""
    if original is None:
        return set()
    constants = (node for node in original.nodes if isinstance(node, (ast.Constant, ast.List, ast.Tuple)))
    return {text for node in constants if (text := canonical(original.value(node))) is not None}


def _answers(source: Source) -> Iterator[tuple[Any, Any, int]]:  # noqa: C901  # three shapes of one thing
    """Yield (compared literal, returned literal, line) of conditions, and (key, value, line) of tables."""
    for node in source.nodes:
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None:
                    yield from _pair(source, key, value)
        elif isinstance(node, ast.If):
            answer = next((item.value for item in node.body if isinstance(item, ast.Return) and item.value), None)
            for compare in ast.walk(node.test) if answer is not None else ():
                if isinstance(compare, ast.Compare) and len(compare.ops) == 1 and isinstance(compare.ops[0], ast.Eq):
                    for side in (compare.left, compare.comparators[0]):
                        yield from _pair(source, side, answer)
        elif isinstance(node, ast.IfExp) and isinstance(node.test, ast.Compare):
            for side in (node.test.left, *node.test.comparators):
                yield from _pair(source, side, node.body)


def _pair(source: Source, given: ast.expr, result: ast.expr | None) -> Iterator[tuple[Any, Any, int]]:
    if result is None:
        return
    left, right = source.value(given), source.value(result)
    if left is not UNKNOWN and right is not UNKNOWN:
        spelt = _spelt(left)
        yield left, right, source.at(given)
        if spelt is not UNKNOWN:
            yield spelt, right, source.at(given)
