"""`folder_to_delete(tree, capacity, needed)` says which folder to delete to make room on a disk.

`tree` is the root folder: a dict that maps names to a file's size (a non-negative integer) or to a folder (such a
dict). A folder's size is the sum of all files in it at any depth. The root's path is "/", a folder's path is like
"/usr/lib". The disk holds `capacity`, which is not less than the size of the root; `needed` (not more than
`capacity`) must be free. If as much is free already the result is None. Otherwise it is the path of the smallest
folder (the root included) whose deletion makes at least `needed` free; of equally large ones it is the one whose path
is the smallest as a string.
"""

TOPIC = "recursion"

SOLUTION = '''
def measure(folder, path, sizes):
    total = 0
    for name, entry in folder.items():
        if isinstance(entry, dict):
            total += measure(entry, path + "/" + name, sizes)
        else:
            total += entry
    sizes[path or "/"] = total
    return total


def folder_to_delete(tree, capacity, needed):
    sizes = {}
    used = measure(tree, "", sizes)
    missing = needed - (capacity - used)
    if missing <= 0:
        return None
    candidates = [(size, path) for path, size in sizes.items() if size >= missing]
    return min(candidates)[1]
'''.lstrip()

FAULTS = [("missing = needed - (capacity - used)", "missing = needed - capacity - used")]

ENTRY = "folder_to_delete"

VISIBLE = [
    ({"a": 3, "b": {"c": 4}}, 20, 8),
    ({"log": {"x": 9}, "usr": {"lib": {"y": 2}, "z": 3, "w": 6}}, 24, 12),
    ({"log": {}}, 4, 0),
]

EDGES = [
    ({}, 5, 5),
    ({"a": 5}, 5, 0),
    ({"a": {"b": 5}}, 9, 4),
    ({"a": {"b": 5}}, 9, 5),
    ({"a": {"b": 5}, "c": {"d": 4}}, 9, 4),
    ({"a": {"b": 5}, "c": {"d": 4}}, 9, 5),
    ({"a": {"b": 5}, "c": {"d": 4}}, 9, 6),
    ({"b": {"x": 4}, "a": {"y": 4}, "c": {"z": 3}}, 12, 5),
    ({"a": {"a": {"a": {"f": 2}, "f": 2}, "f": 2}, "f": 2}, 10, 6),
    ({"a": {"a": {"a": {"f": 2}, "f": 2}, "f": 2}, "f": 2}, 10, 7),
]


def folder(rng, depth):
    result = {}
    for name in rng.sample("abcdef", rng.randrange(0, 5)):
        result[name] = folder(rng, depth - 1) if depth and rng.random() < 0.6 else rng.randrange(0, 6)
    return result


def size(entry):
    return sum(map(size, entry.values())) if isinstance(entry, dict) else entry


def generate(rng):
    tree = folder(rng, rng.randrange(1, 4))
    used = size(tree)
    capacity = used + rng.choice([0, 1, 3, 8, 20])
    free = capacity - used
    more = [0, used, rng.randrange(used + 1), rng.randrange(used + 1)]
    return tree, capacity, free + rng.choice(more)


RIGHT = [
    [("missing = needed - (capacity - used)", "missing = needed - capacity + used")],
    [("missing = needed - (capacity - used)", "free = capacity - used\n    missing = needed - free")],
]

WRONG = [
    [("missing = needed - (capacity - used)", "missing = used - needed")],
    [("if missing <= 0:", "if capacity - used > needed:")],
    [("if size >= missing", "if size > missing")],
]
