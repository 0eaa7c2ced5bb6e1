class LeakyCounter:
    def __init__(self, rate, limit):
        self.rate = rate
        self.limit = limit
        self.level = 0
        self.updated = 0

    def drain(self, now):
        if now < self.updated:
            raise ValueError("time runs backwards")
        elapsed = now - self.updated
        self.level = max(0, self.level - elapsed / self.rate)
        self.updated = now

    def add(self, now, amount):
        self.drain(now)
        if self.level + amount > self.limit:
            return False
        self.level += amount
        return True

    def level_at(self, now):
        self.drain(now)
        return self.level

    def seconds_until(self, now, amount):
        self.drain(now)
        if amount > self.limit:
            return None
        excess = max(0, self.level + amount - self.limit)
        return -(-excess // self.rate)
