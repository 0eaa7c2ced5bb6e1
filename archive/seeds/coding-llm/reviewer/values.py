"""The value codec of case files: what a program answers as tagged JSON data, and back.

It agrees with the verifier's: what JSON lacks is tagged (``$tuple``, ``$set``, ``$dict``, ``$bytes``, ``$float``,
``$error``, ``$type``, ``$object``); iterators are read to a list of at most ``ITERATOR_ITEMS``.
"""

import itertools
import json
import math

ITERATOR_ITEMS = 1_000
VALUE_NODES = 50_000
MAX_DEPTH = 60
MAX_INT_BITS = 1 << 16
HUGE = {"$huge": True}


def encode(value, budget=None, depth=0):
    """Return `value` as tagged JSON data; anything too deep or too large becomes ``{"$huge": true}``."""
    budget = budget if budget is not None else [VALUE_NODES]
    budget[0] -= 1
    if budget[0] < 0 or depth > MAX_DEPTH:
        return HUGE
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is int:
        return value if value.bit_length() <= MAX_INT_BITS else HUGE
    if kind is str:
        budget[0] -= len(value) // 16
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    return _encode_container(value, budget, depth + 1)


def _encode_container(value, budget, depth):
    if isinstance(value, (list, tuple, set, frozenset, dict)) and len(value) > budget[0]:
        budget[0] = -1  # no answer of a right program is as large, so there is no need to walk through it
        return HUGE
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": bytes(value).hex()}
    if isinstance(value, list):
        return [encode(item, budget, depth) for item in value[:VALUE_NODES]]
    if isinstance(value, tuple):
        return {"$tuple": [encode(item, budget, depth) for item in value]}
    if isinstance(value, (set, frozenset)):
        return {"$set": sorted((encode(item, budget, depth) for item in value), key=canonical)}
    if isinstance(value, dict):
        pairs = [[encode(key, budget, depth), encode(item, budget, depth)] for key, item in value.items()]
        if all(type(key) is str and not key.startswith("$") for key, _ in pairs):
            return dict(pairs)
        return {"$dict": sorted(pairs, key=lambda pair: canonical(pair[0]))}
    if hasattr(value, "__next__") or isinstance(value, (range, map, filter, zip)):
        return [encode(item, budget, depth) for item in itertools.islice(value, ITERATOR_ITEMS)]
    if isinstance(value, BaseException):
        return {"$error": type(value).__name__}
    if isinstance(value, type):
        return {"$type": value.__name__}
    return {"$object": type(value).__name__}


def decode(data):
    """Return the Python value of tagged JSON data: a fresh one each time, so that a program may change it."""
    if isinstance(data, list):
        return [decode(item) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) == 1:
        ((tag, body),) = data.items()
        if tag == "$tuple":
            return tuple(decode(item) for item in body)
        if tag == "$set":
            return {decode(item) for item in body}
        if tag == "$dict":
            return {decode(key): decode(item) for key, item in body}
        if tag == "$bytes":
            return bytes.fromhex(body)
        if tag == "$float":
            return float(body)
    return {key: decode(item) for key, item in data.items()}


def canonical(data) -> str:
    """Return one text for equal data."""
    return json.dumps(data, sort_keys=True)


def same(left, right) -> bool:
    """Tell whether two encoded values are equal; floats to 1e-9, lists and tuples told apart, True is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        if isinstance(left, int) and isinstance(right, int):
            return left == right
        try:
            return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
        except OverflowError:  # an integer that no float can hold
            return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right
