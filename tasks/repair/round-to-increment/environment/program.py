def round_to_increment(amount, step, mode):
    if step < 1:
        raise ValueError("step must be positive")
    sign = -1 if amount < 0 else 1
    units, rest = divmod(abs(amount), step)
    if mode == "up":
        grow = rest > 0
    elif mode == "nearest":
        grow = 2 * rest > step
    elif mode == "down":
        grow = False
    else:
        raise ValueError("unknown mode: " + mode)
    if grow:
        units += 1
    return sign * units * step
