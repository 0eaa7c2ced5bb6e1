"""`longest_walk(roads)` finds the two places of a tree of roads that are farthest apart and returns their distance.

A place is given by the list of the roads that lead away from it, each a pair [length, place], where the place at the
other end is again such a list, and so on; a place without further roads is an empty list. `roads` is the place where
the tree starts. Lengths are whole numbers >= 0. The way between the two places may pass through the start or not, may
begin or end anywhere, and uses no road twice. The result is 0 for a single place.
"""

TOPIC = "recursion"

SOLUTION = '''
def explore(roads):
    """Return the longest way down from here, and the longest walk anywhere below."""
    inside = 0
    first = second = 0
    for length, place in roads:
        depth, walk = explore(place)
        inside = max(inside, walk)
        reach = length + depth
        if reach > first:
            first, second = reach, first
        elif reach > second:
            second = reach
    return first, max(inside, first + second)


def longest_walk(roads):
    return explore(roads)[1]
'''.lstrip()

FAULTS = [("first, second = reach, first", "first = reach")]

ENTRY = "longest_walk"

VISIBLE = [
    ([[5, []], [3, []], [1, []]],),
    ([[2, []], [4, []]],),
    ([[3, [[3, []]]]],),
    ([],),
]

EDGES = [
    ([[1, []], [2, []], [3, []]],),
    ([[2, []], [1, []], [3, []]],),
    ([[4, []], [4, []]],),
    ([[1, [[9, []], [8, []]]]],),
    ([[1, [[8, []], [9, []]]], [2, []]],),
    ([[5, []], [1, [[7, []]]]],),
    ([[0, []], [0, []]],),
    ([[1, [[1, [[5, []], [6, []], [7, []]]]]], [1, []]],),
    ([[1, []], [2, []], [1, []], [3, []], [2, []]],),
    ([[3, []], [1, []], [5, []]],),
    ([[6, []], [5, [[4, []]]], [1, [[2, []], [30, []], [31, []]]]],),
]


def generate(rng):
    top = rng.choice([3, 10, 50])

    def place(depth):
        if depth == 0:
            return []
        return [[rng.randrange(top), place(rng.randrange(depth))] for _ in range(rng.choice([0, 1, 2, 2, 3, 4]))]

    return ([[rng.randrange(top), place(3)] for _ in range(rng.randrange(1, 4))],)


RIGHT = [
    [("            first, second = reach, first\n", "            second = first\n            first = reach\n")],
    [
        ("    first = second = 0\n", "    reaches = [0, 0]\n"),
        (
            "        reach = length + depth\n        if reach > first:\n            first, second = reach, first\n        elif reach > second:\n            second = reach\n",
            "        reaches.append(length + depth)\n",
        ),
        ("    return first, max", "    second, first = sorted(reaches)[-2:]\n    return first, max"),
    ],
    [("        if reach > first:\n            first, second = reach, first\n        elif reach > second:\n            second = reach\n", "        first, second, _ = sorted([first, second, reach], reverse=True)\n")],
]

WRONG = [
    [("first, second = reach, first", "first = reach"), ("for length, place in roads:", "for length, place in sorted(roads, reverse=True):")],
    [("            first, second = reach, first\n", "            if second == 0:\n                second = first\n            first = reach\n")],
    [("first, second = reach, first", "first, second = reach, max(second, min(first, length))")],
]
