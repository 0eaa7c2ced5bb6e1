"""What the run's own suites hold that workspaces and artifacts should not know: names, cases, solutions."""

from __future__ import annotations

import ast
import hashlib
import json
import math
import re
import zlib
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import RqgmError
from rqgm.report.signs.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rqgm.core.trees import Tree
    from rqgm.tasks.suite import Suite
    from rqgm.tasks.task import Task

MAX_LITERALS = 20_000
"""Literals that are remembered of one task."""
SHINGLE = 14
"""Tokens in a row that are compared between files."""
EXPECTED = ("expected", "output", "answer", "result")
ROUND = {
    0,
    1,
    100,
    120,
    127,
    128,
    180,
    200,
    255,
    256,
    300,
    360,
    365,
    366,
    400,
    500,
    512,
    600,
    1024,
    1440,
    2048,
    3600,
    4096,
}
ROUND |= {65535, 65536, 86400, 1 << 31, 1 << 32, *(10**power for power in range(2, 19))}
_PIECES = re.compile(r"\w+|[^\w\s]")
MAX_PROSE_CHARS = 400_000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)+(?:[./:~][\w-]+)*")
_WORDS = re.compile(r"[A-Za-z0-9_]+(?:[-:~./][A-Za-z0-9_]+)*")


def canonical(value: Any) -> str | None:
    """Return one text for equal literals, lists and tuples alike; None for what is no literal of a case."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    try:
        return json.dumps(value, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return None


def distinctive(value: Any) -> bool:
    """Tell whether a literal is so particular that nobody compares with it by chance: no small or round number."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int):
        return abs(value) > 99 and abs(value) not in ROUND  # noqa: PLR2004  # two digits are in many programs
    if isinstance(value, float):
        return math.isfinite(value) and len(repr(value)) > 3 and not (value * 4).is_integer()  # noqa: PLR2004
    if isinstance(value, (str, bytes)):
        return len(value) > 3 and not (isinstance(value, str) and value.isalpha() and len(value) < 6)  # noqa: PLR2004
    return telling(value)


def telling(value: Any) -> bool:
    """Tell whether a value is a container of at least two values, not all of them trivial."""
    if not isinstance(value, (list, tuple)):
        return False
    leaves = list(_leaves(value))
    return len(leaves) > 1 and any(not trivial(leaf) for leaf in leaves)


def trivial(value: Any) -> bool:
    """Tell whether a literal is one that any program may hold."""
    return value is None or value in (0, 1, -1, 2, "", " ", [], (), {}) or isinstance(value, bool)


def _leaves(value: Any) -> Iterator[Any]:
    stack = [value]
    while stack:
        top = stack.pop()
        if isinstance(top, (list, tuple)):
            stack.extend(top)
        else:
            yield top


def plain(data: Any) -> Any:
    """Return JSON data without the tags of case files: tuples and sets are lists."""
    if isinstance(data, list):
        return [plain(item) for item in data]
    if isinstance(data, dict):
        if len(data) == 1:
            ((tag, body),) = data.items()
            if tag in {"$tuple", "$set"}:
                return plain(body)
        return {key: plain(value) for key, value in data.items()}
    return data


@dataclass(frozen=True)
class Cases:
    """Literals of a task's cases by their canonical text, and pairs of an input's literal with the expected result."""

    literals: Mapping[str, Any] = field(default_factory=dict, repr=False)
    pairs: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)


@dataclass(frozen=True)
class KnownTask:
    """One task of a solving suite, with what can be told apart about it."""

    task: Task = field(repr=False)

    @property
    def name(self) -> str:
        """The task's name."""
        return self.task.name

    @cached_property
    def originals(self) -> dict[str, Source]:
        """The task's own files."""
        return {path: Source(path, file.data) for path, file in self.task.environment.items()}

    @cached_property
    def programs(self) -> dict[str, Source]:
        """The task's own Python files that are no tests."""
        return {
            path: source
            for path, source in self.originals.items()
            if source.is_python and "test" not in path.rpartition("/")[2]
        }

    @cached_property
    def public_text(self) -> str:
        """What a solver is told: the instruction and the programs."""
        return "\n".join([self.task.instruction, *(source.text or "" for source in self.programs.values())])

    @cached_property
    def visible(self) -> Cases:
        """The cases that the task's own files hold."""
        return _cases({path: file for path, file in self.task.environment.items() if path not in self.programs})

    @cached_property
    def hidden(self) -> Cases:
        """The cases of the hidden tests."""
        return _cases(self.task.tests)

    @cached_property
    def entries(self) -> frozenset[str]:
        """Names of the functions and classes that the task's programs define at their top."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        trees = [source.tree for source in self.programs.values() if source.tree is not None]
        return frozenset(node.name for tree in trees for node in tree.body if isinstance(node, kinds))

    @cached_property
    def solutions(self) -> dict[str, Source]:
        """The solution's files that lie where artifacts are made, or would if they were copied there."""
        return {path: Source(path, file.data) for path, file in self.task.solution.items()}


class Known:
    """What all suites of a run hold. Everything is computed when it is asked for, once."""

    def __init__(self, suites: Mapping[str, Suite]) -> None:
        self._suites = suites

    @cached_property
    def tasks(self) -> dict[str, KnownTask]:
        """All tasks of solving suites; those that cannot be read are left out."""
        found: dict[str, KnownTask] = {}
        for suite in self._suites.values():
            if suite.kind == "solving":
                for name in suite.names():
                    try:
                        found[name] = KnownTask(suite.task(name))
                    except RqgmError:
                        continue
        return found

    @cached_property
    def names(self) -> dict[str, str]:
        """Names that tell a task or an item from others → the task or item; also spelt with underscores."""
        found: dict[str, str] = {}
        for suite in self._suites.values():
            for name in suite.names():
                found.setdefault(name, name)
                found.setdefault(name.replace("-", "_"), name)
        return found

    @cached_property
    def entries(self) -> dict[str, str]:
        """Names of functions and classes of tasks' programs → the task, where it is one task's alone."""
        counts = Counter(entry for task in self.tasks.values() for entry in task.entries)
        return {entry: task.name for task in self.tasks.values() for entry in task.entries if counts[entry] == 1}

    def named(self, text: str) -> str | None:
        """Return the task or item that a whole text names, None if it names none."""
        return self.names.get(text) or self.entries.get(text)

    def mentioned(self, text: str) -> set[str]:
        """Return the tasks and items whose particular names occur as words in a longer text."""
        words = {word for word in _WORDS.findall(text[:200_000]) if particular(word)}
        return {self.names[word] for word in words if word in self.names}

    @cached_property
    def digests(self) -> dict[str, str]:
        """Hashes of tasks' names, programs, cases and instructions, by which code could know them again → the task."""
        found: dict[str, str] = {}
        for name, known in self.tasks.items():
            texts = [name.encode(), known.task.instruction.encode(), *(f.data for f in known.task.environment.values())]
            texts += [entry.encode() for entry in known.entries]
            for text in texts:
                for digest in (hashlib.sha256(text), hashlib.sha1(text), hashlib.md5(text)):  # noqa: S324  # to know them
                    found[digest.hexdigest()] = name
                found[str(zlib.crc32(text))] = name
        return found

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """The first eight digits of `digests`."""
        return {digest[:8]: name for digest, name in self.digests.items() if not digest.isdigit()}

    @cached_property
    def particular(self) -> dict[str, set[str]]:
        """Long literals of visible and hidden cases → the tasks that hold them."""
        found: dict[str, set[str]] = {}
        for name, known in self.tasks.items():
            for cases in (known.visible, known.hidden):
                for text, value in cases.literals.items():
                    if rare(value):
                        found.setdefault(text, set()).add(name)
        return found

    @cached_property
    def shingles(self) -> dict[int, str]:
        """Shingles of tasks' solutions and programs → the task, where no other task has the same."""
        found: dict[int, str | None] = {}
        for name, known in self.tasks.items():
            for source in [*known.solutions.values(), *known.programs.values()]:
                for shingle in set(shingles_of(source)):
                    found[shingle] = name if found.setdefault(shingle, name) == name else None
        return {shingle: name for shingle, name in found.items() if name is not None}

    @cached_property
    def words(self) -> dict[int, str]:
        """Shingles of solutions' words and signs as they are written, for files that are not Python."""
        found: dict[int, str | None] = {}
        for name, known in self.tasks.items():
            for source in known.solutions.values():
                for shingle in set(word_shingles(source.text or "")) if source.is_python else ():
                    found[shingle] = name if found.setdefault(shingle, name) == name else None
        return {shingle: name for shingle, name in found.items() if name is not None}

    @cached_property
    def word_sizes(self) -> Counter[str]:
        """How many of `words` are a task's alone."""
        return Counter(self.words.values())

    @cached_property
    def sizes(self) -> Counter[str]:
        """How many shingles are a task's alone."""
        return Counter(self.shingles.values())


def particular(name: str) -> bool:
    """Tell whether a name is of several parts and long, so that it is no word of everyday code."""
    return len(name) > 7 and _NAME.fullmatch(name) is not None  # noqa: PLR2004


def rare(value: Any) -> bool:
    """Tell whether a literal alone nearly tells from which case it is."""
    if isinstance(value, str):
        return len(value) > 7 and not value.isidentifier()  # noqa: PLR2004
    if isinstance(value, (int, float)):
        return distinctive(value) and len(repr(value)) > 4  # noqa: PLR2004
    return isinstance(value, (list, tuple)) and telling(value) and sum(1 for _ in _leaves(value)) > 2  # noqa: PLR2004


def _cases(tree: Tree) -> Cases:
    literals: dict[str, Any] = {}
    pairs: set[tuple[str, str]] = set()
    for path, file in tree.items():
        if path.endswith((".json", ".jsonl")):
            for data in _json(file.data, lines=path.endswith("l")):
                _take(plain(data), literals, pairs)
        elif path.endswith(".py") and "test" in path:
            source = Source(path, file.data)
            for node in source.nodes:
                if isinstance(node, (ast.Constant, ast.List, ast.Tuple)):
                    _remember(source.value(node), literals)
    return Cases(literals, frozenset(pairs))


def _json(data: bytes, *, lines: bool) -> Iterator[Any]:
    for part in data.splitlines() if lines else [data]:
        try:
            yield json.loads(part)
        except (ValueError, RecursionError):
            continue


def _take(data: Any, literals: dict[str, Any], pairs: set[tuple[str, str]]) -> None:
    stack = [data]
    while stack:
        top = stack.pop()
        _remember(top, literals)
        if isinstance(top, dict):
            stack.extend(top.values())
            wanted = next((key for key in EXPECTED if key in top), None)
            if wanted is not None:
                result = canonical(top[wanted])
                given = _parts([value for key, value in top.items() if key != wanted])
                pairs.update((part, result) for part in given if result is not None)
        elif isinstance(top, list):
            stack.extend(top)


def _parts(values: list[Any]) -> set[str]:
    found: set[str] = set()
    stack: list[Any] = list(values)
    while stack and len(found) < MAX_LITERALS:
        top = stack.pop()
        text = canonical(top)
        if text is not None and not isinstance(top, dict):
            found.add(text)
        stack.extend(top.values() if isinstance(top, dict) else top if isinstance(top, list) else ())
    return found


def _remember(value: Any, literals: dict[str, Any]) -> None:
    if isinstance(value, dict) or len(literals) >= MAX_LITERALS:
        return
    text = canonical(value)
    if text is not None and distinctive(value):
        literals.setdefault(text, value)


def normal_tokens(source: Source) -> list[str | int]:
    """Return a file's tokens without comments and layout; each name that the file binds itself is a number."""
    numbers = {name: number for number, name in enumerate(sorted(source.bound))}
    return [numbers.get(text, text) for kind, text, _ in source.tokens if kind != "comment"]


def shingles_of(source: Source, size: int = SHINGLE) -> Iterable[int]:
    """Yield hashes of all runs of `size` tokens; own names are replaced by the order in which they occur in the run."""
    tokens = normal_tokens(source)
    for start in range(len(tokens) - size + 1):
        order: dict[int, int] = {}
        run = [
            token if token.__class__ is str else order.setdefault(token, len(order))  # type: ignore[arg-type]
            for token in tokens[start : start + size]
        ]
        yield hash(tuple(run))


def word_shingles(text: str, size: int = SHINGLE) -> Iterable[int]:
    """Yield hashes of all runs of `size` words and signs; escaped line ends of JSON are read as such."""
    words = _PIECES.findall(text[:MAX_PROSE_CHARS].replace("\\n", "\n"))
    for start in range(len(words) - size + 1):
        yield hash(tuple(words[start : start + size]))
