"""`earliest_arrival(legs, origin, goal, start, change)` finds how early a shipment can be at its goal by train.

`legs` is a list of tuples (depart, arrive, here, there, train): a train runs without stop from the place `here` at
minute `depart` to the place `there` at minute `arrive` (always after `depart`). The legs of one train have one name; each
begins where and not before its last one ended. They may be listed in any order.

The shipment is at `origin` at minute `start` and may be put there on any train that departs then or later. Once on a
train it can stay on it for its further legs. To get on a train elsewhere it must have arrived at that place at least
`change` minutes (>= 0) before the departure. The result is the earliest minute at which it can be at `goal`: `start` if
`goal` is `origin`, None if it cannot get there.
"""

TOPIC = "graphs"

SOLUTION = '''
def earliest_arrival(legs, origin, goal, start, change):
    reached = {origin: start}
    ready = {origin: start}
    boarded = set()
    never = float("inf")
    for depart, arrive, here, there, train in sorted(legs):
        if train not in boarded and ready.get(here, never) > depart:
            continue
        boarded.add(train)
        if arrive < reached.get(there, never):
            reached[there] = arrive
            ready[there] = arrive + change
    return reached.get(goal)
'''.lstrip()

FAULTS = [
    (
        "        boarded.add(train)\n        if arrive < reached.get(there, never):\n",
        "        if arrive < reached.get(there, never):\n            boarded.add(train)\n",
    )
]

ENTRY = "earliest_arrival"

VISIBLE = [
    ([(10, 30, "A", "B", "r1"), (40, 60, "B", "C", "r2")], "A", "C", 5, 10),
    ([(0, 20, "A", "B", "s"), (5, 20, "A", "B", "t"), (22, 40, "B", "C", "t")], "A", "C", 0, 5),
    ([(0, 20, "A", "B", "s")], "A", "D", 0, 5),
]

EDGES = [
    ([], "A", "A", 7, 3),
    ([], "A", "B", 7, 3),
    ([(7, 9, "A", "B", "x")], "A", "B", 7, 3),
    ([(6, 9, "A", "B", "x")], "A", "B", 7, 3),
    ([(0, 10, "A", "B", "s"), (1, 12, "A", "B", "t"), (13, 30, "B", "C", "t")], "A", "C", 0, 5),
    ([(0, 10, "A", "B", "s"), (1, 12, "A", "B", "t"), (13, 30, "B", "C", "t"), (15, 40, "B", "C", "u")], "A", "C", 0, 5),
    ([(0, 10, "A", "B", "s"), (15, 20, "B", "C", "t")], "A", "C", 0, 5),
    ([(0, 10, "A", "B", "s"), (14, 20, "B", "C", "t")], "A", "C", 0, 5),
    ([(5, 9, "X", "B", "t"), (14, 20, "B", "C", "t"), (0, 10, "A", "B", "s")], "A", "C", 0, 5),
    ([(0, 10, "A", "B", "s"), (11, 20, "B", "A", "s"), (22, 30, "A", "C", "s"), (21, 28, "A", "D", "q")], "A", "C", 0, 50),
    ([(0, 10, "A", "B", "s"), (11, 20, "B", "A", "s"), (22, 30, "A", "C", "s")], "A", "C", 0, 50),
    ([(2, 10, "A", "B", "s"), (3, 30, "A", "C", "t"), (31, 35, "C", "D", "t"), (12, 29, "B", "C", "s")], "A", "D", 2, 9),
]


def generate(rng):
    places = "ABCDE"[: rng.randrange(3, 6)]
    trunk = rng.random() < 0.7
    legs = []
    for number in range(rng.randrange(2, 7)):
        at = rng.choice([0, 0, rng.randrange(len(places) - 1)])
        time, slow = rng.randrange(0, 12), rng.choice([2, 4, 9])
        for _ in range(rng.randrange(1, 5)):
            there = at + 1 if trunk else rng.choice([place for place in range(len(places)) if place != at])
            if there == len(places):
                break
            arrive = time + rng.randrange(1, slow + 1)
            legs.append((time, arrive, places[at], places[there], f"t{number}"))
            at, time = there, arrive + rng.randrange(0, 3)
    rng.shuffle(legs)
    return (legs, "A", rng.choice(places[1:] + 2 * places[-1]), rng.randrange(0, 5), rng.choice([0, 3, 8, 15, 15]))


RIGHT = [
    [
        ("        boarded.add(train)\n        if arrive < reached.get(there, never):\n", "        if arrive < reached.get(there, never):\n"),
        ("            ready[there] = arrive + change\n", "            ready[there] = arrive + change\n        boarded.add(train)\n"),
    ],
    [
        ("        if train not in boarded and ready.get(here, never) > depart:\n            continue\n        boarded.add(train)\n",
         "        if ready.get(here, never) <= depart:\n            boarded.add(train)\n        if train not in boarded:\n            continue\n"),
    ],
]

WRONG = [
    [
        ("        boarded.add(train)\n        if arrive < reached.get(there, never):\n",
         "        if arrive <= reached.get(there, never):\n            boarded.add(train)\n"),
    ],
    [("train not in boarded and ready.get(here, never) > depart", "here not in ready or ready[here] - change > depart and train not in boarded")],
]
