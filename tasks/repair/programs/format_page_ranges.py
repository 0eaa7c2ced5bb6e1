"""`format_pages(pages)` writes a list of page numbers (whole numbers >= 1) the way an index does.

The numbers may come in any order and more than once; each counts once. Three or more consecutive numbers are written as
first and last, joined by a hyphen ("4-6"). All other numbers are written singly, two consecutive ones as well. The
entries are in ascending order, separated by ", ". No pages give the empty string.
"""

TOPIC = "strings"

SOLUTION = '''
def entries(start, end):
    if end - start >= 2:
        return [f"{start}-{end}"]
    return [str(page) for page in range(start, end + 1)]


def format_pages(pages):
    ordered = sorted(set(pages))
    if not ordered:
        return ""
    parts = []
    start = end = ordered[0]
    for page in ordered[1:]:
        if page == end + 1:
            end = page
        else:
            parts.extend(entries(start, end))
            start = end = page
    parts.extend(entries(start, end))
    return ", ".join(parts)
'''.lstrip()

FAULTS = [("sorted(set(pages))", "sorted(pages)")]

ENTRY = "format_pages"

VISIBLE = [([3, 1, 2, 9],), ([7, 5, 5],), ([12, 13],), ([2, 2, 4],), ([],)]

EDGES = [
    ([1, 2, 3, 3, 4],),
    ([1, 1, 2, 3],),
    ([5, 6, 6],),
    ([5, 5, 5],),
    ([10, 9, 11, 10],),
    ([4, 4],),
    ([1],),
    ([1, 3, 5],),
    ([2, 3, 4, 6, 7, 9, 10, 11, 12],),
]


def generate(rng):
    top = rng.choice([6, 12, 12, 40])
    return ([rng.randrange(1, top) for _ in range(rng.randrange(1, 12))],)


RIGHT = [
    [("sorted(set(pages))", "sorted(pages)"), ("if page == end + 1:", "if page - end <= 1:")],
    [("sorted(set(pages))", "sorted(dict.fromkeys(pages))")],
    [
        ("sorted(set(pages))", "sorted(pages)"),
        ("    for page in ordered[1:]:\n",
         "    for page in ordered[1:]:\n        if page == end:\n            continue\n"),
    ],
]

WRONG = [
    [("sorted(set(pages))", "sorted(pages)"), ('", ".join(parts)', '", ".join(dict.fromkeys(parts))')],
    [
        ("    parts = []\n",
         '    parts = []\n    if len(ordered) < len(pages):\n        return ", ".join(map(str, ordered))\n'),
    ],
    [
        ("sorted(set(pages))", "sorted(pages)"),
        ("        if page == end + 1:\n",
         "        if page == start:\n            continue\n        if page == end + 1:\n"),
    ],
]
