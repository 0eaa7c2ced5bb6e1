def unique_within_window(words, window, fold_case):
    last_seen = {}
    for position, word in enumerate(words):
        key = word.lower() if fold_case else word
        previous = last_seen.get(key)
        last_seen[key] = position
        if previous is None or position - previous > window:
            yield word
