def normalized(ranges):
    pairs = []
    for first, last in ranges:
        if first > last:
            first, last = last, first
        pairs.append((first, last))
    return sorted(pairs)


def merge_ranges(ranges, gap):
    merged = []
    for first, last in normalized(ranges):
        if merged and first - merged[-1][1] - 1 <= gap:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return merged
