"""Class `Elevator(floor)`: a car at a floor; attributes `floor` and `direction` (1 up, -1 down, 0 at rest, at first 0).

* `request(floor)` asks for a stop at a floor (a whole number, may be negative); asking again for it changes nothing.
* `step()` does one thing and returns what. If a stop at the present floor is asked for, that request is done with and the
  result is `"open"`; the direction stays. Otherwise the direction is chosen anew and the car moves one floor that way;
  the result is `"up"`, `"down"` or, without any requests, `"rest"` (direction 0).

A moving car keeps its direction while there are requests ahead, otherwise it turns round if there are requests behind.
A car at rest goes towards the nearest requested floor; of two that are equally near, towards the lower one.
"""

TOPIC = "state-machines"

SOLUTION = '''
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
            target = min(self.requests, key=lambda floor: (abs(floor - self.floor), floor))
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
'''.lstrip()

FAULTS = [
    (
        "target = min(self.requests, key=lambda floor: (abs(floor - self.floor), floor))",
        "target = min(self.requests, key=lambda floor: (floor, abs(floor - self.floor)))",
    )
]


def car(floor, *ops):
    return {"new": "Elevator", "args": [floor], "ops": [list(op) for op in ops]}


def steps(count):
    return [["step"]] * count


VISIBLE = [
    car(4, ["request", [0]], ["request", [5]], *steps(3), ["@floor"]),
    car(0, ["request", [2]], ["request", [2]], *steps(2), ["request", [1]], *steps(4), ["@direction"]),
    car(3, ["request", [3]], *steps(2), ["@direction"]),
]

EDGES = [
    car(3, ["request", [4]], ["request", [2]], *steps(4)),
    car(3, ["request", [2]], ["request", [4]], *steps(4)),
    car(3, ["request", [9]], ["request", [1]], *steps(3)),
    car(3, ["request", [1]], ["request", [9]], *steps(3)),
    car(5, ["request", [9]], ["request", [7]], ["request", [4]], *steps(8)),
    car(5, ["request", [1]], ["request", [3]], ["request", [6]], ["request", [9]], *steps(8)),
    car(0, ["request", [-3]], ["request", [2]], *steps(9), ["@direction"]),
    car(2, ["request", [6]], ["request", [-1]], *steps(6)),
    car(-2, ["request", [-6]], ["request", [1]], *steps(6)),
    car(5, ["request", [6]], ["step"], ["request", [1]], ["request", [9]], *steps(14), ["request", [4]], *steps(4)),
    car(10, ["request", [11]], ["request", [8]], ["request", [7]], *steps(5)),
    car(1, *steps(2), ["request", [0]], ["request", [3]], *steps(8), ["request", [2]], ["request", [5]], *steps(3)),
]


def generate(rng):
    ops = []
    for _ in range(rng.randrange(1, 4)):
        ops += [["request", [rng.randrange(-3, 10)]] for _ in range(rng.choice([1, 2, 2, 3]))]
        ops += steps(rng.choice([1, 3, 6, 14]))
    return car(rng.randrange(-1, 8), *ops, ["@floor"], ["@direction"])


RIGHT = [
    [
        (
            "target = min(self.requests, key=lambda floor: (abs(floor - self.floor), floor))",
            "target = min(sorted(self.requests), key=lambda floor: abs(floor - self.floor))",
        )
    ],
    [
        (
            "target = min(self.requests, key=lambda floor: (abs(floor - self.floor), floor))",
            "_, target = sorted((abs(self.floor - floor), floor) for floor in self.requests)[0]",
        )
    ],
]

WRONG = [
    [
        (
            "target = min(self.requests, key=lambda floor: (abs(floor - self.floor), floor))",
            "target = min(self.requests, key=lambda floor: abs(floor - self.floor))",
        )
    ],
    [
        (
            "target = min(self.requests, key=lambda floor: (abs(floor - self.floor), floor))",
            "target = max(self.requests)",
        )
    ],
    [
        (
            "target = min(self.requests, key=lambda floor: (abs(floor - self.floor), floor))",
            "target = self.requests[-1]",
        )
    ],
]
