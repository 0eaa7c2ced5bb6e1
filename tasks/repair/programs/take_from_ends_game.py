"""`play(coins)` plays a game for two in which both play as well as possible, and returns `(lead, moves)`.

`coins` is a list of positive integers, a row of coins. The players in turn take the coin at the left or the right end
until none is left. Each plays so that their own sum, less the other's, becomes as large as possible. `lead` is the
first player's sum less the second player's. `moves` is a string with "L" or "R" for each move by which a player takes
the left or right end while two or more coins are left (the last coin is not named). When both ends are equally good
for the player to move, the player takes the left one.
"""

TOPIC = "recursion"

SOLUTION = '''
def best_lead(coins, low, high, known):
    if low > high:
        return 0
    if (low, high) not in known:
        left = coins[low] - best_lead(coins, low + 1, high, known)
        right = coins[high] - best_lead(coins, low, high - 1, known)
        known[low, high] = max(left, right)
    return known[low, high]


def play(coins):
    known = {}
    moves = []
    low, high = 0, len(coins) - 1
    lead = best_lead(coins, low, high, known)
    while low < high:
        left = coins[low] - best_lead(coins, low + 1, high, known)
        right = coins[high] - best_lead(coins, low, high - 1, known)
        if left >= right:
            moves.append("L")
            low += 1
        else:
            moves.append("R")
            high -= 1
    return lead, "".join(moves)
'''.lstrip()

FAULTS = [
    ("known[low, high] = max(left, right)", "known[low, high] = min(left, right)"),
    ("if left >= right:", "if left > right:"),
]

ENTRY = "play"

VISIBLE = [([3],), ([5, 5],), ([2, 7],), ([5, 1, 2],)]

EDGES = [
    ([4, 9, 1, 3],),
    ([],),
    ([7, 2],),
    ([1, 5, 1],),
    ([1, 5, 2],),
    ([8, 15, 3, 7],),
    ([2, 2, 2],),
    ([2, 4, 2, 4],),
    ([1, 2, 3, 4, 5, 6],),
    ([3, 9, 1, 2, 7],),
]


def generate(rng):
    top = rng.choice([2, 3, 5, 9, 20])
    return ([rng.randrange(1, top + 1) for _ in range(rng.randrange(0, 9))],)


RIGHT = [
    [
        ("known[low, high] = max(left, right)", "known[low, high] = left if left > right else right"),
        ("if left >= right:", "if not right > left:"),
    ],
    [
        (
            '        if left >= right:\n            moves.append("L")\n            low += 1\n        else:\n'
            '            moves.append("R")\n            high -= 1\n',
            '        if left < right:\n            moves.append("R")\n            high -= 1\n        else:\n'
            '            moves.append("L")\n            low += 1\n',
        ),
    ],
]

WRONG = [
    [("if left >= right:", "if left > right or coins[low] == coins[high]:")],
    [("known[low, high] = max(left, right)", "known[low, high] = max(left, right, 0)")],
    [("known[low, high] = max(left, right)", "known[low, high] = left if coins[low] > coins[high] else right")],
]
