"""`support_due_time(start, minutes)` tells by when a request must be answered that was received at `start`.

Moments are whole minutes since the beginning (00:00) of some Monday, >= 0. The office works from Monday to Friday from
09:00 to 17:00; only these minutes count. A request that is received outside of the working hours counts as received at
the next 09:00 of a working day; 17:00 itself is outside. The answer is due when `minutes` working minutes (>= 0) have
passed since then. When these are used up exactly at the end of a working day, it is due at 17:00 of that day.
"""

TOPIC = "numeric"

SOLUTION = '''
DAY = 24 * 60
OPEN = 9 * 60
CLOSE = 17 * 60


def is_workday(day):
    return day % 7 < 5


def next_working_moment(moment):
    day, clock = divmod(moment, DAY)
    if is_workday(day) and clock < CLOSE:
        return day * DAY + max(clock, OPEN)
    day += 1
    while not is_workday(day):
        day += 1
    return day * DAY + OPEN


def support_due_time(start, minutes):
    moment = next_working_moment(start)
    while True:
        left_today = CLOSE - moment % DAY
        if minutes <= left_today:
            return moment + minutes
        minutes -= left_today
        moment = next_working_moment(moment + left_today)
'''.lstrip()

FAULTS = [("        if minutes <= left_today:", "        if minutes < left_today:")]

ENTRY = "support_due_time"

VISIBLE = [(540, 480), (600, 90), (5 * 1440 + 30, 45), (1440 + 540, 1000)]

EDGES = [
    (0, 0),
    (1020, 0),
    (1019, 0),
    (1019, 1),
    (1019, 2),
    (1020, 1),
    (960, 60),
    (960, 61),
    (540, 960),
    (540, 961),
    (960, 540),
    (540, 2400),
    (540, 2401),
    (4 * 1440 + 960, 60),
    (4 * 1440 + 960, 61),
    (4 * 1440 + 1020, 480),
    (4 * 1440 + 1000, 500),
    (6 * 1440 + 1439, 480),
    (11 * 1440, 4800),
]


def generate(rng):
    start = rng.randrange(14) * 1440 + rng.choice([0, 539, 540, 700, 960, 1019, 1020, 1021, rng.randrange(1440)])
    clock = min(max(start % 1440, 540), 1020)
    left = 1020 - clock if start // 1440 % 7 < 5 and clock < 1020 else 480
    exact = left + 480 * rng.randrange(0, 7)
    return (start, rng.choice([exact, exact, exact + 1, max(0, exact - 1), rng.randrange(0, 3000), rng.randrange(0, 200)]))


RIGHT = [
    [("        if minutes <= left_today:\n            return moment + minutes\n        minutes -= left_today\n",
      "        if left_today >= minutes:\n            return moment + minutes\n        minutes -= left_today\n")],
    [
        ("        if minutes <= left_today:\n            return moment + minutes\n        minutes -= left_today\n        moment = next_working_moment(moment + left_today)\n",
         "        used = min(minutes, left_today)\n        moment += used\n        minutes -= used\n        if minutes == 0:\n            return moment\n        moment = next_working_moment(moment)\n"),
    ],
]

WRONG = [
    [("        if minutes <= left_today:", "        if minutes <= CLOSE - OPEN:")],
    [
        ("    while True:\n", "    if minutes == CLOSE - moment % DAY:\n        return moment + minutes\n    while True:\n"),
        ("        if minutes <= left_today:", "        if minutes < left_today:"),
    ],
]
