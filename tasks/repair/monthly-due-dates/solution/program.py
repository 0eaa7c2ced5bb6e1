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
