"""`iter_config_paths(config)` yields a tuple (path, value) for every leaf of nested dicts and lists.

The path of a dict's item is the path of the dict, a dot and the key (without the dot where the path is empty); the path
of a list's item is the path of the list and the index in brackets: `{"a": {"b": [5, 6]}}` gives `("a.b[0]", 5)` and
`("a.b[1]", 6)`. Keys are visited in alphabetical order, list items in their order, and items of items before the next
item. Empty dicts and empty lists are leaves like all other values. The outermost value has the empty path.
"""

TOPIC = "iterators"

SOLUTION = '''
def iter_config_paths(config, prefix=""):
    if isinstance(config, dict) and config:
        for key in sorted(config):
            path = f"{prefix}.{key}" if prefix else key
            yield from iter_config_paths(config[key], path)
    elif isinstance(config, list) and config:
        for index, value in enumerate(config):
            yield from iter_config_paths(value, f"{prefix}[{index}]")
    else:
        yield (prefix, config)
'''.lstrip()

FAULTS = [("            yield from iter_config_paths(value,", "            yield iter_config_paths(value,")]

ENTRY = "iter_config_paths"

VISIBLE = [({"b": 1, "a": {"c": "x"}},), ({"a": [5, 6]},), ([],)]

EDGES = [
    ({},),
    (7,),
    ([[1, 2], [3]],),
    ({"a": [{"b": 1, "c": 2}, 3]},),
    ([[], {}],),
    ({"x": {}, "y": [None, False]},),
    ([{"k": [0]}],),
    ([[[["deep"]]]],),
]


def generate(rng):
    def node(depth):
        kind = rng.randrange(5) if depth else 4
        if kind < 2:
            return {rng.choice("abcde"): node(depth - 1) for _ in range(rng.randrange(4))}
        if kind < 4:
            return [node(depth - 1) for _ in range(rng.randrange(4))]
        return rng.choice([0, 1, "v", None, True, "", 42])

    return (node(rng.randrange(1, 5)),)


RIGHT = [
    [
        ("            yield from iter_config_paths(value, f\"{prefix}[{index}]\")\n",
         "            for leaf in iter_config_paths(value, f\"{prefix}[{index}]\"):\n                yield leaf\n"),
    ],
    [
        ("for index, value in enumerate(config):", "for index in range(len(config)):"),
        ("            yield from iter_config_paths(value, f", "            yield from iter_config_paths(config[index], f"),
    ],
]

WRONG = [
    [("            yield from iter_config_paths(value, f\"{prefix}[{index}]\")\n", "            yield (f\"{prefix}[{index}]\", value)\n")],
    [("            yield from iter_config_paths(value, f\"{prefix}[{index}]\")\n", "            yield next(iter_config_paths(value, f\"{prefix}[{index}]\"))\n")],
    [
        ("            yield from iter_config_paths(value, f\"{prefix}[{index}]\")\n",
         "            path = f\"{prefix}[{index}]\"\n            if isinstance(value, dict) and value:\n"
         "                yield from iter_config_paths(value, path)\n            else:\n                yield (path, value)\n"),
    ],
]
