"""Class `TrafficLight(green, yellow, red, hurry)`: a light that begins red and goes red, green, yellow, red and so on.

The first three numbers say how many seconds each colour lasts (at least 1). Attributes: `color`, and `left`, the seconds
until the next change, which is never 0: the light changes at the very end of the last second.

* `tick(seconds)` lets a whole number of seconds (0 or more) go by, through several changes if need be, and returns the
  colour after that.
* `press()` is the button of a person who wants to cross: if the light is green for more than `hurry` seconds still, it
  is green for just `hurry` seconds (1 or more) still; otherwise nothing changes. It returns the seconds until the next
  change.
"""

TOPIC = "state-machines"

SOLUTION = '''
FOLLOWING = {"red": "green", "green": "yellow", "yellow": "red"}


class TrafficLight:
    def __init__(self, green, yellow, red, hurry):
        self.durations = {"green": green, "yellow": yellow, "red": red}
        self.hurry = hurry
        self.color = "red"
        self.left = red

    def tick(self, seconds):
        while seconds >= self.left:
            seconds -= self.left
            self.color = FOLLOWING[self.color]
            self.left = self.durations[self.color]
        self.left -= seconds
        return self.color

    def press(self):
        if self.color == "green" and self.left > self.hurry:
            self.left = self.hurry
        return self.left
'''.lstrip()

FAULTS = [('self.color == "green" and', 'self.color == "green" or')]


def item(arguments, *ops):
    return {"new": "TrafficLight", "args": arguments, "ops": [list(op) for op in ops]}


VISIBLE = [
    item([10, 2, 8, 3], ["tick", [9]], ["@left"], ["press"], ["tick", [3]]),
    item([10, 2, 8, 3], ["tick", [1]], ["press"], ["@color"]),
    item([4, 1, 5, 9], ["tick", [5]], ["tick", [4]], ["tick", [1]], ["press"], ["tick", [23]], ["@left"]),
]

EDGES = [
    item([10, 2, 8, 3], ["tick", [16]], ["press"], ["@left"]),
    item([10, 2, 8, 3], ["tick", [8]], ["press"], ["press"], ["tick", [2]], ["press"]),
    item([10, 6, 8, 3], ["tick", [18]], ["press"], ["tick", [1]], ["press"]),
    item([10, 6, 8, 3], ["tick", [19]], ["press"]),
    item([10, 6, 8, 3], ["press"], ["tick", [4]], ["press"]),
    item([6, 6, 6, 6], ["press"], ["tick", [6]], ["press"], ["tick", [1]], ["press"]),
    item([5, 1, 1, 8], ["tick", [2]], ["press"], ["@left"]),
    item([5, 1, 1, 1], ["tick", [0]], ["tick", [1]], ["press"], ["tick", [1]], ["press"], ["tick", [70]]),
]


def generate(rng):
    arguments = [rng.randrange(1, 13), rng.randrange(1, 7), rng.randrange(1, 11), rng.randrange(1, 6)]
    ops = []
    for _ in range(rng.randrange(3, 11)):
        ops.append(rng.choice([["press"], ["press"], ["tick", [rng.randrange(6)]], ["tick", [rng.randrange(30)]], ["@left"], ["@color"]]))
    return item(arguments, *ops, ["press"])


RIGHT = [
    [
        ('        if self.color == "green" and self.left > self.hurry:\n            self.left = self.hurry\n',
         '        if self.color == "green":\n            self.left = min(self.left, self.hurry)\n'),
    ],
    [
        ('        if self.color == "green" and self.left > self.hurry:\n', '        if self.color != "green" or self.left <= self.hurry:\n            return self.left\n'),
        ("            self.left = self.hurry\n        return self.left\n", "        self.left = self.hurry\n        return self.left\n"),
    ],
]

WRONG = [
    [('self.color == "green" and self.left > self.hurry', 'self.color == "green"')],
    [('self.color == "green" and self.left', 'self.color != "red" and self.left')],
    [('if self.color == "green" and self.left > self.hurry', 'if self.durations["green"] >= self.left > self.hurry and self.left != 7')],
]
