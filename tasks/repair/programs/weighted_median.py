"""`weighted_median(pairs)` finds the middle of weighted values.

`pairs` is a list of (value, weight), whole numbers in any order, weights >= 0; pairs of weight 0 are as if they were
not there, and a value may occur in several pairs. Think of every value written down as often as its weight says, in
increasing order. The result is the number in the middle of that sequence, or, if the sequence has an even length, the
mean of the two numbers in the middle, always as a float. ValueError is raised if the weights sum to 0.
"""

TOPIC = "numeric"

SOLUTION = '''
def weighted_median(pairs):
    ordered = sorted(pair for pair in pairs if pair[1] > 0)
    total = sum(weight for _, weight in ordered)
    if total == 0:
        raise ValueError("nothing has weight")
    running = 0
    for index, (value, weight) in enumerate(ordered):
        running += weight
        if 2 * running == total:
            return (value + ordered[index + 1][0]) / 2
        if 2 * running > total:
            return float(value)
'''.lstrip()

FAULTS = [("if 2 * running == total:", "if running == total // 2:")]

ENTRY = "weighted_median"

VISIBLE = [
    ([(10, 3), (20, 2), (30, 2)],),
    ([(4, 2), (1, 2)],),
    ([(5, 1), (7, 4), (9, 1)],),
    ([(3, 0)],),
]

EDGES = [
    ([],),
    ([(6, 1)],),
    ([(6, 2)],),
    ([(1, 1), (2, 1), (3, 1)],),
    ([(1, 2), (2, 1), (3, 2)],),
    ([(1, 2), (2, 3)],),
    ([(1, 3), (2, 2)],),
    ([(1, 1), (2, 0), (4, 1)],),
    ([(1, 4), (9, 5)],),
    ([(1, 4), (9, 4)],),
    ([(-5, 1), (-2, 1), (0, 1), (3, 1), (8, 1)],),
    ([(-5, 1), (-2, 1), (0, 1), (3, 1)],),
    ([(7, 1), (7, 1), (9, 1), (9, 2)],),
    ([(2, 5), (8, 6)],),
]


def generate(rng):
    top = rng.choice([2, 3, 6])
    return ([(rng.randrange(-9, 20), rng.randrange(top)) for _ in range(rng.randrange(1, 8))],)


RIGHT = [
    [("if 2 * running == total:", "if running == total / 2:"), ("if 2 * running > total:", "if running > total / 2:")],
    [("if 2 * running == total:", "if total % 2 == 0 and running == total // 2:"), ("if 2 * running > total:", "if running > total // 2:")],
]

WRONG = [
    [("if 2 * running == total:", "if running == total // 2 and len(ordered) % 2 == 0:")],
    [("if 2 * running == total:", "if running == round(total / 2):")],
]
