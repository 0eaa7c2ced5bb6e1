"""`monthly_due_dates(start, count, every)` is a generator of the due dates of a payment that recurs monthly.

`start` is a tuple (year, month, day), a valid date of the Gregorian calendar and the first due date. The next ones come
`every` months (a positive whole number) after each other, on the day of the month of `start`. In a month that has no
such day, the payment is due on the last day of that month. `count` (>= 0) dates are yielded, each a tuple
(year, month, day).
"""

TOPIC = "iterators"

SOLUTION = '''
def month_length(year, month):
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if month in (4, 6, 9, 11) else 31


def monthly_due_dates(start, count, every):
    year, month, day = start
    for _ in range(count):
        last = month_length(year, month)
        yield year, month, min(day, last)
        month += every
        while month > 12:
            month -= 12
            year += 1
'''.lstrip()

FAULTS = [("        yield year, month, min(day, last)\n", "        day = min(day, last)\n        yield year, month, day\n")]

ENTRY = "monthly_due_dates"

VISIBLE = [
    ((2023, 1, 31), 3, 1),
    ((2022, 11, 15), 4, 1),
    ((2023, 8, 31), 2, 6),
]

EDGES = [
    ((2024, 1, 31), 0, 1),
    ((2024, 2, 29), 6, 12),
    ((2024, 1, 30), 4, 1),
    ((2023, 1, 29), 3, 1),
    ((2023, 1, 28), 4, 1),
    ((2024, 1, 28), 4, 1),
    ((2023, 2, 28), 4, 1),
    ((2023, 3, 31), 13, 1),
    ((2023, 4, 30), 4, 1),
    ((2023, 10, 31), 5, 4),
    ((2099, 12, 31), 4, 1),
    ((1999, 12, 30), 4, 1),
    ((2023, 12, 31), 3, 24),
    ((2023, 12, 31), 3, 30),
    ((2023, 5, 31), 3, 6),
]


def generate(rng):
    month = rng.randrange(1, 13)
    longest = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
    day = rng.choice([longest, longest, min(longest, 30), min(longest, 29), rng.randrange(1, 29)])
    year = rng.choice([1899, 1995, 2000, 2019, 2023, 2024, 2098])
    return ((year, month, day), rng.randrange(2, 15), rng.choice([1, 1, 1, 2, 3, 5, 6, 12, 18]))


RIGHT = [
    [("        yield year, month, min(day, last)\n", "        yield year, month, day if day <= last else last\n")],
    [
        ("        yield year, month, min(day, last)\n", "        day = min(start[2], last)\n        yield year, month, day\n"),
    ],
]

WRONG = [
    [("        yield year, month, min(day, last)\n", "        yield year, month, last if day >= 28 else day\n")],
    [("        yield year, month, min(day, last)\n", "        yield year, month, min(day, last) if month == 2 else day\n")],
]
