"""Inputs made from the visible ones: changed a little, type by type, and kept inside what the visible ones share.

If every visible list at some place is sorted, so are the generated ones; if no visible number there is negative, none
is; texts stay in the visible alphabet. So most generated inputs obey the program's unwritten preconditions.
"""

import random
import zlib

from shared.values import canonical

MAX_ITEMS = 12


def generate_inputs(visible, count):
    """Return up to `count` distinct INPUTs that are not visible, always the same ones for the same visible inputs."""
    rng = random.Random(zlib.crc32(canonical(visible).encode()))
    habits = Habits(visible)
    seen = {canonical(item) for item in visible}
    found = []
    for _ in range(count * 6):
        if len(found) >= count or not visible:
            break
        item = _vary(rng, visible, habits)
        key = canonical(item)
        if key not in seen:
            seen.add(key)
            found.append(item)
    return found


class Habits:
    """What all visible values at one place of the arguments have in common; a place is a path such as (0, "[]")."""

    def __init__(self, visible):
        self.values = {}
        for item in visible:
            for place, value in _places(item):
                self._collect(place, value)

    def _collect(self, place, value):
        self.values.setdefault(place, []).append(value)
        for inner in _children(value):
            self._collect((*place, "[]"), inner)

    def numbers(self, place):
        """Return the numbers seen at a place."""
        return [v for v in self.values.get(place, []) if isinstance(v, (int, float)) and not isinstance(v, bool)]

    def sorted(self, place):
        """Tell whether all lists seen at a place, one of them of three items, are in ascending order."""
        lists = [v for v in self.values.get(place, []) if isinstance(v, list)]
        return any(len(v) > 2 for v in lists) and all(_ascending(v) for v in lists)

    def distinct(self, place):
        """Tell whether no list seen at a place holds an item twice."""
        lists = [v for v in self.values.get(place, []) if isinstance(v, list)]
        return any(len(v) > 3 for v in lists) and all(len({canonical(i) for i in v}) == len(v) for v in lists)

    def lengths(self, place):
        """Return the lengths of the lists and texts seen at a place."""
        return [len(v) for v in self.values.get(place, []) if isinstance(v, (list, str))]


def _places(item):
    """Return (place, value) of everything in an INPUT that may be varied."""
    found = [((i,), value) for i, value in enumerate(item.get("args", []))]
    for name, *rest in item.get("ops", []):
        found += [((name, i), value) for i, value in enumerate(rest[0] if rest else [])]
    return found


def _children(value):
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        ((tag, body), *rest) = value.items() or [("", None)]
        if not rest and tag in ("$tuple", "$set") and isinstance(body, list):
            return body
        if not tag.startswith("$"):
            return list(value.values())
    return []


def _vary(rng, visible, habits):
    item = dict(rng.choice(visible))
    if "args" in item:
        item["args"] = list(item["args"])
    if item.get("ops"):
        item["ops"] = _vary_operations(rng, item["ops"], habits)
    if item.get("args") and (not item.get("ops") or rng.random() < 0.2):
        for _ in range(rng.choice([1, 1, 2, 2, 4])):
            at = rng.randrange(len(item["args"]))
            others = [other["args"][at] for other in visible if len(other.get("args", [])) > at]
            mixed = len(item["args"]) > 1 and rng.random() < 0.3
            old = item["args"][at]
            item["args"][at] = rng.choice(others) if mixed else vary_value(rng, old, (at,), habits)
    return item


def _vary_operations(rng, operations, habits):
    """Drop, repeat, exchange operations, or vary an argument of one."""
    changed = [list(operation) for operation in operations]
    for _ in range(rng.choice([1, 1, 2, 3, 5])):
        at = rng.randrange(len(changed))
        choice = rng.randrange(4)
        if choice == 0 and len(changed) > 1:
            del changed[at]
        elif choice == 1:
            changed.insert(rng.randrange(len(changed) + 1), list(changed[at]))
        elif choice == 2:
            other = rng.randrange(len(changed))
            changed[at], changed[other] = changed[other], changed[at]
        elif len(changed[at]) > 1 and changed[at][1]:
            name, arguments = changed[at][0], list(changed[at][1])
            index = rng.randrange(len(arguments))
            arguments[index] = vary_value(rng, arguments[index], (name, index), habits)
            changed[at] = [name, arguments]
    return changed


def vary_value(rng, value, place, habits):
    """Return a changed value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return _vary_number(rng, value, habits.numbers(place))
    if isinstance(value, str):
        return _vary_text(rng, value, [v for v in habits.values.get(place, []) if isinstance(v, str)])
    if isinstance(value, list):
        return _vary_list(rng, value, place, habits)
    if isinstance(value, dict):
        return _vary_dict(rng, value, place, habits)
    return value


def _vary_number(rng, value, seen):
    low, high = min(seen, default=value), max(seen, default=value)
    span = max(high - low, abs(high), 2)
    if isinstance(value, int):
        options = [value + 1, value - 1, low, high, high + 1, 0, 1, 2, value * 2, value // 2, high + rng.randrange(1, 10)]
        options.append(rng.randint(min(low, high), max(low, high) + 3) if isinstance(low, int) and isinstance(high, int) else 1)
    else:
        options = [value + 1.0, value - 1.0, value / 2, value * 2, 0.0, 1.0, low, high, round(low + rng.random() * span, 2)]
    allowed = [option for option in options if option >= min(low, 0) and (low < 1 or option >= 1 or rng.random() < 0.3)]
    return rng.choice(allowed or options)


def _vary_text(rng, value, seen):
    """Exchange one letter for one of its kind, mostly; else insert, delete, cut, double, shuffle."""
    at = rng.randrange(len(value) + 1)
    if at < len(value) and rng.random() < 0.5:
        return value[:at] + _like(rng, value[at], seen) + value[at + 1 :]
    letter = _like(rng, value[min(at, len(value) - 1)] if value else "a", seen)
    options = [value[:at] + letter + value[at:], value[:at] + value[at + 1 :], value[:at] + value[max(0, at - 1) :]]
    options += [value[::-1], value + value, value[:at], value[at:], rng.choice(seen or [value])]
    other = rng.choice(seen or [value])
    options.append(value[:at] + other[rng.randrange(len(other) + 1) :])
    if len(value) > 1:
        letters = list(value)
        rng.shuffle(letters)
        options.append("".join(letters))
    if rng.random() < 0.1:
        options.append("")
    return rng.choice(options)


def _like(rng, letter, seen):
    """Return a letter: of the same kind as `letter`, or now and then any that was seen."""
    alphabet = sorted({item for text in seen for item in text}) or ["a"]
    for test, kind in ((str.isdigit, "0123456789"), (str.islower, "abcdexyz"), (str.isupper, "ABCDEXYZ")):
        if test(letter) and rng.random() < 0.7:
            return rng.choice(sorted({item for item in alphabet if test(item)} | set(kind)))
    return rng.choice(alphabet)


def _vary_list(rng, value, place, habits):
    inner = (*place, "[]")
    items = list(value)
    lengths = habits.lengths(place)
    fixed = len(lengths) > 2 and len(set(lengths)) == 1
    choice = rng.randrange(7)
    at = rng.randrange(len(items)) if items else 0
    pool = habits.values.get(inner, [])
    if choice == 0 and not fixed and items:
        del items[at]
    elif choice == 1 and not fixed and items and not habits.distinct(place):
        items.insert(rng.randrange(len(items) + 1), items[at])
    elif choice == 2 and not fixed and pool:
        items.insert(rng.randrange(len(items) + 1), vary_value(rng, rng.choice(pool), inner, habits))
    elif choice == 3 and len(items) > 1:
        rng.shuffle(items)
    elif choice == 4 and not fixed and len(items) > 1:
        items = items[:at] if rng.random() < 0.5 else items[at:]
    elif choice == 5 and items and pool:
        items[at] = rng.choice(pool)
    elif items:
        items[at] = vary_value(rng, items[at], inner, habits)
    if habits.distinct(place):
        items = list({canonical(item): item for item in items}.values())
    if habits.sorted(place) and _comparable(items):
        items.sort()
    return items[: max(MAX_ITEMS, len(value))]


def _vary_dict(rng, value, place, habits):
    if len(value) == 1:
        ((tag, body),) = value.items()
        if tag in ("$tuple", "$set") and isinstance(body, list):
            if tag == "$tuple" and body:
                at = rng.randrange(len(body))
                inner = (*place, "[]")
                return {tag: [vary_value(rng, v, inner, habits) if i == at else v for i, v in enumerate(body)]}
            return {tag: list({canonical(v): v for v in _vary_list(rng, body, place, habits)}.values())}
        if tag == "$dict" and isinstance(body, list) and body:
            kept = list(body)
            at = rng.randrange(len(kept))
            if rng.random() < 0.4:
                del kept[at]
            else:
                kept[at] = [kept[at][0], vary_value(rng, kept[at][1], (*place, "[]"), habits)]
            return {tag: kept}
        if tag.startswith("$"):
            return value
    return _vary_record(rng, value, place, habits)


def _vary_record(rng, value, place, habits):
    if not value:
        return value
    key = rng.choice(sorted(value))
    changed = dict(value)
    if rng.random() < 0.25:
        del changed[key]
    elif rng.random() < 0.3:
        changed[key] = value[rng.choice(sorted(value))]
    else:
        changed[key] = vary_value(rng, value[key], (*place, "[]"), habits)
    return changed


def _comparable(items):
    return all(isinstance(item, (int, float)) for item in items) or all(isinstance(item, str) for item in items)


def _ascending(items):
    return _comparable(items) and all(left <= right for left, right in zip(items, items[1:]))
