"""`overlapping_chunks(items, size, overlap)` yields lists of `size` neighbouring items, from left to right.

The first chunk begins with the first item; each next chunk begins `size - overlap` items later, so that it shares
`overlap` items with the one before. Chunks go on until one contains the last item; that one is the last chunk and may be
shorter than `size`. No items give no chunks. ValueError is raised (on reading) unless `0 <= overlap < size`.
"""

TOPIC = "iterators"

SOLUTION = '''
def overlapping_chunks(items, size, overlap):
    if not 0 <= overlap < size:
        raise ValueError("overlap must be below size")
    items = list(items)
    start = 0
    while start < len(items):
        yield items[start:start + size]
        if start + size >= len(items):
            return
        start += size - overlap
'''.lstrip()

FAULTS = [("start + size >= len(items)", "start + size > len(items)")]

ENTRY = "overlapping_chunks"

VISIBLE = [([1, 2, 3, 4, 5, 6], 4, 2), ([1, 2, 3, 4, 5], 2, 0), ([7, 8, 9], 4, 1)]

EDGES = [
    ([], 3, 1),
    ([1], 3, 2),
    ([1, 2], 3, 2),
    ([1, 2, 3], 3, 2),
    ([1, 2, 3, 4], 3, 2),
    ([1, 2, 3, 4, 5, 6, 7], 5, 3),
    ([1, 2], 2, 2),
    ([1, 2], 2, -1),
    ([1, 2, 3], 1, 0),
    ([5, 5, 5, 5], 2, 1),
]


def generate(rng):
    size = rng.randrange(1, 6)
    overlap = rng.randrange(size) if rng.random() < 0.9 else rng.choice([-1, size])
    return ([rng.randrange(10) for _ in range(rng.randrange(14))], size, overlap)


RIGHT = [
    [("        if start + size >= len(items):\n", "        if not items[start + size:]:\n")],
    [
        ("        yield items[start:start + size]\n        if start + size >= len(items):\n            return\n",
         "        chunk = items[start:start + size]\n        if start and len(chunk) <= overlap:\n            return\n        yield chunk\n"),
    ],
]

WRONG = [
    [("start + size >= len(items)", "start + size == len(items)")],
    [
        ("    while start < len(items):\n", "    while start + overlap < len(items):\n"),
        ("        if start + size >= len(items):\n            return\n", ""),
    ],
    [
        ("        yield items[start:start + size]\n        if start + size >= len(items):\n            return\n",
         "        chunk = items[start:start + size]\n        if start and overlap and len(chunk) < size:\n            return\n        yield chunk\n"),
    ],
]
