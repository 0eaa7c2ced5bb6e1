"""Inputs near the visible ones, as data; made in the engine, so that no artifact can choose what it is tried on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ConfigError
from rqgm.core.hashes import canonical_json

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from rqgm.core.trees import Tree

VISIBLE = "visible.json"
_TRIES = 12
_DIGITS = 9
_OPERATE = 0.8
"""How often operations are varied, not the arguments of the class."""
_MIX = 0.25
"""How often an argument is taken from another visible input."""


def visible_cases(environment: Tree) -> tuple[str, list[dict[str, Any]]]:
    """Return the program's path and the visible cases of a public task; ConfigError if it has none."""
    try:
        data = json.loads(environment[VISIBLE].data)
        program, cases = str(data["program"]), list(data["cases"])
        sound = bool(cases) and all("expected" in case and isinstance(case["input"], dict) for case in cases)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"{VISIBLE}: holds no visible cases: {error!r}; see docs/tasks.md, case-based tasks"
        ) from error
    if not sound:
        raise ConfigError(f"{VISIBLE}: cases is no list of inputs with expected values; see docs/tasks.md")
    return program, cases


def plain(data: Any) -> Any:
    """Return a value so that equal ones have one JSON text: floats to nine digits, whole ones as integers."""
    if isinstance(data, float):
        short = float(f"{data:.{_DIGITS}g}")
        return int(short) if short.is_integer() and abs(short) < 1e15 else short  # noqa: PLR2004  # exact as a float
    if isinstance(data, list):
        return [plain(item) for item in data]
    if isinstance(data, dict):
        return {key: plain(item) for key, item in data.items()}
    return data


def generate(visible: Sequence[dict[str, Any]], count: int, draw: random.Random) -> list[dict[str, Any]]:
    """Return up to `count` distinct inputs near the visible ones, none of them visible."""
    seen = {canonical_json(item) for item in visible}
    pool = _Pool(visible)
    found: list[dict[str, Any]] = []
    for _ in range(count * _TRIES):
        if len(found) == count:
            break
        item = _vary(draw.choice(list(visible)), visible, pool, draw)
        text = canonical_json(item)
        if text not in seen:
            seen.add(text)
            found.append(item)
    return found


class _Pool:
    """The values inside the visible arguments, and whether all lists of three items or more are ascending."""

    def __init__(self, visible: Sequence[dict[str, Any]]) -> None:
        self.numbers: list[int | float] = []
        self.texts: list[str] = []
        lists: list[list[Any]] = []
        stack: list[Any] = [[item.get("args", []), [op[1:] for op in item.get("ops", [])]] for item in visible]
        while stack:
            value = stack.pop()
            if isinstance(value, dict):
                stack += value.values()
            elif isinstance(value, list):
                stack += value
                if len(value) > 2 and _comparable(value):  # noqa: PLR2004  # two may be in order by chance
                    lists.append(value)
            elif isinstance(value, str):
                self.texts.append(value)
            elif isinstance(value, (int, float)) and not isinstance(value, bool):
                self.numbers.append(value)
        self.numbers = sorted(set(self.numbers))
        self.texts = sorted(set(self.texts))
        self.letters = "".join(sorted({letter for text in self.texts for letter in text})) or "a"
        self.ascending = bool(lists) and all(value == sorted(value) for value in lists)


def _comparable(values: list[Any]) -> bool:
    return all(type(v) in (int, float) for v in values) or all(isinstance(v, str) for v in values)


def _vary(item: dict[str, Any], visible: Sequence[dict[str, Any]], pool: _Pool, draw: random.Random) -> dict[str, Any]:
    made = dict(item)
    if made.get("ops") and (not made.get("args") or draw.random() < _OPERATE):
        made["ops"] = _vary_operations([list(op) for op in made["ops"]], pool, draw)
        return made
    args = list(made.get("args", []))
    for _ in range(draw.choice((1, 1, 2, 3)) if args else 0):
        at = draw.randrange(len(args))
        others = [other["args"][at] for other in visible if len(other.get("args", [])) > at]
        args[at] = draw.choice(others) if len(args) > 1 and draw.random() < _MIX else _change(args[at], pool, draw)
    made["args"] = args
    return made


def _vary_operations(operations: list[list[Any]], pool: _Pool, draw: random.Random) -> list[list[Any]]:
    for _ in range(draw.choice((1, 2, 3))):
        at, action = draw.randrange(len(operations)), draw.randrange(5)
        if action == 0 and len(operations) > 1:
            del operations[at]
        elif action == 1:
            operations.insert(draw.randrange(len(operations) + 1), list(operations[at]))
        elif action == 2:  # noqa: PLR2004  # the third action
            other = draw.randrange(len(operations))
            operations[at], operations[other] = operations[other], operations[at]
        elif len(operations[at]) > 1 and operations[at][1]:
            args = list(operations[at][1])
            index = draw.randrange(len(args))
            args[index] = _change(args[index], pool, draw)
            operations[at] = [operations[at][0], args]
    return operations


def _change(value: Any, pool: _Pool, draw: random.Random) -> Any:
    """Return a value of the same kind with one change somewhere in it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        near = [value + 1, value - 1, value * 2, 0, 1, *pool.numbers, *(number + 1 for number in pool.numbers)]
        lowest = min(0, *pool.numbers) if pool.numbers else 0
        chosen = draw.choice([number for number in near if number >= lowest] or [value])
        return float(chosen) if isinstance(value, float) else int(chosen)
    if isinstance(value, str):
        return _change_text(value, pool, draw)
    if isinstance(value, list):
        return _change_list(list(value), pool, draw)
    return _change_table(value, pool, draw) if isinstance(value, dict) else value


def _change_text(value: str, pool: _Pool, draw: random.Random) -> str:
    at = draw.randrange(len(value) + 1)
    letter = draw.choice(pool.letters)
    options = [value[:at] + letter + value[at:], value[:at] + value[at + 1 :], value[:at] + letter + value[at + 1 :]]
    return draw.choice([*options, value[:at], value[at:] + value[:at], value[:at] + value[max(0, at - 1) :]])


def _change_list(value: list[Any], pool: _Pool, draw: random.Random) -> list[Any]:
    if not value:
        return value
    at, action = draw.randrange(len(value)), draw.randrange(6)
    if action == 0:
        del value[at]
    elif action == 1:
        value.insert(draw.randrange(len(value) + 1), value[at])
    elif action == 2:  # noqa: PLR2004  # the third action
        draw.shuffle(value)
    else:
        value[at] = _change(value[at], pool, draw)
    return sorted(value) if pool.ascending and _comparable(value) else value


def _change_table(value: dict[str, Any], pool: _Pool, draw: random.Random) -> dict[str, Any]:
    """Change one entry; a tagged tuple keeps its length, for it is a record more often than not."""
    if not value:
        return value
    key = draw.choice(sorted(value))
    held = value[key]
    if key in ("$tuple", "$set", "$dict") and isinstance(held, list) and held:
        at = draw.randrange(len(held))
        changed = [held[at][0], _change(held[at][1], pool, draw)] if key == "$dict" else _change(held[at], pool, draw)
        return {key: [*held[:at], changed, *held[at + 1 :]]}
    if key.startswith("$"):
        return value
    return {**value, key: _change(held, pool, draw)}
