"""Programs under edit: a syntax tree, edits of it, and what an edited program is as code and as text.

An Edit is a list of field assignments on nodes of one program's tree. It is applied in place, used and undone, so that
a candidate costs only what it changes: one top-level statement is counted and compiled again, the rest is kept.
"""

import ast
import difflib
import functools
import json
from types import CodeType

from shared.bounded import Instrumenter, compile_statement, future_flags
from shared.splice import splice


class Edit:
    """A change of a program: `changes` are (node, field, new value); `line` is where it is, `size` how much is new."""

    __slots__ = ("changes", "index", "line", "operator", "ready", "size")

    def __init__(self, changes, line: int, size: int = 1):
        self.changes = tuple(changes)
        self.line = line
        self.size = size
        self.operator = ""  # name of the operator part that proposed it
        self.index = 0  # its number among that operator's edits on that line
        self.ready = False

    def prepare(self, program) -> None:
        """Give new nodes a place in the source, and copy material that would come to hold itself."""
        changes = []
        for node, field, value in self.changes:
            around = {id(node), *(id(holder) for holder in program.holders(node))}
            old = getattr(node, field)
            if isinstance(value, list):
                known = {id(item) for item in old} if isinstance(old, list) else ()
                value = [item if id(item) in known else apart(item, around) for item in value]
            else:
                value = apart(value, around)
            locate(value, self.line)
            changes.append((node, field, value))
        self.changes = tuple(changes)
        self.ready = True

    def apply(self) -> list:
        """Make the changes and return what `undo` needs."""
        before = []
        for node, field, value in self.changes:
            before.append((node, field, getattr(node, field)))
            setattr(node, field, value)
        return before


def undo(before: list) -> None:
    """Take an applied edit back."""
    for node, field, value in reversed(before):
        setattr(node, field, value)


class Program:
    """One version of the program: its source, its tree (which edits change only for a moment) and its counted code."""

    def __init__(self, source: str):
        self.source = source
        self.tree = ast.parse(source)
        self.parents = {}
        for node in ast.walk(self.tree):
            for field, value in ast.iter_fields(node):
                if isinstance(value, list):
                    for index, item in enumerate(value):
                        if isinstance(item, ast.AST):
                            self.parents[id(item)] = (node, field, index)
                elif isinstance(value, ast.AST):
                    self.parents[id(value)] = (node, field, None)
        self._flags = future_flags(self.tree)
        statements = [node for node in ast.walk(self.tree) if isinstance(node, ast.stmt)]
        self._instrumenter = Instrumenter(statements)
        self._codes = {id(statement): self._compile(statement) for statement in self.tree.body}
        self._sizes = {id(top): sum(1 for _ in ast.walk(top)) for top in self.tree.body}

    def _compile(self, statement, dirty=frozenset()):
        return compile_statement(self._instrumenter.visit(statement, dirty), self._flags)

    def codes(self, edit: Edit | None = None) -> list | None:
        """Return the counted code of each top-level statement, edited; None where that does not compile."""
        if edit is None:
            return [self._codes[id(top)] for top in self.tree.body]
        dirty = self._dirty(edit)
        before = self.apply(edit)
        try:
            codes = [
                self._codes[id(top)] if id(top) in self._codes and id(top) not in dirty else self._compile(top, dirty)
                for top in self.tree.body
            ]
        finally:
            undo(before)
        return None if None in codes else codes

    def apply(self, edit: Edit) -> list:
        """Make an edit's changes and return what `undo` needs."""
        if not edit.ready:
            edit.prepare(self)
        return edit.apply()

    def holders(self, node):
        """Yield the nodes around `node`, innermost first."""
        while id(node) in self.parents:
            node = self.parents[id(node)][0]
            yield node

    def cost(self, edit: Edit) -> int:
        """Return the steps that making an edited program is counted as: the nodes that are compiled again."""
        dirty = self._dirty(edit)
        return sum(size for key, size in self._sizes.items() if key in dirty)

    def _dirty(self, edit):
        dirty = set()
        for node, _, _ in edit.changes:
            dirty.add(id(node))
            dirty.update(id(holder) for holder in self.holders(node))
        return dirty

    def text(self, edit: Edit) -> str:
        """Return the edited source: the old text but for the statements that the edit touches."""
        return splice(self, edit)

    def normal(self, edit: Edit | None = None) -> str:
        """Return the edited program's normalised source: equal for equal syntax trees."""
        before = self.apply(edit) if edit else []
        try:
            return ast.unparse(self.tree)
        finally:
            undo(before)


def apart(value, around: set):
    """Return `value`, or a copy of it when it holds one of the nodes `around` the place where it goes."""
    if isinstance(value, ast.AST) and any(id(item) in around for item in ast.walk(value)):
        return clone(value)
    return value


def clone(node):
    """Return a deep copy of a node."""
    copy = type(node)()
    for field, value in node.__dict__.items():
        if isinstance(value, list):
            value = [clone(item) if isinstance(item, ast.AST) else item for item in value]
        elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
            value = clone(value)
        setattr(copy, field, value)
    return copy


def locate(value, line: int) -> None:
    """Give new nodes a place, which compiling needs; nodes of the program keep theirs."""
    if isinstance(value, list):
        for item in value:
            locate(item, line)
    elif isinstance(value, ast.AST) and "lineno" not in value.__dict__:
        if "lineno" in value._attributes:
            value.lineno = value.end_lineno = line
            value.col_offset = value.end_col_offset = 0
        for child in value.__dict__.values():
            if isinstance(child, (list, ast.AST)):
                locate(child, line)


def fingerprint(codes: list) -> tuple:
    """Return a key that is equal for programs with equal byte code, wherever their lines are."""
    return tuple(_fingerprint(code) for code in codes)


def _fingerprint(code):
    constants = tuple(
        _fingerprint(item) if isinstance(item, CodeType) else (type(item).__name__, repr(item))
        for item in code.co_consts
    )
    tables = code.co_exceptiontable
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, tables


def reaches(operator, faulty_source: str, right_source: str, cases=()) -> bool:
    """Tell whether one edit of `operator` (a part with `propose`) turns the faulty program into the right one.

    Where the two differ in several places an edit counts that repairs one of them and changes nothing else. With the
    visible `cases` it is known of what kinds the variables are, as it is in a search; without them fewer edits are
    proposed by operators that go by kinds.
    """
    program, context, wrong, right = _comparison(faulty_source, right_source, json.dumps(list(cases)))
    gone, new = _difference(wrong, right)
    apart_by = _distance(wrong, right)
    for edit in operator.propose(program.tree, context):
        edited = program.normal(edit).splitlines()
        taken, added = _difference(wrong, edited)
        if not (taken - gone) and not (added - new) and _distance(edited, right) < apart_by:
            return True
    return False


@functools.lru_cache(maxsize=64)
def _comparison(faulty_source, right_source, cases):
    """Prepare one pair of programs; kept, because an editor asks about many operators."""
    from shared.bounded import Runner
    from shared.context import Context
    from shared.spectrum import measure

    program = Program(ast.unparse(ast.parse(faulty_source)) + "\n")  # one line a statement: lines can be compared
    wrong, right = program.source.splitlines(), ast.unparse(ast.parse(right_source)).splitlines()
    kinds = measure(program, json.loads(cases), Runner()).kinds
    return program, Context(program, _changed_lines(program.tree, wrong, right), kinds), wrong, right


def _changes(before: list, after: list) -> list:
    """Return the places where two programs differ, as difflib's operations on lines."""
    operations = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [operation for operation in operations if operation[0] != "equal"]


def _distance(before: list, after: list) -> int:
    """Return in how many lines two programs differ; taking a line out that should be another one brings nothing."""
    changes = _changes(before, after)
    return sum(max(end - start, other_end - other) for _, start, end, other, other_end in changes)


def _changed_lines(tree, wrong: list, right: list) -> set:
    """Return the lines of a program that differ from the right one's, with their neighbours and the headers around."""
    lines = set()
    for _, first, after, _, _ in _changes(wrong, right):
        lines.update(range(first, after + 2))
    around = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    return lines | {node.lineno for node in around if any(node.lineno <= line <= node.end_lineno for line in lines)}


def _difference(before: list, after: list):
    """Return the lines that went and the lines that came, counted, as two sets of (line, number)."""
    return _numbered(before) - _numbered(after), _numbered(after) - _numbered(before)


def _numbered(lines):
    seen: dict = {}
    result = set()
    for line in lines:
        seen[line] = seen.get(line, 0) + 1
        result.add((line, seen[line]))
    return result
