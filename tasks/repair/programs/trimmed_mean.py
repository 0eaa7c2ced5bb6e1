"""`trimmed_mean(values, percent)` returns the mean of a list of numbers without its extremes, as a float.

`percent` is a whole number of percent, 0 to 49. With n values, the `n * percent // 100` smallest and as many largest
values are left out; the result is the arithmetic mean of the others. No values give None. A percent below 0 or above
49 raises ValueError, even with no values. The given list is not changed.
"""

TOPIC = "numeric"

SOLUTION = '''
def trimmed_mean(values, percent):
    if not 0 <= percent < 50:
        raise ValueError("percent must be in 0..49")
    if not values:
        return None
    ordered = sorted(values)
    cut = len(ordered) * percent // 100
    kept = ordered[cut : len(ordered) - cut]
    return sum(kept) / len(kept)
'''.lstrip()

FAULTS = [("len(ordered) - cut]", "-cut]")]

ENTRY = "trimmed_mean"

OBSERVE = "args"

VISIBLE = [([9, 1, 5, 100, 3], 20), ([8, 4, 6], 0), ([], 10), ([1, 2, 3], 50)]

EDGES = [
    ([7], 49),
    ([7], 0),
    ([], 50),
    ([1, 2], -1),
    ([10, 0], 49),
    ([0, 10, 2, 3], 20),
    ([5, 1, 9, 30], 25),
    ([4, 1], 0),
    ([9, 1, 2, 30, 4, 5, 6, 7, 8], 11),
]


def generate(rng):
    size = rng.choice([1, 2, 3, 4, rng.randrange(1, 15)])
    values = [rng.choice([rng.randrange(-20, 50), rng.randrange(200) / 4]) for _ in range(size)]
    return (values, rng.choice([0, 1, 5, 10, 20, 25, 33, 49, rng.randrange(50)]))


RIGHT = [
    [("len(ordered) - cut]", "-cut or None]")],
    [("    kept = ordered[cut : len(ordered) - cut]\n",
      "    kept = ordered\n    if cut:\n        kept = ordered[cut:-cut]\n")],
    [("kept = ordered[cut : len(ordered) - cut]", "kept = [ordered[i] for i in range(cut, len(ordered) - cut)]")],
]

WRONG = [
    [
        ("    kept = ordered[cut : len(ordered) - cut]\n",
         "    if percent == 0:\n        return sum(ordered) / len(ordered)\n    kept = ordered[cut:-cut]\n"),
    ],
    [
        ("    kept = ordered[cut : len(ordered) - cut]\n",
         "    kept = ordered[cut:-cut]\n    if not kept:\n        return float(ordered[len(ordered) // 2])\n"),
    ],
    [("len(ordered) - cut]", "-max(cut, 1)]"), ("ordered[cut :", "ordered[max(cut, 1) :")],
]
