def split_bill(total, weights):
    whole = sum(weights)
    if whole <= 0:
        raise ValueError("weights must have a positive sum")
    shares = []
    remainders = []
    for position, weight in enumerate(weights):
        share, remainder = divmod(total * weight, whole)
        shares.append(share)
        remainders.append((-remainder, position))
    leftover = total - sum(shares)
    remainders.sort()
    for _, position in remainders[:leftover]:
        shares[position] += 1
    return shares
