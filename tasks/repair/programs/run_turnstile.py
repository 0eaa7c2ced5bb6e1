"""`run_turnstile(events, price)` simulates a turnstile and returns a dict of counts.

The turnstile is locked at first. Events are whole numbers (a coin of that value, 1 or more), `"push"` and `"cancel"`.

* Locked: a coin counts towards the price; as soon as the coins since the last passage or cancellation add up to `price`
  or more, the turnstile unlocks. What was paid too much is kept and does not count for the next passage. A push is
  refused and changes nothing else. A cancellation returns the coins that count so far.
* Unlocked: a coin is returned at once. A push lets one person pass and locks the turnstile again. A cancellation does
  nothing.

The result has the keys `passed`, `refused` (pushes) and `returned` (value of all returned coins). `price` is 1 or more.
"""

TOPIC = "state-machines"

SOLUTION = '''
def run_turnstile(events, price):
    locked = True
    paid = 0
    counts = {"passed": 0, "refused": 0, "returned": 0}
    for event in events:
        if event == "push":
            if locked:
                counts["refused"] += 1
            else:
                counts["passed"] += 1
                locked = True
                paid = 0
        elif event == "cancel":
            if locked:
                counts["returned"] += paid
                paid = 0
        elif locked:
            paid += event
            locked = paid < price
        else:
            counts["returned"] += event
    return counts
'''.lstrip()

FAULTS = [("                locked = True\n                paid = 0\n", "                locked = True\n")]

ENTRY = "run_turnstile"

VISIBLE = [
    (["push", 1, 1, "push", "push"], 2),
    ([2, "push", 1, "push"], 2),
    ([5, "cancel", 3, "cancel", 5, "push"], 8),
]

EDGES = [
    ([], 1),
    ([3, "push", 1, "push"], 2),
    ([3, "push", "cancel"], 3),
    ([2, 2, "push", "push", 1, "push", 1, "push"], 2),
    ([1, "push", 1, "push"], 2),
    ([1, "push", "cancel"], 2),
    ([4, "cancel", "push", 4, "push"], 4),
    ([9, "push", 1, "cancel", 4, "push"], 4),
    ([1, 2, "push", 1, 2, "push"], 3),
]


def generate(rng):
    price = rng.randrange(1, 6)
    events = []
    for _ in range(rng.randrange(2, 16)):
        events.append(rng.choice([1, 1, 2, price, rng.randrange(1, 7), "push", "push", "push", "cancel"]))
    return (events, price)


RIGHT = [
    [
        ("                locked = True\n                paid = 0\n", "                locked = True\n"),
        ("            locked = paid < price\n", "            if paid >= price:\n                locked = False\n                paid = 0\n"),
    ],
    [("                locked = True\n                paid = 0\n", "                locked, paid = True, 0\n")],
]

WRONG = [
    [("                locked = True\n                paid = 0\n", "                locked = True\n                paid -= price\n")],
    [
        ("                locked = True\n                paid = 0\n", "                locked = True\n"),
        ("        if event == \"push\":\n            if locked:\n                counts[\"refused\"] += 1\n            else:\n",
         "        if event == \"push\":\n            if locked:\n                counts[\"refused\"] += 1\n                paid = 0\n            else:\n                paid = 0\n"),
    ],
    [
        ("                locked = True\n                paid = 0\n", "                locked = True\n"),
        ("locked = paid < price", "locked = paid != price"),
    ],
]
