"""Programs by their syntax tree: equal when only layout, comments and names of locals differ, and never else."""

from __future__ import annotations

import ast
from itertools import combinations

import pytest

from rqgm.orchestration.programs import canonical_program

BASE = '''
def total(items, start=0):
    """Add up."""
    result = start
    for item in items:  # each
        result += item
    return result
'''

EQUAL = [
    BASE,
    BASE.replace("result", "acc").replace("item ", "x ").replace("+= item", "+= x"),
    BASE.replace("items", "values"),
    BASE.replace('    """Add up."""\n', "").replace("  # each", ""),
    BASE.replace("(items, start=0)", "(items: list[int], start: int = 0) -> int").replace(
        "result = start", "result: int = start"
    ),
    BASE.replace("    ", "  "),
    f"Here it is:\n```python\n{BASE}```\nIt adds.",
    f"```\nnot python at all\n```\nor\n```py\n{BASE}\n```",
]


def test_programs_that_differ_in_names_and_dress_are_one() -> None:
    assert len({canonical_program(text) for text in EQUAL}) == 1
    assert canonical_program(BASE) is not None


DIFFERENT = [
    BASE,
    BASE.replace("+=", "-="),
    BASE.replace("start=0", "start=1"),
    BASE.replace("start=0", "start=0.0"),
    BASE.replace("return result", "return item"),
    BASE.replace("def total", "def sum_up"),
    BASE.replace("result = start", "result = items"),
    BASE.replace("for item in items", "for item in other"),
    BASE.replace("(items, start=0)", "(start=0, *items)"),
    BASE.replace("def total", "async def total"),
    BASE + "\nprint(total([1]))",
]


def test_programs_that_differ_in_what_they_do_are_not() -> None:
    for one, two in combinations(DIFFERENT, 2):
        assert canonical_program(one) != canonical_program(two), (one, two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("f = lambda x, y: x - y", "f = lambda a, b: a - b"),
        ("def f(n):\n return [i * n for i in range(n) if i]", "def f(k):\n return [j * k for j in range(k) if j]"),
        ("def f(n):\n return {i: n for i in n}", "def f(k):\n return {j: k for j in k}"),
        ("def f():\n try:\n  g()\n except E as e:\n  h(e)", "def f():\n try:\n  g()\n except E as err:\n  h(err)"),
        ("def f():\n with a as b:\n  b()", "def f():\n with a as c:\n  c()"),
        ("def f():\n import numpy as np\n return np.x", "def f():\n import numpy as n\n return n.x"),
        ("def f():\n import numpy\n return numpy.x", "def f():\n import numpy as n\n return n.x"),
        ("def f():\n def g(a):\n  return a\n return g", "def f():\n def h(b):\n  return b\n return h"),
        (
            "def f():\n n = 0\n def g():\n  nonlocal n\n  n += 1\n return g, n",
            "def f():\n m = 0\n def g():\n  nonlocal m\n  m += 1\n return g, m",
        ),
        (
            "def f(x):\n match x:\n  case [a, *b]: return a, b\n  case {'k': c, **d}: return c, d\n  case e: return e",
            "def f(y):\n match y:\n  case [p, *q]: return p, q\n  case {'k': r, **s}: return r, s\n  case t: return t",
        ),
        ("def f(x):\n if (n := len(x)): return n", "def f(y):\n if (m := len(y)): return m"),
        ("class A:\n def m(self, x):\n  return x", "class A:\n def m(this, y):\n  return y"),
        ("def f(*args, **kw): return args, kw", "def f(*a, **k): return a, k"),
        ("def f(x): 'doc'", "def f(y): pass"),
        ("x = u'a'", "x = 'a'"),
    ],
)
def test_locals_of_every_sort_are_renamed(one: str, two: str) -> None:
    assert canonical_program(one) == canonical_program(two) is not None


@pytest.mark.parametrize(
    ("one", "two"),
    [
        # a parameter that is passed by keyword is part of what the program does
        (
            "def f(a, b): return a - b\nprint(f(a=1, b=2))",
            "def f(b, a): return b - a\nprint(f(a=1, b=2))",
        ),
        ("def f(a, b): return a - b\nf(**d)", "def f(b, a): return b - a\nf(**d)"),
        ("def f(a): return locals()", "def f(b): return locals()"),
        ("def f(a): return eval('a')", "def f(b): return eval('a')"),
        # a global is no local
        ("def f():\n global a\n a = 1", "def f():\n global b\n b = 1"),
        ("def f(x): return g(x)", "def f(x): return h(x)"),
        (
            "def f():\n x = 1\n def g():\n  x = 2\n return x",
            "def f():\n x = 1\n def g():\n  nonlocal x\n  x = 2\n return x",
        ),
        # names of a class are attributes, and its methods do not see them
        ("class A:\n x = 1", "class A:\n y = 1"),
        ("class A:\n x: int = 1", "class A:\n x = 1"),
        (
            "def f(x):\n class A:\n  x = 1\n  def m(s): return x",
            "def f(x):\n class A:\n  x = 1\n  def m(s): return s.x",
        ),
        ("def f(x, y):\n return [x for x in y]", "def f(x, y):\n return [x for _ in y]"),
        ("def f(x): return x.a", "def f(x): return x.b"),
        ("from a import b", "from a import b as c"),
        ("x = 1", "x = True"),
        ("x = '1'", "x = b'1'"),
    ],
)
def test_what_a_program_can_tell_apart_stays_apart(one: str, two: str) -> None:
    first, second = canonical_program(one), canonical_program(two)
    assert first is not None
    assert second is not None
    assert first != second


def test_numbers_of_locals_meet_no_name_of_the_program() -> None:
    """A name that stays could be what a number looks like, were the numbers identifiers."""
    assert canonical_program("def f(x): return x + _1 + v1 + x1") != canonical_program("def f(x): return x + x + x + x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n# only a comment",
        "The answer is 5.",
        "yes",
        "'just words'",
        "def f(:",
        "x = \x00",
        "```python\n```",
        "\ud800 = 1",
    ],
)
def test_what_is_no_program_is_no_answer(text: str) -> None:
    assert canonical_program(text) is None


DEEP = {
    "brackets": lambda n: "x = " + "(" * n + "1" + ")" * n,
    "lists": lambda n: "x = " + "[" * n + "]" * n,
    "minus": lambda n: "x = " + "-" * n + "1",
    "attributes": lambda n: "x = a" + ".b" * n,
    "calls": lambda n: "x = f" + "()" * n,
    "sum": lambda n: "x = 1" + "+1" * n,
    "lambdas": lambda n: "x = " + "lambda:" * n + "1",
    "elif": lambda n: "if 1: pass\n" + "elif 1: pass\n" * n,
    "blocks": lambda n: "\n".join(" " * place + "if 1:" for place in range(min(n, 300))) + " pass",
}


@pytest.mark.parametrize("shape", DEEP)
def test_deep_nesting_is_no_program_and_no_crash(shape: str) -> None:
    for depth in (400, 5_000, 60_000):
        found = canonical_program(DEEP[shape](depth))
        assert found is None or shape == "brackets"  # brackets leave no trace in the tree
    assert canonical_program(DEEP[shape](20)) is not None


def test_answer_does_not_depend_on_how_deep_the_caller_stands() -> None:
    """What the interpreter's stack just allows here, it would not allow there: so the bound is our own."""
    code = "x = " + "-" * 140 + "1"

    def below(depth: int) -> str | None:
        return canonical_program(code) if depth == 0 else below(depth - 1)

    assert below(0) == below(400) is not None


def test_agents_warnings_are_their_own() -> None:
    """An invalid escape warns when it is parsed; here a warning would be an error."""
    assert canonical_program(r"x = '\d'") == canonical_program(r"x = '\\d'") is not None


def test_long_programs_are_not_read() -> None:
    code = "x = 1\n"
    assert canonical_program(code * 10_000) is not None
    assert canonical_program(code * 20_000) is None


def test_own_source_is_read() -> None:
    """A real module of several hundred lines, against itself without comments and docstrings of layout."""
    with open(__file__, encoding="utf-8") as file:  # noqa: PTH123
        source = file.read()
    assert canonical_program(source) == canonical_program(ast.unparse(ast.parse(source))) is not None
