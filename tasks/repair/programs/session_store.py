"""Class `SessionStore(lifetime)`: login sessions that end after `lifetime` seconds without use.

All methods get the present time `now`, a whole number that never decreases from call to call.

* `open(now, token, user)` starts a session (or starts it anew) that was last used at `now`.
* `user(now, token)` returns the user of a session and counts as a use of it at `now`; for an unknown or ended
  session it returns None. A session has ended when `lifetime` or more seconds have gone by since its last use.
* `close(token)` ends a session; returns whether there was an entry for it.
* `active(now)` drops ended sessions and returns the sorted list of the other tokens; this is not a use of them.
"""

TOPIC = "classes"

SOLUTION = '''
class SessionStore:
    def __init__(self, lifetime):
        self.lifetime = lifetime
        self.users = {}
        self.used = {}

    def open(self, now, token, user):
        self.users[token] = user
        self.used[token] = now

    def user(self, now, token):
        if token not in self.users:
            return None
        if now - self.used[token] >= self.lifetime:
            self.close(token)
            return None
        self.used[token] = now
        return self.users[token]

    def close(self, token):
        if token not in self.users:
            return False
        del self.users[token]
        del self.used[token]
        return True

    def active(self, now):
        for token in list(self.users):
            if now - self.used[token] >= self.lifetime:
                self.close(token)
        return sorted(self.users)
'''.lstrip()

FAULTS = [("        self.used[token] = now\n        return self.users[token]\n", "        return self.users[token]\n")]


def item(lifetime, *ops):
    return {"new": "SessionStore", "args": [lifetime], "ops": [list(op) for op in ops]}


VISIBLE = [
    item(10, ["open", [0, "a", "ann"]], ["user", [9, "a"]], ["user", [18, "a"]]),
    item(10, ["open", [0, "a", "ann"]], ["user", [10, "a"]], ["user", [10, "b"]], ["close", ["a"]]),
    item(5, ["open", [0, "x", "xi"]], ["open", [3, "y", "yo"]], ["active", [4]], ["active", [6]]),
]

EDGES = [
    item(10, ["open", [0, "a", "ann"]], ["user", [9, "a"]], ["user", [18, "a"]], ["user", [27, "a"]], ["user", [37, "a"]]),
    item(10, ["open", [0, "a", "ann"]], ["user", [5, "a"]], ["user", [15, "a"]]),
    item(10, ["open", [0, "a", "ann"]], ["user", [9, "a"]], ["active", [18]], ["active", [19]]),
    item(10, ["open", [0, "a", "ann"]], ["active", [9]], ["active", [10]]),
    item(10, ["open", [0, "a", "ann"]], ["open", [1, "b", "bo"]], ["user", [9, "a"]], ["user", [11, "b"]], ["user", [12, "a"]]),
    item(4, ["user", [1, "q"]], ["active", [2]], ["open", [3, "q", "quy"]], ["user", [4, "q"]], ["close", ["q"]], ["close", ["q"]]),
    item(6, ["open", [0, "a", "ann"]], ["user", [2, "a"]], ["user", [6, "a"]], ["user", [11, "a"]], ["user", [17, "a"]]),
]


def generate(rng):
    now, ops = rng.randrange(5), []
    lifetime = rng.choice([1, 3, 8, 10])
    for _ in range(rng.randrange(4, 14)):
        now += rng.choice([0, 1, 2, lifetime - 1, lifetime])
        token = rng.choice("ab")
        kind = rng.randrange(10)
        if kind < 3:
            ops.append(["open", [now, token, rng.choice(["ann", "bob"])]])
        elif kind < 8:
            ops.append(["user", [now, token]])
        elif kind < 9:
            ops.append(["active", [now]])
        else:
            ops.append(["close", [token]])
    return item(lifetime, *ops)


RIGHT = [
    [("        self.used[token] = now\n        return self.users[token]\n", "        self.open(now, token, self.users[token])\n        return self.users[token]\n")],
    [
        ("        self.used[token] = now\n        return self.users[token]\n", "        self.used.update({token: now})\n        return self.users.get(token)\n"),
    ],
]

WRONG = [
    [("        self.used[token] = now\n        return self.users[token]\n", "        self.used[token] += self.lifetime\n        return self.users[token]\n")],
    [("        self.used[token] = now\n        return self.users[token]\n", "        if now - self.used[token] > self.lifetime // 2:\n            self.used[token] = now\n        return self.users[token]\n")],
    [("        self.used[token] = now\n        return self.users[token]\n", "        for other in self.used:\n            self.used[other] = now\n        return self.users[token]\n")],
]
