"""`merge_distinct_sorted(left, right)` yields the whole numbers of two ascending lists in ascending order, each once.

Both lists are sorted ascending but may contain repeats, and a number may occur in both. Numbers may be negative or 0;
either list may be empty.
"""

TOPIC = "iterators"

SOLUTION = '''
def merge_distinct_sorted(left, right):
    left, right = iter(left), iter(right)
    a = next(left, None)
    b = next(right, None)
    last = None
    while a is not None or b is not None:
        if b is None or (a is not None and a <= b):
            item = a
            a = next(left, None)
        else:
            item = b
            b = next(right, None)
        if item != last:
            yield item
            last = item
'''.lstrip()

FAULTS = [("while a is not None or b", "while a is not None and b"), ("a <= b", "a >= b")]

ENTRY = "merge_distinct_sorted"

VISIBLE = [([3, 3], [3]), ([1, 2], []), ([1, 5, 5, 8], [3, 5, 7, 8]), ([], [])]

EDGES = [
    ([0], []),
    ([], [0, 0, 4]),
    ([-3, 0, 0], [-3, 2]),
    ([1, 1, 1], [1]),
    ([1, 9], [2, 2, 9, 9, 10, 10]),
    ([4, 6, 6], [1]),
    ([0, 0], [0]),
    ([-5, -5], [-7]),
    ([], [2, 2, 2]),
    ([-1, 0, 1], [0]),
]


def generate(rng):
    top = rng.choice([3, 8, 30])
    return tuple(sorted(rng.randint(-top // 2, top) for _ in range(rng.randrange(8))) for _ in range(2))


RIGHT = [
    [("a is not None and a <= b", "a is not None and not a > b")],
    [
        ("    while a is not None or b is not None:\n", "    while not (a is None and b is None):\n"),
        ("a <= b", "a < b"),
    ],
]

WRONG = [
    [
        ("while a is not None or b is not None", "while a is not None and b is not None"),
        ("            last = item\n", "            last = item\n    for item in (a, *left, b, *right):\n        if item is not None and item != last:\n            yield item\n"),
    ],
    [("while a is not None or b is not None", "while a or b")],
    [("        if item != last:\n", "        if item > (last or 0):\n")],
]
