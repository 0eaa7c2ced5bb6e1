def days_until_warmer(temperatures):
    waits = [0] * len(temperatures)
    open_days = []
    for day, temperature in enumerate(temperatures):
        while open_days and temperatures[open_days[-1]] < temperature:
            earlier = open_days.pop()
            waits[earlier] = day - earlier
        open_days.append(day)
    return waits
