def weighted_median(pairs):
    ordered = sorted(pair for pair in pairs if pair[1] > 0)
    total = sum(weight for _, weight in ordered)
    if total == 0:
        raise ValueError("nothing has weight")
    running = 0
    for index, (value, weight) in enumerate(ordered):
        running += weight
        if 2 * running == total:
            return (value + ordered[index + 1][0]) / 2
        if 2 * running > total:
            return float(value)
