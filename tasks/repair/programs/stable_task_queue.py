"""Class `TaskQueue()`: tasks by priority, the biggest first, and among equal priorities the one pushed earliest first.

* `push(name, priority)` adds a task; names need not be unique.
* `pop()` removes the first task and returns its name; raises IndexError if there is none.
* `drop(name)` removes all tasks of that name and returns how many there were.
* `names()` returns the list of names in the order in which `pop` would return them, without removing any.
"""

TOPIC = "classes"

SOLUTION = '''
import heapq


class TaskQueue:
    def __init__(self):
        self.heap = []
        self.pushed = 0

    def push(self, name, priority):
        heapq.heappush(self.heap, (-priority, self.pushed, name))
        self.pushed += 1

    def pop(self):
        if not self.heap:
            raise IndexError("no task")
        return heapq.heappop(self.heap)[2]

    def drop(self, name):
        kept = [entry for entry in self.heap if entry[2] != name]
        dropped = len(self.heap) - len(kept)
        heapq.heapify(kept)
        self.heap = kept
        return dropped

    def names(self):
        return [entry[2] for entry in sorted(self.heap)]
'''.lstrip()

FAULTS = [("(-priority, self.pushed, name)", "(-priority, len(self.heap), name)")]


def item(*ops):
    return {"new": "TaskQueue", "args": [], "ops": [list(op) for op in ops]}


VISIBLE = [
    item(["push", ["wash", 1]], ["push", ["cook", 3]], ["push", ["read", 3]], ["names"], ["pop"]),
    item(["push", ["x", 1]], ["push", ["y", 1]], ["pop"], ["push", ["a", 1]], ["pop"], ["pop"]),
    item(["pop"], ["push", ["mop", -1]], ["push", ["mop", 0]], ["drop", ["mop"]], ["names"]),
]

EDGES = [
    item(["push", ["b", 1]], ["push", ["a", 1]], ["names"], ["pop"], ["names"]),
    item(["push", ["z", 2]], ["push", ["y", 2]], ["push", ["x", 2]], ["drop", ["z"]], ["push", ["a", 2]], ["names"]),
    item(["push", ["z", 5]], ["push", ["y", 1]], ["push", ["x", 1]], ["pop"], ["pop"], ["push", ["a", 1]], ["names"]),
    item(["push", ["d", 1]], ["push", ["c", 3]], ["push", ["b", 2]], ["pop"], ["push", ["a", 1]], ["push", ["e", 2]], ["names"]),
    item(["push", ["m", 1]], ["push", ["m", 1]], ["push", ["k", 1]], ["drop", ["m"]], ["push", ["j", 1]], ["push", ["i", 1]], ["names"], ["drop", ["q"]]),
]


def generate(rng):
    ops = []
    top = rng.choice([1, 2, 4])
    for _ in range(rng.randrange(4, 16)):
        kind = rng.randrange(10)
        if kind < 6:
            ops.append(["push", [rng.choice("abcdefgh"), rng.randrange(-1, top)]])
        elif kind < 9:
            ops.append(["pop"])
        else:
            ops.append(["drop", [rng.choice("abcdefgh")]])
    return item(*ops, ["names"])


RIGHT = [
    [
        ("        heapq.heappush(self.heap, (-priority, self.pushed, name))\n        self.pushed += 1\n",
         "        self.pushed += 1\n        heapq.heappush(self.heap, (-priority, self.pushed, name))\n"),
    ],
    [("(-priority, self.pushed, name)", "(-priority, max((entry[1] for entry in self.heap), default=0) + 1, name)")],
]

WRONG = [
    [
        ("(-priority, self.pushed, name))\n        self.pushed += 1\n", "(-priority, len(self.heap) + self.pushed, name))\n"),
        ("        return heapq.heappop(self.heap)[2]\n", "        self.pushed += 1\n        return heapq.heappop(self.heap)[2]\n"),
    ],
    [("(-priority, self.pushed, name)", "(-priority, self.heap[-1][1] + 1 if self.heap else 0, name)")],
    [
        ("(-priority, self.pushed, name))\n        self.pushed += 1\n", "(-priority, self.pushed, name))\n"),
        ("        return heapq.heappop(self.heap)[2]\n", "        self.pushed += 1\n        return heapq.heappop(self.heap)[2]\n"),
        ("    def push(self, name, priority):\n", "    def push(self, name, priority):\n        self.pushed += len(self.heap) < 2\n"),
    ],
]
