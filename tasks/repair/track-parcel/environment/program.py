MOVES = {
    ("created", "pickup"): "transit",
    ("transit", "scan"): "transit",
    ("transit", "hold"): "held",
    ("held", "release"): "transit",
    ("transit", "load"): "courier",
    ("courier", "deliver"): "delivered",
    ("courier", "miss"): "transit",
    ("returning", "scan"): "returning",
}
MOST_MISSES = 3


def track_parcel(events):
    state = "created"
    latest = 0
    misses = 0
    rejected = []
    for position, (time, kind) in enumerate(events):
        if time < latest:
            rejected.append(position)
            continue
        latest = time
        following = MOVES.get((state, kind))
        if following is None:
            rejected.append(position)
            continue
        if kind == "miss":
            misses += 1
            if misses == MOST_MISSES:
                following = "returning"
        state = following
    return state, rejected
