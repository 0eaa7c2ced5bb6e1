"""What a patch changed, as syntax: the smallest subtrees that differ between the faulty and the patched program."""

import ast
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True)
class Change:
    """One edit: `old` (None = inserted) became `new` (None = deleted).

    `above` are the patched program's nodes around it, outermost first; `line` is a line of the patched program.
    """

    old: ast.AST | None
    new: ast.AST | None
    above: tuple
    field: str
    index: int | None

    @property
    def line(self):
        for node in (self.new, *reversed(self.above)):
            if hasattr(node, "lineno"):
                return node.lineno
        return 1

    @property
    def size(self):
        """How many nodes came or went."""
        return max(count(self.old), count(self.new))


def count(node):
    """Return how many syntax nodes a subtree has, names' and operators' helpers left out."""
    if node is None:
        return 0
    return sum(not isinstance(item, (ast.expr_context, ast.Load, ast.arguments)) for item in ast.walk(node))


def tree_changes(faulty, patched):
    """Return the list of Changes from one tree to another, in source order."""
    dumps = {}
    found = []
    _compare(faulty, patched, (), dumps, found)
    return found


def _dump(node, dumps):
    if id(node) not in dumps:
        dumps[id(node)] = ast.dump(node) if isinstance(node, ast.AST) else repr(node)
    return dumps[id(node)]


def _compare(old, new, above, dumps, found):
    """Descend into two nodes of one type; report what differs between their children."""
    for field in new._fields:
        before, after = getattr(old, field, None), getattr(new, field, None)
        if isinstance(after, list) and isinstance(before, list):
            _compare_lists(before, after, (*above, new), field, dumps, found)
        else:
            _compare_pair(before, after, (*above, new), field, None, dumps, found)


def _compare_pair(before, after, above, field, index, dumps, found):
    if not (isinstance(before, ast.AST) or isinstance(after, ast.AST)):
        if before != after or type(before) is not type(after):
            found.append(Change(_leaf(before, above), above[-1], above[:-1], field, index))
    elif before is None or after is None or type(before) is not type(after):
        found.append(Change(before, after, above, field, index))
    elif _dump(before, dumps) != _dump(after, dumps):
        if type(after) in (ast.Constant, ast.Name):
            found.append(Change(before, after, above, field, index))
        else:
            _compare(before, after, above, dumps, found)


def _leaf(value, above):
    """Return a node that stands for an attribute's old plain value (a name, a constant)."""
    return ast.copy_location(ast.Constant(value), above[-1])


def _compare_lists(before, after, above, field, dumps, found):
    left, right = [_dump(item, dumps) for item in before], [_dump(item, dumps) for item in after]
    if left == right:
        return
    for tag, i, end_i, j, end_j in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        paired = min(end_i - i, end_j - j)
        for k in range(paired):
            if isinstance(after[j + k], ast.AST) or isinstance(before[i + k], ast.AST):
                _compare_pair(before[i + k], after[j + k], above, field, j + k, dumps, found)
        for item in before[i + paired : end_i]:
            found.append(Change(item, None, above, field, j + paired))
        for k in range(j + paired, end_j):
            found.append(Change(None, after[k], above, field, k))


def revert(patched, change):
    """Return a copy of the patched program's tree with one change taken back, or None where that is impossible."""
    copies = {}
    tree = _copy_path(patched, change.above, copies)
    parent = copies.get(id(change.above[-1])) if change.above else tree
    if parent is None or not hasattr(parent, change.field):
        return None
    if change.index is None:
        if change.new is not None and not isinstance(getattr(parent, change.field), type(change.new)):
            return None
        setattr(parent, change.field, change.old)
        return tree
    items = list(getattr(parent, change.field))
    if change.new is None:
        items.insert(min(change.index, len(items)), change.old)
    elif change.old is None:
        del items[change.index]
    else:
        items[change.index] = change.old
    if not items and change.field == "body":
        items = [ast.Pass(lineno=change.line, col_offset=0, end_lineno=change.line, end_col_offset=0)]
    setattr(parent, change.field, items)
    return tree


def _copy_path(root, above, copies):
    """Copy the nodes of `above` only; everything beside the path is shared with the original."""
    path = {id(node) for node in above} | {id(root)}

    def copy(node):
        if id(node) not in path:
            return node
        made = type(node)()
        for name, value in node.__dict__.items():
            if isinstance(value, list):
                value = [copy(item) if isinstance(item, ast.AST) else item for item in value]
            elif isinstance(value, ast.AST):
                value = copy(value)
            setattr(made, name, value)
        copies[id(node)] = made
        return made

    return copy(root)
