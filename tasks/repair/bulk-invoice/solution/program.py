def discount(quantity, steps):
    best = 0
    for threshold, percent in steps:
        if quantity >= threshold:
            best = max(best, percent)
    return best


def count_articles(lines):
    quantities = {}
    for article, quantity in lines:
        quantities[article] = quantities.get(article, 0) + quantity
    return quantities


def invoice(lines, prices, offers):
    costs = {}
    for article, quantity in count_articles(lines).items():
        full = quantity * prices[article]
        percent = discount(quantity, offers.get(article, []))
        costs[article] = full - full * percent // 100
    costs["total"] = sum(costs.values())
    return costs
