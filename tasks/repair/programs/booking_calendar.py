"""Class `BookingCalendar(opens, closes)`: bookings of one room, in whole hours; each has start < end.

A booking takes the hours from `start` up to, but not including, `end`, so one may start when another ends.

* `book(start, end, name)` books and returns True; returns False, booking nothing, if any of the hours is taken.
  It raises ValueError unless `opens <= start < end <= closes`.
* `cancel(name)` removes all bookings of that name and returns how many hours become free.
* `first_free(length)` returns the earliest start (within the opening hours) of `length` free hours in a row, or None.
* `plan()` returns the list of bookings as tuples (start, end, name), by start.
"""

TOPIC = "classes"

SOLUTION = '''
class BookingCalendar:
    def __init__(self, opens, closes):
        self.opens = opens
        self.closes = closes
        self.bookings = []

    def is_taken(self, start, end):
        for other_start, other_end, _ in self.bookings:
            if start < other_end and other_start < end:
                return True
        return False

    def book(self, start, end, name):
        if not self.opens <= start < end <= self.closes:
            raise ValueError("outside of the opening hours")
        if self.is_taken(start, end):
            return False
        self.bookings.append((start, end, name))
        self.bookings.sort()
        return True

    def cancel(self, name):
        hours = sum(end - start for start, end, owner in self.bookings if owner == name)
        self.bookings = [booking for booking in self.bookings if booking[2] != name]
        return hours

    def first_free(self, length):
        moment = self.opens
        for start, end, _ in self.bookings:
            if start - moment >= length:
                return moment
            moment = end
        return moment if self.closes - moment >= length else None

    def plan(self):
        return list(self.bookings)
'''.lstrip()

FAULTS = [("start < other_end and", "start <= other_end and")]


def item(opens, closes, *ops):
    return {"new": "BookingCalendar", "args": [opens, closes], "ops": [list(op) for op in ops]}


VISIBLE = [
    item(8, 18, ["book", [9, 11, "ann"]], ["book", [10, 12, "bob"]], ["book", [13, 19, "cy"]], ["first_free", [2]]),
    item(8, 18, ["book", [9, 11, "ann"]], ["book", [11, 12, "bob"]], ["plan"]),
    item(0, 6, ["book", [1, 3, "ann"]], ["book", [0, 1, "bob"]], ["cancel", ["ann"]], ["first_free", [6]]),
]

EDGES = [
    item(8, 18, ["book", [10, 12, "a"]], ["book", [9, 13, "b"]], ["plan"]),
    item(8, 18, ["book", [10, 12, "a"]], ["book", [10, 12, "b"]], ["book", [10, 11, "b"]], ["book", [11, 12, "b"]], ["plan"]),
    item(8, 18, ["book", [10, 12, "a"]], ["book", [14, 16, "b"]], ["book", [12, 14, "c"]], ["plan"], ["first_free", [3]]),
    item(8, 18, ["book", [8, 10, "a"]], ["book", [12, 13, "b"]], ["book", [10, 14, "c"]], ["plan"]),
    item(8, 18, ["book", [9, 12, "a"]], ["book", [10, 11, "b"]], ["book", [8, 10, "b"]], ["book", [8, 9, "b"]]),
    item(0, 4, ["book", [0, 4, "a"]], ["first_free", [1]], ["book", [2, 2, "b"]], ["book", [3, 1, "b"]], ["cancel", ["b"]], ["cancel", ["a"]]),
    item(0, 9, ["book", [0, 2, "a"]], ["book", [3, 5, "b"]], ["book", [2, 4, "c"]], ["book", [2, 3, "c"]], ["first_free", [4]]),
]


def generate(rng):
    opens = rng.randrange(9)
    closes = opens + rng.choice([4, 8, 12])
    ops = []
    for _ in range(rng.randrange(3, 12)):
        kind = rng.randrange(10)
        if kind < 7:
            start = rng.randint(opens - (rng.random() < 0.1), closes)
            ops.append(["book", [start, start + rng.choice([0, 1, 1, 2, 2, 3, 5]), rng.choice("abc")]])
        elif kind < 8:
            ops.append(["cancel", [rng.choice("abc")]])
        else:
            ops.append(["first_free", [rng.randrange(1, 6)]])
    return item(opens, closes, *ops, ["plan"])


RIGHT = [
    [("            if start < other_end and other_start < end:\n", "            if not (end <= other_start or other_end <= start):\n")],
    [("            if start < other_end and other_start < end:\n", "            if max(start, other_start) < min(end, other_end):\n")],
]

WRONG = [
    [("if start < other_end and other_start < end:", "if other_start <= start < other_end:")],
    [("if start < other_end and other_start < end:", "if other_start <= start < other_end or other_start < end <= other_end:")],
    [
        ("if start < other_end and other_start < end:", "if start <= other_end and other_start < end:"),
        ("        for other_start, other_end, _ in self.bookings:\n", "        if any(start == booking[1] for booking in self.bookings):\n            return False\n        for other_start, other_end, _ in self.bookings:\n"),
    ],
]
