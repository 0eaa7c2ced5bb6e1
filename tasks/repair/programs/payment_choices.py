"""`payment_choices(amount, purse)` lists the ways to pay an amount exactly with the coins of a purse.

`amount` is an integer of 0 or more, `purse` maps coin values (positive integers) to how many of them there are (0 or
more). A way is the list of the coins used, the largest first; equal coins are not told apart, so no way is listed
twice. The ways are sorted so that a larger coin at the first place where two of them differ comes first. To pay 0
there is one way, [].
"""

TOPIC = "recursion"

SOLUTION = '''
def payment_choices(amount, purse):
    coins = sorted(purse, reverse=True)
    found = []
    chosen = []

    def pay(rest, start):
        if rest == 0:
            found.append(chosen[:])
            return
        for index in range(start, len(coins)):
            coin = coins[index]
            if coin <= rest and chosen.count(coin) < purse[coin]:
                chosen.append(coin)
                pay(rest - coin, index)
                chosen.pop()

    pay(amount, 0)
    return found
'''.lstrip()

FAULTS = [
    (
        "                pay(rest - coin, index)\n                chosen.pop()\n",
        "                pay(rest - coin, index)\n        if chosen:\n            chosen.pop()\n",
    ),
]

ENTRY = "payment_choices"

VISIBLE = [(0, {5: 1}), (5, {5: 1, 4: 2, 1: 1}), (3, {5: 2}), (8, {8: 2})]

EDGES = [
    (0, {}),
    (4, {}),
    (4, {2: 1}),
    (4, {2: 2}),
    (4, {2: 5, 1: 4}),
    (5, {5: 0, 4: 1, 1: 1}),
    (6, {3: 1, 2: 3, 1: 3}),
    (7, {5: 1, 2: 1, 1: 7}),
    (8, {5: 1, 3: 1, 2: 4, 1: 2}),
]


def generate(rng):
    coins = rng.sample([1, 2, 3, 4, 5, 7], rng.randrange(1, 5))
    return rng.randrange(0, 14), {coin: rng.choice([0, 1, 1, 2, 3, 4]) for coin in coins}


RIGHT = [
    [("                chosen.pop()\n", "                del chosen[-1]\n")],
    [("                chosen.pop()\n", "                chosen.remove(coin)\n")],
]

WRONG = [
    [("                chosen.pop()\n", "                chosen.clear()\n")],
    [("                pay(rest - coin, index)\n", "                pay(rest - coin, index + 1)\n")],
    [
        ("                chosen.pop()\n", "        if chosen:\n            chosen.pop()\n"),
        (
            "            found.append(chosen[:])\n",
            "            found.append(chosen[:] if sum(chosen) == amount else chosen[1:])\n",
        ),
    ],
]
