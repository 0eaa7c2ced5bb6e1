"""Running a program within counted steps, with equal results on any machine that has the same Python.

A program is instrumented before it runs: each loop iteration, each comprehension element and each function entry
costs one step; operations that can make large values check sizes first. When the steps are used up StepLimit ends the
case. No clock is read. Recursion is bounded by frames. Modules outside a small list cannot be imported.

This bounds honest programs and the edits that searches make of them; the sandbox around the role is what holds
hostile ones.
"""

import ast
import builtins
import importlib
import itertools
import math
import sys
import types
import warnings
from contextlib import contextmanager

from shared.values import decode, encode

FILE = "program.py"
MAX_SIZE = 10_000  # items of a sequence that the program builds
MAX_BITS = 20_000  # of an integer that it computes
FREE_SIZE = 64  # larger operands cost steps
SMALL = 1 << 64  # integers that cost nothing to multiply
ANSWER_NODES = 5_000  # values inside an answer
FRAMES = 900  # nested calls
CASE_STEPS = 4_000  # of one case, where the caller names no other number
IMPORTABLE = frozenset(
    "__future__ abc bisect calendar collections contextlib copy dataclasses datetime decimal enum fractions functools "
    "heapq itertools json math numbers operator re statistics string textwrap types typing unicodedata".split()
)
REMOVED = frozenset("open exec eval compile input breakpoint exit quit help memoryview __import__ globals".split())
TICK, SIZE, WIDTH, POWER, SHIFT, TIMES = "_rq_tick", "_rq_size", "_rq_width", "_rq_power", "_rq_shift", "_rq_times"


# Candidates may hold `x is 1`: true of the edit, of no interest to the reader of the role's log.
warnings.filterwarnings("ignore", category=SyntaxWarning, module="program")


class StepLimit(BaseException):
    """The steps of a case are used up; not an Exception, so that programs do not catch it."""


# ---------------------------------------------------------------------------------------------- instrumentation


class Instrumenter:
    """Makes the counted version of a statement; nodes without anything to count are shared, not copied.

    `keep` are statements that stay alive and unchanged, whose counted version may be kept for the next call.
    """

    def __init__(self, keep=()):
        self._kept = {id(statement): None for statement in keep}

    def visit(self, node, dirty=frozenset()):
        """Return the counted version of `node`; `dirty` are ids of nodes whose kept version is out of date."""
        key = id(node)
        if key in self._kept and key not in dirty:
            if self._kept[key] is None:
                self._kept[key] = self._make(node, dirty)
            return self._kept[key]
        return self._make(node, dirty)

    def _make(self, node, dirty):
        copy = self._children(node, dirty)
        rule = RULES.get(type(node))
        return rule(copy if copy is not node else shallow(node)) if rule else copy

    def _children(self, node, dirty):
        changed = {}
        for field in node._fields:
            value = getattr(node, field, None)
            if type(value) is list:
                items = [item if type(item) in LEAVES else self.visit(item, dirty) for item in value]
                if any(new is not old for new, old in zip(items, value)):
                    changed[field] = items
            elif value is not None and type(value) not in LEAVES:
                new = self.visit(value, dirty)
                if new is not value:
                    changed[field] = new
        if not changed:
            return node
        copy = shallow(node)
        copy.__dict__.update(changed)
        return copy


def shallow(node):
    """Return a copy of one node that shares its children."""
    copy = type(node)()
    copy.__dict__.update(node.__dict__)
    return copy


def _at(node, like):
    node.lineno = node.end_lineno = getattr(like, "lineno", 1)
    node.col_offset = node.end_col_offset = getattr(like, "col_offset", 0)
    return node


def _call(name, like, *arguments):
    return _at(ast.Call(_at(ast.Name(name, ast.Load()), like), list(arguments), []), like)


def _tick(like):
    return _at(ast.Expr(_call(TICK, like)), like)


def _loop(node):
    node.body = [_tick(node.body[0]), *node.body]
    return node


def _function(node):
    node.body = [_tick(node), *node.body]
    return node


def _lambda(node):
    node.body = _at(ast.BoolOp(ast.And(), [_call(TICK, node), node.body]), node)
    return node


def _comprehension(node):
    node.ifs = [_call(TICK, node.target), *node.ifs]
    return node


def _is_number(node):
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _binary(node):
    kind = type(node.op)
    if kind is ast.Add:
        if not (isinstance(node.right, ast.Constant) or _is_number(node.left)):
            node.right = _call(SIZE, node.right, node.right)
    elif kind in HELPERS and not (_is_number(node.left) and _is_number(node.right)):
        return _call(HELPERS[kind], node, node.left, node.right)
    return node


def _augmented(node):
    kind = type(node.op)
    if kind is ast.Add:
        if not isinstance(node.value, ast.Constant):
            node.value = _call(SIZE, node.value, node.value)
    elif kind in HELPERS and _is_plain(node.target):
        loaded = shallow(node.target)
        loaded.ctx = ast.Load()
        value = _call(HELPERS[kind], node, loaded, node.value)
        return _at(ast.Assign([node.target], value), node)
    return node


def _is_plain(target):
    """Tell whether reading a target twice does no harm."""
    if isinstance(target, ast.Subscript):
        return _is_plain(target.value) and isinstance(target.slice, (ast.Name, ast.Constant))
    return isinstance(target, ast.Name) or (isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name))


def _method_call(node):
    if isinstance(node.func, ast.Attribute) and node.func.attr in GROWING:
        wrapper = GROWING[node.func.attr]
        node.args = [
            item if isinstance(item, (ast.Constant, ast.Starred)) else _call(wrapper, item, item) for item in node.args
        ]
    return node


def _starred(node):
    if isinstance(node.ctx, ast.Load):
        node.value = _call(SIZE, node.value, node.value)
    return node


def _formatted(node):
    node.value = _call(SIZE, node.value, node.value)
    return node


def _assigned(node):
    if any(isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice) for target in node.targets):
        node.value = _call(SIZE, node.value, node.value)
    return node


LEAVES = frozenset({
    str, int, float, complex, bytes, bool, type(None), type(...), ast.Name, ast.Constant, ast.Load, ast.Store, ast.Del,
    ast.Pass, ast.Break, ast.Continue, ast.alias, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal,
    *ast.operator.__subclasses__(), *ast.unaryop.__subclasses__(), *ast.cmpop.__subclasses__(),
    *ast.boolop.__subclasses__(),
})  # fmt: skip
RULES = {
    ast.For: _loop,
    ast.While: _loop,
    ast.FunctionDef: _function,
    ast.Lambda: _lambda,
    ast.comprehension: _comprehension,
    ast.BinOp: _binary,
    ast.AugAssign: _augmented,
    ast.Call: _method_call,
    ast.Starred: _starred,
    ast.FormattedValue: _formatted,
    ast.Assign: _assigned,
}
HELPERS = {ast.Pow: POWER, ast.LShift: SHIFT, ast.Mult: TIMES}
GROWING = {
    "extend": SIZE, "update": SIZE, "replace": SIZE, "join": SIZE, "extendleft": SIZE,
    "ljust": WIDTH, "rjust": WIDTH, "center": WIDTH, "zfill": WIDTH, "expandtabs": WIDTH, "to_bytes": WIDTH,
}  # fmt: skip


# ---------------------------------------------------------------------------------------------- counting


class Meter:
    """Counts steps; `tick` and the size checks are closures because they are called for every step."""

    def __init__(self):
        left = granted = spent = 0

        def tick():
            nonlocal left
            left -= 1
            if left < 0:
                raise StepLimit
            return True

        def charge(steps):
            nonlocal left
            left -= steps
            if left < 0:
                raise StepLimit

        def grant(steps):
            nonlocal left, granted, spent
            spent += min(granted, granted - left)
            left = granted = steps

        def used():
            return spent + min(granted, granted - left)

        self.tick, self.charge, self.grant, self.used = tick, charge, grant, used

    def size(self, value):
        """Return `value`; a large one costs steps, a too large one ends the case."""
        kind = type(value)
        if kind is int or kind is float:
            return value
        try:
            items = len(value)
        except TypeError:
            return value
        if items > FREE_SIZE:
            self.check(items)
        return value

    def check(self, items):
        """Charge for a value of so many items."""
        if items > MAX_SIZE:
            self.charge(1 << 60)
        self.charge(items >> 3)

    def check_bits(self, bits):
        """Charge for an integer of so many bits."""
        if bits > MAX_BITS:
            self.charge(1 << 60)
        if bits > FREE_SIZE * 8:
            self.charge(bits >> 6)

    def width(self, value):
        """Return `value`, an item count asked of a method."""
        if type(value) is int and value > FREE_SIZE:
            self.check(value)
        return value

    def power(self, base, exponent):
        """Return ``base ** exponent``."""
        if type(base) is int and type(exponent) is int:
            self.check_bits(base.bit_length() * max(0, exponent))
        return base**exponent

    def shift(self, value, bits):
        """Return ``value << bits``."""
        if type(value) is int and type(bits) is int:
            self.check_bits(value.bit_length() + max(0, bits))
        return value << bits

    def times(self, left, right):
        """Return ``left * right``."""
        if type(left) is int:
            if type(right) is int:
                if not (-SMALL < left < SMALL and -SMALL < right < SMALL):
                    self.check_bits(left.bit_length() + right.bit_length())
            elif isinstance(right, (str, list, tuple, bytes)):
                self.check(len(right) * max(0, left))
        elif type(right) is int and isinstance(left, (str, list, tuple, bytes)):
            self.check(len(left) * max(0, right))
        return left * right


# ---------------------------------------------------------------------------------------------- what programs may use


def _counted(make, tick):
    """Return `make` as an iterator that costs a step an item."""

    def iterator(*arguments, **named):
        for item in make(*arguments, **named):
            tick()
            yield item

    return iterator


def _itertools(tick):
    """Return itertools whose endless or fast growing iterators cost a step an item."""
    module = types.ModuleType("itertools")
    module.__dict__.update(vars(itertools))
    names = "count cycle repeat product permutations combinations combinations_with_replacement".split()
    module.__dict__.update({name: _counted(getattr(itertools, name), tick) for name in names})
    return module


def _math(meter):
    """Return math whose integer functions check sizes first."""
    module = types.ModuleType("math")
    module.__dict__.update(vars(math))

    def guarded(function):
        def call(first, *rest):
            if type(first) is int:
                meter.check_bits(8 * first)
            return function(first, *rest)

        return call

    module.__dict__.update({name: guarded(getattr(math, name)) for name in ("factorial", "comb", "perm")})
    return module


def _builtins(meter):
    own = {"itertools": _itertools(meter.tick), "math": _math(meter)}
    names = {name: value for name, value in vars(builtins).items() if name not in REMOVED}

    def bounded_range(*arguments):
        made = range(*arguments)
        items = len(made[: MAX_SIZE + 1])
        if items > MAX_SIZE:
            return _counted(range, meter.tick)(*arguments)  # read lazily: honest loops leave it early
        if items > FREE_SIZE:
            meter.check(items)
        return made

    def power(base, exponent, modulus=None):
        return meter.power(base, exponent) if modulus is None else pow(base, exponent, modulus)

    def find(name, scope=None, local=None, fromlist=(), level=0):
        top = name.partition(".")[0]
        if level or top not in IMPORTABLE:
            raise ImportError(f"{name} cannot be imported here")
        if name in own:
            return own[name]
        module = importlib.import_module(name)
        return module if fromlist else sys.modules[top]

    names.update(range=bounded_range, pow=power, print=lambda *arguments, **named: None, __import__=find)
    names.update({
        TICK: meter.tick, SIZE: meter.size, WIDTH: meter.width,
        POWER: meter.power, SHIFT: meter.shift, TIMES: meter.times,
    })  # fmt: skip
    return names


# ---------------------------------------------------------------------------------------------- running


class Runner:
    """Runs counted programs; `used()` is the number of steps since it was made."""

    def __init__(self, case_steps: int = CASE_STEPS):
        self.case_steps = case_steps
        self._meter = Meter()
        self._builtins = _builtins(self._meter)
        self.used = self._meter.used

    def load(self, codes) -> dict | None:
        """Run the program's top level; return its namespace, or None where that fails."""
        namespace = {"__builtins__": self._builtins, "__name__": "program"}
        self._meter.grant(self.case_steps)
        try:
            with bounded_frames():
                for code in codes:
                    exec(code, namespace)
        except (Exception, StepLimit, SystemExit):  # border: whatever the program raises
            return None
        return namespace

    def run(self, namespace: dict, case_input: dict):
        """Run one INPUT of a case file and return the encoded answer; an exception is an answer too."""
        arguments = decode(case_input.get("args", []))
        self._meter.grant(self.case_steps)
        try:
            with bounded_frames():
                return self._answer(namespace, case_input, arguments)
        except (Exception, StepLimit, SystemExit, GeneratorExit) as error:  # border: whatever the program raises
            return {"$error": type(error).__name__}

    def _answer(self, namespace, case_input, arguments):
        if "new" in case_input:
            return self._operate(namespace[case_input["new"]](*arguments), case_input["ops"])
        result = self._encode(namespace[case_input["call"]](*arguments))
        if case_input.get("observe") == "args":
            return {"$tuple": [result, self._encode(arguments)]}
        return result

    def _operate(self, instance, operations):
        results = []
        for name, *rest in operations:
            try:
                held = getattr(instance, name.removeprefix("@"))
                results.append(self._encode(held if name.startswith("@") else held(*decode(rest[0] if rest else []))))
            except Exception as error:  # border: an operation's exception is its result, the next one still runs
                results.append({"$error": type(error).__name__})
        return results

    def _encode(self, value):
        budget = [ANSWER_NODES]
        answer = encode(value, budget)
        self._meter.charge((ANSWER_NODES - budget[0]) >> 2)
        return answer

    def charge(self, steps: int) -> None:
        """Count work that is done for a program outside of it (such as compiling)."""
        self._meter.grant(steps)
        self._meter.charge(steps)


@contextmanager
def bounded_frames():
    """Allow FRAMES more nested calls from here, however deep the caller is."""
    before = sys.getrecursionlimit()
    depth, frame = 0, sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    sys.setrecursionlimit(depth + FRAMES)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def compile_statement(statement, flags: int = 0):
    """Compile one counted top-level statement; None where Python refuses it (a `break` outside a loop)."""
    try:
        return compile(ast.Module([statement], []), FILE, "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError, TypeError, RecursionError):
        return None


def future_flags(tree) -> int:
    """Return the compiler flags of a module's ``from __future__`` imports."""
    import __future__

    names = [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    ]
    return sum(getattr(__future__, name).compiler_flag for name in names)


def compile_source(source: str) -> list:
    """Return the counted code of a whole program; SyntaxError where it is not Python."""
    tree = ast.parse(source)
    flags = future_flags(tree)
    codes = [compile_statement(Instrumenter().visit(statement), flags) for statement in tree.body]
    if None in codes:
        raise SyntaxError("the program does not compile")
    return codes


def answers(source: str, inputs: list, runner: Runner) -> list:
    """Return a program's encoded answers to `inputs`; every one is an error where it does not load."""
    try:
        namespace = runner.load(compile_source(source))
    except SyntaxError:
        namespace = None
    if namespace is None:
        return [{"$error": "DoesNotLoad"} for _ in inputs]
    return [runner.run(namespace, item) for item in inputs]
