"""Foreign text made safe."""

from __future__ import annotations

import pytest

from rqgm.core.text import clean


@pytest.mark.parametrize("char", ["\x1b", "\x00", "\x7f", "\u202e", "\u200b", "\ud800", "\r", "\x9b", "\ue000"])
def test_control_format_and_surrogate_characters_become_spaces(char: str) -> None:
    """Nothing that steers a terminal or breaks an encoder survives."""
    assert clean(f"a{char}b") == "a b"
    clean(f"a{char}b").encode()


def test_newlines_are_kept_only_when_asked_for() -> None:
    """A line stays a line."""
    assert clean("a\nb") == "a b"
    assert clean("a\nb", lines=True) == "a\nb"


def test_long_text_is_cut_with_a_mark() -> None:
    """The result is never longer than asked for."""
    assert clean("x" * 50, 10) == "x" * 9 + "…"
    assert clean("x" * 10, 10) == "x" * 10
    assert len(clean("x" * 10_000_000, 10)) == 10


def test_ordinary_letters_of_any_script_stay() -> None:
    """It cleans, it does not translate."""
    assert clean("naïve 漢字 τ ≥ 0 🙂") == "naïve 漢字 τ ≥ 0 🙂"
