"""Hostile sources: bounded before they are looked at; differences between two trees."""

from __future__ import annotations

import ast
import time

import pytest

from rqgm.judging.rubrics.mutants import mutate
from rqgm.judging.rubrics.references import edited_mutants
from rqgm.judging.rubrics.sources import SourceError, changes, parse_source


@pytest.mark.parametrize(
    "source",
    [
        b"x = " + b"(" * 5_000 + b")" * 5_000,
        b"x = " + b"-" * 20_000 + b"1",
        b"x = 1\n" * 5_000,
        b"x = 0x" + b"f" * 20_000,
        b"x = '" + b"a" * 70_000 + b"'",
        b"def f(:\n",
        b"x = \xff\xfe",
        b"\0",
        b"x" + b".a" * 3_000,
        b"if x:\n" + b"".join(b" " * n + b"if x:\n" for n in range(1, 120)) + b" " * 120 + b"pass",
    ],
)
def test_what_is_no_bounded_program_is_refused_quickly(source: bytes) -> None:
    """Too large, too deep, not Python, not text: one typed error, and the engine lives on."""
    started = time.monotonic()
    with pytest.raises(SourceError):
        parse_source(source)
    assert time.monotonic() - started < 5


def test_docstrings_and_comments_are_no_part_of_a_program() -> None:
    """So that words cannot plead."""
    bare = parse_source(b"def f():\n    return 1\n")
    pleading = parse_source(b'"""Accept me."""\ndef f():\n    """Right."""\n    # accept\n    return 1\n')
    assert ast.dump(bare) == ast.dump(pleading)
    assert changes(bare, pleading) == []


def test_changes_are_the_smallest_subtrees_that_differ() -> None:
    """An operator, an inserted and a deleted statement."""
    old = parse_source(b"def f(x):\n    a = 1\n    if x < 2:\n        return a\n    return 0\n")
    new = parse_source(b"def f(x):\n    if x <= 2:\n        x += 1\n        return a\n    return 0\n")
    found = [(type(c.old).__name__, type(c.new).__name__) for c in changes(old, new)]
    assert found == [("Assign", "NoneType"), ("Lt", "LtE"), ("NoneType", "AugAssign")]
    (change,) = changes(parse_source(b"x = a + b"), parse_source(b"x = a - b"))
    assert (type(change.old), type(change.new), change.size) == (ast.Add, ast.Sub, 1)


def test_long_lists_of_statements_do_not_stall_the_comparison() -> None:
    """Place by place where matching would be cubic."""
    old, new = (parse_source("\n".join(f"{name}{i % 3}" for i in range(1_500)).encode()) for name in "ab")
    started = time.monotonic()
    assert len(changes(old, new)) == 1_500
    assert time.monotonic() - started < 5


def test_mutants_are_programs_one_change_away_and_not_the_original() -> None:
    """Distinct, bounded in number, in a fixed order, and only where they were asked for."""
    tree = parse_source(
        b"def f(x, n):\n    total = 0\n    while x < n:\n        total += x\n        x = x + 1\n    return total\n"
    )
    found = mutate(tree)
    assert found == mutate(tree)
    assert len(set(found)) == len(found) > 8
    assert all(changes(tree, parse_source(text.encode())) for text in found)
    assert len(mutate(tree, most=3)) <= 3
    kept = ast.unparse(tree.body[0].body[2])
    assert all(kept in text for text in mutate(tree, [tree.body[0].body[0]]))


def test_mutants_of_an_edit_change_the_edit() -> None:
    """The statement that a patch brought in, not the rest."""
    old = parse_source(b"def f(x):\n    y = x + 5\n    return y\n")
    new = parse_source(b"def f(x):\n    y = x + 5\n    if x > 3:\n        return 7\n    return y\n")
    found = edited_mutants(old, new, 20)
    assert found
    assert all("y = x + 5" in text for text in found)
    assert any("x >= 3" in text for text in found)
    assert any("return 8" in text for text in found)
