def best_lead(coins, low, high, known):
    if low > high:
        return 0
    if (low, high) not in known:
        left = coins[low] - best_lead(coins, low + 1, high, known)
        right = coins[high] - best_lead(coins, low, high - 1, known)
        known[low, high] = min(left, right)
    return known[low, high]


def play(coins):
    known = {}
    moves = []
    low, high = 0, len(coins) - 1
    lead = best_lead(coins, low, high, known)
    while low < high:
        left = coins[low] - best_lead(coins, low + 1, high, known)
        right = coins[high] - best_lead(coins, low, high - 1, known)
        if left > right:
            moves.append("L")
            low += 1
        else:
            moves.append("R")
            high -= 1
    return lead, "".join(moves)
