"""`days_between(start, end, inclusive)` counts the days from one calendar date to another.

Dates are texts `YYYY-MM-DD` of the Gregorian calendar with four-digit years 0001 to 9999 (a year is a leap year if it
is divisible by 4, but not if it is divisible by 100, unless by 400). The result is positive if `end` is later, negative
if it is earlier and 0 if both are the same day. If `inclusive` is true, both end points count: the result then grows
by 1 in absolute value (a day to itself gives 1, from today back to yesterday gives -2). A month outside 1 to 12 or
a day that the month does not have raises ValueError.
"""

TOPIC = "numeric"

SOLUTION = '''
def is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year, month):
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def day_number(date):
    year, month, day = (int(part) for part in date.split("-"))
    if not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month):
        raise ValueError("no such day: " + date)
    before = year - 1
    number = before * 365 + before // 4 - before // 100 + before // 400
    for earlier in range(1, month):
        number += days_in_month(year, earlier)
    return number + day


def days_between(start, end, inclusive):
    days = day_number(end) - day_number(start)
    if not inclusive:
        return days
    return days - 1 if days < 0 else days + 1
'''.lstrip()

FAULTS = [
    ("before = year - 1", "before = year"),
    ("    return days - 1 if days < 0 else days + 1\n", "    return days + 1\n"),
]

ENTRY = "days_between"

VISIBLE = [
    ("2023-01-31", "2023-03-01", False),
    ("2023-03-02", "2023-03-01", True),
    ("2019-12-31", "2020-01-01", False),
    ("2021-05-05", "2021-05-05", True),
    ("2023-02-29", "2023-03-01", False),
]

EDGES = [
    ("1900-02-28", "1900-03-01", False),
    ("2000-02-28", "2000-03-01", False),
    ("1899-12-31", "1900-01-01", False),
    ("1999-12-31", "2000-01-01", False),
    ("2020-12-31", "2021-01-01", True),
    ("2021-01-01", "2020-12-31", True),
    ("2024-02-29", "2024-02-29", False),
    ("2024-13-01", "2024-02-01", False),
    ("2024-00-01", "2024-02-01", False),
    ("2024-04-31", "2024-05-01", True),
    ("2024-04-30", "2024-05-00", True),
    ("0001-01-01", "9999-12-31", True),
]


def generate(rng):
    year = rng.choice([rng.randrange(1, 3000), rng.choice([1899, 1900, 1999, 2000, 2001, 2020, 2024, 2100])])
    other = max(1, year + rng.choice([0, 0, 1, -1, 4, -3, rng.randrange(-300, 300)]))

    def day(value):
        number = rng.choice([1, rng.randrange(1, 29), rng.randrange(28, 32)])
        return f"{value:04d}-{rng.randrange(1, 13):02d}-{number:02d}"

    return (day(year), day(other), rng.random() < 0.5)


RIGHT = [
    [
        ("    return days - 1 if days < 0 else days + 1\n", "    return days + (1 if days >= 0 else -1)\n"),
        ("    number = before * 365 + before // 4", "    number = 365 * before + before // 4"),
    ],
    [
        ("before = year - 1", "before = year"),
        ("    for earlier in range(1, month):\n",
         "    if is_leap(year):\n        number -= 1\n    for earlier in range(1, month):\n"),
    ],
]

WRONG = [
    [("    return days - 1 if days < 0 else days + 1\n", "    return days - 1 if days < 0 else max(days, 1)\n")],
    [("before * 365 + before // 4 - before // 100 + before // 400", "before * 365 + before // 4")],
    [
        ("before = year - 1", "before = year"),
        ("    if not inclusive:\n", "    if start[:4] < end[:4]:\n        days -= 1\n    if not inclusive:\n"),
    ],
]
