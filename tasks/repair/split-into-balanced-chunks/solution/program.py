def part_sizes(total, count):
    base, extra = divmod(total, count)
    return [base + 1] * extra + [base] * (count - extra)


def split_evenly(items, count):
    if count < 1:
        raise ValueError("at least one part is needed")
    parts = []
    start = 0
    for size in part_sizes(len(items), count):
        parts.append(items[start : start + size])
        start += size
    return parts
