def collapse_to_ranges(numbers, gap):
    numbers = iter(numbers)
    first = last = next(numbers, None)
    if first is None:
        return
    for number in numbers:
        if number - last > gap:
            yield (first, last)
            first = number
        last = number
    yield (first, last)
