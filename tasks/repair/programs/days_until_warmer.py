"""`days_until_warmer(temperatures)` says for each day how many days pass until the next strictly warmer one.

The temperatures are integers, one a day. Entry i of the result is the smallest d > 0 for which the temperature of day
i + d is greater than that of day i; it is 0 if no such day comes. The result is a list as long as the given one.
"""

TOPIC = "lists"

SOLUTION = '''
def days_until_warmer(temperatures):
    waits = [0] * len(temperatures)
    open_days = []
    for day, temperature in enumerate(temperatures):
        while open_days and temperatures[open_days[-1]] < temperature:
            earlier = open_days.pop()
            waits[earlier] = day - earlier
        open_days.append(day)
    return waits
'''.lstrip()

FAULTS = [("temperatures[open_days[-1]] < temperature", "temperatures[open_days[-1]] <= temperature")]

ENTRY = "days_until_warmer"

VISIBLE = [([10, 12, 9, 11],), ([5, 5, 6],), ([3, 2, 1],), ([4, 4],)]

EDGES = [
    ([],),
    ([7],),
    ([5, 3, 5, 6],),
    ([5, 3, 4, 5],),
    ([5, 5, 5, 5],),
    ([5, 5, 4, 6],),
    ([-1, -3, -1, 0],),
    ([2, 2, 2, 3, 3, 4],),
    ([8, 8, 1, 2, 9],),
]


def generate(rng):
    top = rng.choice([2, 3, 4, 8])
    return ([rng.randrange(-top, top) for _ in range(rng.randrange(1, 11))],)


RIGHT = [
    [("temperatures[open_days[-1]] < temperature", "temperature > temperatures[open_days[-1]]")],
    [("temperatures[open_days[-1]] < temperature", "temperatures[open_days[-1]] + 1 <= temperature")],
    [("temperatures[open_days[-1]] < temperature", "not temperatures[open_days[-1]] >= temperature")],
]

WRONG = [
    [
        ("temperatures[open_days[-1]] < temperature", "temperatures[open_days[-1]] <= temperature"),
        ("            waits[earlier] = day - earlier\n",
         "            waits[earlier] = day - earlier if temperatures[earlier] < temperature else 0\n"),
        ("    return waits\n",
         "    for day in range(len(waits) - 1):\n"
         "        if temperatures[day] == temperatures[day + 1] and waits[day + 1]:\n"
         "            waits[day] = waits[day + 1] + 1\n    return waits\n"),
    ],
    [
        ("        while open_days and temperatures[open_days[-1]] < temperature:\n",
         "        while open_days and temperatures[open_days[-1]] <= temperature:\n"
         "            if open_days[-1] == day - 1 and temperatures[day - 1] == temperature:\n                break\n"),
    ],
    [
        ("temperatures[open_days[-1]] < temperature", "temperatures[open_days[-1]] <= temperature"),
        ("            waits[earlier] = day - earlier\n",
         "            waits[earlier] = day - earlier\n            if temperatures[earlier] == temperature:\n"
         "                waits[earlier] = day - earlier + 1 if day + 1 < len(temperatures) else 0\n"),
    ],
]
