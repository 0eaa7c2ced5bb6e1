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
                lots.pop()
        self.profit = gain
        return gain
