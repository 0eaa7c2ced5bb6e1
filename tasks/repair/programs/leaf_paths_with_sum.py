"""`leaf_paths(tree, target)` lists the paths from the root of a tree to a leaf whose values add up to `target`.

A tree is a list: the root's value (an integer, possibly negative), followed by the root's subtrees, which are trees;
a leaf is a list with a value only. A path is the list of the values from the root to the leaf, both included. The
paths are listed from left to right, as the leaves are met; paths to different leaves are all listed, also if their
values are equal.
"""

TOPIC = "recursion"

SOLUTION = '''
def leaf_paths(tree, target):
    value, *branches = tree
    if not branches:
        return [[value]] if value == target else []
    paths = []
    for branch in branches:
        for path in leaf_paths(branch, target - value):
            paths.append([value] + path)
    return paths
'''.lstrip()

FAULTS = [("paths.append([value] + path)", "paths.extend([value] + path)")]

ENTRY = "leaf_paths"

VISIBLE = [([7], 7), ([3, [4]], 9), ([1, [2, [5], [6]], [7]], 8)]

EDGES = [
    ([0], 1),
    ([0], 0),
    ([1, [2, [3]]], 6),
    ([1, [2, [3]]], 3),
    ([1, [2], [2], [2]], 3),
    ([1, [2, [3], [3]], [5], [0, [5]]], 6),
    ([1, [-1, [0], [0, [0]]], [0, [-1]]], 0),
    ([2, [1, [1, [1]], [2]], [3], [0, [3], [1, [2]]]], 5),
]


def grow(rng, depth):
    tree = [rng.choice([-1, 0, 1, 1, 2])]
    if depth:
        for _ in range(rng.choice([0, 1, 2, 2, 3])):
            tree.append(grow(rng, max(0, depth - rng.randrange(1, 3))))
    return tree


def generate(rng):
    return grow(rng, rng.randrange(1, 5)), rng.choice([0, 1, 2, 3, 3, 4])


RIGHT = [
    [
        (
            "        for path in leaf_paths(branch, target - value):\n            paths.append([value] + path)\n",
            "        paths.extend([value, *path] for path in leaf_paths(branch, target - value))\n",
        )
    ],
    [("            paths.append([value] + path)\n", "            paths += [[value] + path]\n")],
]

WRONG = [
    [("    if not branches:\n", "    if value > target:\n        return []\n    if not branches:\n")],
    [
        (
            "            paths.append([value] + path)\n",
            "            if [value] + path not in paths:\n                paths.append([value] + path)\n",
        )
    ],
    [
        (
            "        for path in leaf_paths(branch, target - value):\n            paths.append([value] + path)\n",
            "        for path in leaf_paths(branch, target - value)[:1]:\n            paths.append([value] + path)\n",
        )
    ],
]
