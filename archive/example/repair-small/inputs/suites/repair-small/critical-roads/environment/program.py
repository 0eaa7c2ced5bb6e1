def critical_roads(roads):
    near = {}
    for one, other in roads:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    order = {}
    lowest = {}
    found = []

    def visit(place, origin):
        order[place] = lowest[place] = len(order)
        for other in near[place]:
            if other == origin:
                continue
            if other in order:
                lowest[place] = min(lowest[place], order[other])
                continue
            visit(other, place)
            lowest[place] = min(lowest[place], lowest[other])
            if lowest[other] >= order[place]:
                found.append((min(place, other), max(place, other)))

    for place in near:
        if place not in order:
            visit(place, None)
    return sorted(found)
