"""Class `RequestLimiter(limit, seconds)`: at most `limit` requests (>= 1) a client within any `seconds` seconds (>= 1).

All times are whole seconds and never decrease from call to call. A request allowed at time t occupies one of its
client's `limit` places from t on and frees it at time t + `seconds`; at that very moment the place is free again.
* `allow(client, now)` says whether the client has a free place; if so, the request occupies it. A refused request
  occupies nothing.
* `wait(client, now)` returns for how many seconds from now the client will have no free place, 0 if it has one.
* `busy(now)` returns the sorted list of clients who occupy at least one place.
"""

TOPIC = "classes"

SOLUTION = '''
from collections import deque


class RequestLimiter:
    def __init__(self, limit, seconds):
        self.limit = limit
        self.seconds = seconds
        self.allowed = {}

    def recent(self, client, now):
        times = self.allowed.setdefault(client, deque())
        while times and times[0] <= now - self.seconds:
            times.popleft()
        return times

    def allow(self, client, now):
        times = self.recent(client, now)
        if len(times) >= self.limit:
            return False
        times.append(now)
        return True

    def wait(self, client, now):
        times = self.recent(client, now)
        if len(times) < self.limit:
            return 0
        return times[0] + self.seconds - now

    def busy(self, now):
        return sorted(client for client in self.allowed if self.recent(client, now))
'''.lstrip()

FAULTS = [("times[0] <= now - self.seconds", "times[0] < now - self.seconds")]


def item(limit, seconds, *ops):
    return {"new": "RequestLimiter", "args": [limit, seconds], "ops": [list(op) for op in ops]}


VISIBLE = [
    item(1, 10, ["allow", ["ann", 0]], ["allow", ["ann", 4]], ["wait", ["ann", 4]], ["allow", ["ann", 10]]),
    item(2, 5, ["allow", ["ann", 1]], ["allow", ["ann", 2]], ["allow", ["ann", 3]], ["allow", ["bob", 3]], ["wait", ["ann", 4]]),
    item(2, 5, ["allow", ["ann", 1]], ["wait", ["ann", 1]], ["busy", [3]], ["busy", [8]]),
]

EDGES = [
    item(1, 1, ["allow", ["a", 0]], ["allow", ["a", 0]], ["allow", ["a", 1]], ["allow", ["a", 2]], ["wait", ["a", 2]]),
    item(2, 5, ["allow", ["a", 0]], ["allow", ["a", 0]], ["allow", ["a", 5]], ["allow", ["a", 5]], ["allow", ["a", 5]], ["wait", ["a", 6]]),
    item(2, 5, ["allow", ["a", 0]], ["allow", ["a", 1]], ["allow", ["a", 20]], ["wait", ["a", 20]], ["allow", ["a", 20]], ["wait", ["a", 21]]),
    item(3, 4, ["allow", ["a", 0]], ["allow", ["b", 0]], ["busy", [3]], ["busy", [4]], ["busy", [5]]),
    item(1, 10, ["allow", ["a", 0]], ["allow", ["a", 10]], ["wait", ["a", 12]], ["allow", ["a", 15]], ["allow", ["a", 20]], ["wait", ["a", 20]]),
    item(1, 3, ["wait", ["a", 0]], ["busy", [0]], ["allow", ["a", 1]], ["wait", ["a", 3]], ["wait", ["a", 4]], ["wait", ["a", 5]]),
]


def generate(rng):
    limit, seconds = rng.randrange(1, 4), rng.randrange(1, 8)
    now = 0
    ops = []
    for _ in range(rng.randrange(5, 16)):
        now += rng.choice([0, 0, 1, 1, 2, seconds])
        kind = rng.randrange(8)
        if kind == 7:
            ops.append(["busy", [now]])
        else:
            ops.append(["allow" if kind < 5 else "wait", [rng.choice("aab"), now]])
    return item(limit, seconds, *ops)


RIGHT = [
    [("times[0] <= now - self.seconds", "times[0] + self.seconds <= now")],
    [("times[0] <= now - self.seconds", "now - times[0] >= self.seconds")],
    [
        ("        while times and times[0] <= now - self.seconds:\n            times.popleft()\n",
         "        times = self.allowed[client] = deque(time for time in times if time > now - self.seconds)\n"),
        ("for client in self.allowed if", "for client in list(self.allowed) if"),
    ],
]

WRONG = [
    [("        while times and times[0] <= now - self.seconds:\n", "        if times and times[0] <= now - self.seconds:\n")],
    [
        ("times[0] <= now - self.seconds", "times[0] < now - self.seconds"),
        ("        if len(times) >= self.limit:\n", "        if len(times) >= self.limit and self.wait(client, now) > 0:\n"),
    ],
    [
        ("times[0] <= now - self.seconds", "times[0] < now - self.seconds"),
        ("        if len(times) >= self.limit:\n", "        if times and times[0] == now - self.seconds:\n            times.popleft()\n        if len(times) >= self.limit:\n"),
    ],
]
