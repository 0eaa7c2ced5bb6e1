def fewest_cover(start, end, intervals):
    ordered = sorted(intervals)
    chosen = []
    reached = start
    index = 0
    while reached < end:
        best = None
        while index < len(ordered) and ordered[index][0] <= reached:
            if best is None or ordered[index][1] >= best[1]:
                best = ordered[index]
            index += 1
        if best is None or best[1] <= reached:
            return None
        chosen.append(best)
        reached = best[1]
    return chosen
