"""`tree_shapes(nodes, height)` counts the shapes of binary trees with exactly `nodes` nodes and at most `height`
levels.

Both are integers of 0 or more. A binary tree is empty (0 nodes, 0 levels), or a node with a left and a right binary
tree, which has one level more than the higher of the two. Left and right are told apart, so there are two shapes with
2 nodes.
"""

TOPIC = "recursion"

SOLUTION = '''
from functools import lru_cache


@lru_cache(maxsize=None)
def tree_shapes(nodes, height):
    if nodes == 0:
        return 1
    if height == 0:
        return 0
    count = 0
    for left in range(nodes):
        right = nodes - 1 - left
        count += tree_shapes(left, height - 1) * tree_shapes(right, height - 1)
    return count
'''.lstrip()

FAULTS = [("right = nodes - 1 - left", "right = nodes - left")]

ENTRY = "tree_shapes"

VISIBLE = [(0, 2), (2, 0), (3, 3), (2, 2)]

EDGES = [(0, 0), (1, 0), (1, 1), (2, 1), (3, 2), (3, 1), (4, 3), (4, 2), (7, 3), (8, 3), (5, 5), (5, 9), (12, 4)]


def generate(rng):
    return rng.randrange(0, 13), rng.randrange(0, 9)


RIGHT = [
    [("right = nodes - 1 - left", "right = nodes - (left + 1)")],
    [
        (
            "    for left in range(nodes):\n        right = nodes - 1 - left\n",
            "    nodes -= 1\n    for left in range(nodes + 1):\n        right = nodes - left\n",
        ),
    ],
]

WRONG = [
    [("* tree_shapes(right, height - 1)", "* tree_shapes(right, height)")],
    [
        ("    if height == 0:\n        return 0\n", "    if nodes > 2**height - 1:\n        return 0\n"),
        (
            "tree_shapes(left, height - 1) * tree_shapes(right, height - 1)",
            "tree_shapes(left, left) * tree_shapes(right, right)",
        ),
    ],
    [("    if height == 0:\n", "    if nodes > height:\n")],
]
