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
        self.routes[new_name] = list(stops)

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
