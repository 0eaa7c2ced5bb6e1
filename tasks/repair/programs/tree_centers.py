"""`tree_centers(count, edges)` finds the middle of a tree.

The tree has the nodes 0 .. `count` - 1 (`count` >= 1) and `edges`, a list of `count` - 1 pairs of nodes that connect
them all. The centres are the nodes whose greatest distance to any other node, counted in edges, is as small as
possible: every tree has one or two. The result is the sorted list of the centres.
"""

TOPIC = "graphs"

SOLUTION = '''
def tree_centers(count, edges):
    neighbours = [set() for _ in range(count)]
    for a, b in edges:
        neighbours[a].add(b)
        neighbours[b].add(a)
    leaves = [node for node in range(count) if len(neighbours[node]) <= 1]
    remaining = count
    while remaining > 2:
        remaining -= len(leaves)
        inner = []
        for leaf in leaves:
            parent = neighbours[leaf].pop()
            neighbours[parent].remove(leaf)
            if len(neighbours[parent]) == 1:
                inner.append(parent)
        leaves = inner
    return sorted(leaves)
'''.lstrip()

BODY = """        inner = []
        for leaf in leaves:
            parent = neighbours[leaf].pop()
            neighbours[parent].remove(leaf)
            if len(neighbours[parent]) == 1:
                inner.append(parent)
        leaves = inner
"""

COUNT = "        remaining -= len(leaves)\n"

FAULTS = [(COUNT + BODY, BODY + COUNT)]

ENTRY = "tree_centers"

VISIBLE = [
    (5, [(0, 1), (1, 2), (2, 3), (3, 4)]),
    (4, [(3, 0), (3, 1), (3, 2)]),
    (2, [(0, 1)]),
    (4, [(2, 0), (0, 3), (3, 1)]),
]

EDGES = [
    (1, []),
    (3, [(0, 1), (1, 2)]),
    (5, [(0, 1), (0, 2), (0, 3), (0, 4)]),
    (6, [(0, 1), (0, 2), (0, 3), (3, 4), (3, 5)]),
    (8, [(0, 1), (0, 2), (0, 3), (0, 4), (4, 5), (4, 6), (4, 7)]),
    (7, [(0, 1), (0, 2), (1, 3), (1, 4), (2, 5), (2, 6)]),
    (6, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]),
    (6, [(0, 1), (1, 2), (2, 3), (3, 4), (2, 5)]),
]


def generate(rng):
    count = rng.randrange(3, 13)
    names = list(range(count))
    rng.shuffle(names)
    reach = rng.choice([1, 2, 3, count])
    edges = []
    for node in range(1, count):
        pair = [names[node], names[rng.randrange(max(0, node - reach), node)]]
        rng.shuffle(pair)
        edges.append(tuple(pair))
    rng.shuffle(edges)
    return (count, edges)


RIGHT = [
    [(COUNT, ""), ("            parent = neighbours[leaf].pop()\n", "            remaining -= 1\n            parent = neighbours[leaf].pop()\n")],
    [("        leaves = inner\n", "        remaining -= len(leaves)\n        leaves = inner\n"), (COUNT + "        inner = []\n", "        inner = []\n")],
]

WRONG = [
    [(COUNT, "        remaining -= 2\n")],
    [(COUNT + BODY, BODY + COUNT), ("while remaining > 2:", "while remaining > 2 and len(leaves) > 1:")],
]
