"""Other plausible patches of the same faulty program: a bounded search with a few cheap single edits.

A patch whose answers agree with what most rivals do has many independent ways to be right; one that stands alone is
likelier to be an accident. The search is short on purpose; what it finds is a sample, not the truth.
"""

import ast
from dataclasses import dataclass

from shared.candidates import Edit, Program, fingerprint
from shared.context import BUILTINS, Context
from shared.spectrum import measure
from shared.values import same

TRIED = 600
KEPT = 24
MOST_CHANGES = 4
STEPS_SHARE = 0.5  # of the review's steps

COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)
OFFSET_HOLDERS = (
    ast.Compare, ast.Subscript, ast.Slice, ast.Call, ast.Return, ast.Assign, ast.AugAssign, ast.Tuple, ast.BinOp,
)  # fmt: skip
WORDS = (
    ("min", "max"), ("any", "all"), ("lstrip", "rstrip", "strip"), ("startswith", "endswith"), ("find", "rfind"),
    ("index", "find"), ("lower", "upper"), ("append", "extend"), ("pop", "popleft"), ("union", "intersection"),
    ("keys", "values", "items"), ("ceil", "floor"), ("isdigit", "isalnum", "isalpha"), ("partition", "rpartition"),
    ("split", "splitlines"), ("list", "sorted", "set"), ("int", "round"), ("bisect_left", "bisect_right"),
)  # fmt: skip
NUMBERED = (ast.Name, ast.Call, ast.Subscript, ast.Attribute, ast.BinOp)


@dataclass(frozen=True)
class Rival:
    """A plausible patch: the line of its edit, the kind of edited node, and its loaded program."""

    line: int
    kind: str
    program: dict


def find_rivals(case):
    """Return up to KEPT Rivals that pass all visible tests and do not equal the reviewed patch.

    They are edits of the faulty program and, when the patch makes several changes, of the patched program with one of
    them taken back: so each of the changes has rivals, also where a single one repairs nothing.
    """
    sources = [case.faulty_source.decode()]
    if 1 < len(case.changes) <= MOST_CHANGES:
        trees = [case.without(change) for change in case.changes]
        sources += [ast.unparse(tree) for tree in trees if tree is not None]
    found, seen = [], {ast.unparse(case.patched)}
    for number, source in enumerate(sources):
        share = (case.max_steps - case.spent()) * STEPS_SHARE / (len(sources) - number)
        _search(case, source, TRIED // len(sources), case.spent() + share, found, seen)
    return found[:KEPT]


def _search(case, source, tries, limit, found, seen):
    """Add the plausible single edits of one program to `found`."""
    program = Program(source)
    cases = [{"input": sample.input, "expected": sample.expected} for sample in case.visible]
    spectrum = measure(program, cases, case.runner)
    failing = [lines for lines, passed in zip(spectrum.lines, spectrum.passed) if not passed]
    if not failing:
        return
    context = Context(program, set.intersection(*failing) or None, spectrum.kinds)
    samples = sorted(case.visible, key=lambda sample: spectrum.passed[case.visible.index(sample)])
    codes_seen = {fingerprint(program.codes())}
    for edit in interleaved(list(single_edits(context)))[:tries]:
        if len(found) >= KEPT or case.spent() >= limit:
            break
        codes = program.codes(edit)
        case.runs += 1
        key = fingerprint(codes) if codes else None
        if codes is None or key in codes_seen:
            continue
        codes_seen.add(key)
        loaded = case.runner.load(codes)
        if loaded is not None and all(same(case.answer(loaded, s.input), s.expected) for s in samples):
            text = without_docstrings(program.normal(edit))
            if text not in seen:
                seen.add(text)
                found.append(Rival(edit.line, edit.operator, loaded))


def without_docstrings(text):
    """Return a normalised text without docstrings, as reviewed trees are."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and len(body) > 1 and isinstance(body[0], ast.Expr):
            if isinstance(body[0].value, ast.Constant):
                del body[0]
    return ast.unparse(tree)


def interleaved(edits):
    """Return edits so that each kind has its turn: a search that ends early has tried some of every kind."""
    queues = {}
    for edit in edits:
        queues.setdefault(edit.operator, []).append(edit)
    mixed = []
    while queues:
        for kind in list(queues):
            mixed.append(queues[kind].pop(0))
            if not queues[kind]:
                del queues[kind]
    return mixed


def single_edits(context):
    """Yield single edits of the program on the context's open lines, each marked with its kind."""
    for kind, make in (("compare", comparisons), ("name", names), ("offset", offsets), ("number", numbers),
                       ("operator", operators), ("logic", logic), ("delete", deletions),
                       ("move", moves), ("copy", copies), ("word", words), ("swap", swaps), ("insert", inserts)):  # fmt: skip
        for edit in make(context):
            edit.operator = kind
            yield edit


def comparisons(context):
    """Another comparison operator."""
    for node in context.nodes(ast.Compare):
        for other in COMPARISONS if len(node.ops) == 1 and isinstance(node.ops[0], COMPARISONS) else ():
            if not isinstance(node.ops[0], other):
                yield Edit([(node, "ops", [other()])], node.lineno)


def names(context):
    """Another variable of a fitting kind."""
    for node in context.nodes(ast.Name):
        if isinstance(node.ctx, ast.Load) and node.id in context.names(node):
            for other in context.names(node):
                if other != node.id and context.fits(context.kind(node), context.variable_kind(node, other)):
                    yield context.replace(node, ast.Name(other, ast.Load()))


def offsets(context):
    """One more or one less: of an index, an argument, a side of a comparison, a returned or assigned value."""
    for node in context.nodes(*NUMBERED):
        holder, field, _ = context.place(node)
        stored = isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
        if stored or field == "func" or not isinstance(holder, OFFSET_HOLDERS):
            continue
        if context.kind(node) not in (None, "int", "number") or (field == "value" and isinstance(holder, ast.Subscript)):
            continue
        if isinstance(node, ast.BinOp):
            if isinstance(node.right, ast.Constant) and isinstance(node.op, (ast.Add, ast.Sub)):
                yield context.replace(node, node.left)
            continue
        for operator in (ast.Add, ast.Sub):
            yield context.replace(node, ast.BinOp(node, operator(), ast.Constant(1)))


def numbers(context):
    """A number one higher or lower, or 0 and 1."""
    for node in context.nodes(ast.Constant):
        if type(node.value) is int:
            for value in dict.fromkeys((node.value + 1, node.value - 1, 0, 1)):
                if value != node.value:
                    yield context.replace(node, ast.Constant(value))
        elif type(node.value) is bool:
            yield context.replace(node, ast.Constant(not node.value))


def operators(context):
    """Another arithmetic operator."""
    for node in context.nodes(ast.BinOp, ast.AugAssign):
        for other in ARITHMETIC if isinstance(node.op, (*ARITHMETIC, ast.Div)) else ():
            if not isinstance(node.op, other):
                yield context.set(node, "op", other())


def logic(context):
    """`and` for `or`, a negated condition, one half of a condition."""
    for node in context.nodes(ast.BoolOp):
        yield context.set(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
        for half in node.values:
            yield context.replace(node, half)
    for node in context.nodes(ast.If, ast.While, ast.IfExp):
        if not (isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)):
            yield Edit([(node, "test", ast.UnaryOp(ast.Not(), node.test))], node.lineno)
    for node in context.nodes(ast.UnaryOp):
        yield context.replace(node, node.operand)


def deletions(context):
    """One simple statement less."""
    for node in context.nodes(ast.Assign, ast.AugAssign, ast.Expr, ast.Continue, ast.Break):
        yield context.delete(node)


def moves(context):
    """A simple statement out of its block, behind it or before it."""
    for node in context.nodes(ast.Assign, ast.AugAssign, ast.Expr):
        block = context.parent(node)
        if isinstance(block, (ast.If, ast.For, ast.While)) and len(context.block(node)) > 1:
            holder, field, at = context.place(block)
            inner_holder, inner_field, inner_at = context.place(node)
            rest = [item for item in getattr(inner_holder, inner_field) if item is not node]
            outside = list(getattr(holder, field))
            for place in (at, at + 1):
                changed = [*outside[:place], node, *outside[place:]]
                yield Edit([(inner_holder, inner_field, rest), (holder, field, changed)], node.lineno, 2)


def copies(context):
    """Another expression of the program, of the same kind, for an argument, an operand or a value."""
    for node in context.nodes(ast.Name, ast.Call, ast.Subscript, ast.Attribute, ast.Constant):
        holder, field, _ = context.place(node)
        if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)) or field == "func":
            continue
        if isinstance(holder, (ast.Call, ast.BinOp, ast.Compare, ast.Assign, ast.Return, ast.Subscript)) and field != "targets":
            kind = context.kind(node)
            for text, other in context.mined(node) if kind else ():
                if context.kind(other) == kind and not isinstance(other, ast.Name) and other is not node:
                    yield context.replace(node, other)


def words(context):
    """A function or method for its counterpart; an attribute of `self` for another."""
    for node in context.nodes(ast.Call):
        field, holder = ("attr", node.func) if isinstance(node.func, ast.Attribute) else ("id", node.func)
        word = getattr(holder, field, None)
        for group in WORDS:
            for other in group if word in group else ():
                if other != word:
                    yield Edit([(holder, field, other)], node.lineno)
    for node in context.nodes(ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id == "self" and node.attr in context.attributes():
            for other in context.attributes():
                if other != node.attr:
                    yield Edit([(node, "attr", other)], node.lineno)


def swaps(context):
    """The two sides of an operation, two arguments of a call, exchanged; a flag or key argument left out."""
    for node in context.nodes(ast.BinOp):
        if isinstance(node.op, (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Add)):
            yield Edit([(node, "left", node.right), (node, "right", node.left)], node.lineno)
    for node in context.nodes(ast.Call):
        for at in range(len(node.args) - 1):
            changed = [*node.args[:at], node.args[at + 1], node.args[at], *node.args[at + 2 :]]
            yield Edit([(node, "args", changed)], node.lineno)
        for keyword in node.keywords:
            yield Edit([(node, "keywords", [other for other in node.keywords if other is not keyword])], node.lineno)


def inserts(context):
    """A simple statement of the program once more, in front of another one."""
    simple = (ast.Assign, ast.AugAssign, ast.Expr)
    copied = {ast.unparse(node): node for node in context.everywhere(*simple) if context.function(node) is not context.tree}
    for node in context.nodes(ast.stmt):
        known = set(context.names(node)) | {"self"}
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) or context.function(node) is context.tree:
            continue
        for text, other in list(copied.items())[:12]:
            read = {item.id for item in ast.walk(other) if isinstance(item, ast.Name)}
            if read <= known | BUILTINS and text != ast.unparse(node):
                yield context.insert(node, other)
                if isinstance(node, ast.AugAssign | ast.Assign):
                    yield context.insert(node, other, after=True)
