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
    long_year = weekday(year, 1, 1) == 4
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
