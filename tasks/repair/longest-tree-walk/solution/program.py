def explore(roads):
    """Return the longest way down from here, and the longest walk anywhere below."""
    inside = 0
    first = second = 0
    for length, place in roads:
        depth, walk = explore(place)
        inside = max(inside, walk)
        reach = length + depth
        if reach > first:
            first, second = reach, first
        elif reach > second:
            second = reach
    return first, max(inside, first + second)


def longest_walk(roads):
    return explore(roads)[1]
