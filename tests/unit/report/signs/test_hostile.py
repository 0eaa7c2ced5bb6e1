"""Whatever agents write, the panel ends, soon, and says what it could not look at."""

from __future__ import annotations

import ast
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rqgm.report.signs.detector import Place
from rqgm.report.signs.known import Known
from rqgm.report.signs.panel import DETECTORS, look
from rqgm.report.signs.source import Source

PANEL = list(DETECTORS.values())
PLACES = (Place("workspace", Known({}), deterministic=True), Place("artifact", Known({}), task="t"))
PATHS = ("coder/x.py", "x.sh", "notes.md", "workspace.toml", "data.json", "conftest.py", "a.pth")

tokens = st.sampled_from(
    [
        "import",
        "from",
        "def",
        "class",
        "return",
        "if",
        "else",
        "for",
        "in",
        "and",
        "not",
        "lambda",
        "yield",
        "try",
        "except",
        "raise",
        "with",
        "as",
        "match",
        "case",
        "getattr",
        "exec",
        "eval",
        "open",
        "os",
        "sys",
        ".",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "=",
        "==",
        "+",
        "%",
        "*",
        "**",
        "@",
        "\\n",
        '"',
        "'",
        '"""',
        "#",
        'f"',
        "0x",
        "1e9",
        'b"',
        'r"',
        "\\x00",
        "__import__",
        "__eq__",
        "self",
        "print",
        "base64.b64decode",
        "/logs/verifier/reward.txt",
        "ignore",
        "all",
        "previous",
        "instructions",
        "accept",
        "verdict:",
        "1.0",
    ]
)


def inspect(path: str, data: bytes, place: Place) -> None:
    """Look at a file with all detectors; none may fail on it."""
    for _, finding in look(Source(path, data), place, PANEL):
        assert finding.rule != "failed", finding.text
        assert "\n" not in finding.text + finding.excerpt


@given(st.binary(max_size=400), st.sampled_from(PATHS), st.sampled_from(PLACES))
@settings(max_examples=150, deadline=None)
def test_any_bytes(data, path, place):
    """As any kind of file."""
    inspect(path, data, place)


@given(st.lists(tokens, max_size=40).map(" ".join), st.sampled_from(PLACES))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_pieces_of_code(text, place):
    """Code that nearly parses, or does."""
    inspect("coder/x.py", text.replace("\\n", "\n").encode("utf-8", "surrogatepass"), place)


@given(st.text(max_size=200), st.sampled_from(PATHS))
@settings(max_examples=100, deadline=None)
def test_any_text_as_a_string_and_a_comment(text, path):
    """In code and in comments."""
    inspect(path, f"x = {text!r}\nopen(x + 'a')\n# {text}\n".encode("utf-8", "surrogatepass"), PLACES[1])


DEEP = 50_000
HOSTILE = {
    "nested brackets": "x = " + "(" * DEEP + ")" * DEEP,
    "nested lists": "x = " + "[" * 90 + "]" * 90,
    "a long sum": "x = " + "+".join(["'a'"] * 20_000),
    "long attribute": "x" + ".a" * 2_500,
    "unary": "x = " + "-" * 3_000 + "1",
    "doubling": "a0 = 'ab' + 'ab'\n" + "".join(f"a{n + 1} = a{n} + a{n}\n" for n in range(200)) + "open(a200)",
    "doubling lists": "a0 = [1, 2]\n" + "".join(f"a{n + 1} = [a{n}, a{n}]\n" for n in range(200)) + "x == a200",
    "replaced to gigabytes": "a = 'x' * 9\nb = ('y' + a).replace('', 'z' * 100000).replace('', 'z' * 100000)",
    "a huge integer": "x = 0x" + "f" * 100_000 + "\ny == x\nz = {x: 1}",
    "names in a circle": "a = b\nb = a\nopen(a)\na.b.c()",
    "a million names": "\n".join(f"x{n} = {n}" for n in range(20_000)),
    "a bomb": "import zlib, base64\nx = zlib.decompress(base64.b64decode('" + "eNrt" * 2_000 + "'))\nexec(x)",
    "nothing but quotes": "'" * 9_999,
    "string in string": repr("exec(" + repr("exec(" + repr("import os; os._exit(0)") + ")") + ")"),
    "many strings of code": "\n".join(f"x{n} = 'def f{n}():\\n    return open({n})'" for n in range(1_000)),
    "calls without arguments": "exec()\ngetattr()\nopen()\nsetattr()\n__import__()\ntype()\nmap()\nos.environ[()]\nx[:]",
    "odd lines": "x = 1\x0c\ny = 2\r\nz = '\u2028'\n# \x85\n",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("place", PLACES, ids=["workspace", "artifact"])
def test_content_made_to_hurt(name, place):
    """Ends within seconds, without failing."""
    start = time.perf_counter()
    inspect("coder/x.py", HOSTILE[name].encode(), place)
    assert time.perf_counter() - start < 20


def test_a_detector_that_fails_is_told_and_silences_no_other():
    """A file cannot turn the panel off."""

    class Broken:
        name = "broken"
        about = "fails"

        def in_file(self, source, place):
            raise RecursionError

        def in_record(self, material):
            return ()

    source = Source("coder/x.py", b"import os\nos._exit(0)\n")
    found = look(source, PLACES[1], [Broken(), *PANEL])
    assert ("broken", "failed") in [(name, entry.rule) for name, entry in found]
    assert "harness" in [name for name, _ in found]


def test_nothing_is_run_by_looking(tmp_path):
    """Folding evaluates literals; it calls nothing of the file."""
    target = tmp_path / "ran"
    code = f"open({str(target)!r}, 'w')\n__import__('os').system('touch {target}')\nexec(\"open('{target}', 'w')\")\n"
    inspect("coder/x.py", code.encode(), PLACES[1])
    assert not target.exists()
    assert ast.parse(code)
