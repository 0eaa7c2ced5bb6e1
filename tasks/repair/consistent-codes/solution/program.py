from collections import Counter
from itertools import product


def hits(secret, guess):
    exact = sum(1 for mine, other in zip(secret, guess) if mine == other)
    common = Counter(secret) & Counter(guess)
    return exact, sum(common.values()) - exact


def consistent_codes(colours, length, history):
    codes = []
    for letters in product(sorted(set(colours)), repeat=length):
        code = "".join(letters)
        if all(hits(code, guess) == (exact, misplaced) for guess, exact, misplaced in history):
            codes.append(code)
    return codes
