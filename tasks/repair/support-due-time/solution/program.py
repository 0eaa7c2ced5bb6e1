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
