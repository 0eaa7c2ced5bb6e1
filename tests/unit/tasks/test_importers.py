"""Importers, on small look-alikes of the public sets; the sets themselves are read from $RQGM_DATA where it is set."""

import ast
import json
import os
import tomllib
from pathlib import Path

import pytest

from rqgm.core.errors import ConfigError
from rqgm.sandbox.profile import Profile
from rqgm.tasks.check import Checker
from rqgm.tasks.importers.cases import Expected, choose_visible, keep_one_secret, write_files
from rqgm.tasks.importers.drivers import parse_tests
from rqgm.tasks.importers.humanevalpack import import_humanevalpack
from rqgm.tasks.importers.observing import rewrite
from rqgm.tasks.importers.polyglot import import_polyglot
from rqgm.tasks.importers.quixbugs import import_quixbugs
from rqgm.tasks.suite import load_suite

PROFILE = Profile(name="test", memory_mb=512, wall_s=30)


def rewritten(source, names=("f",)):
    found = rewrite(ast.parse(source).body, names, "t")
    return ast.unparse(ast.Module(found.body, [])), found


# ------------------------------------------------------------------ rewriting


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("assert f(1) == 2", "observe(f(1))"),
        ("assert 2 == f(1)", "observe(f(1))"),
        ("assert f(1) == 2 and f(2) == 3", "observe(f(1))\nobserve(f(2))"),
        ("expected = [1]\nassert f(1) == expected", "observe(f(1))"),
        ("a = f(1)\nb = [a, 1]\nassert b == [2, 1]", "a = f(1)\nb = [a, 1]\nobserve(b)"),
        ("for i in range(3):\n    assert f(i) == 7", "for i in range(3):\n    observe(f(i))"),
        ("out = []\nout.append(f(1))\nassert out == [5]", "out = []\nout.append(f(1))\nobserve(out)"),
        ("assert abs(f(1) - 0.33) < 1e-6", "observe(f(1))"),
        ("assert f(1) == pytest.approx(3, abs=0.1)", "observe(f(1))"),
        ("assert f(f(1)) == f(2)", "observe_pair(f(f(1)), f(2))"),
        ("assert f(1)", "observe_truth(f(1))"),
        ("assert not f(1)", "observe_truth(not f(1))"),
        ("self.assertEqual(f(1), 2)", "observe(f(1))"),
        ("self.assertEqual(2, f(1), 'message')", "observe(f(1))"),
        ("self.assertCountEqual(f(1), [2, 1])", "observe_unordered(f(1))"),
        ("self.assertAlmostEqual(f(1), 2.5, places=3)", "observe(f(1))"),
        ("self.assertTrue(f(1))", "self.assertTrue(f(1))"),
        ("with self.assertRaises(ValueError) as e:\n    f(1)\nself.assertEqual(e.exception.args[0], 'no')",
         "with self.assertRaises(ValueError) as e:\n    f(1)\nobserve(e.exception.args[0])"),
        ("seen = []\nf(seen)\nself.assertEqual(seen, [3])", "seen = []\nf(seen)\nobserve(seen)"),
        ("'''Output: 7'''\nassert f(1) == 7", "observe(f(1))"),
        ("if 1:\n    assert f(1) == 7\nelse:\n    pass", "if 1:\n    observe(f(1))\nelse:\n    pass"),
    ],
)  # fmt: skip
def test_comparisons_become_observations(source, expected):
    """What the program does is reported, what is expected is gone."""
    text, found = rewritten(source)
    assert text == expected
    assert found.weak == []


@pytest.mark.parametrize(
    ("source", "tolerance"),
    [
        ("assert abs(f(1) - 0.33) < 1e-6", 1e-6),
        ("assert f(1) == pytest.approx(3, abs=0.1)", 0.1),
        ("assert f(1) == pytest.approx(3)", 1e-6),
        ("self.assertAlmostEqual(f(1), 2.5, places=3)", 0.0005),
        ("self.assertAlmostEqual(f(1), 2.5, delta=0.2)", 0.2),
        ("assert f(1) == 3", None),
    ],
)
def test_the_tests_own_tolerance_is_kept(source, tolerance):
    """The widest one of a test."""
    assert rewritten(source)[1].tolerance == tolerance


@pytest.mark.parametrize(
    "source",
    [
        "for x, y in [(1, 2)]:\n    assert f(x) == y",
        "y = g()\nassert f(y) == y",
        "assert f(1) < 5",
        "assert f(1) in (1, 2)",
        "self.assertIn(f(1), [1, 2])",
    ],
)
def test_what_cannot_be_dropped_is_noted(source):
    """The test still runs, and is called weak with its line."""
    found = rewritten(source)[1]
    assert found.weak
    assert "t, line" in found.weak[0]


def test_a_driver_holds_no_expected_value():
    """Nor a constant, a docstring or another test that does."""
    tests = parse_tests(
        "import unittest\nfrom prog import f\nSECRET = 'topsecret'\n"
        "class T(unittest.TestCase):\n"
        "    def test_a(self):\n        '''topsecret'''\n        self.assertEqual(f(1), SECRET)\n"
        "    def test_b(self):\n        self.assertEqual(f(2), 'other secret')\n",
        "prog",
    )
    assert tests.tests == ["T.test_a", "T.test_b"]
    source = tests.observing(["T.test_a"]).source
    assert "secret" not in source
    assert "test_b" not in source
    assert "import unittest" not in source
    assert "topsecret" in tests.proving().source


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        "import pytest\n@pytest.mark.parametrize('a', [1])\ndef test_a(a): pass",
        "def test_a(tmp): pytest.skip()",
    ],
)
def test_files_that_cannot_be_driven_say_why(source):
    """No tests, or pytest's own machinery."""
    with pytest.raises(ValueError, match=r"pytest|no test"):
        parse_tests(source, "prog")


# ------------------------------------------------------------------ visible and hidden


def expected(failing):
    cases = [{"input": {"call": "f", "args": [index]}, "expected": index} for index in range(len(failing))]
    return Expected(cases, list(failing), 1, [])


@pytest.mark.parametrize("failing", [[True] * 9, [False] * 8 + [True], [True, False], [True] * 2, [True] * 40, [True]])
def test_a_failing_case_is_always_hidden_and_not_shown(failing):
    """Else a patch that knows the visible answers by heart would pass."""
    visible, hidden = choose_visible(expected(failing))
    secret = [case for case in hidden if failing[case["expected"]] and case not in visible]
    assert secret
    assert len(visible) <= 5
    assert len(visible) + len(hidden) == len(failing)


def test_a_failing_and_a_passing_case_are_shown():
    """Where there are enough, so that a coder has something to go by."""
    failing = [True, True, False, False, True, False]
    visible, _ = choose_visible(expected(failing))
    assert {failing[case["expected"]] for case in visible} == {True, False}
    assert choose_visible(expected(failing)) == choose_visible(expected(failing))


def test_examples_that_give_all_away_are_cut():
    """And examples that all pass get a failing case, where several are hidden."""
    found = expected([True, True, False])
    assert len(keep_one_secret(found.cases, found)) == 2
    assert keep_one_secret([found.cases[2]], found)[1:] in ([found.cases[0]], [found.cases[1]])
    single = expected([True, False])
    assert keep_one_secret([single.cases[1]], single) == [single.cases[1]]


# ------------------------------------------------------------------ QuixBugs


@pytest.fixture
def quixbugs(tmp_path):
    root = tmp_path / "quixbugs"
    doc = '\n"""\nAdds one.\n"""\n'
    head = "import pytest\nfrom node import Node\nif pytest.use_correct:\n    from correct_python_programs.last import last\nelse:\n    from python_programs.last import last\n"
    tests = (
        head + "one = Node(1)\ntwo = Node(2, one)\n\ndef test1():\n    '''Output: 1'''\n    assert last(two) == 1\n\n"
        "def test2():\n    one.successor = Node(7)\n    result = last(two)\n    expected = 7\n    assert result == expected\n\n"
        "def test3():\n    assert last(Node(3)) == 3\n\ndef test4():\n    assert last(None) is None\n"
    )
    write_files(
        root,
        {
            "python_programs/inc.py": "def inc(n):\n    return n + 1 if n else 0\n" + doc,
            "correct_python_programs/inc.py": "def inc(n):\n    return n + 1\n",
            "json_testcases/inc.json": "".join(f"[[{n}], {n + 1}]\n" for n in (0, 1, 2, 3)) + "[-1, 0]\n[[9], 11]\n",
            "python_programs/forever.py": "def forever(n):\n    while True:\n        n += 1\n" + doc,
            "correct_python_programs/forever.py": "def forever(n):\n    yield (n, n)\n",
            "json_testcases/forever.json": "[[1], [[1, 1]]]\n[[2], [[2, 2]]]\n[[3], [[3, 3]]]\n",
            "python_programs/node.py": "class Node:\n    def __init__(self, value, successor=None):\n        self.value = value\n        self.successor = successor\n",
            "python_programs/last.py": "def last(node):\n    return node.value\n" + doc,
            "correct_python_programs/last.py": "def last(node):\n    while node and node.successor:\n        node = node.successor\n    return node and node.value\n",
            "python_testcases/test_last.py": tests,
            "python_programs/last_test.py": "from .last import last\n",
            "python_programs/odd.py": "def odd(n):\n    return n\n" + doc,
            "python_programs/wrong.py": "def wrong(n):\n    return 0\n" + doc,
            "correct_python_programs/wrong.py": "def wrong(n):\n    return n\n",
            "json_testcases/wrong.json": "[[1], 2]\n[[2], 3]\n",
            "SOURCE.txt": "repo: https://example.org/q\ncommit: abc\nlicence: MIT\n",
        },
    )
    return root


async def test_quixbugs(quixbugs, tmp_path, process):
    """JSON cases, graph programs, loops; each task is sound, and what cannot be imported says why."""
    found = import_quixbugs(quixbugs, tmp_path / "out")
    assert found.tasks == ["forever", "inc", "last"]
    assert "there is no correct_python_programs/odd.py" in found.left_out["odd"]
    assert "answers no line" in found.left_out["wrong"]
    suite = load_suite(tmp_path / "out")
    assert (suite.licence, suite.source) == ("MIT", "https://example.org/q abc")
    assert suite.names("test") == ("forever", "inc", "last")
    for name in suite.names():
        task = suite.task(name)
        assert task.environment["program.py"].data == (quixbugs / f"python_programs/{name}.py").read_bytes()
        assert "Adds one." in task.instruction
        assert (await Checker(process, PROFILE).check_task(task)).problems == ()
    assert "line 6" in suite.task("inc").metadata["left_out"]  # where the right program disagrees with what is recorded


def test_quixbugs_graph_programs_are_driven(quixbugs, tmp_path):
    """The driver has no expected value, and starts each test afresh."""
    import_quixbugs(quixbugs, tmp_path / "out")
    tests = tmp_path / "out/last/tests"
    driver = (tests / "driver.py").read_text()
    assert "expected" not in driver.split("def _setup")[1]
    assert "Output" not in driver
    assert (tests / "node.py").is_file()
    assert (tmp_path / "out/last/environment/driver.py").is_file()
    cases = json.loads((tests / "cases.json").read_text())["cases"]
    shown = json.loads((tmp_path / "out/last/environment/visible.json").read_text())["cases"]
    answers = {case["input"]["drive"]: case["expected"] for case in [*cases, *shown]}
    assert answers == {"case_test1": [1], "case_test2": [7], "case_test3": [3], "case_test4": [True]}


# ------------------------------------------------------------------ HumanEvalPack


def row(number, entry, **changes):
    text = f'def {entry}(x):\n    """ Double.\n    """\n'
    base = {
        "task_id": f"Python/{number}",
        "prompt": text,
        "canonical_solution": "    return x * 2\n",
        "buggy_solution": "    return x * 2 if x else 1\n",
        "entry_point": entry,
        "test": f"def check({entry}):\n    assert {entry}(0) == 0\n    assert {entry}(1 + 1) == 4\n    assert {entry}([0]) == [0, 0]\n",
        "example_test": f"def check({entry}):\n    assert {entry}(5) == 10\ncheck({entry})\n",
        "docstring": "Double.",
        "signature": f"{entry}(x)",
    }
    return {**base, **changes}


@pytest.fixture
def humanevalpack(tmp_path):
    helper = "def shift(x):\n    return x + 1\n\n"
    rows = [
        row(0, "double"),
        row(
            1,
            "undo",
            prompt=helper + "def undo(x):\n",
            canonical_solution="    return x - 1\n",
            buggy_solution="    return x + 1\n",
            test="def check(undo):\n    from random import randint\n    for _ in range(5):\n        x = randint(1, 9)\n        assert undo(shift(x)) == x\n",
            example_test="",
        ),
        row(2, "near", canonical_solution="    return x / 3\n", buggy_solution="    return x / 2\n",
            test="def check(near):\n    assert abs(near(1) - 0.333) < 1e-2\n    assert near(3) == 1\n    assert near(0) == 0\n", example_test=""),
        row(3, "same", buggy_solution="    return x * 2\n"),
        row(4, "bad", test="def check(bad):\n    assert bad(1) == 3\n"),
        row(5, "none", test="x = 1\n"),
    ]  # fmt: skip
    write_files(tmp_path / "he", {"python.jsonl": "".join(json.dumps(line) + "\n" for line in rows)})
    return tmp_path / "he"


async def test_humanevalpack(humanevalpack, tmp_path, process):
    """Direct calls become cases, other tests are driven; each task is sound."""
    found = import_humanevalpack(humanevalpack, tmp_path / "out")
    assert found.tasks == ["python-0-double", "python-1-undo", "python-2-near"]
    assert set(found.left_out) == {"python-3-same", "python-4-bad", "python-5-none"}
    assert "passes every" in found.left_out["python-3-same"]
    assert "fails its test" in found.left_out["python-4-bad"]
    assert "stays in the test's code (x)" in found.notes["python-1-undo"]
    suite = load_suite(tmp_path / "out")
    cases = json.loads(suite.task("python-0-double").tests["cases.json"].data)["cases"]
    assert [case["input"]["args"] for case in cases] == [[0], [2], [[0]]]
    near = json.loads(suite.task("python-2-near").tests["cases.json"].data)["cases"]
    assert {case["tolerance"] for case in near} == {0.01}
    for name in suite.names():
        assert (await Checker(process, PROFILE).check_task(suite.task(name))).problems == ()


# ------------------------------------------------------------------ polyglot


@pytest.fixture
def polyglot(tmp_path):
    exercise = tmp_path / "pg/python/exercises/practice/counter"
    tests = (
        "import unittest\nfrom counter import Counter, LIMIT\n\n"
        "class CounterTest(unittest.TestCase):\n"
        "    def setUp(self):\n        self.counter = Counter()\n"
        "    def raises(self, kind):\n        return self.assertRaisesRegex(kind, r'.+')\n"
        "    def test_zero(self):\n        self.assertEqual(self.counter.value, 0)\n"
        "    def test_up(self):\n        self.counter.up()\n        self.counter.up()\n        self.assertEqual(self.counter.value, 2)\n"
        "    def test_limit(self):\n        for _ in range(LIMIT):\n            self.counter.up()\n        with self.raises(ValueError):\n            self.counter.up()\n"
        "    def test_message(self):\n        with self.assertRaises(ValueError) as error:\n            Counter(-1)\n        self.assertEqual(type(error.exception), ValueError)\n        self.assertEqual(error.exception.args[0], 'too low')\n"
        "    def test_history(self):\n        self.counter.up()\n        self.assertIs(self.counter.history is None, False)\n        self.assertIn(1, self.counter.history)\n"
        "if __name__ == '__main__':\n    unittest.main()\n"
    )
    right = (
        "LIMIT = 3\nclass Counter:\n    def __init__(self, value=0):\n        if value < 0:\n            raise ValueError('too low')\n"
        "        self.value = value\n        self.history = []\n    def up(self):\n        if self.value == LIMIT:\n            raise ValueError('full')\n"
        "        self.value += 1\n        self.history.append(self.value)\n"
    )
    config = {"files": {"solution": ["counter.py"], "test": ["counter_test.py"], "example": [".meta/example.py"]}}
    write_files(
        exercise,
        {
            ".meta/config.json": json.dumps(config),
            ".meta/example.py": right,
            ".docs/instructions.md": "# Instructions\n\nCount.\n",
            ".docs/instructions.append.md": "# More\n",
            "counter.py": "LIMIT = 3\nclass Counter:\n    pass\n",
            "counter_test.py": tests,
        },
    )
    broken = exercise.parent / "outside"
    config["files"]["example"] = ["../../../../../../etc/passwd"]
    write_files(broken, {".meta/config.json": json.dumps(config), "counter.py": "", "counter_test.py": ""})
    return tmp_path / "pg"


async def test_polyglot(polyglot, tmp_path, process):
    """A test class becomes cases; messages and types of errors are among them; the task is sound."""
    found = import_polyglot(polyglot, tmp_path / "out")
    assert found.tasks == ["counter"]
    assert "not a file of the exercise" in found.left_out["outside"]
    task = load_suite(tmp_path / "out").task("counter")
    assert "Count." in task.instruction
    assert "# More" in task.instruction
    assert task.artifacts == ("counter.py",)
    assert (await Checker(process, PROFILE).check_task(task)).problems == ()
    cases = [
        *json.loads(task.tests["cases.json"].data)["cases"],
        *json.loads(task.environment["visible.json"].data)["cases"],
    ]
    answers = {case["input"]["drive"].removeprefix("case_CounterTest_test_"): case["expected"] for case in cases}
    assert answers["message"] == [True, {"$type": "ValueError"}, "too low"]
    assert answers["up"] == [2]
    assert answers["limit"] == [True]
    assert "too low" not in task.tests["driver.py"].data.decode()


# ------------------------------------------------------------------ bad folders


@pytest.mark.parametrize(
    ("importer", "remedy"),
    [
        (import_quixbugs, "root of a QuixBugs checkout"),
        (import_humanevalpack, r"HumanEvalPack's python\.jsonl"),
        (import_polyglot, "root of a polyglot-benchmark checkout"),
    ],
)
def test_a_wrong_folder_is_told_what_to_give(importer, remedy, tmp_path):
    """ConfigError with the remedy; nothing is written."""
    with pytest.raises(ConfigError, match=remedy):
        importer(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_full_folder_is_not_overwritten(humanevalpack, tmp_path):
    """--out is a new one."""
    write_files(tmp_path / "out", {"x": ""})
    with pytest.raises(ConfigError, match="not empty"):
        import_humanevalpack(humanevalpack, tmp_path / "out")


def test_nothing_importable_is_an_error(tmp_path):
    """With the reasons."""
    write_files(tmp_path / "he", {"python.jsonl": json.dumps(row(0, "f", test="")) + "\n"})
    with pytest.raises(ConfigError, match="nothing could be imported"):
        import_humanevalpack(tmp_path / "he", tmp_path / "out")


@pytest.mark.parametrize("line", ["{", "[]", '{"task_id": ""}', json.dumps(row(0, "not a name"))])
def test_wrong_rows_name_their_line(tmp_path, line):
    """File and number."""
    write_files(tmp_path / "he", {"python.jsonl": "\n" + line + "\n"})
    with pytest.raises(ConfigError, match=r"python\.jsonl:2"):
        import_humanevalpack(tmp_path / "he", tmp_path / "out")


# ------------------------------------------------------------------ the sets themselves

DATA = os.environ.get("RQGM_DATA")


@pytest.mark.slow
@pytest.mark.skipif(DATA is None, reason="RQGM_DATA is not set: the public data sets are not part of the repository")
@pytest.mark.parametrize(
    ("importer", "folder"),
    [(import_quixbugs, "quixbugs"), (import_humanevalpack, "humanevalpack"), (import_polyglot, "polyglot")],
)
async def test_the_public_sets_import_whole_and_sound(importer, folder, tmp_path, process):
    """Every task of what is there."""
    found = importer(Path(DATA) / folder, tmp_path / "out")
    assert found.left_out == {}
    suite = load_suite(tmp_path / "out")
    report = await Checker(process, PROFILE).check(folder, [suite.task(name) for name in suite.names()])
    assert [task for task in report.tasks if task.problems] == []
    config = tomllib.loads((tmp_path / "out/suite.toml").read_text())
    assert config["source"].startswith("https://")
