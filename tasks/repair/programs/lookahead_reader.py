"""Class `Lookahead(items)`: reads an iterable with a look at what comes next. Items may be anything, also None.

* `peek(default)` returns the next item without taking it, or `default` (None if not given) if there is none.
* `take(default)` takes the next item and returns it, or `default` (None if not given) if there is none.
* `put_back(item)` makes the item the next one; several can be put back, the last one comes first.
* `has_next()` tells whether there is a next item.
* `skip(item)` takes items as long as the next one equals the item, and returns how many it took.
* The attribute `taken` counts the items taken so far, by `take` or `skip`; `put_back` lowers it by one.
"""

TOPIC = "iterators"

SOLUTION = '''
END = object()


class Lookahead:
    def __init__(self, items):
        self.source = iter(items)
        self.ahead = []
        self.taken = 0

    def peek(self, default=None):
        if not self.ahead:
            item = next(self.source, END)
            if item is END:
                return default
            self.ahead.append(item)
        return self.ahead[-1]

    def take(self, default=None):
        item = self.peek(default)
        if self.ahead:
            self.ahead.pop()
            self.taken += 1
        return item

    def put_back(self, item):
        self.ahead.append(item)
        self.taken -= 1

    def has_next(self):
        return self.peek(END) is not END

    def skip(self, item):
        before = self.taken
        while self.has_next() and self.peek() == item:
            self.take()
        return self.taken - before
'''.lstrip()

FAULTS = [("return self.peek(END) is not END", "return self.peek() is not None")]


def item(items, *ops):
    return {"new": "Lookahead", "args": [items], "ops": [list(op) for op in ops]}


VISIBLE = [
    item([3, 4], ["peek"], ["take"], ["has_next"], ["take"], ["has_next"], ["take", [9]], ["@taken"]),
    item([None, 5], ["has_next"], ["take", [9]], ["has_next"], ["take"]),
    item([1, 1, 2], ["skip", [1]], ["peek"], ["put_back", [7]], ["take"], ["@taken"]),
]

EDGES = [
    item([], ["has_next"], ["peek"], ["take"], ["peek", [1]], ["@taken"]),
    item([None, None, 1], ["skip", [None]], ["peek"], ["@taken"]),
    item([None], ["skip", [0]], ["has_next"], ["skip", [None]], ["has_next"], ["@taken"]),
    item([0, "", None], ["has_next"], ["take"], ["has_next"], ["take"], ["has_next"], ["take"], ["has_next"]),
    item([False, False, 2], ["has_next"], ["skip", [False]], ["take"], ["has_next"]),
    item([1], ["take"], ["put_back", [None]], ["has_next"], ["take", [3]], ["has_next"]),
    item([1], ["put_back", [5]], ["put_back", [6]], ["take"], ["take"], ["take"], ["take"], ["@taken"]),
    item(["END", "END"], ["skip", ["END"]], ["has_next"]),
    item([None], ["peek", [4]], ["has_next"], ["take", [4]], ["peek", [4]], ["has_next"]),
    item([[], {}], ["has_next"], ["take"], ["has_next"], ["skip", [{}]], ["has_next"]),
    item([-1, -1], ["has_next"], ["skip", [-1]], ["has_next"]),
]


def generate(rng):
    values = [None, None, 0, "", False, 1, "a", -1]
    items = [rng.choice(values) for _ in range(rng.randrange(6))]
    ops = []
    for _ in range(rng.randrange(4, 13)):
        kind = rng.randrange(10)
        if kind < 3:
            ops.append(["take"] if rng.random() < 0.6 else ["take", ["none"]])
        elif kind < 4:
            ops.append(["peek"])
        elif kind < 7:
            ops.append(["has_next"])
        elif kind < 8:
            ops.append(["put_back", [rng.choice(values)]])
        else:
            ops.append(["skip", [rng.choice(values)]])
    return item(items, *ops, ["@taken"])


RIGHT = [
    [("        return self.peek(END) is not END\n", "        self.peek()\n        return bool(self.ahead)\n")],
    [("        return self.peek(END) is not END\n", "        missing = object()\n        return self.peek(missing) is not missing\n")],
    [("return self.peek(END) is not END", "return self.peek() is not None or len(self.ahead) > 0")],
]

WRONG = [
    [("return self.peek(END) is not END", "return self.peek(False) is not False")],
    [("return self.peek(END) is not END", 'return self.peek("") != ""')],
]
