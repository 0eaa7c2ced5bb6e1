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
