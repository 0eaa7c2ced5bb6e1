"""`collapse_to_ranges(numbers, gap)` yields the ranges of an ascending list of whole numbers as tuples (first, last).

Neighbouring numbers that differ by `gap` or less belong to the same range; a bigger difference begins a new range.
A range of one number has first == last. Numbers may repeat and may be negative; `gap` is 0 or more. No numbers, no ranges.
"""

TOPIC = "iterators"

SOLUTION = '''
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
'''.lstrip()

FAULTS = [("        last = number\n    yield (first, last)\n", "        last = number\n")]

ENTRY = "collapse_to_ranges"

VISIBLE = [([], 1), ([1, 2, 3], 1), ([1, 2, 7, 8], 1)]

EDGES = [
    ([5], 1),
    ([0], 0),
    ([1, 3], 1),
    ([1, 3], 2),
    ([4, 4, 4], 0),
    ([-2, -1, 0, 5], 1),
    ([10, 20, 30], 9),
    ([10, 20, 30], 10),
    ([1, 2, 500, 501], 1),
    ([0, 0], 3),
]


def generate(rng):
    gap = rng.randrange(4)
    number, numbers = rng.choice([-5, 0, 3, 90, 400]), []
    for _ in range(rng.choice([1, 2, 4, 9])):
        numbers.append(number)
        number += rng.choice([0, 1, 1, 2, gap, gap + 1, 9])
    return (numbers, gap)


RIGHT = [
    [("        last = number\n    yield (first, last)\n", "        last = number\n    else:\n        yield (first, last)\n")],
    [
        ("    for number in numbers:\n        if number - last > gap:\n", "    for number in list(numbers) + [None]:\n        if number is None or number - last > gap:\n"),
        ("        last = number\n    yield (first, last)\n", "        last = number\n"),
    ],
]

WRONG = [
    [("        last = number\n    yield (first, last)\n", "        last = number\n    if first != last:\n        yield (first, last)\n")],
    [("        last = number\n    yield (first, last)\n", "        last = number\n    yield (first, number)\n")],
    [
        ("    for number in numbers:\n", "    for number in list(numbers) + [100]:\n"),
        ("        last = number\n    yield (first, last)\n", "        last = number\n"),
    ],
]
