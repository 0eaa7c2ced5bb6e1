"""`iso_week_label(year, month, day)` names a day by its ISO 8601 week, as text such as "2024-W07-3".

The date is a valid date of the Gregorian calendar, year 1600 to 2999. Weeks begin on Monday (day 1) and end on Sunday
(day 7). Week 1 of a year is the week that holds the year's first Thursday. So the first days of January may belong to
the last week (52 or 53) of the year before, and the last days of December to week 1 of the year after; the year in the
label is the year that the week belongs to. The year has four digits, the week two.
"""

TOPIC = "numeric"

SOLUTION = '''
DAYS_BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
SHIFTS = (0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4)


def is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def weekday(year, month, day):
    """1 is Monday, 7 is Sunday."""
    if month < 3:
        year -= 1
    days = year + year // 4 - year // 100 + year // 400 + SHIFTS[month - 1] + day
    return (days - 1) % 7 + 1


def weeks_in_year(year):
    long_year = weekday(year, 1, 1) == 4 or weekday(year, 12, 31) == 4
    return 53 if long_year else 52


def iso_week_label(year, month, day):
    ordinal = DAYS_BEFORE[month - 1] + day
    if month > 2 and is_leap(year):
        ordinal += 1
    number = weekday(year, month, day)
    week = (ordinal - number + 10) // 7
    if week < 1:
        year -= 1
        week = weeks_in_year(year)
    elif week > weeks_in_year(year):
        year += 1
        week = 1
    return f"{year:04d}-W{week:02d}-{number}"
'''.lstrip()

FAULTS = [("weekday(year, 1, 1) == 4 or weekday(year, 12, 31) == 4", "weekday(year, 1, 1) == 4")]

ENTRY = "iso_week_label"

VISIBLE = [(2021, 1, 2), (2024, 2, 29), (2016, 1, 1), (2019, 12, 30)]

EDGES = [
    (2020, 12, 31),
    (2020, 12, 27),
    (2020, 12, 28),
    (2021, 1, 3),
    (2021, 1, 4),
    (2015, 1, 1),
    (2014, 12, 31),
    (2014, 12, 29),
    (2015, 12, 31),
    (2016, 12, 31),
    (2017, 1, 1),
    (2013, 12, 31),
    (2025, 12, 31),
    (2026, 12, 31),
    (2027, 1, 1),
    (1992, 12, 31),
    (1993, 1, 1),
    (2048, 12, 30),
    (1900, 12, 31),
    (2000, 12, 31),
    (2100, 1, 1),
]


def generate(rng):
    year = rng.choice([1936, 1964, 1992, 2020, 2048, 2076, rng.randrange(1600, 2990), rng.randrange(1990, 2040)])
    kind = rng.randrange(4)
    if kind == 0:
        return (year, 12, rng.randrange(26, 32))
    if kind == 1:
        return (year + 1, 1, rng.randrange(1, 5))
    if kind == 2:
        return (year, 1, rng.randrange(1, 8))
    return (year, rng.randrange(1, 13), rng.randrange(1, 29))


RIGHT = [
    [("weekday(year, 1, 1) == 4 or weekday(year, 12, 31) == 4", "weekday(year, 1, 1) == 4 or weekday(year + 1, 1, 1) == 5")],
    [("weekday(year, 12, 31) == 4", "(is_leap(year) and weekday(year, 1, 1) == 3)")],
]

WRONG = [
    [("weekday(year, 1, 1) == 4 or weekday(year, 12, 31) == 4", "weekday(year, 1, 1) in (3, 4)")],
    [("weekday(year, 12, 31) == 4", "is_leap(year)")],
]
