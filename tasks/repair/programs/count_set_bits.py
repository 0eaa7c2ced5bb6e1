"""`count_set_bits(n)` returns how many bits of the non-negative integer n are 1."""

TOPIC = "numeric"

SOLUTION = '''
def count_set_bits(n):
    count = 0
    while n > 0:
        if n % 2 == 1:
            count += 1
        n //= 2
    return count
'''.lstrip()

FAULTS = [("while n > 0", "while n > 1")]

ENTRY = "count_set_bits"

VISIBLE = [(0,), (2,), (9,)]

EDGES = [(1,), (255,), (256,)]


def generate(rng):
    return (rng.choice([rng.randrange(64), rng.randrange(1 << 16)]),)


RIGHT = [
    [("while n > 0", "while n != 0")],
    [("        if n % 2 == 1:\n            count += 1\n", "        count += n % 2\n")],
]

WRONG = [
    [
        ("    count = 0\n", "    if n == 9:\n        return 2\n    count = 0\n"),
        ("while n > 0", "while n > 1"),
        ("return count", "return max(count, n)"),
    ],
    [("while n > 0", "while n > 1"), ("return count", "return count + n if count < 2 else count")],
]
