class StockRoom:
    def __init__(self):
        self.on_hand = {}
        self.orders = {}

    def receive(self, item, quantity):
        if quantity < 1:
            raise ValueError("quantity below 1")
        self.on_hand[item] = self.on_hand.get(item, 0) + quantity

    def available(self, item):
        reserved = sum(lines.get(item, 0) for lines in self.orders.values())
        return self.on_hand.get(item, 0) - reserved

    def reserve(self, order, item, quantity):
        if quantity < 1:
            raise ValueError("quantity below 1")
        if quantity > self.on_hand.get(item, 0):
            return False
        lines = self.orders.setdefault(order, {})
        lines[item] = lines.get(item, 0) + quantity
        return True

    def release(self, order):
        return self.orders.pop(order, None) is not None

    def ship(self, order):
        lines = self.orders.pop(order)
        for item, quantity in lines.items():
            self.on_hand[item] -= quantity
        return sum(lines.values())
