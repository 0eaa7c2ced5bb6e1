"""Class `Portfolio()`: shares bought at different prices; what was bought first is sold first.

Numbers of shares are whole and >= 1, prices are whole.
* `buy(symbol, shares, price)` adds a lot of shares and returns how many shares of the symbol there are now.
* `sell(symbol, shares, price)` takes the shares from the lots of the symbol, the oldest lot first (a lot may be sold
  in part), and returns the profit of this sale: the sum over the sold shares of `price` minus what each was bought for.
  If there are fewer shares of the symbol than that, ValueError is raised and nothing changes.
* `shares(symbol)` returns the number of shares of the symbol, 0 for an unknown one.
* `cost(symbol)` returns what the shares of the symbol that are still there were bought for in total.
* The attribute `profit` is the sum of the profits of all sales so far, 0 at the beginning.
"""

TOPIC = "classes"

SOLUTION = '''
from collections import defaultdict, deque


class Portfolio:
    def __init__(self):
        self.lots = defaultdict(deque)
        self.profit = 0

    def buy(self, symbol, shares, price):
        self.lots[symbol].append([shares, price])
        return self.shares(symbol)

    def shares(self, symbol):
        return sum(count for count, _ in self.lots[symbol])

    def cost(self, symbol):
        return sum(count * price for count, price in self.lots[symbol])

    def sell(self, symbol, shares, price):
        if shares > self.shares(symbol):
            raise ValueError("not so many shares")
        lots = self.lots[symbol]
        gain = 0
        while shares > 0:
            oldest = lots[0]
            sold = min(shares, oldest[0])
            gain += sold * (price - oldest[1])
            oldest[0] -= sold
            shares -= sold
            if oldest[0] == 0:
                lots.popleft()
        self.profit += gain
        return gain
'''.lstrip()

FAULTS = [("lots.popleft()", "lots.pop()"), ("self.profit += gain", "self.profit = gain")]


def item(*ops):
    return {"new": "Portfolio", "args": [], "ops": [list(op) for op in ops]}


VISIBLE = [
    item(["buy", ["ox", 10, 5]], ["sell", ["ox", 4, 8]], ["shares", ["ox"]], ["cost", ["ox"]], ["@profit"]),
    item(["buy", ["ox", 5, 10]], ["buy", ["ox", 5, 12]], ["sell", ["ox", 10, 15]], ["shares", ["ox"]], ["@profit"]),
    item(["buy", ["ox", 3, 10]], ["sell", ["ox", 4, 10]], ["shares", ["ox"]], ["sell", ["elk", 1, 1]], ["@profit"]),
]

EDGES = [
    item(["buy", ["a", 2, 5]], ["buy", ["a", 3, 9]], ["sell", ["a", 2, 9]], ["cost", ["a"]], ["sell", ["a", 3, 9]], ["@profit"]),
    item(["buy", ["a", 4, 5]], ["sell", ["a", 1, 9]], ["sell", ["a", 1, 3]], ["sell", ["a", 1, 7]], ["@profit"]),
    item(["buy", ["a", 1, 5]], ["buy", ["b", 1, 6]], ["sell", ["a", 1, 9]], ["sell", ["b", 1, 9]], ["@profit"], ["shares", ["a"]]),
    item(["buy", ["a", 2, 5]], ["buy", ["a", 2, 7]], ["buy", ["a", 2, 1]], ["sell", ["a", 3, 4]], ["cost", ["a"]], ["sell", ["a", 9, 4]], ["cost", ["a"]], ["@profit"]),
    item(["buy", ["a", 2, 5]], ["sell", ["a", 2, 1]], ["sell", ["a", 1, 9]], ["buy", ["a", 1, 3]], ["sell", ["a", 1, 4]], ["@profit"]),
    item(["shares", ["a"]], ["cost", ["a"]], ["@profit"]),
]


def generate(rng):
    ops = []
    for _ in range(rng.randrange(4, 14)):
        symbol = rng.choice("aaab")
        kind = rng.randrange(9)
        if kind < 4 or len(ops) < 3:
            ops.append(["buy", [symbol, rng.randrange(1, 6), rng.randrange(1, 20)]])
        elif kind < 7:
            ops.append(["sell", [symbol, rng.randrange(1, 6), rng.randrange(1, 20)]])
        elif kind == 7:
            ops.append(["cost", [symbol]])
        else:
            ops.append(["@profit"])
    return item(*ops, ["shares", ["a"]], ["cost", ["a"]], ["@profit"])


RIGHT = [
    [("lots.popleft()", "del lots[0]")],
    [("        gain = 0\n", "        before = self.profit\n"), ("            gain += sold", "            self.profit += sold"), ("        self.profit += gain\n        return gain\n", "        return self.profit - before\n")],
]

WRONG = [
    [("self.profit += gain", "self.profit = gain")],
    [("oldest = lots[0]", "oldest = lots[-1]"), ("lots.popleft()", "lots.pop()")],
    [("            if oldest[0] == 0:\n                lots.popleft()\n", "            lots.popleft()\n"), ("            oldest[0] -= sold\n", "            oldest[0] -= sold\n            if oldest[0]:\n                lots.append(oldest)\n")],
]
