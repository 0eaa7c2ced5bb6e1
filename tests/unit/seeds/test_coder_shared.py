"""What the seed's roles share: counted runs, edits and their text, coverage, generated inputs, the value codec."""

import ast
import importlib
import json
import random
import sys
from pathlib import Path

import pytest

from rqgm.tasks import verify_cases

SEED = Path(__file__).resolve().parents[3] / "archive" / "seeds" / "repair"


@pytest.fixture(autouse=True)
def _seed_path():
    """The seed's modules, importable, and forgotten afterwards."""
    sys.path.insert(0, str(SEED))
    yield
    sys.path.remove(str(SEED))
    for name in [name for name in sys.modules if name.partition(".")[0] in ("shared", "coder", "parts")]:
        del sys.modules[name]


def shared(name):
    return importlib.import_module(f"shared.{name}")


BOMBS = {
    "loop": "def f(x):\n    while True:\n        x += 1\n",
    "recursion through two functions": "def f(x):\n    return g(x) + g(x)\ndef g(x):\n    return f(x) + f(x) if x else f(1)\n",
    "exponential calls": "def f(x, n=60):\n    return f(x, n - 1) + f(x, n - 1) if n else 1\n",
    "squares": "def f(x):\n    x = -9\n    while True:\n        x = x * x * -1\n",
    "squares in place": "def f(x):\n    x = 9\n    while True:\n        x *= x\n",
    "power": "def f(x):\n    return 9 ** 9 ** 9 ** 9\n",
    "shift": "def f(x):\n    return 1 << (1 << 60)\n",
    "text times": "def f(x):\n    return 'a' * 10 ** 12\n",
    "list doubled": "def f(x):\n    x = [1]\n    while True:\n        x = x + x\n",
    "list doubled in place": "def f(x):\n    x = [1]\n    while True:\n        x += x\n",
    "list extended by itself": "def f(x):\n    x = [1]\n    while True:\n        x.extend(x)\n",
    "starred": "def f(x):\n    x = [1]\n    while True:\n        x = [*x, *x]\n",
    "formatted": "def f(x):\n    x = 'a'\n    while True:\n        x = f'{x}{x}'\n",
    "slice": "def f(x):\n    x = [1]\n    while True:\n        x[:0] = x\n",
    "range read at once": "def f(x):\n    return sum(range(10 ** 12))\n",
    "endless iterator": "import itertools\ndef f(x):\n    return sum(itertools.count())\n",
    "combinations": "import itertools\ndef f(x):\n    return len(list(itertools.permutations(range(20))))\n",
    "factorial": "import math\ndef f(x):\n    return math.factorial(10 ** 9)\n",
    "padding": "def f(x):\n    return 'a'.ljust(10 ** 12)\n",
    "comprehension": "def f(x):\n    return [a for a in range(9000) for b in range(9000)]\n",
    "generator": "def f(x):\n    def g():\n        while True:\n            yield 1\n    return sum(g())\n",
    "swallowed": "def f(x):\n    while True:\n        try:\n            x += 1\n        except:\n            pass\n",
    "at import": "while True:\n    pass\ndef f(x):\n    return x\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_whatever_grows_or_runs_on_is_ended_within_its_steps(name):
    bounded = shared("bounded")
    results = []
    for _ in range(2):
        runner = bounded.Runner(3_000)
        (answer,) = bounded.answers(BOMBS[name], [{"call": "f", "args": [3]}], runner)
        results.append((answer, runner.used()))
    assert results[0] == results[1]
    assert list(results[0][0]) == ["$error"]
    assert results[0][1] <= 6_001


def test_recursion_ends_at_the_same_depth_however_deep_the_caller_is():
    bounded = shared("bounded")
    source = "def f(n):\n    try:\n        return f(n + 1)\n    except RecursionError:\n        return n\n"

    def at_depth(levels):
        return (
            at_depth(levels - 1) if levels else bounded.answers(source, [{"call": "f", "args": [0]}], bounded.Runner())
        )

    assert at_depth(0) == at_depth(60)
    assert 500 < at_depth(0)[0] < 1_000


def test_steps_count_iterations_calls_and_elements():
    bounded = shared("bounded")
    source = "def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return [t for _ in range(n)]\n"
    used = []
    for n in (10, 20):
        runner = bounded.Runner()
        bounded.answers(source, [{"call": "f", "args": [n]}], runner)
        used.append(runner.used())
    assert 20 <= used[1] - used[0] <= 25


@pytest.mark.parametrize(
    "line", ["import os", "import subprocess", "open('x')", "eval('1')", "__import__('os')", "import random"]
)
def test_candidates_reach_nothing_outside(line):
    bounded = shared("bounded")
    (answer,) = bounded.answers(f"def f():\n    {line}\n    return 1\n", [{"call": "f", "args": []}], bounded.Runner())
    assert answer in ({"$error": "ImportError"}, {"$error": "NameError"})


def test_counted_programs_answer_as_plain_ones():
    source = (
        (SEED.parents[2] / "rqgm" / "core" / "text.py").exists()
        and """
import math
from collections import defaultdict
LIMIT = 3
class Box:
    made = 0
    def __init__(self, *items, **named):
        self.items = [*items]
        self.__hidden = named
        Box.made += 1
    @property
    def total(self):
        return sum(x * 2 for x in self.items if x) + len(self.__hidden)
    def grow(self, by):
        self.items += [by] * LIMIT
        self.items[0] *= 3
        self.items[-1:] = [7, 8]
        return f"{self.items!r:>30}" + "-" * 3
def f(n):
    box = Box(1, 2, a=3)
    text = box.grow(n)
    add = lambda a, b=2: a ** b + (a << 1)
    found = defaultdict(list)
    for i, c in enumerate(text):
        found[c.isdigit()].append(i)
    else:
        found[None] = [math.factorial(5)]
    def gen():
        yield from range(n)
        return
    try:
        text[999]
    except IndexError as error:
        found["e"] = [str(error)]
    x, *rest = gen() if n > 1 else [0, 0]
    return text, dict(found), add(n), {x for x in rest}, box.total, (n, -n, n / 2, float("inf")), Box.made
"""
    )
    bounded = shared("bounded")
    plain = {}
    exec(compile(source, "plain", "exec"), plain)
    for n in (1, 2, 9):
        plain["Box"].made = 0
        (answer,) = bounded.answers(source, [{"call": "f", "args": [n]}], bounded.Runner())
        assert answer == verify_cases.encode(plain["f"](n))


def test_the_codec_is_the_verifiers():
    values = shared("values")
    samples = [
        1,
        True,
        None,
        1.5,
        float("nan"),
        "a",
        b"x",
        [1, (2, {3})],
        {1: 2, "a": [None]},
        {"$x": 1},
        ValueError(),
        range(3),
        object,
        1 << 70_000,
    ]
    for sample in samples:
        assert values.encode(sample) == verify_cases.encode(sample)
        data = values.encode(sample)
        assert values.same(data, data) == verify_cases.same(data, data)
    mixed = {(i, "k"): {i, "s"} if i % 2 else -i for i in range(30)}
    assert values.encode(mixed) == verify_cases.encode(mixed)
    assert values.encode(values.decode(values.encode(mixed))) == values.encode(mixed)


def test_closeness_orders_answers():
    closeness = shared("values").closeness
    assert closeness([1, 2, 3], [1, 2, 3]) == 1
    assert closeness([1, 2, 4], [1, 2, 3]) > closeness([1, 5, 9], [1, 2, 3]) > closeness("x", [1, 2, 3])
    assert closeness({"$error": "KeyError"}, 3) == 0
    assert closeness(4, 3) > closeness(40, 3) > closeness("4", 3)


PROGRAM = '''def first(items):  # keep me
    """Doc."""
    total = 0
    for item in items:
        if item > 2:  # and me
            total += item
        elif item < 0:
            total = (total -
                     1)
        else:
            pass
    return total


class Other:
    @property
    def name(self):
        return "x"  # this too
'''


def find(program, kind, number=0):
    return [node for node in ast.walk(program.tree) if isinstance(node, kind)][number]


def test_an_edit_is_undone_and_its_text_keeps_the_rest():
    candidates, context = shared("candidates"), shared("context")
    program = candidates.Program(PROGRAM)
    facts = context.Context(program)
    node = find(program, ast.Compare)
    edit = facts.set(node, "ops", [ast.LtE()])
    assert program.text(edit) == PROGRAM.replace("if item > 2:  # and me", "if item <= 2:")
    assert program.normal() == ast.unparse(ast.parse(PROGRAM))
    assert program.codes(edit) is not None
    assert candidates.fingerprint(program.codes()) == candidates.fingerprint(candidates.Program(PROGRAM).codes())


def test_statements_are_inserted_deleted_and_swapped_in_the_text():
    candidates, context = shared("candidates"), shared("context")
    program = candidates.Program(PROGRAM)
    facts = context.Context(program)
    grow = find(program, ast.AugAssign)
    texts = {
        "insert": program.text(facts.insert(grow, ast.Break())),
        "after": program.text(facts.insert(grow, ast.Break(), after=True)),
        "delete": program.text(facts.delete(grow)),
        "elif": program.text(facts.replace(find(program, ast.If, 1).test, ast.Constant(True))),
        "multiline": program.text(facts.replace(find(program, ast.BinOp), ast.Constant(5))),
        "return": program.text(facts.delete(find(program, ast.Return))),
    }
    assert texts["insert"] == PROGRAM.replace(
        "            total += item\n", "            break\n            total += item\n"
    )
    assert texts["after"] == PROGRAM.replace(
        "            total += item\n", "            total += item\n            break\n"
    )
    assert texts["delete"] == PROGRAM.replace("            total += item\n", "            pass\n")
    assert texts["elif"] == PROGRAM.replace("elif item < 0:", "elif True:")
    assert texts["multiline"] == PROGRAM.replace("(total -\n                     1)", "5")
    assert texts["return"] == PROGRAM.replace("    return total\n", "")


def test_material_that_would_hold_itself_is_copied():
    candidates, context = shared("candidates"), shared("context")
    program = candidates.Program("def f(a):\n    return a + 1\n")
    facts = context.Context(program)
    whole = find(program, ast.BinOp)
    edit = facts.replace(whole.left, whole)
    assert program.text(edit) == "def f(a):\n    return a + 1 + 1\n"


def test_equal_byte_code_has_one_fingerprint():
    candidates = shared("candidates")

    def key(source):
        return candidates.fingerprint(candidates.Program(source).codes())

    assert key("def f(a):\n    return a + 1\n") == key("\n\ndef f(a):\n\n    return (a +\n 1)\n")
    assert key("def f(a):\n    return a + 1\n") != key("def f(a):\n    return a + 1.0\n")
    assert key("def f(a):\n    return a + 1\n") != key("def f(a):\n    return a - 1\n")


def test_reaches_tells_which_operators_repair():
    reaches = shared("candidates").reaches
    sys.path.insert(0, str(SEED))
    comparison = importlib.import_module("coder.operators.comparison")
    constants = importlib.import_module("coder.operators.constants")
    deleted = importlib.import_module("parts.operators.deleted_statements")
    right = "def f(a):\n    b = a < 1\n    c = 3\n    return b, c\n"
    assert reaches(comparison, right.replace("<", "<="), right)
    assert not reaches(constants, right.replace("<", "<="), right)
    both = right.replace("<", "<=").replace("3", "4")
    assert reaches(constants, both, right)
    assert reaches(comparison, both, right)
    assert not reaches(deleted, both, right)


def test_coverage_counts_failing_and_passing_cases():
    bounded, candidates, spectrum = shared("bounded"), shared("candidates"), shared("spectrum")
    program = candidates.Program("def f(a):\n    if a:\n        return [a]\n    return 2\n")
    cases = [
        {"input": {"call": "f", "args": [1]}, "expected": [2]},
        {"input": {"call": "f", "args": [0]}, "expected": 2},
    ]
    found = spectrum.measure(program, cases, bounded.Runner())
    assert found.passed == [False, True]
    counts = found.counts()
    assert counts[3] == (1, 0)
    assert counts[4] == (0, 1)
    assert counts[2] == (1, 1)
    assert found.kinds["f", "a"] == {"int"}


def test_generated_inputs_are_new_and_seeded():
    generate = shared("inputs").generate
    inputs = [
        {
            "call": "f",
            "args": [
                [1, 2, 3],
                "ab",
                {"$tuple": [1, {"$set": [1]}]},
                {"$dict": [[1, "x"]]},
                {"k": None},
                True,
                {"$float": "inf"},
                1.5,
            ],
        },
        {"new": "C", "args": [], "ops": [["m", [1]], ["@x"], ["n"]]},
        {"call": "f", "args": []},
    ]
    found = [generate(inputs, 200, random.Random(3)) for _ in range(2)]
    assert found[0] == found[1]
    assert len({json.dumps(item) for item in found[0]}) == len(found[0]) > 50
    values = shared("values")
    for item in found[0]:
        values.decode(item["args"])
