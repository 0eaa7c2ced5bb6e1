def height(item):
    if isinstance(item, int):
        return 0
    return 1 + max((height(member) for member in item), default=1)


def total_at(item, weight):
    if isinstance(item, int):
        return item * weight
    return sum(total_at(member, weight - 1) for member in item)


def weighted_total(items):
    return total_at(items, height(items) + 1)
