"""`session_minutes(events, closing)` returns how many minutes each user was logged in.

`events` is a list of `(minute, user, action)` tuples in the order of time; action is "in" or "out". An "in" of a user
who is in already and an "out" of a user who is not in have no effect on the time. Who is still in at the end counts
until the minute `closing`, which is not before the last event. A user may come and go several times; the minutes of
all stays are added. The result maps each user who occurs in `events` to the minutes (0 is possible).
"""

TOPIC = "dicts"

SOLUTION = '''
def session_minutes(events, closing):
    opened = {}
    minutes = {}
    for minute, user, action in events:
        minutes.setdefault(user, 0)
        if action == "in":
            opened.setdefault(user, minute)
        elif user in opened:
            minutes[user] += minute - opened[user]
            del opened[user]
    for user in opened:
        minutes[user] += closing - opened[user]
    return minutes
'''.lstrip()

FAULTS = [("            del opened[user]\n", "")]

ENTRY = "session_minutes"

VISIBLE = [
    ([(1, "ann", "in"), (3, "bob", "in")], 10),
    ([(2, "ann", "in"), (5, "ann", "out")], 9),
    ([(2, "bob", "out"), (4, "ann", "in"), (6, "ann", "in")], 7),
]

EDGES = [
    ([], 5),
    ([(0, "ann", "in"), (2, "ann", "out"), (5, "ann", "in"), (6, "ann", "out")], 10),
    ([(0, "ann", "in"), (2, "ann", "out"), (5, "ann", "in")], 10),
    ([(0, "ann", "in"), (2, "ann", "out"), (5, "ann", "out")], 10),
    ([(0, "ann", "in"), (1, "bob", "in"), (2, "ann", "out")], 10),
    ([(0, "ann", "in"), (0, "ann", "out"), (0, "ann", "in")], 3),
]


def generate(rng):
    users = ["ann", "bob", "cy"][: rng.randrange(1, 4)]
    minute, events = 0, []
    for _ in range(rng.randrange(0, 10)):
        minute += rng.choice([0, 1, 1, 2, 5])
        events.append((minute, rng.choice(users), rng.choice(["in", "out"])))
    return events, minute + rng.randrange(0, 6)


RIGHT = [
    [
        (
            "            minutes[user] += minute - opened[user]\n            del opened[user]\n",
            "            minutes[user] += minute - opened.pop(user)\n",
        ),
    ],
    [
        ("            del opened[user]\n", "            opened[user] = None\n"),
        (
            "            opened.setdefault(user, minute)\n",
            "            if opened.get(user) is None:\n                opened[user] = minute\n",
        ),
        ("        elif user in opened:", "        elif opened.get(user) is not None:"),
        ("    for user in opened:\n", "    for user in (user for user in opened if opened[user] is not None):\n"),
    ],
]

WRONG = [
    [("            del opened[user]\n", "            opened[user] = closing\n")],
    [
        ("            del opened[user]\n", ""),
        (
            "        minutes[user] += closing - opened[user]\n",
            "        if not minutes[user]:\n            minutes[user] = closing - opened[user]\n",
        ),
    ],
    [("            del opened[user]\n", "            opened.clear()\n")],
]
