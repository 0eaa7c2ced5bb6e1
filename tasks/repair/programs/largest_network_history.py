"""`largest_network(cables)` tells how large the largest network is after each cable that is laid between computers.

`cables` is a list of `(computer, computer)` tuples in the order in which the cables are laid; the two are strings,
and can be the same. Computers that are linked by cables, directly or through others, form one network, whose size is
the number of its computers. The result is a list with one integer for each cable: the size of the largest network so
far.
"""

TOPIC = "graphs"

SOLUTION = '''
def find_root(parent, node):
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


def largest_network(cables):
    parent = {}
    size = {}
    largest = 0
    history = []
    for ends in cables:
        for end in ends:
            parent.setdefault(end, end)
            size.setdefault(end, 1)
        first, second = (find_root(parent, end) for end in ends)
        if first != second:
            parent[second] = first
            size[first] += size[second]
        largest = max(largest, size[first])
        history.append(largest)
    return history
'''.lstrip()

FAULTS = [("            size[first] += size[second]\n", "        size[first] += size[second]\n")]

ENTRY = "largest_network"

VISIBLE = [
    ([("a", "b"), ("c", "d"), ("b", "d")],),
    ([("a", "b"), ("b", "c"), ("c", "a")],),
    ([("x", "y")],),
]

EDGES = [
    ([],),
    ([("a", "a")],),
    ([("a", "b"), ("a", "b"), ("c", "d"), ("c", "d")],),
    ([("a", "b"), ("b", "a"), ("c", "d"), ("d", "e"), ("e", "f")],),
    ([("a", "b"), ("c", "d"), ("e", "f"), ("a", "b"), ("c", "d")],),
    ([("a", "b"), ("b", "c"), ("d", "e"), ("c", "a"), ("f", "g")],),
    ([("a", "b"), ("b", "c"), ("c", "a"), ("d", "c"), ("a", "d"), ("d", "d")],),
    ([("b", "a"), ("c", "b"), ("d", "c"), ("e", "d"), ("a", "e"), ("f", "a")],),
    ([("a", "a"), ("b", "b"), ("a", "b")],),
]


def generate(rng):
    computers = "abcdefghij"[: rng.randrange(2, 11)]
    cables = [(rng.choice(computers), rng.choice(computers)) for _ in range(rng.randrange(1, 11))]
    if rng.random() < 0.5:
        cables += [rng.choice(cables) for _ in range(2)]
        rng.shuffle(cables)
    return (cables,)


RIGHT = [
    [
        (
            "        if first != second:\n            parent[second] = first\n"
            "            size[first] += size[second]\n",
            "        if first == second:\n            history.append(max(largest, size[first]))\n"
            "            largest = history[-1]\n            continue\n        parent[second] = first\n"
            "        size[first] += size[second]\n",
        ),
    ],
    [("            size[first] += size[second]\n", "            size[first] = size[first] + size.pop(second)\n")],
]

WRONG = [
    [
        ("            size[first] += size[second]\n", "        size[first] += size[second]\n"),
        ("largest = max(largest, size[first])", "largest = max(largest, min(size[first], len(parent)))"),
    ],
    [("size[first] += size[second]", "size[first] = max(size[first] + 1, 2 * size[second])")],
    [
        (
            "            size[first] += size[second]\n",
            "            size[first] += size[second]\n        else:\n            continue\n",
        ),
        (
            "        history.append(largest)\n    return history\n",
            "        history.append(largest)\n    return history + [largest] * (len(cables) - len(history))\n",
        ),
    ],
]
