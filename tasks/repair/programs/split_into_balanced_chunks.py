"""`split_evenly(items, count)` cuts a list into exactly `count` consecutive parts, as a list of lists.

The parts, put together, give the list again. The sizes of any two parts differ by at most 1, and longer parts come
before shorter ones. If there are more parts than items, the last parts are empty lists. A count below 1 raises
ValueError. The given list is not changed.
"""

TOPIC = "lists"

SOLUTION = '''
def part_sizes(total, count):
    base, extra = divmod(total, count)
    return [base + 1] * extra + [base] * (count - extra)


def split_evenly(items, count):
    if count < 1:
        raise ValueError("at least one part is needed")
    parts = []
    start = 0
    for size in part_sizes(len(items), count):
        parts.append(items[start : start + size])
        start += size
    return parts
'''.lstrip()

FAULTS = [("divmod(total, count)", "divmod(count, total)")]

ENTRY = "split_evenly"

VISIBLE = [(["a", "b", "c"], 3), ([1, 2, 3, 4, 5], 3), ([1, 2, 3, 4], 2), ([1], 0)]

EDGES = [
    ([], 1),
    ([], 3),
    ([1, 2], 5),
    ([1, 2, 3, 4, 5, 6, 7], 3),
    ([1, 2, 3, 4, 5, 6, 7], 1),
    ([1, 2, 3, 4, 5, 6, 7], 5),
    ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 4),
    ([1, 2], -1),
]


def generate(rng):
    return (list(range(1, rng.randrange(1, 24))), rng.randrange(1, 10))


RIGHT = [
    [("divmod(total, count)", "total // count, total % count")],
    [
        ("    base, extra = divmod(total, count)\n    return [base + 1] * extra + [base] * (count - extra)\n",
         "    return [(total + count - 1 - k) // count for k in range(count)]\n"),
    ],
]

WRONG = [
    [
        ("    base, extra = divmod(total, count)\n    return [base + 1] * extra + [base] * (count - extra)\n",
         "    return [-(-total // count)] * count\n"),
    ],
    [
        ("    base, extra = divmod(total, count)\n    return [base + 1] * extra + [base] * (count - extra)\n",
         "    sizes = []\n    while len(sizes) < count:\n        sizes.append(round(total / (count - len(sizes))))\n"
         "        total -= sizes[-1]\n    return sizes\n"),
    ],
    [("divmod(total, count)", "divmod(max(total, count), min(total, count))")],
]
