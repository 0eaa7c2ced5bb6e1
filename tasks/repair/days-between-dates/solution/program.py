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
