"""Class `StockRoom()`: what a store room holds, and what of it is reserved for orders.

* `receive(item, quantity)` adds to what is there. `reserve(order, item, quantity)` reserves a quantity of an item for
  an order (in addition to what is already reserved for it) and returns True; it returns False, reserving nothing,
  if fewer than `quantity` are available. Both raise ValueError if the quantity is below 1.
* `available(item)` returns how many are there and not reserved for any order (0 for an unknown item).
* `release(order)` gives up all reservations of an order; returns whether it had any.
* `ship(order)` takes the reserved items of an order out of the room, which ends its reservations, and returns how many
  pieces that were; raises KeyError if the order has none.
"""

TOPIC = "classes"

SOLUTION = '''
class StockRoom:
    def __init__(self):
        self.on_hand = {}
        self.orders = {}

    def receive(self, item, quantity):
        if quantity < 1:
            raise ValueError("quantity below 1")
        self.on_hand[item] = self.on_hand.get(item, 0) + quantity

    def available(self, item):
        reserved = sum(lines.get(item, 0) for lines in self.orders.values())
        return self.on_hand.get(item, 0) - reserved

    def reserve(self, order, item, quantity):
        if quantity < 1:
            raise ValueError("quantity below 1")
        if quantity > self.available(item):
            return False
        lines = self.orders.setdefault(order, {})
        lines[item] = lines.get(item, 0) + quantity
        return True

    def release(self, order):
        return self.orders.pop(order, None) is not None

    def ship(self, order):
        lines = self.orders.pop(order)
        for item, quantity in lines.items():
            self.on_hand[item] -= quantity
        return sum(lines.values())
'''.lstrip()

FAULTS = [("quantity > self.available(item)", "quantity > self.on_hand.get(item, 0)")]


def ops(*steps):
    return {"new": "StockRoom", "args": [], "ops": [list(step) for step in steps]}


VISIBLE = [
    ops(["receive", ["nut", 5]], ["reserve", ["o1", "nut", 3]], ["available", ["nut"]], ["ship", ["o1"]], ["available", ["nut"]]),
    ops(["receive", ["nut", 5]], ["reserve", ["o1", "nut", 3]], ["reserve", ["o2", "nut", 3]], ["release", ["o2"]]),
    ops(["reserve", ["o1", "bolt", 1]], ["receive", ["bolt", 0]], ["ship", ["o1"]]),
]

EDGES = [
    ops(["receive", ["nut", 5]], ["reserve", ["o1", "nut", 3]], ["reserve", ["o2", "nut", 2]], ["available", ["nut"]]),
    ops(["receive", ["nut", 5]], ["reserve", ["o1", "nut", 2]], ["reserve", ["o2", "nut", 2]], ["reserve", ["o3", "nut", 2]], ["available", ["nut"]]),
    ops(["receive", ["nut", 5]], ["reserve", ["o1", "nut", 3]], ["reserve", ["o1", "nut", 3]], ["reserve", ["o1", "nut", 2]], ["ship", ["o1"]]),
    ops(["receive", ["nut", 5]], ["receive", ["cap", 5]], ["reserve", ["o1", "nut", 4]], ["reserve", ["o1", "cap", 4]], ["reserve", ["o2", "cap", 1]]),
    ops(["receive", ["nut", 4]], ["reserve", ["o1", "nut", 4]], ["release", ["o1"]], ["reserve", ["o2", "nut", 4]], ["ship", ["o2"]], ["ship", ["o2"]]),
    ops(["receive", ["nut", 4]], ["reserve", ["o1", "nut", 3]], ["ship", ["o1"]], ["reserve", ["o2", "nut", 2]], ["reserve", ["o2", "nut", 1]], ["available", ["nut"]]),
]


def generate(rng):
    steps = [["receive", ["nut", rng.randrange(1, 12)]]]
    for _ in range(rng.randrange(3, 14)):
        kind, item, order = rng.randrange(12), rng.choice(["nut", "nut", "cap"]), rng.choice(["o1", "o2", "o3"])
        if kind < 2:
            steps.append(["receive", [item, rng.randrange(6)]])
        elif kind < 8:
            steps.append(["reserve", [order, item, rng.choice([0, 1, 1, 2, 2, 3, 4])]])
        elif kind < 9:
            steps.append(["release", [order]])
        elif kind < 11:
            steps.append(["ship", [order]])
        else:
            steps.append(["available", [item]])
    return ops(*steps, ["available", ["nut"]], ["available", ["cap"]])


RIGHT = [
    [("        if quantity > self.available(item):\n", "        if self.available(item) - quantity < 0:\n")],
    [
        ("        if quantity > self.available(item):\n",
         "        taken = sum(lines.get(item, 0) for lines in self.orders.values())\n        if taken + quantity > self.on_hand.get(item, 0):\n"),
    ],
]

WRONG = [
    [("quantity > self.available(item)", "quantity > self.on_hand.get(item, 0) or any(item in lines for lines in self.orders.values())")],
    [("quantity > self.available(item)", "quantity > self.on_hand.get(item, 0) - max((lines.get(item, 0) for lines in self.orders.values()), default=0)")],
    [("quantity > self.available(item)", "quantity >= self.on_hand.get(item, 0) - sum(sum(lines.values()) for lines in self.orders.values())")],
]
