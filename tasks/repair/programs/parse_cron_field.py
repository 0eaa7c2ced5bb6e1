"""`parse_cron_field(field, low, high)` returns the sorted list of distinct values that a cron field stands for.

The field is one or more parts separated by commas. A part is `*` (all values from `low` to `high`), a number, or a span
`a-b` (both included), and each may be followed by `/n`, which keeps every n-th value counted from the first one.
A number with a step, `a/n`, begins at `a` and goes on up to `high`; a number without a step is just that number.
ValueError is raised if a number is outside of `low` to `high`, if `a` is above `b`, or if a step is below 1.
"""

TOPIC = "parsing"

SOLUTION = '''
def parse_cron_field(field, low, high):
    values = set()
    for part in field.split(","):
        span, slash, step_text = part.partition("/")
        step = int(step_text) if slash else 1
        if span == "*":
            first, last = low, high
        elif "-" in span:
            left, _, right = span.partition("-")
            first, last = int(left), int(right)
        else:
            first = int(span)
            last = high if slash else first
        if step < 1 or not low <= first <= last <= high:
            raise ValueError("bad part: " + part)
        values.update(range(first, last + 1, step))
    return sorted(values)
'''.lstrip()

FAULTS = [("            last = high if slash else first\n", "            last = first\n")]

ENTRY = "parse_cron_field"

VISIBLE = [("*/15", 0, 59), ("5,1-3", 0, 6), ("10/20", 0, 59), ("7-9/0", 0, 23)]

EDGES = [
    ("*", 1, 5),
    ("5/1", 0, 9),
    ("0/5", 0, 23),
    ("3/7", 1, 31),
    ("1-10/3", 1, 12),
    ("1/3,2", 1, 12),
    ("4/2,*/4", 0, 11),
    ("12", 1, 12),
    ("13", 1, 12),
    ("5-2", 0, 6),
    ("0", 1, 31),
    ("6/9", 0, 6),
    ("2/0", 0, 6),
    ("9/1", 0, 6),
]


def generate(rng):
    low, high = rng.choice([(0, 6), (0, 23), (1, 12), (1, 31), (0, 59)])
    parts = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        first = rng.randint(low, high)
        part = rng.choice(["*", str(first), str(first), f"{first}-{rng.randint(first, high)}", f"{first}-{rng.randint(low, high + 1)}"])
        if part == "*" or rng.random() < 0.6:
            part += f"/{rng.choice([1, 1, 2, 3, 5, 7, 15])}"
        parts.append(part)
    return (",".join(parts), low, high)


RIGHT = [
    [("            last = high if slash else first\n", "            last = first\n            if slash:\n                last = high\n")],
    [("high if slash else first", "first if \"/\" not in part else high")],
]

WRONG = [
    [("high if slash else first", "high if step > 1 else first")],
    [("high if slash else first", "59 if slash else first")],
    [("high if slash else first", "high if slash and first else first")],
]
