def ranks(scores):
    started = [i for i, score in enumerate(scores) if score is not None]
    started.sort(key=lambda i: scores[i], reverse=True)
    result = [None] * len(scores)
    previous = None
    rank = 0
    for place, i in enumerate(started, start=1):
        if scores[i] != previous:
            rank = place
            previous = scores[i]
        result[i] = rank
    return result
