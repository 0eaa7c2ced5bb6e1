def replay_cache(requests, capacity):
    cache = {}
    hits = {}
    evicted = []
    for clock, key in enumerate(requests):
        if key in cache:
            hits[key] = hits.get(key, 0) + 1
        elif len(cache) >= capacity:
            oldest = min(cache)
            del cache[oldest]
            evicted.append(oldest)
        cache[key] = clock
    return hits, evicted
