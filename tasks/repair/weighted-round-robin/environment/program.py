from itertools import islice


def weighted_round_robin(streams, weights):
    active = [(stream, weight) for stream, weight in zip(streams, weights)]
    while active:
        alive = []
        for stream, weight in active:
            taken = list(islice(stream, weight))
            yield from taken
            if len(taken) == weight:
                alive.append((stream, weight))
        active = alive
