"""`smooth(values, radius)` returns the centred moving averages of a list of measurements, as a list of equal length.

A measurement is a number or None (missing). Entry i of the result is the arithmetic mean, a float, of the measurements
at the positions i - radius to i + radius (radius >= 0) that are in the list and are not missing; if all of them are
missing, the entry is None. At the ends of the list the window is simply shorter. The given list is not changed.
"""

TOPIC = "lists"

SOLUTION = '''
def mean_of_present(window):
    present = [value for value in window if value is not None]
    if not present:
        return None
    return sum(present) / len(present)


def smooth(values, radius):
    result = []
    for i in range(len(values)):
        window = values[max(0, i - radius) : i + radius + 1]
        result.append(mean_of_present(window))
    return result
'''.lstrip()

FAULTS = [("if value is not None]", "if value]"), ("values[max(0, i - radius) :", "values[i - radius :")]

ENTRY = "smooth"

VISIBLE = [([4, None, 8], 1), ([0, 6], 0), ([5, 7], 0), ([2, 4, 0, 9], 1), ([], 2)]

EDGES = [
    ([None], 0),
    ([0], 3),
    ([0, 0], 1),
    ([None, None, 3], 1),
    ([1, 2, 3, 4, 5, 6], 2),
    ([1, 2, 3, 4, 5, 6], 3),
    ([1, 2], 5),
    ([-4, 0, None, 2, -1], 1),
    ([-3], 0),
    ([None, 0, None], 0),
    ([0.5, 1.5, 0.0], 1),
]


def generate(rng):
    values = []
    for _ in range(rng.randrange(1, 10)):
        values.append(rng.choice([None, 0, rng.randrange(-9, 20), rng.randrange(20), rng.randrange(40) / 4]))
    return (values, rng.choice([0, 1, 1, 2, 2, 3, 4]))


RIGHT = [
    [("max(0, i - radius)", "i - radius if i > radius else 0")],
    [
        ("        window = values[max(0, i - radius) : i + radius + 1]\n",
         "        window = [value for k, value in enumerate(values) if abs(k - i) <= radius]\n"),
    ],
]

WRONG = [
    [("max(0, i - radius)", "max(0, i - 1 if radius else i)")],
    [("if value is not None]", "if value is not None and value >= 0]")],
    [("    if not present:\n        return None\n    return sum(present) / len(present)\n",
      "    return sum(present) / max(1, len(present))\n")],
]
