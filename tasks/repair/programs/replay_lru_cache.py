"""`replay_cache(requests, capacity)` replays requests on a cache and returns `(hits, evicted)`.

`requests` is a list of strings, `capacity` is at least 1. The cache starts empty. A request for a key in the cache is
a hit. A request for another key loads it; if the cache already holds `capacity` keys, the least recently requested
key is evicted first. `hits` maps each key that was hit at least once to its number of hits; `evicted` lists the
evicted keys in order (a key can occur several times).
"""

TOPIC = "dicts"

SOLUTION = '''
def replay_cache(requests, capacity):
    cache = {}
    hits = {}
    evicted = []
    for clock, key in enumerate(requests):
        if key in cache:
            hits[key] = hits.get(key, 0) + 1
        elif len(cache) >= capacity:
            oldest = min(cache, key=cache.get)
            del cache[oldest]
            evicted.append(oldest)
        cache[key] = clock
    return hits, evicted
'''.lstrip()

FAULTS = [("min(cache, key=cache.get)", "min(cache)")]

ENTRY = "replay_cache"

VISIBLE = [
    (["a", "b", "a", "c"], 3),
    (["a", "b", "c"], 2),
    (["c", "b", "a"], 2),
    (["x", "x", "y", "x"], 1),
]

EDGES = [
    ([], 1),
    (["b", "a", "b", "c", "a"], 2),
    (["a", "b", "a", "c", "b"], 2),
    (["a", "b", "a", "a", "b", "c", "d"], 2),
    (["b", "b", "b", "a", "c", "a"], 2),
    (["a", "b", "c", "a", "d", "b"], 3),
]


def generate(rng):
    keys = "abcdefg"[: rng.randrange(2, 8)]
    return [rng.choice(keys) for _ in range(rng.randrange(0, 15))], rng.choice([1, 2, 2, 3, 4])


RIGHT = [
    [("min(cache, key=cache.get)", "sorted(cache, key=lambda name: cache[name])[0]")],
    [
        ("            oldest = min(cache, key=cache.get)\n", "            oldest = next(iter(cache))\n"),
        ("        cache[key] = clock\n", "        cache.pop(key, None)\n        cache[key] = clock\n"),
    ],
]

WRONG = [
    [("min(cache, key=cache.get)", "next(iter(cache))")],
    [("min(cache, key=cache.get)", "min(cache, key=lambda name: hits.get(name, 0))")],
    [("min(cache, key=cache.get)", "max(cache) if key < min(cache) else min(cache)")],
]
