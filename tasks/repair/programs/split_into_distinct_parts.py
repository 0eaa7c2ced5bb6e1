"""`distinct_parts(total, largest)` lists the ways to write `total` as a sum of different positive integers.

`total` and `largest` are integers of 0 or more; no part may exceed `largest`. Each way is a list of parts, the
largest first, and no part occurs twice in it. The ways are listed with the largest first part first, then by the
second part in the same manner, and so on. There is one way to write 0: the empty list.
"""

TOPIC = "recursion"

SOLUTION = '''
def distinct_parts(total, largest):
    if total == 0:
        return [[]]
    ways = []
    for part in range(min(total, largest), 0, -1):
        for rest in distinct_parts(total - part, part - 1):
            ways.append([part] + rest)
    return ways
'''.lstrip()

FAULTS = [("range(min(total, largest), 0, -1)", "range(min(total, largest), 1, -1)")]

ENTRY = "distinct_parts"

VISIBLE = [(0, 3), (2, 5), (5, 5), (4, 2)]

EDGES = [(1, 0), (1, 1), (1, 4), (3, 1), (3, 2), (6, 3), (6, 6), (7, 3), (10, 4), (10, 10), (12, 5), (0, 0), (8, 4)]


def generate(rng):
    total = rng.randrange(0, 15)
    return total, rng.choice([total, rng.randrange(0, 15), rng.randrange(0, 7)])


RIGHT = [
    [("range(min(total, largest), 0, -1)", "reversed(range(1, min(total, largest) + 1))")],
    [
        ("range(min(total, largest), 0, -1)", "range(largest, 0, -1)"),
        (
            "    if total == 0:\n        return [[]]\n",
            "    if total <= 0:\n        return [[]] if total == 0 else []\n",
        ),
    ],
]

WRONG = [
    [
        ("range(min(total, largest), 0, -1)", "range(min(total, largest), 1, -1)"),
        ("    ways = []\n", "    if total == 1:\n        return [[1]]\n    ways = []\n"),
    ],
    [("range(min(total, largest), 0, -1)", "range(min(total, largest), total // 2, -1)")],
    [("range(min(total, largest), 0, -1)", "range(min(total, largest), int(largest < 3), -1)")],
]
