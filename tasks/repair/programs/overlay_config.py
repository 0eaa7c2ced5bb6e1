"""`effective_config(layers)` returns the configuration that results from a list of layers.

Each layer is a dict with string keys whose values are numbers, strings, None or dicts of the same kind. The first
layer is laid over an empty configuration, each later one over the result so far: a later value replaces an earlier
one; where the new value is a dict it is laid, by the same rules at any depth, over the earlier dict under that key
(over an empty one if there is none, or if the earlier value is no dict). A value None removes the key, if it is
there, so None is never in the result. A dict that has become empty stays, as {}.
"""

TOPIC = "dicts"

SOLUTION = '''
def overlay(base, changes):
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            current = merged.get(key)
            if not isinstance(current, dict):
                current = {}
            merged[key] = overlay(current, value)
        else:
            merged[key] = value
    return merged


def effective_config(layers):
    config = {}
    for layer in layers:
        config = overlay(config, layer)
    return config
'''.lstrip()

FAULTS = [("merged[key] = overlay(current, value)", "merged[key] = overlay(value, current)")]

ENTRY = "effective_config"

VISIBLE = [
    ([{"port": 80, "debug": 0}, {"debug": None, "port": 8080}],),
    ([{"db": {"host": "a", "port": 1}}, {"db": {"host": "b"}}],),
    ([{"db": {"host": "a"}}, {"log": {"level": 2}}],),
]

EDGES = [
    ([],),
    ([{"a": {"b": {"c": 1, "d": 2}, "e": 4}}, {"a": {"b": {"c": 3}}}],),
    ([{"a": {"b": 1}}, {"a": {"b": None}}],),
    ([{"a": {"b": None, "c": 1}}],),
    ([{"a": 3}, {"a": {"b": None, "c": {"d": None}}}],),
    ([{"a": {"b": 1}}, {"a": 5}],),
    ([{"a": {"b": 1}}, {"a": 5}, {"a": {"c": 2}}],),
    ([{"a": {"b": 1, "c": 2}}, {"a": {}}],),
]


def make_layer(rng, depth):
    layer = {}
    for key in "abc":
        roll = rng.random()
        if roll < 0.25:
            layer[key] = rng.randrange(5)
        elif roll < 0.35:
            layer[key] = None
        elif roll < 0.75 and depth:
            layer[key] = make_layer(rng, depth - 1)
    return layer


def generate(rng):
    return ([make_layer(rng, rng.randrange(1, 4)) for _ in range(rng.randrange(1, 4))],)


RIGHT = [
    [
        (
            "            current = merged.get(key)\n            if not isinstance(current, dict):\n"
            "                current = {}\n            merged[key] = overlay(current, value)\n",
            "            current = merged.get(key)\n"
            "            merged[key] = overlay(current if isinstance(current, dict) else {}, value)\n",
        )
    ],
    [("merged[key] = overlay(current, value)", "merged[key] = overlay(dict(current), dict(value))")],
]

WRONG = [
    [("merged[key] = overlay(current, value)", "merged[key] = {**current, **value}")],
    [("merged[key] = overlay(current, value)", "merged[key] = overlay(value, {**current, **value})")],
    [("merged[key] = overlay(current, value)", "merged[key] = {**overlay(value, current), **overlay(current, value)}")],
]
