def distinct_parts(total, largest):
    if total == 0:
        return [[]]
    ways = []
    for part in range(min(total, largest), 0, -1):
        for rest in distinct_parts(total - part, part - 1):
            ways.append([part] + rest)
    return ways
