"""`weighted_total(items)` adds up the integers in a nested list; the nearer to the top, the more an integer counts.

`items` is a list of integers and such lists. A list that holds no list has height 1 (also an empty one); any other
list is one higher than the highest list in it. Integers that are direct members of `items` count as often as the
height of `items`, and with each list further inside they count once less.
"""

TOPIC = "recursion"

SOLUTION = '''
def height(item):
    if isinstance(item, int):
        return 0
    return 1 + max((height(member) for member in item), default=0)


def total_at(item, weight):
    if isinstance(item, int):
        return item * weight
    return sum(total_at(member, weight - 1) for member in item)


def weighted_total(items):
    return total_at(items, height(items) + 1)
'''.lstrip()

FAULTS = [("default=0", "default=1")]

ENTRY = "weighted_total"

VISIBLE = [([],), ([[4, 1], 3, -2],), ([[], 5],)]

EDGES = [
    ([6, [7]],),
    ([1],),
    ([2, []],),
    ([2, [[]]],),
    ([[[]], 2, [[[]]]],),
    ([1, [2, [3, [4]]]],),
    ([[[[9]]], 1],),
    ([[[[9]]], 1, [[[[]]]]],),
    ([[], [[1, 2], []], 3],),
    ([[], [], 4],),
    ([[[], 1], 2],),
    ([3, [], [[], 1]],),
]


def nested(rng, depth):
    items = []
    for _ in range(rng.randrange(0, 4)):
        items.append(nested(rng, depth - 1) if depth and rng.random() < 0.55 else rng.randrange(-3, 8))
    return items


def generate(rng):
    return (nested(rng, rng.randrange(1, 5)),)


RIGHT = [
    [
        (
            "    return 1 + max((height(member) for member in item), default=0)\n",
            "    return 1 + max([height(member) for member in item] + [0])\n",
        )
    ],
    [
        (
            "    return 1 + max((height(member) for member in item), default=0)\n",
            "    if not item:\n        return 1\n    return max(height(member) for member in item) + 1\n",
        )
    ],
]

WRONG = [
    [("    return total_at(items, height(items) + 1)\n", "    return total_at(items, min(height(items), 2) + 1)\n")],
    [
        ("default=0", "default=1"),
        (
            "    return total_at(items, height(items) + 1)\n",
            "    return total_at(items, height(items) + 1 - ([] in items))\n",
        ),
    ],
    [
        (
            "    return 1 + max((height(member) for member in item), default=0)\n",
            "    return 1 + (height(item[0]) if item else 0)\n",
        ),
    ],
]
