"""`parking_fee(arrived, left, hourly, cap)` returns the fee in whole cents for parking a car.

`arrived` and `left` are moments in whole minutes on one clock; ValueError is raised if `left` is before `arrived`. A
stay of up to and including 15 minutes is free. Otherwise the stay is paid from its first minute: it is divided into days
of 24 hours, counted from the arrival, and in each day every hour that was begun costs `hourly` cents, but a day never
costs more than `cap` cents. An hour is begun when at least one minute of it was used: a stay of 60 minutes is one hour,
one of 61 minutes two.
"""

TOPIC = "numeric"

SOLUTION = '''
FREE_MINUTES = 15
DAY = 24 * 60


def begun_hours(minutes):
    return (minutes + 59) // 60


def parking_fee(arrived, left, hourly, cap):
    stay = left - arrived
    if stay < 0:
        raise ValueError("left before arrival")
    if stay <= FREE_MINUTES:
        return 0
    days, rest = divmod(stay, DAY)
    full_day = min(24 * hourly, cap)
    last_day = min(begun_hours(rest) * hourly, cap)
    return days * full_day + last_day
'''.lstrip()

FAULTS = [
    ("    if stay <= FREE_MINUTES:", "    if stay < FREE_MINUTES:"),
    ("    return (minutes + 59) // 60\n", "    return minutes // 60 + 1\n"),
]

ENTRY = "parking_fee"

VISIBLE = [
    (100, 110, 300, 2500),
    (30, 45, 300, 2500),
    (0, 120, 250, 2500),
    (0, 1400, 250, 2500),
    (10, 5, 250, 2500),
]

EDGES = [
    (7, 7, 200, 900),
    (0, 14, 200, 900),
    (0, 15, 200, 900),
    (0, 16, 200, 900),
    (0, 59, 200, 900),
    (0, 60, 200, 900),
    (0, 61, 200, 900),
    (0, 1440, 200, 900),
    (0, 1441, 200, 900),
    (0, 1455, 200, 900),
    (0, 1500, 200, 900),
    (0, 2880, 200, 900),
    (5, 2885, 10, 900),
    (0, 240, 300, 900),
    (0, 180, 300, 900),
    (1000, 1015, 50, 0),
    (-60, 0, 100, 900),
]


def generate(rng):
    arrived = rng.randrange(0, 3000)
    stay = rng.choice([
        rng.randrange(0, 30),
        15,
        60 * rng.randrange(1, 30),
        60 * rng.randrange(1, 8) + rng.randrange(-2, 3),
        rng.randrange(0, 5000),
        1440 * rng.randrange(1, 4) + rng.choice([0, 0, 1, 15, 60]),
    ])
    if rng.random() < 0.04:
        stay = -1
    return (arrived, arrived + stay, rng.choice([50, 120, 300]), rng.choice([500, 900, 1500, 4000]))


RIGHT = [
    [("(minutes + 59) // 60", "-(-minutes // 60)"), ("stay <= FREE_MINUTES", "not stay > FREE_MINUTES")],
    [("    return (minutes + 59) // 60\n", "    hours, begun = divmod(minutes, 60)\n    return hours + 1 if begun else hours\n")],
    [("stay <= FREE_MINUTES", "stay < FREE_MINUTES + 1")],
]

WRONG = [
    [("    return (minutes + 59) // 60\n", "    return max(1, minutes // 60)\n")],
    [("    return (minutes + 59) // 60\n", "    return max(1, (minutes + 59) // 60)\n")],
    [("    return (minutes + 59) // 60\n", "    return round(minutes / 60 + 0.49)\n"), ("FREE_MINUTES = 15", "FREE_MINUTES = 20")],
]
