"""`diff_settings(old, new)` lists how one nested settings dict differs from another.

Keys are strings; values are numbers, strings, None or dicts of the same kind. The result is a list of `(kind, path)`
tuples with kind "added", "removed" or "changed"; a path is the keys from the top down, joined by ".". Where both
sides hold a dict under a key, only what is inside is compared (at any depth); otherwise values that are not equal are
"changed", also where one side is a dict. An added or removed dict is one entry: its content is not listed. Entries
are in the order of the sorted keys at each level, so the changes below "a" come before those of "b".
"""

TOPIC = "dicts"

SOLUTION = '''
def diff_settings(old, new, prefix=""):
    changes = []
    for key in sorted(set(old) | set(new)):
        path = prefix + key
        if key not in new:
            changes.append(("removed", path))
        elif key not in old:
            changes.append(("added", path))
        elif isinstance(old[key], dict) and isinstance(new[key], dict):
            changes.extend(diff_settings(old[key], new[key], path + "."))
        elif old[key] != new[key]:
            changes.append(("changed", path))
    return changes
'''.lstrip()

FAULTS = [('path + "."', 'key + "."')]

ENTRY = "diff_settings"

VISIBLE = [
    ({"a": 1, "b": 2, "c": 5}, {"a": 1, "b": 3, "d": 4}),
    ({"db": {"port": 1, "host": "x"}}, {"db": {"port": 2, "host": "x"}}),
    ({"db": {"auth": {"user": "x"}}}, {"db": {"auth": {"user": "y"}}}),
]

EDGES = [
    ({}, {}),
    ({"a": None}, {}),
    ({}, {"a": None}),
    ({"a": {"b": 1}}, {"a": 1}),
    ({"a": 1}, {"a": {"b": 1}}),
    ({"a": {}}, {"a": {"b": {"c": 1}}}),
    ({"a": {"b": {"c": {"d": 1}}}}, {"a": {"b": {"c": {"d": 2, "e": 3}}}}),
    ({"log": {"b": {"c": 1}, "x": 1}}, {"log": {"b": {"c": 2}, "x": 2}}),
    ({"log": {"b": {"c": {"d": {"e": 1}}}}}, {"log": {"b": {"c": {"d": {}}}}}),
]


def settings(rng, depth):
    result = {}
    for key in ["a", "b", "log", "db"]:
        roll = rng.random()
        if roll < 0.25:
            result[key] = rng.choice([0, 1, None])
        elif roll < 0.8 and depth:
            result[key] = settings(rng, depth - 1)
    return result


def generate(rng):
    depth = rng.randrange(1, 5)
    return settings(rng, depth), settings(rng, depth)


RIGHT = [
    [('path + "."', 'f"{prefix}{key}."')],
    [
        ("        path = prefix + key\n", '        path = f"{prefix}.{key}" if prefix else key\n'),
        ('path + "."', "path"),
    ],
]

WRONG = [
    [('path + "."', 'prefix.split(".")[0] + ("." if prefix else "") + key + "."')],
    [('path + "."', '(path if prefix == "db." else key) + "."')],
    [("if key not in new:", "if new.get(key) is None:")],
]
