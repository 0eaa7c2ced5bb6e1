"""`split_bill(total, weights)` splits `total` cents (an int >= 0) among people with the given whole weights (>= 0).

Each person first gets the whole part of `total * weight / sum(weights)`. The cents that are then left over go, one
cent each, to the people with the largest fractional parts that were cut off; among equal fractions the person who
comes earlier in the list is served first. The returned list of shares has the order of `weights` and always sums to
`total`. If the weights sum to 0 (the empty list too), ValueError is raised.
"""

TOPIC = "numeric"

SOLUTION = '''
def split_bill(total, weights):
    whole = sum(weights)
    if whole <= 0:
        raise ValueError("weights must have a positive sum")
    shares = []
    remainders = []
    for position, weight in enumerate(weights):
        share, remainder = divmod(total * weight, whole)
        shares.append(share)
        remainders.append((-remainder, position))
    leftover = total - sum(shares)
    remainders.sort()
    for _, position in remainders[:leftover]:
        shares[position] += 1
    return shares
'''.lstrip()

FAULTS = [("    remainders.sort()\n", "")]

ENTRY = "split_bill"

VISIBLE = [(100, [1, 1, 1]), (100, [3, 2, 1]), (0, [5, 1]), (90, [1, 0, 1])]

EDGES = [(7, []), (7, [0, 0]), (5, [0, 3]), (1, [1, 1, 1, 1]), (3, [1, 1, 1, 1]), (10, [1, 5, 1, 5]), (0, [1])]


def generate(rng):
    weights = [rng.choice([0, 1, 1, 2, 3, rng.randrange(1, 30)]) for _ in range(rng.randrange(1, 8))]
    return (rng.choice([rng.randrange(20), rng.randrange(1000), rng.randrange(100_000)]), weights)


RIGHT = [
    [("    remainders.sort()\n", ""), ("in remainders[:leftover]", "in sorted(remainders)[:leftover]")],
    [
        ("remainders.append((-remainder, position))", "remainders.append((remainder, position))"),
        ("remainders.sort()", "remainders.sort(key=lambda pair: pair[0], reverse=True)"),
    ],
]

WRONG = [
    [("remainders.sort()", "remainders.sort(key=lambda pair: weights[pair[1]])")],
    [("    for _, position in remainders[:leftover]:\n        shares[position] += 1\n",
      "    shares[remainders[0][1]] += leftover\n")],
    [("    remainders.sort()\n", "    if weights[0] > weights[-1]:\n        remainders.reverse()\n")],
]
