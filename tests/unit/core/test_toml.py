"""TOML at the border."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from rqgm.core.errors import ConfigError
from rqgm.core.toml import MAX_TOML_BYTES, parse, read_toml


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Inner(_Strict):
    weight: float = Field(default=1.0, gt=0)
    kind: Literal["tests", "panel"] = "tests"


class _Outer(_Strict):
    count: int
    items: list[_Inner] = []
    by_name: dict[str, _Inner] = {}

    @model_validator(mode="after")
    def _no_thirteen(self) -> _Outer:
        if self.count == 13:
            raise ValueError("count must not be 13")
        return self


def test_reads_a_file(tmp_path: Path) -> None:
    """Plain TOML becomes plain data."""
    path = tmp_path / "a.toml"
    path.write_text("x = 1\n[t]\ny = 'z'\n")
    assert read_toml(path) == {"x": 1, "t": {"y": "z"}}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The message has the path."""
    with pytest.raises(ConfigError, match=r"absent\.toml"):
        read_toml(tmp_path / "absent.toml")


@pytest.mark.parametrize("content", [b"x = ", b"\xff\xfe", b"x = 1\nx = 2\n", b"x = " + b"[" * 5_000])
def test_what_is_not_toml_is_refused_with_the_path(tmp_path: Path, content: bytes) -> None:
    """Syntax errors, other encodings and nesting bombs are one kind of error."""
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"bad\.toml: is not TOML"):
        read_toml(path)


def test_links_and_large_files_are_refused(tmp_path: Path) -> None:
    """The file may be hostile."""
    real = tmp_path / "real.toml"
    real.write_text("x = 1")
    (tmp_path / "link.toml").symlink_to(real)
    (tmp_path / "large.toml").write_bytes(b"#" * (MAX_TOML_BYTES + 1))
    for name in ("link.toml", "large.toml"):
        with pytest.raises(ConfigError, match=name):
            read_toml(tmp_path / name)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"count": 1, "item": []}, "item: unknown key; did you mean 'items'? Allowed: by_name, count, items"),
        (
            {"count": 1, "items": [{"wieght": 2}]},
            "items.0.wieght: unknown key; did you mean 'weight'? Allowed: kind, weight",
        ),
        (
            {"count": 1, "by_name": {"a": {"kin": "x"}}},
            "by_name.a.kin: unknown key; did you mean 'kind'? Allowed: kind, weight",
        ),
        ({"count": 1, "zzz": 1}, "zzz: unknown key Allowed: by_name, count, items"),
        ({}, "count: is missing"),
        ({"count": "many"}, "(found 'many')"),
        ({"count": 1, "items": [{"weight": -1}]}, "items.0.weight: Input should be greater than 0 (found -1)"),
        ({"count": 1, "items": [{"kind": "test"}]}, "'tests' or 'panel' (found 'test')"),
        ({"count": 13}, "the whole: count must not be 13"),
    ],
)
def test_a_bad_value_is_answered_with_file_key_found_and_allowed(data: dict[str, object], message: str) -> None:
    """Whoever wrote the file can mend it from the message alone."""
    with pytest.raises(ConfigError) as caught:
        parse(data, _Outer, "file.toml")
    assert str(caught.value).startswith("file.toml: ")
    assert message in str(caught.value)


def test_a_long_hostile_value_is_shown_short_and_clean() -> None:
    """A message cannot be flooded or carry control characters."""
    with pytest.raises(ConfigError) as caught:
        parse({"count": "\x1b[31m" + "x" * 10_000}, _Outer, "file.toml")
    assert len(str(caught.value)) < 300
    assert "\x1b" not in str(caught.value)


def test_a_name_that_is_also_a_field_does_not_mislead_the_allowed_keys() -> None:
    """`outer.items` is a name here, not the field `items`: its table has the keys of `_Named`."""

    class _Named(_Strict):
        items: list[_Inner] = []
        depth: int = 0

    class _Top(_Strict):
        tables: dict[str, _Named] = {}

    with pytest.raises(ConfigError, match="Allowed: depth, items"):
        parse({"tables": {"items": {"dept": 1}}}, _Top, "file.toml")
