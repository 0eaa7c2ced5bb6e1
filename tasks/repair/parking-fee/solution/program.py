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
