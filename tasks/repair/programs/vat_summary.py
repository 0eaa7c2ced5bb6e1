"""`vat_summary(lines)` adds up the value added tax of an invoice, rate by rate.

`lines` is a list of tuples (net, rate): the net amount in whole cents, negative for a credit, and the tax rate in whole
tenths of a percent (>= 0), so that 190 is 19 %. The net amounts of each rate are added first; the tax is worked out once
for each rate, from that sum. It is rounded to the nearest cent; half a cent is rounded away from zero, so that a credit
note carries the tax of the invoice that it cancels.

The result is a tuple (rows, gross). `rows` has one tuple (rate, net, tax) for each rate that occurs, by rising rate,
also if its net amounts cancel each other out. `gross` is the sum of all net amounts and taxes.
"""

TOPIC = "dicts"

SOLUTION = '''
def divide_rounded(amount, divisor):
    quotient = (2 * abs(amount) + divisor) // (2 * divisor)
    return quotient if amount >= 0 else -quotient


def vat_summary(lines):
    nets = {}
    for net, rate in lines:
        nets[rate] = nets.get(rate, 0) + net
    rows = []
    gross = 0
    for rate in sorted(nets):
        net = nets[rate]
        tax = divide_rounded(net * rate, 1000)
        rows.append((rate, net, tax))
        gross += net + tax
    return rows, gross
'''.lstrip()

FAULTS = [
    (
        "    quotient = (2 * abs(amount) + divisor) // (2 * divisor)\n    return quotient if amount >= 0 else -quotient\n",
        "    return (2 * amount + divisor) // (2 * divisor)\n",
    )
]

ENTRY = "vat_summary"

VISIBLE = [
    ([(1990, 190), (510, 70), (1990, 190)],),
    ([(-30, 50)],),
    ([(10, 50), (500, 0)],),
]

EDGES = [
    ([],),
    ([(-10, 50)],),
    ([(-50, 50)],),
    ([(10, 50)],),
    ([(30, 50), (-30, 50)],),
    ([(-6, 50)],),
    ([(-4, 50)],),
    ([(-1, 190)],),
    ([(-5, 100), (5, 100), (-15, 100)],),
    ([(-25, 100), (25, 70)],),
    ([(-150, 70), (50, 70)],),
    ([(-3, 190), (-3, 190), (-3, 190)],),
    ([(-100, 25), (-100, 75), (200, 55)],),
    ([(3, 500), (-5, 500), (-1, 100)],),
]


def generate(rng):
    rates = rng.sample([0, 25, 50, 55, 70, 100, 190, 250, 500], rng.randrange(1, 4))
    step = rng.choice([1, 5, 10, 10])
    lines = []
    for _ in range(rng.randrange(1, 7)):
        lines.append((rng.randrange(-40, 25) * step, rng.choice(rates)))
    return (lines,)


RIGHT = [
    [
        ("    return quotient if amount >= 0 else -quotient\n", "    return -quotient if amount < 0 else quotient\n"),
        ("(2 * abs(amount) + divisor) // (2 * divisor)", "(abs(amount) * 10 + divisor * 5) // (divisor * 10)"),
    ],
    [
        ("    quotient = (2 * abs(amount) + divisor) // (2 * divisor)\n    return quotient if amount >= 0 else -quotient\n",
         "    if amount < 0:\n        return -divide_rounded(-amount, divisor)\n    return (2 * amount + divisor) // (2 * divisor)\n"),
    ],
]

WRONG = [
    [
        ("    quotient = (2 * abs(amount) + divisor) // (2 * divisor)\n    return quotient if amount >= 0 else -quotient\n",
         "    if amount < 0:\n        return amount // divisor\n    return (2 * amount + divisor) // (2 * divisor)\n"),
    ],
    [
        ("    quotient = (2 * abs(amount) + divisor) // (2 * divisor)\n    return quotient if amount >= 0 else -quotient\n",
         "    if amount < 0:\n        return round(amount / divisor)\n    return (2 * amount + divisor) // (2 * divisor)\n"),
    ],
]
