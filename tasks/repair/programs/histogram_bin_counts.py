"""`bin_counts(values, low, high, bins)` counts whole numbers in bins of equal width: a tuple (below, counts, above).

The interval from `low` to `high` (whole numbers, low < high) is divided into `bins` >= 1 equal bins; otherwise
ValueError is raised. Each bin includes its lower edge but not its upper edge, except that the last bin includes both.
`counts` is the list of the numbers of values in the bins, `below` the number of values less than `low` and `above` the
number of values greater than `high`.
"""

TOPIC = "lists"

SOLUTION = '''
def bin_index(value, low, high, bins):
    index = (value - low) * bins // (high - low)
    return min(index, bins - 1)


def bin_counts(values, low, high, bins):
    if bins < 1 or low >= high:
        raise ValueError("need low < high and at least one bin")
    counts = [0] * bins
    below = above = 0
    for value in values:
        if value < low:
            below += 1
        elif value > high:
            above += 1
        else:
            counts[bin_index(value, low, high, bins)] += 1
    return below, counts, above
'''.lstrip()

FAULTS = [("return min(index, bins - 1)", "return index"), ("if value < low:", "if value <= low:")]

ENTRY = "bin_counts"

VISIBLE = [
    ([1, 6, 9, -3, 12], 0, 10, 2),
    ([0, 5, 6], 0, 8, 2),
    ([13, 16, 20], 10, 20, 2),
    ([1, 2], 5, 5, 3),
]

EDGES = [
    ([], 0, 1, 1),
    ([0, 1], 0, 1, 1),
    ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0, 10, 3),
    ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0, 10, 10),
    ([0, 1, 2, 3, 4], 0, 4, 8),
    ([-5, -4, -1, 0, 5], -5, 5, 5),
    ([-6, -5, -2, 0], -5, -1, 2),
    ([3], 0, 5, 0),
    ([7, 7, 7], 7, 9, 2),
    ([3, 4], 8, 2, 2),
]


def generate(rng):
    low = rng.choice([0, rng.randrange(-20, 20)])
    high = low + rng.choice([1, 2, 5, 7, 10, 12, 30])
    values = [rng.choice([rng.randrange(low - 4, high + 5), low, high]) for _ in range(rng.randrange(1, 12))]
    return (values, low, high, rng.randrange(1, 7))


RIGHT = [
    [("    return min(index, bins - 1)\n", "    return index if index < bins else bins - 1\n")],
    [("    return min(index, bins - 1)\n", "    return -1 if value == high else index\n")],
    [("(value - low) * bins // (high - low)", "(value - low) * bins // (high - low) if value < high else bins - 1")],
]

WRONG = [
    [("index = (value - low) * bins // (high - low)", "index = (value - low) * bins // (high - low + 1)")],
    [("index = (value - low) * bins // (high - low)", "index = (value - low) // max(1, (high - low) // bins)")],
    [("if value < low:", "if value < max(low, 0):")],
]
