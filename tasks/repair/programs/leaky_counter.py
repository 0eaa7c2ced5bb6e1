"""Class `LeakyCounter(rate, limit)`: a level that rises by events and falls by `rate` for each second that goes by.

The level is 0 at time 0 and never falls below 0. All methods get the present time `now` in whole seconds and raise
ValueError, changing nothing, if it is earlier than in a former call.

* `add(now, amount)` raises the level by `amount` and returns True if the level then is at most `limit`; otherwise it
  leaves the level as it is at `now` and returns False.
* `level_at(now)` returns the level.
* `seconds_until(now, amount)` returns the number of whole seconds after `now` from which on `amount` can be added
  (if nothing else is added; 0 if at once), None for never.

`rate` is 1 or more, `limit` and `amount` are 0 or more; all are whole numbers.
"""

TOPIC = "classes"

SOLUTION = '''
class LeakyCounter:
    def __init__(self, rate, limit):
        self.rate = rate
        self.limit = limit
        self.level = 0
        self.updated = 0

    def drain(self, now):
        if now < self.updated:
            raise ValueError("time runs backwards")
        elapsed = now - self.updated
        self.level = max(0, self.level - elapsed * self.rate)
        self.updated = now

    def add(self, now, amount):
        self.drain(now)
        if self.level + amount > self.limit:
            return False
        self.level += amount
        return True

    def level_at(self, now):
        self.drain(now)
        return self.level

    def seconds_until(self, now, amount):
        self.drain(now)
        if amount > self.limit:
            return None
        excess = max(0, self.level + amount - self.limit)
        return -(-excess // self.rate)
'''.lstrip()

FAULTS = [("elapsed * self.rate", "elapsed / self.rate")]


def item(rate, limit, *ops):
    return {"new": "LeakyCounter", "args": [rate, limit], "ops": [list(op) for op in ops]}


VISIBLE = [
    item(1, 5, ["add", [0, 4]], ["level_at", [3]], ["add", [3, 5]], ["level_at", [2]]),
    item(2, 9, ["add", [0, 8]], ["level_at", [2]], ["add", [2, 5]]),
    item(3, 7, ["add", [0, 7]], ["seconds_until", [0, 4]], ["seconds_until", [0, 8]]),
]

EDGES = [
    item(3, 10, ["add", [0, 10]], ["level_at", [2]], ["level_at", [3]], ["level_at", [9]]),
    item(3, 10, ["add", [0, 2]], ["level_at", [1]], ["add", [1, 10]], ["add", [2, 4]]),
    item(2, 9, ["add", [0, 9]], ["level_at", [1]], ["level_at", [2]], ["level_at", [3]], ["seconds_until", [3, 9]]),
    item(4, 20, ["add", [2, 20]], ["add", [3, 4]], ["add", [3, 1]], ["level_at", [3]], ["seconds_until", [4, 7]]),
    item(1, 0, ["add", [0, 0]], ["add", [0, 1]], ["seconds_until", [5, 0]]),
    item(5, 12, ["add", [4, 12]], ["level_at", [4]], ["add", [1, 1]], ["level_at", [5]], ["level_at", [7]]),
]


def generate(rng):
    rate, limit, now, ops = rng.randrange(1, 6), rng.choice([3, 10, 25, 60]), 0, []
    for _ in range(rng.randrange(3, 10)):
        now += rng.choice([0, 1, 1, 2, 3, 5])
        kind = rng.randrange(10)
        if kind < 5:
            ops.append(["add", [now, rng.randrange(limit + 2)]])
        elif kind < 7:
            ops.append(["level_at", [now]])
        elif kind < 9:
            ops.append(["seconds_until", [now, rng.randrange(limit + 2)]])
        else:
            ops.append(["level_at", [max(0, now - 4)]])
    return item(rate, limit, *ops)


RIGHT = [
    [("        self.level = max(0, self.level - elapsed * self.rate)\n", "        self.level -= elapsed * self.rate\n        if self.level < 0:\n            self.level = 0\n")],
    [("        self.level = max(0, self.level - elapsed * self.rate)\n", "        for _ in range(elapsed):\n            self.level = max(0, self.level - self.rate)\n")],
]

WRONG = [
    [("elapsed * self.rate", "elapsed ** self.rate")],
    [("max(0, self.level - elapsed * self.rate)", "self.level - elapsed * self.rate")],
    [("elapsed * self.rate", "elapsed * min(self.rate, 2)")],
]
