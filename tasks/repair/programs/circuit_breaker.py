"""Class `CircuitBreaker(threshold, cooldown)`: stops calling a service that fails; attribute `state`, first `"closed"`.

`call(now, succeeds)` is one attempted call at time `now` (whole seconds, never decreasing); `succeeds` tells how the
service would answer. It returns `"ok"`, `"failed"` or `"rejected"`.

* closed: the call is made. When `threshold` calls in a row (without a success between them) have failed, the state
  becomes `"open"` at that moment.
* open: calls are rejected, without being made, while less than `cooldown` seconds have gone by since it opened. The first
  call after that is made on trial (the state is then `"half-open"` for this call): a success makes the state closed, with
  no failures counted; a failure makes it open again, from `now` on.

`threshold` is 1 or more, `cooldown` 0 or more.
"""

TOPIC = "state-machines"

SOLUTION = '''
class CircuitBreaker:
    def __init__(self, threshold, cooldown):
        self.threshold = threshold
        self.cooldown = cooldown
        self.state = "closed"
        self.failures = 0
        self.opened = 0

    def call(self, now, succeeds):
        if self.state == "open":
            if now - self.opened < self.cooldown:
                return "rejected"
            self.state = "half-open"
        if succeeds:
            self.state = "closed"
            self.failures = 0
            return "ok"
        self.failures += 1
        if self.state == "half-open" or self.failures >= self.threshold:
            self.state = "open"
            self.opened = now
        return "failed"
'''.lstrip()

FAULTS = [('            self.state = "closed"\n            self.failures = 0\n', '            self.state = "closed"\n')]


def item(threshold, cooldown, *calls):
    ops = []
    for now, succeeds in calls:
        ops += [["call", [now, bool(succeeds)]], ["@state"]]
    return {"new": "CircuitBreaker", "args": [threshold, cooldown], "ops": ops}


VISIBLE = [
    item(2, 5, (0, 0), (1, 1), (2, 0)),
    item(2, 5, (0, 0), (1, 0), (3, 1), (5, 1), (6, 1)),
    item(1, 4, (0, 1), (1, 0), (5, 0), (6, 1)),
]

EDGES = [
    item(2, 5, (0, 0), (1, 0), (6, 1), (7, 0), (8, 0)),
    item(3, 5, (0, 0), (1, 0), (2, 1), (3, 0), (4, 0), (5, 0)),
    item(3, 2, (0, 0), (1, 0), (2, 0), (4, 0), (5, 1), (6, 1), (7, 0), (8, 0)),
    item(3, 2, (0, 0), (1, 0), (2, 0), (4, 1), (5, 0), (6, 0), (7, 1), (8, 0)),
    item(1, 0, (0, 0), (0, 0), (0, 1), (0, 0)),
    item(4, 3, (0, 0), (0, 0), (0, 1), (1, 0), (1, 0), (1, 0), (2, 0), (4, 1), (5, 1)),
    item(2, 3, (0, 1), (1, 1), (2, 0), (3, 0), (4, 0)),
]


def generate(rng):
    threshold, cooldown, now, calls = rng.randrange(1, 5), rng.choice([0, 2, 3, 6]), 0, []
    chance = rng.choice([0.3, 0.5])
    for _ in range(rng.randrange(3, 16)):
        now += rng.choice([0, 1, 1, 2, cooldown])
        calls.append((now, rng.random() < chance))
    return item(threshold, cooldown, *calls)


RIGHT = [
    [('            self.state = "closed"\n            self.failures = 0\n', '            self.state, self.failures = "closed", 0\n')],
    [
        ('            self.state = "closed"\n            self.failures = 0\n', '            self.failures -= self.failures\n            self.state = "closed"\n'),
    ],
]

WRONG = [
    [('            self.failures = 0\n            return "ok"', '            self.failures = max(0, self.failures - 1)\n            return "ok"')],
    [
        ('            self.state = "closed"\n            self.failures = 0\n', '            if self.state == "closed":\n                self.failures = 0\n            self.state = "closed"\n'),
    ],
    [('            self.failures = 0\n            return "ok"', '            if self.failures == 1:\n                self.failures = 0\n            return "ok"')],
]
