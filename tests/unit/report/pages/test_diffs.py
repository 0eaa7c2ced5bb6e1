"""Diffs: foreign text that is made safe, told whole in figures, and cut with a word about it."""

from __future__ import annotations

import pytest

from rqgm.archive.lineage import Lineage
from rqgm.core.trees import File
from rqgm.report.pages.diffs import MAX_LINE_CHARS, file_diffs, safe_line


@pytest.fixture
def differ(tmp_path):
    """`differ(before, after)`: the file diffs of two workspaces given as {path: bytes}."""
    lineage = Lineage(tmp_path / "lineage.git", create=True)

    def make(before, after, **options):
        old = lineage.add(0, {path: File(data) for path, data in before.items()}, None, "old", {})
        new = lineage.add(1, {path: File(data) for path, data in after.items()}, old, "new", {})
        return {diff.path: diff for diff in file_diffs(lineage.patches(old, new), **options)}

    return make


def test_each_file_has_its_lines_and_counts(differ):
    """Added, removed and changed files; hunks begin with their place."""
    found = differ({"a.py": b"one\ntwo\n", "b.py": b"x\n"}, {"a.py": b"one\n2\n", "c.py": b"y\nz\n"})
    assert {path: (d.status, d.added, d.removed) for path, d in found.items()} == {
        "a.py": ("changed", 1, 1),
        "b.py": ("removed", 0, 1),
        "c.py": ("added", 2, 0),
    }
    assert found["a.py"].text.split("\n") == ["@@ -1,2 +1,2 @@", " one", "-two", "+2"]


def test_lines_that_look_like_headers_stay_content(differ):
    """A file cannot feign another file, whatever line ends it uses."""
    hostile = b"diff --git a/x b/x\n@@ -1 +1 @@\n--- a/x\x0b+++ b/x\x1cdiff --git\xe2\x80\xa8@@\n"
    found = differ({"a.py": b"\n"}, {"a.py": hostile})
    assert list(found) == ["a.py"]
    assert found["a.py"].added == 3
    assert len(found["a.py"].text.split("\n")) == 5


def test_control_characters_go_and_tabs_stay(differ):
    """Nothing that moves a cursor, turns the reading direction or ends a line gets through; bad bytes do no harm."""
    found = differ({}, {"a.py": "\tx\x1b[31m\u202ey\r\n".encode() + b"\xff\xfe\n"})
    assert found["a.py"].text.split("\n")[1] == "+\tx [31m y "
    assert "\ufffd" in found["a.py"].text.split("\n")[2]


def test_what_is_cut_is_said(differ):
    """Lines beyond the cap are counted; the counts of the file are of the whole."""
    found = differ({}, {"a.py": b"x\n" * 50, "b.py": b"y\n" * 50}, max_lines=21)
    assert (found["a.py"].added, found["a.py"].left_out) == (50, "30 more lines")
    assert (found["b.py"].added, found["b.py"].text, found["b.py"].left_out) == (50, "", "51 more lines")
    assert len(safe_line("x" * 5_000)) == MAX_LINE_CHARS


def test_binary_files_and_endless_diffs_are_told_of(differ):
    """They have no text."""
    found = differ({}, {"a.bin": b"\0\1\2" * 100, "b.txt": b"line\n" * 60_000})
    assert (found["a.bin"].text, found["a.bin"].left_out) == ("", "not text")
    assert (found["b.txt"].text, found["b.txt"].added) == ("", 60_000)
    assert found["b.txt"].left_out.startswith("a diff of ")


def test_an_empty_file_has_no_lines(differ):
    """It is there all the same."""
    found = differ({"a.py": b"x\n"}, {"a.py": b"x\n", "b.py": b""})
    assert (found["b.py"].status, found["b.py"].text, found["b.py"].left_out) == ("added", "", "")
