"""Overrides: values are TOML or text, tables are made on the way, and what is written wrongly is told."""

from __future__ import annotations

from typing import Any

import pytest

from rqgm.core.errors import ConfigError
from rqgm.core.overrides import set_keys


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=3", {"a": 3}),
        ("a.b = [1, 2]", {"a": {"b": [1, 2]}}),
        ('a="3"', {"a": "3"}),
        ("a=b=c", {"a": "b=c"}),
        ("a=gated", {"a": "gated"}),
    ],
)
def test_a_value_is_toml_or_else_text(text: str, value: dict[str, Any]) -> None:
    """Under a key whose tables need not be there yet."""
    data: dict[str, Any] = {}
    set_keys(data, [text])
    assert data == value


def test_the_last_one_stands_and_others_stay() -> None:
    """In the order of the command line."""
    data = {"a": {"b": 1, "c": 2}}
    set_keys(data, ["a.b=3", "a.b=4"])
    assert data == {"a": {"b": 4, "c": 2}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "write it as key=value, for example -c decay=1"),
        ("=3", "write it as key=value"),
        ("a.b.c=3", "leads through a value that is not a table"),
        ("a.b=1\nx = 2", "a value is one line"),
    ],
)
def test_what_is_written_wrongly_is_told(text: str, message: str) -> None:
    """With the argument and an example."""
    with pytest.raises(ConfigError, match=message):
        set_keys({"a": {"b": 1}}, [text], "decay=1")
