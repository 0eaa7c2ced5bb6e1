"""Every coder part of the seed `repair`, its own and the library's: conventions, and what operators produce."""

import ast
import importlib
import importlib.util
import inspect
import json
import pickle
import sys
from pathlib import Path

import pytest

SEED = Path(__file__).resolve().parents[3] / "archive" / "seeds" / "repair"
SHELVES = {
    "operators": ("operator", "propose", ["tree", "context"]),
    "localise": ("localise", "localise", ["spectrum"]),
    "orders": ("order", "order", ["edits", "lines", "weights"]),
    "rankings": ("ranking", "rank", ["patches", "evidence"]),
    "searches": ("search", "search", ["engine"]),
}
FOLDERS = [SEED / home / shelf for home in ("coder", "parts") for shelf in SHELVES]
PARTS = [path for folder in FOLDERS for path in sorted(folder.glob("*.py")) if path.stem != "__init__"]
OPERATORS = [path for path in PARTS if path.parent.name == "operators"]


def name_of(path):
    return f"{path.parent.parent.name}/{path.parent.name}/{path.stem}"


@pytest.fixture(autouse=True, scope="module")
def _seed_path():
    """The seed's modules, importable for the whole file (parts are loaded anew each time), and forgotten afterwards."""
    sys.path.insert(0, str(SEED))
    yield
    sys.path.remove(str(SEED))
    for name in [name for name in sys.modules if name.partition(".")[0] in ("shared", "coder", "parts")]:
        del sys.modules[name]


def load(path):
    spec = importlib.util.spec_from_file_location(f"coder.{path.parent.name}.{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", PARTS, ids=name_of)
def test_a_part_follows_the_conventions(path):
    kind, function, parameters = SHELVES[path.parent.name]
    module = load(path)
    assert kind == module.KIND
    assert module.__doc__
    assert len(module.__doc__.splitlines()[0]) <= 125
    own = [item for item in vars(module).values() if inspect.isfunction(item) and item.__module__ == module.__name__]
    assert [item.__name__ for item in own if not item.__name__.startswith("_")] == [function]
    assert list(inspect.signature(getattr(module, function)).parameters) == parameters
    for node in ast.walk(ast.parse(path.read_text())):
        names = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        for name in names:
            top = name.partition(".")[0]
            assert top == "shared" or top in sys.stdlib_module_names, f"{path}: imports {name}"


def test_part_names_are_unique_within_a_shelf():
    for shelf in SHELVES:
        names = [path.stem for path in PARTS if path.parent.name == shelf]
        assert len(names) == len(set(names)), shelf
    assert len(OPERATORS) >= 45


@pytest.mark.parametrize("path", PARTS, ids=name_of)
def test_no_part_knows_a_task(path):
    tasks = SEED.parents[2] / "tasks" / "repair" / "programs"
    words = {
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not words & {item.stem for item in tasks.glob("*.py")}


RICH = '''import heapq
import re
LIMIT = 3


class Ledger:
    """Doc."""

    def __init__(self, size=2, seen=[]):
        self.size = size
        self.items = {}
        self.count = 0
        self.names = [None] * size

    def add(self, key, amount):
        if key in self.items and amount > 0 or not key:
            self.items[key] += amount
        elif amount is None:
            raise ValueError("amount")
        else:
            self.items[key] = [amount][0]
        self.count = self.count + 1
        return -self.count, key

    def best(self, n):
        found = sorted(self.items.items(), key=lambda item: (-item[1], item[0]))[:n]
        return [name for name, value in found if value]


def walk(rows, start=0, *rest, flag=True):
    total, low, best = 0, None, float("inf")
    out = []
    for i in range(start, len(rows) - 1):
        row = rows[i]
        while row and row[0] < total // 2:
            row = row[1:]
            if flag:
                continue
            break
        try:
            total += min(row[0], row[-1]) * 2 if row else 0
        except IndexError:
            pass
        low = total if low is None else min(low, total)
        out.append((i, total / (1 + i)))
    for a, b in out:
        yield a
    yield from [b for _, b in out if b > 0]
    return low % 3 ** 2


def count(rows, text="a,b"):
    seen = set()
    parts = text.split(",")
    result = len(parts) if all(parts) else parts.index("b")
    for value in walk(rows):
        if value in seen:
            continue
        seen.add(value)
    d = {}
    d.setdefault("x", []).append(result)
    return d.get("x", 0), f"{result}!", text[1:-1], [x for x in rows if x is not None and max(x) > 1]
'''


def context_of(source, cases=()):
    bounded, candidates = importlib.import_module("shared.bounded"), importlib.import_module("shared.candidates")
    spectrum, context = importlib.import_module("shared.spectrum"), importlib.import_module("shared.context")
    program = candidates.Program(source)
    kinds = spectrum.measure(program, list(cases), bounded.Runner()).kinds
    return program, context.Context(program, observed=kinds, errors=["KeyError"])


RICH_CASES = [
    {"input": {"call": "count", "args": [[[1, 2], [3, 1], [4]]]}, "expected": 0},
    {
        "input": {"new": "Ledger", "args": [], "ops": [["add", ["a", 2]], ["add", ["a", 2]], ["best", [1]]]},
        "expected": 0,
    },
]


def sample(edits, most):
    """Return at most `most` edits and at least half of that, evenly spread (all where there are fewer)."""
    return edits[:: max(1, -(-len(edits) // most))]


def state(tree):
    """Return a tree's state as bytes: equal as long as nothing in it, places included, was changed."""
    return pickle.dumps(tree)


def same_tree(one, other):
    """Tell whether two trees are equal but for places, as their dumps would."""
    if not isinstance(one, ast.AST):
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(map(same_tree, one, other))
        return type(one) is type(other) and repr(one) == repr(other)
    return type(one) is type(other) and all(
        same_tree(getattr(one, field, None), getattr(other, field, None)) for field in one._fields
    )


@pytest.mark.parametrize("most", [30, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.parametrize("path", OPERATORS, ids=name_of)
def test_an_operators_edits_are_applied_undone_and_are_the_same_again(path, most):
    candidates = importlib.import_module("shared.candidates")
    operator = load(path)
    program, context = context_of(RICH, RICH_CASES)
    before, untouched = program.normal(), state(program.tree)
    compiled, texts = 0, []
    edits = list(operator.propose(program.tree, context))
    assert state(program.tree) == untouched, "proposing changes nothing"
    assert all(1 <= edit.line <= RICH.count("\n") for edit in edits)
    for edit in sample(edits, most):
        texts.append(program.normal(edit))
        assert state(program.tree) == untouched
        compiled += program.codes(edit) is not None
        assert state(program.tree) == untouched
        assert same_tree(ast.parse(program.text(edit)), ast.parse(texts[-1]))
        assert state(program.tree) == untouched
    assert any(text != before for text in texts)
    assert compiled > 0
    again, other = context_of(RICH, RICH_CASES)
    repeated = list(operator.propose(again.tree, other))
    assert len(repeated) == len(edits)
    assert [again.normal(edit) for edit in sample(repeated, most)] == texts
    assert candidates.fingerprint(program.codes()) == candidates.fingerprint(again.codes())


@pytest.mark.parametrize("path", OPERATORS, ids=name_of)
@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = 1\n",
        "def f():\n    pass\n",
        "class A:\n    pass\n",
        "lambda: 0\n",
        "async def f():\n    await g()\n    async for x in y:\n        pass\n",
        "match 3:\n    case 4:\n        x = 1\n",
    ],
)
def test_operators_manage_with_small_and_rare_programs(path, source):
    operator = load(path)
    program, context = context_of(source)
    for edit in operator.propose(program.tree, context):
        program.codes(edit)


# (operator, before, after): after must be among the operator's edits of before
PRODUCES = [
    ("comparison", "a < b", "a <= b"),
    ("constants", "a + 1", "a + 2"),
    ("arithmetic", "a + b", "a - b"),
    ("variables", "a + b", "a + a"),
    ("swapped_arguments", "g(a, b)", "g(b, a)"),
    ("swapped_operands", "a - b", "b - a"),
    ("negation", "a if b == 1 else 2", "a if b != 1 else 2"),
    ("connectives", "a and b", "a or b"),
    ("dropped_conditions", "a and b", "b"),
    ("added_conditions", "a if b else 1", "a if b and a > 0 else 1"),
    ("boundaries", "a < b", "a < b + 1"),
    ("literals", "a + 5", "a + 0"),
    ("texts", "'x' + ' '", "'x' + ''"),
    ("truths", "None", "False"),
    ("returned", "a", "b"),
    ("slices", "s[:b]", "s[:b + 1]"),
    ("slices", "s[:-b]", "s[:len(s) - b]"),
    ("indexes", "s[a]", "s[a - 1]"),
    ("ranges", "range(a)", "range(1, a + 1)"),
    ("siblings", "s.find(s)", "s.rfind(s)"),
    ("siblings", "min(a, b)", "max(a, b)"),
    ("wrapped", "a - b", "abs(a - b)"),
    ("call_arguments", "g(a, b)", "g(a)"),
    ("divisions", "a // b", "-(-a // b)"),
    ("clamps", "a - b", "max(0, a - b)"),
    ("tuples", "(a, b)", "(b, a)"),
    ("offsets", "g(a)", "g(a + 1)"),
    ("lookups", "d[a]", "d.get(a, 0)"),
    ("lookups", "d.get(a)", "d[a]"),
    ("signs", "-a", "a"),
    ("sort_keys", "sorted(s)", "sorted(s, reverse=True)"),
    ("filters", "[x for x in s]", "[x for x in s if x]"),
    ("terms", "a", "a + b"),
    ("presence", "not a or b", "a is None or b"),
    ("copies", "d", "dict(d)"),
    ("conditional_values", "a", "b if d else a"),
    ("constants_in_calls", "g(a)", "g(0)"),
    ("expressions", "(a + b, a)", "(a + b, a + b)"),
    ("attributes", "self.one", "self.two"),
]


@pytest.mark.parametrize(("name", "before", "after"), PRODUCES)
def test_operators_of_expressions_produce_what_they_say(name, before, after):
    head = "class C:\n    one = two = 0\n    def h(self):\n        return self.two\n\n\ndef g(*x):\n    return x\n\n\ndef f(a, b, s, d, self=None):\n    return "
    produced(
        name,
        head + before + "\n",
        head + after + "\n",
        {("f", "a"): {"int"}, ("f", "b"): {"int"}, ("f", "s"): {"str"}, ("f", "d"): {"dict"}},
    )


STATEMENTS = [
    ("augmented", "t += a", "t -= a"),
    ("augmented", "t = a", "t += a"),
    ("deleted_statements", "t += 1\nt += 2", "t += 1"),
    ("moved_statements", "if a:\n    t += 1\n    t += 2", "if a:\n    t += 1\nt += 2"),
    ("moved_statements", "t += 1\nt += 2", "t += 2\nt += 1"),
    (
        "copied_statements",
        "for x in s:\n    t += x\n    t = 1\nt += 2",
        "for x in s:\n    t += x\n    t = 1\nt = 1\nt += 2",
    ),
    ("guarded_statements", "s.append(t)\nt = 3", "s.append(t)\nif s:\n    s.append(t)\nt = 3"),
    ("renamed_statements", "t = 0\nu = 1\nt += a", "t = 0\nu = 1\nt += a\nu += a"),
    ("guards", "t = 1", "if not s:\n    return 0\nt = 1"),
    ("skips", "for x in s:\n    t = x", "for x in s:\n    if not x:\n        continue\n    t = x"),
    ("jumps", "for x in s:\n    break", "for x in s:\n    continue"),
    ("initial_values", "t = 0", "t = 1"),
    ("branches", "if a:\n    t = 1\nelse:\n    t = 2", "if a:\n    t = 2\nelse:\n    t = 1"),
    ("branches", "if a:\n    t -= 1", "while a:\n    t -= 1"),
    ("updates", "t = 0\nt = t * 2", "t = 0\nt += 1\nt = t * 2"),
    ("targets", "t = 0\nu = 1\nt = a", "t = 0\nu = 1\nu = a"),
    ("exceptions", "raise KeyError(t)", "raise ValueError(t)"),
    ("yields", "yield t", "yield from t"),
    ("clamps", "t += a", "t = max(t, a)"),
]


@pytest.mark.parametrize(("name", "before", "after"), STATEMENTS)
def test_operators_of_statements_produce_what_they_say(name, before, after):
    def program(lines):
        return "def f(a, s, t, u):\n" + "".join(f"    {line}\n" for line in lines.splitlines()) + "    return 0\n"

    kinds = {("f", "a"): {"int"}, ("f", "t"): {"int"}, ("f", "u"): {"int"}, ("f", "s"): {"list"}}
    produced(name, program(before), program(after), kinds)


def produced(name, before, after, kinds):
    candidates, context = importlib.import_module("shared.candidates"), importlib.import_module("shared.context")
    operator = load(next(path for path in OPERATORS if path.stem == name))
    program = candidates.Program(before)
    texts = [program.normal(edit) for edit in operator.propose(program.tree, context.Context(program, observed=kinds))]
    assert ast.unparse(ast.parse(after)) in texts, texts[:20]


def test_defaults_and_resets():
    shared_list = "def f(x, seen=[]):\n    seen.append(x)\n    return seen\n"
    fresh = "def f(x, seen=None):\n    if seen is None:\n        seen = []\n    seen.append(x)\n    return seen\n"
    produced("defaults", shared_list, fresh, {})
    counter = "class C:\n    def __init__(self):\n        self.n = 0\n    def add(self, x):\n        return x\n"
    produced(
        "resets",
        counter,
        counter.replace("        return x", "        self.n += 1\n        return x"),
        {("self", "n"): {"int"}},
    )


class FakeEdit:
    def __init__(self, line, operator, index=0, size=1):
        self.line, self.operator, self.index, self.size = line, operator, index, size


@pytest.mark.parametrize("path", [path for path in PARTS if path.parent.name == "orders"], ids=name_of)
def test_orders_keep_the_edits_of_suspicious_lines_and_nothing_else(path):
    edits = [FakeEdit(line, name, index) for line in (1, 2, 3) for name in "ab" for index in range(3)]
    kept = load(path).order(edits, {1: 0.5, 2: 1.0, 3: 0.0}, {"a": 2.0})
    assert sorted(map(id, kept)) == sorted(id(edit) for edit in edits if edit.line < 3)


@pytest.mark.parametrize("path", [path for path in PARTS if path.parent.name == "localise"], ids=name_of)
def test_localisations_suspect_failing_lines_only(path):
    class Spectrum:
        passed, crashes = [False, True], [3, None]

        def counts(self):
            return {1: (1, 1), 2: (0, 1), 3: (1, 0)}

        def totals(self):
            return 1, 1

    found = load(path).localise(Spectrum())
    assert found.get(2, 0) == 0
    assert found[3] >= found[1] > 0


COMPOSITIONS = [
    {"search": search, "ranking": ranking}
    for search in (["single"], ["single", "pairs"], ["by_failing_case", "pairs"], ["greedy"])
    for ranking in (["first_found"], [path.stem for path in PARTS if path.parent.name == "rankings"])
]
TWO_FAULTS = "def area(w, h, deep):\n    if w <= 0 or h < 0:\n        return 0\n    return w - h - deep\n"
TWO_CASES = [
    {"input": {"call": "area", "args": [2, 3, 1]}, "expected": 6},
    {"input": {"call": "area", "args": [4, 5, 2]}, "expected": 11},
    {"input": {"call": "area", "args": [-1, 5, 2]}, "expected": 0},
    {"input": {"call": "area", "args": [1, 0, 2]}, "expected": 3},
]


@pytest.mark.parametrize("composition", COMPOSITIONS, ids=str)
def test_compositions_run_are_repeatable_and_scores_are_shares(composition):
    engine, plan = importlib.import_module("coder.engine"), importlib.import_module("coder.plan")
    find = {(path.parent.name, path.stem): path for path in PARTS}

    class Plan:
        pass

    for name, value in vars(plan).items():
        if name.isupper():
            setattr(Plan, name, value)
    Plan.SEARCHES = [load(find["searches", name]) for name in composition["search"]]
    Plan.RANKING = [load(find["rankings", name]) for name in composition["ranking"]]
    Plan.OPERATORS = [
        load(find["operators", name]) for name in ("comparison", "constants", "arithmetic", "variables", "signs")
    ]
    Plan.ORDER, Plan.MAX_PLAUSIBLE, Plan.MAX_CANDIDATES = load(find["orders", "blended"]), 20, 2_000
    notes = []
    for _ in range(2):
        search = engine.Engine(Plan, TWO_FAULTS, TWO_CASES, 200_000, 1)
        search.search()
        notes.append(search.notes(search.choose()))
        if len(search.plausible) > 1:
            evidence = importlib.import_module("coder.evidence").Evidence(search)
            for part in Plan.RANKING:
                scores = part.rank(search.plausible, evidence)
                assert len(scores) == len(search.plausible)
                assert all(0 <= score <= 1 for score in scores), part.__name__
    assert json.dumps(notes[0]) == json.dumps(notes[1])
    assert notes[0]["steps"] <= 215_000
    if composition["search"] != ["single"]:
        assert notes[0]["plausible"] >= 1, notes[0]
