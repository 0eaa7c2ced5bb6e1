def slices(brackets):
    ordered = sorted(brackets)
    for i, (lower, rate) in enumerate(ordered):
        upper = ordered[i + 1][0] if i + 1 < len(ordered) else None
        yield lower, upper, rate


def progressive_tax(income, brackets):
    tax = 0
    marginal = 0
    for lower, upper, rate in slices(brackets):
        if income <= lower:
            break
        top = income if upper is None else max(income, upper)
        tax += (top - lower) * rate
        marginal = rate
    return tax, marginal
