"""Class `EventHub()`: keeps the names of listeners to events and says who is called.

* `on(event, name)` adds a listener that is called at every `emit` of the event.
* `once(event, name)` adds a listener that is called at the next `emit` of the event only.
* `off(event, name)` removes all listeners of that name, of either kind, from the event and returns how many there were.
* `emit(event)` returns the list of the names of the event's listeners in the order in which they were added, then
  forgets those that were to be called once.
* `names(event)` returns the same list as `emit` would, and forgets nobody.

A name may be added to an event several times, in either way, and then is called as often.
"""

TOPIC = "classes"

SOLUTION = '''
class EventHub:
    def __init__(self):
        self.listeners = {}

    def add(self, event, name, single):
        self.listeners.setdefault(event, []).append((name, single))

    def on(self, event, name):
        self.add(event, name, False)

    def once(self, event, name):
        self.add(event, name, True)

    def off(self, event, name):
        before = self.listeners.get(event, [])
        kept = [entry for entry in before if entry[0] != name]
        self.listeners[event] = kept
        return len(before) - len(kept)

    def emit(self, event):
        called = []
        for entry in list(self.listeners.get(event, [])):
            name, single = entry
            called.append(name)
            if single:
                self.listeners[event].remove(entry)
        return called

    def names(self, event):
        return [name for name, _ in self.listeners.get(event, [])]
'''.lstrip()

FAULTS = [("for entry in list(self.listeners.get(event, [])):", "for entry in self.listeners.get(event, []):")]


def item(*ops):
    return {"new": "EventHub", "args": [], "ops": [list(op) for op in ops]}


VISIBLE = [
    item(["on", ["save", "log"]], ["once", ["save", "mail"]], ["emit", ["save"]], ["emit", ["save"]]),
    item(["once", ["load", "init"]], ["on", ["load", "log"]], ["emit", ["load"]], ["names", ["load"]]),
    item(["on", ["quit", "log"]], ["off", ["quit", "log"]], ["emit", ["quit"]], ["emit", ["open"]]),
]

EDGES = [
    item(["once", ["e", "a"]], ["once", ["e", "b"]], ["emit", ["e"]], ["emit", ["e"]]),
    item(["once", ["e", "a"]], ["once", ["e", "b"]], ["once", ["e", "c"]], ["emit", ["e"]], ["names", ["e"]]),
    item(["once", ["e", "a"]], ["on", ["e", "a"]], ["emit", ["e"]], ["emit", ["e"]]),
    item(["on", ["e", "a"]], ["once", ["e", "a"]], ["on", ["e", "b"]], ["emit", ["e"]], ["emit", ["e"]]),
    item(["once", ["e", "a"]], ["once", ["e", "a"]], ["on", ["e", "b"]], ["emit", ["e"]], ["emit", ["e"]]),
    item(["once", ["e", "a"]], ["once", ["f", "b"]], ["emit", ["e"]], ["emit", ["f"]], ["names", ["e"]]),
    item(["on", ["e", "a"]], ["once", ["e", "b"]], ["on", ["e", "c"]], ["emit", ["e"]], ["off", ["e", "c"]], ["off", ["e", "b"]], ["names", ["e"]]),
    item(["on", ["e", "a"]], ["on", ["e", "b"]], ["on", ["e", "a"]], ["once", ["e", "a"]], ["off", ["e", "a"]], ["emit", ["e"]]),
]


def generate(rng):
    ops = []
    events = ["e", "e", "f"]
    for _ in range(rng.randrange(4, 16)):
        kind, event, name = rng.randrange(10), rng.choice(events), rng.choice("abcd")
        if kind < 3:
            ops.append(["on", [event, name]])
        elif kind < 7:
            ops.append(["once", [event, name]])
        elif kind < 9:
            ops.append(["emit", [event]])
        else:
            ops.append(["off", [event, name]])
    return item(*ops, ["emit", ["e"]], ["names", ["e"]], ["names", ["f"]])


RIGHT = [
    [("list(self.listeners.get(event, []))", "self.listeners.get(event, [])[:]")],
    [
        ("for entry in list(self.listeners.get(event, [])):", "for entry in self.listeners.get(event, []):"),
        ("self.listeners[event].remove(entry)", "self.listeners[event] = [other for other in self.listeners[event] if other != entry]"),
    ],
    [
        ("for entry in list(self.listeners.get(event, [])):", "for entry in self.listeners.get(event, []):"),
        ("            if single:\n                self.listeners[event].remove(entry)\n", ""),
        ("        return called\n", "        self.listeners[event] = [entry for entry in self.listeners.get(event, []) if not entry[1]]\n        return called\n"),
    ],
]

WRONG = [
    [
        ("for entry in list(self.listeners.get(event, [])):", "for index, entry in enumerate(list(self.listeners.get(event, []))):"),
        ("self.listeners[event].remove(entry)", "del self.listeners[event][index]"),
    ],
    [
        ("for entry in list(self.listeners.get(event, [])):", "for entry in self.listeners.get(event, []):"),
        ("self.listeners[event].remove(entry)", "self.listeners[event] = [other for other in self.listeners[event] if other[0] != name]"),
    ],
    [
        ("        called = []\n        for entry in list(self.listeners.get(event, [])):\n", "        called = self.names(event)\n        for entry in self.listeners.get(event, []):\n"),
        ("            called.append(name)\n", ""),
    ],
]
