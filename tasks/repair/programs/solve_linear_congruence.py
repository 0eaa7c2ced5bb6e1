"""`solve_congruence(a, b, m)` returns all x in 0..m-1 with `a * x % m == b % m`, in ascending order, as a list.

`a` and `b` are any integers (negative ones too), `m` is the modulus. If there is no solution, the list is empty.
A modulus below 1 raises ValueError. With m = 1 the only solution is 0.
"""

TOPIC = "numeric"

SOLUTION = '''
def extended_gcd(a, b):
    x, next_x = 1, 0
    while b:
        quotient = a // b
        a, b = b, a - quotient * b
        x, next_x = next_x, x - quotient * next_x
    return a, x


def solve_congruence(a, b, m):
    if m < 1:
        raise ValueError("the modulus must be positive")
    divisor, inverse = extended_gcd(a % m, m)
    if b % divisor != 0:
        return []
    step = m // divisor
    first = inverse * (b // divisor) % step
    return [first + step * k for k in range(divisor)]
'''.lstrip()

FAULTS = [("    if b % divisor != 0:\n        return []\n", "")]

ENTRY = "solve_congruence"

VISIBLE = [(3, 4, 7), (4, 1, 6), (5, 0, 9), (2, 3, 0)]

EDGES = [
    (0, 0, 5),
    (0, 3, 5),
    (7, 9, 1),
    (4, 2, 6),
    (4, 8, 6),
    (4, -2, 6),
    (-4, 3, 6),
    (6, 3, 9),
    (6, 12, 9),
    (3, 4, -2),
    (6, 8, 10),
    (6, 7, 10),
]


def generate(rng):
    m = rng.randrange(1, 40)
    return (rng.randrange(-50, 100), rng.randrange(-50, 100), m)


RIGHT = [
    [
        ("    if b % divisor != 0:\n        return []\n", ""),
        ("for k in range(divisor)]", "for k in range(divisor) if b % divisor == 0]"),
    ],
    [
        ("    if b % divisor != 0:\n        return []\n", ""),
        ("return [first + step * k for k in range(divisor)]",
         "found = [first + step * k for k in range(divisor)]\n    return [x for x in found if (a * x - b) % m == 0]"),
    ],
]

WRONG = [
    [("if b % divisor != 0:", "if divisor > 1:")],
    [
        ("    if b % divisor != 0:\n        return []\n", ""),
        ("for k in range(divisor)]", "for k in range(divisor) if a * (first + step * k) % m == b]"),
    ],
    [("if b % divisor != 0:", "if 0 < b < divisor:")],
]
