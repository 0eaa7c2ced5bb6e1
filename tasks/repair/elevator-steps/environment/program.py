class Elevator:
    def __init__(self, floor):
        self.floor = floor
        self.direction = 0
        self.requests = []

    def request(self, floor):
        if floor not in self.requests:
            self.requests.append(floor)

    def choose_direction(self):
        if not self.requests:
            return 0
        if self.direction == 0:
            target = min(self.requests, key=lambda floor: (floor, abs(floor - self.floor)))
            return 1 if target > self.floor else -1
        if any((floor - self.floor) * self.direction > 0 for floor in self.requests):
            return self.direction
        return -self.direction

    def step(self):
        if self.floor in self.requests:
            self.requests.remove(self.floor)
            return "open"
        self.direction = self.choose_direction()
        self.floor += self.direction
        return ("rest", "up", "down")[self.direction]
