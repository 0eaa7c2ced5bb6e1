"""Class `RouteBook()`: the delivery routes of a day. A route is a list of stops, each with a place and a minute.

* `plan(name, stops)` adds a route; `stops` is a list of tuples (place, minute). ValueError if the name is taken.
* `branch(name, new_name)` adds a route `new_name` with the same stops as `name` has now; later changes of either of them
  do not touch the other. KeyError if there is no route `name`, ValueError if `new_name` is taken.
* `delay(name, place, minutes)` makes the first stop at `place` and all stops after it that many minutes later. KeyError
  if there is no such route, ValueError if it has no stop there.
* `skip(name, place)` takes the first stop at `place` from the route; the other stops keep their minutes. The same errors
  as with `delay`.
* `timetable(name)` returns the stops of a route as a list of tuples (place, minute). KeyError if there is no such route.

All methods but `timetable` return None.
"""

TOPIC = "classes"

SOLUTION = '''
class RouteBook:
    def __init__(self):
        self.routes = {}

    def plan(self, name, stops):
        if name in self.routes:
            raise ValueError("the name is taken")
        self.routes[name] = [[place, minute] for place, minute in stops]

    def branch(self, name, new_name):
        stops = self.routes[name]
        if new_name in self.routes:
            raise ValueError("the name is taken")
        self.routes[new_name] = [list(stop) for stop in stops]

    def find(self, name, place):
        for index, stop in enumerate(self.routes[name]):
            if stop[0] == place:
                return index
        raise ValueError("no stop at this place")

    def delay(self, name, place, minutes):
        first = self.find(name, place)
        for stop in self.routes[name][first:]:
            stop[1] += minutes

    def skip(self, name, place):
        del self.routes[name][self.find(name, place)]

    def timetable(self, name):
        return [tuple(stop) for stop in self.routes[name]]
'''.lstrip()

FAULTS = [("[list(stop) for stop in stops]", "list(stops)")]


def item(*ops):
    return {"new": "RouteBook", "args": [], "ops": [list(op) for op in ops]}


STOPS = [("depot", 480), ("mill", 510), ("port", 555)]

VISIBLE = [
    item(["plan", ["a", STOPS]], ["delay", ["a", "depot", 5]], ["skip", ["a", "mill"]], ["timetable", ["a"]]),
    item(["plan", ["a", STOPS]], ["branch", ["a", "b"]], ["delay", ["a", "depot", 10]], ["timetable", ["b"]], ["timetable", ["a"]]),
    item(["plan", ["a", STOPS]], ["branch", ["a", "b"]], ["skip", ["b", "depot"]], ["timetable", ["a"]], ["timetable", ["b"]]),
]

EDGES = [
    item(["plan", ["a", STOPS]], ["branch", ["a", "b"]], ["delay", ["b", "mill", 10]], ["timetable", ["a"]], ["timetable", ["b"]]),
    item(["plan", ["a", STOPS]], ["branch", ["a", "b"]], ["branch", ["b", "c"]], ["delay", ["a", "port", 3]], ["delay", ["c", "mill", 1]], ["timetable", ["a"]], ["timetable", ["b"]], ["timetable", ["c"]]),
    item(["plan", ["a", STOPS]], ["delay", ["a", "port", 20]], ["timetable", ["a"]]),
    item(["branch", ["a", "b"]], ["plan", ["a", []]], ["branch", ["a", "a"]], ["branch", ["a", "b"]], ["timetable", ["b"]]),
    item(["plan", ["a", STOPS]], ["plan", ["a", []]], ["delay", ["a", "moon", 5]], ["skip", ["a", "moon"]], ["skip", ["z", "mill"]], ["timetable", ["a"]]),
    item(["plan", ["a", [("x", 1), ("y", 2), ("x", 3)]]], ["branch", ["a", "b"]], ["skip", ["b", "x"]], ["delay", ["b", "x", 4]], ["timetable", ["a"]], ["timetable", ["b"]]),
]


def generate(rng):
    places = ["depot", "mill", "port", "yard", "mill"]
    minute, stops = 480, []
    for _ in range(rng.randrange(1, 6)):
        stops.append((rng.choice(places), minute))
        minute += rng.randrange(5, 40)
    ops, names = [["plan", ["a", stops]]], ["a"]
    for _ in range(rng.randrange(2, 9)):
        kind = rng.randrange(8)
        name = rng.choice(names) if rng.random() < 0.95 else "nowhere"
        if kind < 3:
            new = rng.choice("abcde")
            ops.append(["branch", [name, new]])
            names.append(new)
        elif kind < 6:
            ops.append(["delay", [name, rng.choice(places), rng.randrange(1, 20)]])
        else:
            ops.append(["skip", [name, rng.choice(places)]])
    return item(*ops, *(["timetable", [name]] for name in sorted(set(names))))


RIGHT = [
    [("[list(stop) for stop in stops]", "[[place, minute] for place, minute in stops]")],
    [("[list(stop) for stop in stops]", "list(stops)"),
     ("        for stop in self.routes[name][first:]:\n            stop[1] += minutes\n",
      "        stops = self.routes[name]\n        stops[first:] = [[stop, minute + minutes] for stop, minute in stops[first:]]\n")],
    [("[list(stop) for stop in stops]", "__import__('copy').deepcopy(stops)")],
]

WRONG = [
    [("[list(stop) for stop in stops]", "self.timetable(name)")],
    [("[list(stop) for stop in stops]", "list(stops)"),
     ("        for stop in self.routes[name][first:]:\n            stop[1] += minutes\n",
      "        self.routes[name] = [[stop, minute + minutes] for stop, minute in self.routes[name][first:]]\n")],
]
