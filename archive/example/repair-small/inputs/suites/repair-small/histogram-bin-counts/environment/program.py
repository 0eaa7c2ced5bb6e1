def bin_index(value, low, high, bins):
    index = (value - low) * bins // (high - low)
    return index


def bin_counts(values, low, high, bins):
    if bins < 1 or low >= high:
        raise ValueError("need low < high and at least one bin")
    counts = [0] * bins
    below = above = 0
    for value in values:
        if value <= low:
            below += 1
        elif value > high:
            above += 1
        else:
            counts[bin_index(value, low, high, bins)] += 1
    return below, counts, above
