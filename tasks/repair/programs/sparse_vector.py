"""Class `SparseVector(size)`: a vector of `size` whole numbers, all 0 at first, of which only the others are stored.

* `set(index, value)` and `get(index)` write and read one number; both raise IndexError unless 0 <= index < size.
* `add(pairs)` adds to several numbers: `pairs` is a list of [index, value], applied in order, indexes may repeat.
* `scale(factor)` multiplies all numbers by a whole number.
* `dot(pairs)` returns the sum of value times the number at index over a list of [index, value].
* `stored()` returns the list of tuples (index, number) of the numbers that are not 0, by ascending index.
"""

TOPIC = "classes"

SOLUTION = '''
class SparseVector:
    def __init__(self, size):
        self.size = size
        self.entries = {}

    def set(self, index, value):
        if not 0 <= index < self.size:
            raise IndexError(index)
        if value == 0:
            self.entries.pop(index, None)
        else:
            self.entries[index] = value

    def get(self, index):
        if not 0 <= index < self.size:
            raise IndexError(index)
        return self.entries.get(index, 0)

    def add(self, pairs):
        for index, value in pairs:
            self.set(index, self.get(index) + value)

    def scale(self, factor):
        for index in list(self.entries):
            self.set(index, self.entries[index] * factor)

    def dot(self, pairs):
        return sum(value * self.get(index) for index, value in pairs)

    def stored(self):
        return sorted(self.entries.items())
'''.lstrip()

FAULTS = [("pop(index, None)", "pop(index)"), ("self.entries[index] * factor", "index * factor")]


def item(size, *ops):
    return {"new": "SparseVector", "args": [size], "ops": [list(op) for op in ops]}


VISIBLE = [
    item(3, ["set", [1, 5]], ["add", [[[1, 2], [2, 4]]]], ["dot", [[[1, 3]]]], ["get", [3]]),
    item(4, ["set", [2, 0]], ["get", [2]]),
    item(6, ["set", [2, 7]], ["set", [5, 1]], ["scale", [3]], ["stored"]),
]

EDGES = [
    item(3, ["set", [0, 4]], ["set", [0, 0]], ["stored"]),
    item(3, ["set", [1, 4]], ["scale", [0]], ["stored"]),
    item(3, ["add", [[[1, 4], [1, -4], [1, 0]]]], ["stored"]),
    item(3, ["set", [1, 0]], ["stored"]),
    item(3, ["set", [-1, 0]], ["set", [3, 0]], ["get", [-1]], ["stored"]),
    item(3, ["add", [[[0, 2], [3, 1], [1, 5]]]], ["stored"]),
    item(5, ["set", [4, -3]], ["set", [1, 2]], ["scale", [-2]], ["stored"], ["dot", [[[4, 2], [1, 1], [0, 9]]]]),
    item(2, ["dot", [[[2, 1]]]], ["dot", [[]]], ["set", [5, 1]], ["get", [4]], ["stored"]),
]


def generate(rng):
    size, ops = rng.randrange(1, 6), []
    for _ in range(rng.randrange(3, 10)):
        kind = rng.randrange(8)
        pairs = [[rng.randrange(size), rng.randrange(-3, 4)] for _ in range(rng.randrange(4))]
        if kind < 3:
            ops.append(["set", [rng.randrange(-1, size + 1), rng.choice([0, 0, 1, 2, -3, 7])]])
        elif kind < 4:
            ops.append(["get", [rng.randrange(-1, size + 1)]])
        elif kind < 5:
            ops.append(["add", [pairs]])
        elif kind < 6:
            ops.append(["scale", [rng.choice([-2, -1, 0, 1, 3])]])
        elif kind < 7:
            ops.append(["dot", [pairs]])
        else:
            ops.append(["stored"])
    return item(size, *ops, ["stored"])


RIGHT = [
    [
        ("            self.entries.pop(index, None)\n", "            if index in self.entries:\n                del self.entries[index]\n"),
    ],
    [("        for index in list(self.entries):\n            self.set(index, self.entries[index] * factor)\n", "        for index, value in list(self.entries.items()):\n            self.set(index, value * factor)\n")],
]

WRONG = [
    [("            self.set(index, self.entries[index] * factor)\n", "            self.entries[index] *= factor\n")],
    [("        if value == 0:\n            self.entries.pop(index, None)\n", "        if value == 0 and index in self.entries:\n            self.entries.pop(index)\n")],
    [("            self.entries.pop(index, None)\n", "            return\n")],
]
