"""Class `VendingMachine(prices, stock)`: sells items for coins; attributes `credit` and `takings`, both 0 at first.

`prices` and `stock` are dicts by item name with the same keys; prices are multiples of 5, at least 5.

* `insert(coin)` accepts 5, 10, 20 and 50: the coin is added to the credit, and the result is True. Others: False.
* `select(item)` returns `"unknown"` for an item it does not have, else `"sold out"` if none is left, else `"pay more"` if
  the credit is below the price. Otherwise it sells: the item's stock falls by one, the price goes from the credit to the
  takings, and the result is `"sold"`. What is left of the credit stays for the next purchase.
* `refund()` pays out the credit, which is 0 afterwards, and returns the list of coins, in descending order and as few as
  possible. (The machine never runs out of coins.)
"""

TOPIC = "state-machines"

SOLUTION = '''
class VendingMachine:
    COINS = (50, 20, 10, 5)

    def __init__(self, prices, stock):
        self.prices = dict(prices)
        self.stock = dict(stock)
        self.credit = 0
        self.takings = 0

    def insert(self, coin):
        if coin not in self.COINS:
            return False
        self.credit += coin
        return True

    def select(self, item):
        if item not in self.prices:
            return "unknown"
        if self.stock[item] == 0:
            return "sold out"
        price = self.prices[item]
        if self.credit < price:
            return "pay more"
        self.stock[item] -= 1
        self.credit -= price
        self.takings += price
        return "sold"

    def refund(self):
        paid_out = []
        for coin in self.COINS:
            while self.credit >= coin:
                paid_out.append(coin)
                self.credit -= coin
        return paid_out
'''.lstrip()

FAULTS = [("self.credit < price", "self.credit <= price"), ("self.takings += price", "self.takings += self.credit")]


def machine(prices, stock, *ops):
    return {"new": "VendingMachine", "args": [prices, stock], "ops": [list(op) for op in ops]}


VISIBLE = [
    machine({"tea": 30}, {"tea": 2}, ["insert", [20]], ["insert", [10]], ["select", ["tea"]], ["refund"]),
    machine({"gum": 15}, {"gum": 1}, ["insert", [50]], ["select", ["gum"]], ["@takings"], ["refund"]),
    machine({"gum": 15}, {"gum": 0}, ["insert", [2]], ["insert", [50]], ["select", ["gum"]], ["select", ["tea"]], ["refund"]),
]

EDGES = [
    machine({"gum": 15}, {"gum": 2}, ["select", ["gum"]], ["insert", [10]], ["select", ["gum"]], ["@credit"]),
    machine({"gum": 10}, {"gum": 3}, ["insert", [20]], ["select", ["gum"]], ["select", ["gum"]], ["select", ["gum"]], ["@takings"]),
    machine({"gum": 10}, {"gum": 1}, ["insert", [50]], ["select", ["gum"]], ["select", ["gum"]], ["refund"], ["@takings"], ["refund"]),
    machine({"gum": 10, "tea": 25}, {"gum": 3, "tea": 1}, ["insert", [50]], ["select", ["tea"]], ["select", ["gum"]], ["@credit"], ["@takings"]),
    machine({"gum": 10}, {"gum": 1}, ["insert", [50]], ["refund"], ["@takings"], ["select", ["gum"]]),
    machine({"tea": 5}, {"tea": 9}, ["insert", [10]], ["select", ["tea"]], ["@takings"], ["select", ["tea"]], ["@takings"], ["@stock"]),
]


def generate(rng):
    prices = {name: 5 * rng.randrange(1, 13) for name in ("gum", "tea", "bar")[: rng.randrange(1, 4)]}
    stock = {name: rng.randrange(4) for name in prices}
    ops = []
    for _ in range(rng.randrange(4, 14)):
        kind = rng.randrange(10)
        if kind < 5:
            ops.append(["insert", [rng.choice([5, 10, 20, 20, 50, 50, 1])]])
        elif kind < 9:
            ops.append(["select", [rng.choice([*prices, *prices, "nil"])]])
        else:
            ops.append(["refund"])
    return machine(prices, stock, *ops, ["@credit"], ["@takings"], ["@stock"], ["refund"])


RIGHT = [
    [("        if self.credit < price:\n", "        if not self.credit >= price:\n"), ("self.takings += price", "self.takings += self.prices[item]")],
    [
        ("        self.credit -= price\n        self.takings += price\n", "        self.takings += price\n        self.credit = self.credit - price\n"),
    ],
]

WRONG = [
    [("self.takings += price", "self.takings = price")],
    [("        if self.credit < price:\n", "        if self.credit and self.credit < price:\n")],
    [("        self.credit += coin\n", "        self.credit += coin\n        self.takings = min(self.prices.values())\n"), ("        self.takings += price\n", "")],
]
