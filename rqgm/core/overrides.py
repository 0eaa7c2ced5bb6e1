"""Overrides: ``a.b=value`` from the command line, set in the data that a model is made of."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence


def set_keys(data: dict[str, Any], overrides: Sequence[str], example: str = "budget.outcomes=200") -> None:
    """Set each ``a.b=value`` in `data`, making tables on the way; a value is TOML, else taken as text.

    ConfigError, with an `example`, for what is not written so; a model tells of unknown keys.
    """
    for text in overrides:
        key, separator, value = text.partition("=")
        if not separator or not key.strip():
            raise ConfigError(f"-c {text!r}: write it as key=value, for example -c {example}")
        *path, last = key.strip().split(".")
        table: Any = data
        for part in path:
            table = table.setdefault(part, {}) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            raise ConfigError(f"-c {text!r}: {key.strip()} leads through a value that is not a table")
        table[last] = _value(value.strip())


def _value(text: str) -> Any:
    if "\n" in text:
        raise ConfigError(f"-c …={text!r:.80}: a value is one line")
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
