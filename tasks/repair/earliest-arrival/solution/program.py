def earliest_arrival(legs, origin, goal, start, change):
    reached = {origin: start}
    ready = {origin: start}
    boarded = set()
    never = float("inf")
    for depart, arrive, here, there, train in sorted(legs):
        if train not in boarded and ready.get(here, never) > depart:
            continue
        boarded.add(train)
        if arrive < reached.get(there, never):
            reached[there] = arrive
            ready[there] = arrive + change
    return reached.get(goal)
