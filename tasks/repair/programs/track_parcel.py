"""`track_parcel(events)` follows a parcel through the events that were reported about it, in the order of the reports.

`events` is a list of tuples (time, kind); times are whole numbers >= 0. The parcel begins as "created". The events that
may happen, and where they lead:

* "pickup": created -> transit
* "scan": transit -> transit
* "hold": transit -> held; "release": held -> transit
* "load": transit -> courier
* "deliver": courier -> delivered
* "miss": courier -> transit, but the third miss of a parcel leads to returning
* "scan": returning -> returning

An event is rejected if its time is before that of the last event that was not rejected, or if it may not happen where
the parcel is. A rejected event changes nothing. The result is a tuple: where the parcel is after all events, and the list
of the positions (from 0) of the rejected events.
"""

TOPIC = "state-machines"

SOLUTION = '''
MOVES = {
    ("created", "pickup"): "transit",
    ("transit", "scan"): "transit",
    ("transit", "hold"): "held",
    ("held", "release"): "transit",
    ("transit", "load"): "courier",
    ("courier", "deliver"): "delivered",
    ("courier", "miss"): "transit",
    ("returning", "scan"): "returning",
}
MOST_MISSES = 3


def track_parcel(events):
    state = "created"
    latest = 0
    misses = 0
    rejected = []
    for position, (time, kind) in enumerate(events):
        if time < latest:
            rejected.append(position)
            continue
        following = MOVES.get((state, kind))
        if following is None:
            rejected.append(position)
            continue
        latest = time
        if kind == "miss":
            misses += 1
            if misses == MOST_MISSES:
                following = "returning"
        state = following
    return state, rejected
'''.lstrip()

FAULTS = [
    (
        "        following = MOVES.get((state, kind))\n        if following is None:\n            rejected.append(position)\n            continue\n        latest = time\n",
        "        latest = time\n        following = MOVES.get((state, kind))\n        if following is None:\n            rejected.append(position)\n            continue\n",
    )
]

ENTRY = "track_parcel"

VISIBLE = [
    ([(1, "pickup"), (3, "scan"), (4, "load"), (9, "deliver"), (10, "scan")],),
    ([(2, "pickup"), (9, "deliver"), (5, "load")],),
    ([(5, "pickup"), (5, "hold"), (6, "scan"), (8, "release")],),
]

EDGES = [
    ([],),
    ([(7, "scan"), (3, "pickup")],),
    ([(5, "pickup"), (4, "scan"), (5, "load")],),
    ([(5, "pickup"), (4, "load"), (6, "deliver")],),
    ([(1, "pickup"), (9, "release"), (4, "scan"), (3, "load")],),
    ([(1, "pickup"), (9, "release"), (8, "release"), (4, "hold"), (2, "release"), (4, "release")],),
    ([(1, "pickup"), (2, "load"), (3, "miss"), (4, "load"), (5, "miss"), (6, "load"), (7, "miss"), (8, "scan"), (9, "load")],),
    ([(1, "pickup"), (2, "load"), (3, "miss"), (9, "miss"), (5, "miss"), (6, "load"), (7, "deliver")],),
    ([(0, "pickup"), (0, "load"), (0, "deliver"), (0, "miss")],),
    ([(1, "stolen"), (0, "pickup")],),
]


def generate(rng):
    nexts = {"created": ["pickup"], "transit": ["scan", "load", "load", "hold"], "held": ["release"], "courier": ["miss", "miss", "deliver"], "delivered": ["scan"]}
    leads = {"pickup": "transit", "scan": "transit", "load": "courier", "hold": "held", "release": "transit", "miss": "transit", "deliver": "delivered"}
    state, time, events = "created", 0, []
    for _ in range(rng.randrange(2, 13)):
        if rng.random() < 0.35:
            events.append((max(0, time + rng.randrange(-3, 9)), rng.choice(list(leads))))
            continue
        time += rng.randrange(0, 4)
        kind = rng.choice(nexts[state])
        events.append((time, kind))
        state = state if state == "delivered" else leads[kind]
    return (events,)


RIGHT = [
    [
        ("        if time < latest:\n            rejected.append(position)\n            continue\n        following = MOVES.get((state, kind))\n        if following is None:\n",
         "        following = MOVES.get((state, kind))\n        if following is None or time < latest:\n"),
    ],
    [("        latest = time\n", ""), ("        state = following\n", "        state = following\n        latest = time\n")],
]

WRONG = [
    [("        if time < latest:\n            rejected.append(position)\n            continue\n", "")],
    [
        ("        following = MOVES.get((state, kind))\n        if following is None:\n            rejected.append(position)\n            continue\n        latest = time\n",
         "        latest = time\n        following = MOVES.get((state, kind))\n        if following is None:\n            rejected.append(position)\n            latest = 0\n            continue\n"),
    ],
    [("        latest = time\n", "        latest = time if not rejected else latest\n")],
]
