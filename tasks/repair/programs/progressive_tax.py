"""`progressive_tax(income, brackets)` returns the pair (tax in cents, marginal rate) as a tuple.

`income` is a whole number of euros >= 0. `brackets` is a list of pairs (lower bound in euros, rate in percent) in any
order, with different lower bounds. The part of the income above a bracket's lower bound and up to the next higher
lower bound is taxed at the bracket's rate (so one euro at 19 percent costs 19 cents); what lies below all bounds is
free. The marginal rate is the rate at which the last euro earned was taxed: 0 if no euro was taxed.
"""

TOPIC = "numeric"

SOLUTION = '''
def slices(brackets):
    ordered = sorted(brackets)
    for i, (lower, rate) in enumerate(ordered):
        upper = ordered[i + 1][0] if i + 1 < len(ordered) else None
        yield lower, upper, rate


def progressive_tax(income, brackets):
    tax = 0
    marginal = 0
    for lower, upper, rate in slices(brackets):
        if income <= lower:
            break
        top = income if upper is None else min(income, upper)
        tax += (top - lower) * rate
        marginal = rate
    return tax, marginal
'''.lstrip()

FAULTS = [("min(income, upper)", "max(income, upper)")]

ENTRY = "progressive_tax"

VISIBLE = [
    (500, [(0, 10)]),
    (3000, [(0, 10), (1000, 20), (2000, 30)]),
    (800, [(1000, 25)]),
    (1000, [(1000, 20), (0, 10)]),
]

EDGES = [
    (0, [(0, 10)]),
    (10, []),
    (1500, [(0, 10), (1000, 20), (2000, 30)]),
    (1500, [(2000, 30), (0, 10), (1000, 20)]),
    (2000, [(0, 10), (1000, 20), (2000, 30)]),
    (2001, [(0, 10), (1000, 20), (2000, 30)]),
    (500, [(0, 0), (400, 15), (900, 20)]),
    (1, [(0, 19), (1, 20)]),
]


def generate(rng):
    bounds = rng.sample(range(0, 60), rng.randrange(1, 6))
    scale = rng.choice([1, 50, 100])
    brackets = [(bound * scale, rng.randrange(0, 60)) for bound in bounds]
    if rng.random() < 0.5:
        brackets.sort()
    income = rng.choice([rng.randrange(0, 70 * scale), rng.choice(brackets)[0] + rng.randrange(2)])
    return (income, brackets)


RIGHT = [
    [("income if upper is None else min(income, upper)", "income if upper is None or income < upper else upper")],
    [
        ("        top = income if upper is None else min(income, upper)\n",
         "        top = income\n        if upper is not None and upper < top:\n            top = upper\n"),
    ],
]

WRONG = [
    [("min(income, upper)", "upper")],
    [("ordered = sorted(brackets)", "ordered = sorted(brackets, key=lambda pair: pair[1])")],
    [("min(income, upper)", "min(income, lower + 1000)")],
]
