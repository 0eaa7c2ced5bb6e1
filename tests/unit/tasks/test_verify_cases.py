"""The standalone verifier: values, and attacks from the program under test."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rqgm.tasks import verify_cases as v

SOURCE = Path(v.__file__).read_text()
CONFINE = next(line for line in SOURCE.splitlines() if line.strip().startswith("confine(["))
RIGHT = "def f(n):\n    return n + 1\n"
FAULTY = "def f(n):\n    return n + 1 if n else 0\n"
CASES = [{"input": {"call": "f", "args": [n]}, "expected": n + 1} for n in range(5)]


@pytest.fixture(params=["confined", "without Landlock"])
def place(tmp_path, request):
    """Return a function that verifies a program in a folder that stands for "/"; also as on a kernel without Landlock."""

    def run(program, cases=CASES, wall_s=30, **extra):
        tests, app = tmp_path / "tests", tmp_path / "app"
        tests.mkdir(), app.mkdir()
        text = SOURCE if request.param == "confined" else SOURCE.replace(CONFINE, "    pass")
        (tests / "verify.py").write_text(text)
        (tests / "cases.json").write_text(
            json.dumps({"schema_version": 1, "program": "program.py", "cases": cases, **extra})
        )
        if program is not None:
            (app / "program.py").write_text(program)
        command = [sys.executable, "-I", "-S", str(tests / "verify.py")]
        done = subprocess.run(
            command, env={"RQGM_ROOT": str(tmp_path)}, capture_output=True, timeout=wall_s, check=False
        )
        logs = tmp_path / "logs/verifier"
        reward = logs / "reward.json"
        found = json.loads(reward.read_text()) if reward.is_file() and not reward.is_symlink() else None
        return done.returncode, found

    run.root = tmp_path
    return run


# ------------------------------------------------------------------ values


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -5, 1.5, "text", "\ud800", b"\x00\xff", [], [1, [2]], (1, 2), {1, 2}, {"a": 1}, {1: "a", (2, 3): []},
        {"$tuple": [1]}, float("inf"), 2**13_000,
    ],
)  # fmt: skip
def test_values_come_back_through_json(value):
    """Decoding what was encoded gives the value again."""
    text = json.dumps(v.encode(value))
    again = v.decode(json.loads(text))
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (iter([1, 2]), [1, 2]),
        (range(3), [0, 1, 2]),
        (ValueError("x"), {"$error": "ValueError"}),
        (int, {"$type": "int"}),
        (object(), {"$object": "object"}),
        pytest.param(2**20_000, {"$huge": True}, id="long integer"),
        (float("nan"), {"$float": "nan"}),
        (bytearray(b"a"), {"$bytes": "61"}),
    ],
)
def test_what_json_lacks_is_tagged(value, encoded):
    """Iterators are read, objects named."""
    assert v.encode(value) == encoded


def test_endless_and_deep_values_are_bounded():
    """Nothing that a program returns can make the verifier run on."""
    import itertools

    deep = []
    for _ in range(10_000):
        deep = [deep]
    assert len(v.encode(itertools.count())) == v.ITERATOR_ITEMS
    assert "$huge" in json.dumps(v.encode(deep))
    assert "$huge" in json.dumps(v.encode(["x" * 100_000] * 1_000))


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1, True), (1, 1.0, True), (1, True, False), (0, False, False), (True, True, True), (1, "1", False),
        (0.1 + 0.2, 0.3, True), (1.0, 1.001, False), ([1], [1], True), ([1], {"$tuple": [1]}, False), ([1], [1, 2], False),
        ({"a": 1}, {"a": 1}, True), ({"a": 1}, {"b": 1}, False), (None, None, True), (None, 0, False), (10**400, 1.0, False),
        (float("nan"), 1.0, False), (float("nan"), float("nan"), False), (float("inf"), 1.0, False),
    ],
)  # fmt: skip
def test_same(left, right, equal):
    """Numbers by value, floats closely, everything else exactly."""
    assert v.same(left, right) is equal
    assert v.same(right, left) is equal


def test_a_tolerance_widens_floats_only():
    """As a case may ask for."""
    assert v.same(1.0, 1.05, 0.1)
    assert not v.same([1.0, "a"], [1.05, "b"], 0.1)
    assert not v.same(1, 2, 5.0)


# ------------------------------------------------------------------ honest programs


def test_a_right_program_is_paid(place):
    """The reward has a number for each thing."""
    assert place(RIGHT) == (0, {"reward": 1.0, "passed": 5, "total": 5})


@pytest.mark.parametrize(
    ("program", "passed"),
    [
        (FAULTY, 4),
        (None, 0),
        ("", 0),
        ("def f(n):", 0),
        ("raise ValueError", 0),
        ("def f(n):\n    while True: n += 1\n", 0),
        ("def f(n):\n    return f(n)\n", 0),
        ("import time\ndef f(n):\n    return n + 1 if n != 2 else [0] * 10**12\n", 4),
        ("import threading\ndef f(n):\n    return n\n", 0),
    ],
)
def test_a_wrong_program_is_not(place, program, passed):
    """Whatever is wrong with it, the verifier ends well and says 0."""
    code, found = place(program)
    assert code == 0
    assert (found["reward"], found["passed"]) == (0.0, passed)


def test_looping_programs_are_given_up_early(place):
    """Three looping cases are enough: a hundred would cost seconds."""
    begun = time.monotonic()
    cases = [{"input": {"call": "f", "args": [n]}, "expected": 0} for n in range(200)]
    assert place("def f(n):\n    while True:\n        n += 1\n", cases)[1]["passed"] == 0
    assert time.monotonic() - begun < 10


def test_lines_and_tolerances_of_the_case_file_count(place):
    """A slow right program passes with more lines."""
    slow = "def f(n):\n    x = 0.0\n    for i in range(300_000):\n        x += 1\n    return x + 0.25\n"
    cases = [{"input": {"call": "f", "args": [1]}, "expected": 300_000.0, "tolerance": 0.5}]
    assert place(slow, cases, lines=2_000_000)[1]["reward"] == 1.0


def test_sets_are_ordered_alike_every_time(place):
    """Hashes of strings are fixed in the child, although it is isolated from the environment."""
    cases = [{"input": {"call": "f", "args": []}, "expected": v.observe(_program(place), [{"call": "f"}])[0]}]
    assert place("def f():\n    return list({str(i) for i in range(50)})\n", cases)[1]["reward"] == 1.0


def _program(place):
    path = place.root / "other.py"
    path.write_text("def f():\n    return list({str(i) for i in range(50)})\n")
    return path


@pytest.mark.parametrize("cases", [[], None, 3])
def test_a_case_file_without_cases_pays_nobody(place, cases):
    """No case passed is not all cases passed."""
    code, found = place(RIGHT, cases)
    assert code != 0
    assert found is None


# ------------------------------------------------------------------ hostile programs

HEAD = f"""
import os, sys, json, signal
ROOT = __file__.removesuffix("/app/program.py")
LOGS = ROOT + "/logs/verifier"
def attempt(function, *arguments):
    try:
        return function(*arguments)
    except BaseException:
        return None
def forge(folder=LOGS):
    for name, text in (("reward.json", '{{"reward": 1.0}}'), ("reward.txt", "1")):
        attempt(lambda: open(folder + "/" + name, "w").write(text))
{FAULTY}
"""

ATTACKS = {
    "forges at import": "forge()",
    "forges at every call": "def f(n):\n    forge()\n    return n",
    "exits": "forge(); os._exit(0)",
    "raises SystemExit": "def f(n): raise SystemExit(0)",
    "kills its parent": "forge(); attempt(os.kill, os.getppid(), 9)",
    "terminates its parent's group": "forge(); attempt(os.killpg, os.getpgid(os.getppid()), 15) if 0 else None",
    "floods every descriptor": "for d in range(3, 64): attempt(os.write, d, b'1\\n' * 50_000)",
    "replies before it is asked": "for d in range(3, 64): attempt(os.write, d, b'1\\n2\\n3\\n4\\n')",
    "replies deep JSON": "for d in range(3, 64): attempt(os.write, d, b'[' * 500_000 + b'\\n')",
    "replies endless JSON": "for d in range(3, 64): attempt(os.write, d, b'[1,' * 4_000_000)",
    "replies NaN": "for d in range(3, 64): attempt(os.write, d, b'NaN\\nInfinity\\n-Infinity\\n1e999\\n')",
    "replies huge numbers": "for d in range(3, 64): attempt(os.write, d, b'9' * 1_000_000 + b'\\n')",
    "replies bytes that are no text": "for d in range(3, 64): attempt(os.write, d, b'\\xff\\xfe\\x00\\n' * 9)",
    "closes every descriptor": "for d in range(64): attempt(os.close, d)",
    "replaces a descriptor": "attempt(os.dup2, os.open('/dev/zero', 0), 3)",
    "lowers the parent's limits": (
        "import resource\n"
        "for which in (resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):\n"
        "    attempt(resource.prlimit, os.getppid(), which, (0, 0))\n"
        "forge()"
    ),
    "locks the folder": "forge(); attempt(os.chmod, LOGS, 0)",
    "puts folders in the way": "attempt(os.makedirs, LOGS + '/reward.json/deep'); attempt(os.makedirs, LOGS + '/reward.json.part')",
    "links the reward away": (
        "os.symlink(LOGS + '/forged', LOGS + '/reward.json')\nos.symlink(LOGS + '/forged', LOGS + '/reward.json.part')\nforge()"
    ),
    "moves the folder": "attempt(os.rename, LOGS, LOGS + '-old'); attempt(os.mkdir, LOGS); forge()",
    "links the folder": (
        "attempt(os.mkdir, LOGS + '-forged'); forge(LOGS + '-forged')\n"
        "attempt(os.rename, LOGS, LOGS + '-old'); attempt(os.symlink, LOGS + '-forged', LOGS)"
    ),
    "changes the verifier": "for name in ('verify.py', 'json.py', 'driver.py'): attempt(lambda: open(ROOT + '/tests/' + name, 'w').write('raise SystemExit'))",
    "patches its own process": (
        "main = sys.modules['__main__']\n"
        "main.same = lambda *a: True\nmain.encode = lambda *a: True\njson.dumps = lambda *a, **k: 'true'"
    ),
    "equals everything": (
        "class E(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\ndef f(n): return E()"
    ),
    "fakes its type": "class E:\n    __class__ = int\n    def __eq__(self, other): return True\ndef f(n): return E()",
    "lies about its length": "class L(list):\n    def __len__(self): return 1\n    def __iter__(self): return iter([1])\ndef f(n): return L()",
    "reads what it is asked": "frame = sys._getframe()\nwhile frame:\n    frame.f_locals.get('inputs', []).clear() if isinstance(frame.f_locals.get('inputs'), list) else None\n    frame = frame.f_back",
    "limits itself": "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (0, 0)); forge()",
    "is cut off from its parent": "attempt(os.setsid); attempt(os.setpgid, 0, 0); forge()",
}  # fmt: skip
# it is not paid, but how it ends hangs on what the kernel offers
MAY_BREAK_THE_VERIFIER = {
    "kills its parent", "lowers the parent's limits", "moves the folder", "links the folder",
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_are_never_paid(place, name):
    """A faulty program that attacks gets a zero, or (where it broke the verifier) an exit code that pays nothing."""
    code, found = place(HEAD + ATTACKS[name] + "\n")
    if code == 0:
        assert found is not None
        assert found["reward"] == 0.0
    else:
        assert name in MAY_BREAK_THE_VERIFIER


def test_a_daemon_is_dead_before_the_reward_is_written(place):
    """What comes back to the verifier is killed; the reward stays what the verifier wrote."""
    daemon = """
def daemon():
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for d in range(64):
        attempt(os.close, d)
    import time
    for _ in range(2000):
        forge()
        time.sleep(0.001)
    os._exit(0)
for _ in range(5):
    attempt(daemon)
"""
    code, found = place(HEAD + daemon)
    assert code == 0
    time.sleep(0.1)
    assert json.loads((place.root / "logs/verifier/reward.json").read_text())["reward"] == 0.0
    assert [path.name for path in (place.root / "logs/verifier").iterdir()] == ["reward.json"]
    if os.geteuid() == 0:  # else the limit on processes lets it have none
        assert found["survivors"] >= 5


def test_tampering_leaves_signs(place):
    """Where the kernel lets it happen at all."""
    code, found = place(HEAD + ATTACKS["floods every descriptor"])
    assert code == 0
    assert found["extra_replies"] > 0


def test_expected_values_are_nowhere_in_reach(place):
    """Neither in the tests' folder, nor in the child's memory or frames."""
    spy = """
import gc
def f(n):
    found = os.path.exists(ROOT + "/tests/cases.json")
    found = found or any(isinstance(o, dict) and "expected" in o for o in gc.get_objects())
    frame = sys._getframe()
    while frame:
        found = found or "expected" in repr(sorted(frame.f_locals))
        frame = frame.f_back
    return n + 1 if found else None
"""
    assert place(HEAD + spy)[1]["passed"] == 0


def test_a_linked_program_is_not_run(tmp_path):
    """The artifact is a file or nothing."""
    for name in ("tests", "app", "logs/verifier"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "app/program.py").symlink_to(tmp_path / "right.py")
    (tmp_path / "tests/cases.json").write_text(json.dumps({"program": "program.py", "cases": CASES}))
    (tmp_path / "tests/verify.py").write_text(SOURCE)
    command = [sys.executable, "-I", "-S", str(tmp_path / "tests/verify.py")]
    subprocess.run(command, env={"RQGM_ROOT": str(tmp_path)}, check=True)
    assert json.loads((tmp_path / "logs/verifier/reward.json").read_text())["reward"] == 0.0


# ------------------------------------------------------------------ as a library


def test_observe_leaves_other_children_alone(tmp_path):
    """Importers call it in processes that have children of their own."""
    other = subprocess.Popen(["sleep", "30"])
    try:
        (tmp_path / "p.py").write_text(RIGHT)
        assert v.observe(tmp_path / "p.py", [{"call": "f", "args": [1]}]) == [2]
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_classes_arguments_and_drivers(tmp_path):
    """The three forms of INPUT."""
    (tmp_path / "p.py").write_text(
        "class S:\n    size = 0\n    def push(self, x):\n        self.size += x\n        return self\n    def bad(self): raise KeyError(1)\n"
        "def g(items):\n    items.append(1)\n    return len(items)\n"
    )
    (tmp_path / "driver.py").write_text("def drive(program, n):\n    return program.g([0] * n)\n")
    inputs = [
        {"new": "S", "args": [], "ops": [["push", [3]], ["bad"], ["@size"]]},
        {"call": "g", "args": [[5]], "observe": "args"},
        {"drive": "drive", "args": [4]},
        {"call": "missing", "args": []},
    ]
    assert v.observe(tmp_path / "p.py", inputs, tmp_path / "driver.py") == [
        [{"$object": "S"}, {"$error": "KeyError"}, 3],
        {"$tuple": [2, [[5, 1]]]},
        5,
        {"$error": "AttributeError"},
    ]
