"""`round_to_increment(amount, step, mode)` rounds a whole amount (cents, perhaps negative) to a multiple of `step`.

`step` is a whole number >= 1 (otherwise ValueError). The modes are:

- "down": towards zero,
- "up": away from zero (an amount that is a multiple already stays),
- "nearest": to the nearest multiple; an amount exactly half way goes away from zero.

Any other mode raises ValueError.
"""

TOPIC = "numeric"

SOLUTION = '''
def round_to_increment(amount, step, mode):
    if step < 1:
        raise ValueError("step must be positive")
    sign = -1 if amount < 0 else 1
    units, rest = divmod(abs(amount), step)
    if mode == "up":
        grow = rest > 0
    elif mode == "nearest":
        grow = 2 * rest >= step
    elif mode == "down":
        grow = False
    else:
        raise ValueError("unknown mode: " + mode)
    if grow:
        units += 1
    return sign * units * step
'''.lstrip()

FAULTS = [("2 * rest >= step", "2 * rest > step")]

ENTRY = "round_to_increment"

VISIBLE = [(12, 10, "nearest"), (25, 10, "nearest"), (-19, 5, "nearest"), (11, 5, "up"), (-17, 5, "down")]

EDGES = [
    (7, 5, "nearest"),
    (-7, 5, "nearest"),
    (8, 5, "nearest"),
    (-25, 10, "nearest"),
    (-35, 10, "nearest"),
    (1, 2, "nearest"),
    (1, 3, "nearest"),
    (2, 3, "nearest"),
    (0, 7, "nearest"),
    (5, 1, "nearest"),
    (-11, 5, "up"),
    (15, 5, "up"),
    (19, 5, "down"),
    (-1, 2, "nearest"),
    (-1, 3, "up"),
    (4, 0, "up"),
    (4, -3, "nearest"),
    (4, -1, "down"),
    (4, 2, "Up"),
    (4, 2, ""),
    (4, 2, "even"),
]


def generate(rng):
    step = rng.choice([1, 2, 3, 4, 5, 7, 10, 20, 25, 50, 100])
    amount = rng.choice([rng.randrange(-40, 40), rng.randrange(-3000, 3000), step * rng.randrange(-9, 9) + step // 2])
    return (amount, step, rng.choice(["nearest", "nearest", "nearest", "up", "down"]))


RIGHT = [
    [("2 * rest >= step", "rest >= step - rest")],
    [("2 * rest >= step", "rest >= (step + 1) // 2")],
    [("2 * rest >= step", "rest / step >= 0.5")],
]

WRONG = [
    [("2 * rest >= step", "rest >= step // 2 and rest > 0")],
    [("        grow = 2 * rest >= step\n", "        return (amount + step // 2) // step * step\n")],
    [("2 * rest >= step", "2 * rest > step or rest == 5")],
]
