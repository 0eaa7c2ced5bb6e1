"""`invoice(lines, prices, offers)` returns what each article of an order costs, and the total.

`lines` is a list of `(article, quantity)` tuples with positive quantities; an article may be on several lines, whose
quantities then count together. `prices` maps an article to the price of one piece in cents. `offers` maps some
articles to a list of `(threshold, percent)` tuples in any order: buying `threshold` pieces or more takes `percent`
off the article's whole cost. If several offers are reached the best one (only) is used; percentages are between 0 and
100, and the amount taken off is rounded down to whole cents. The result maps each ordered article to its cost, and
"total" to their sum. An article without a price raises KeyError.
"""

TOPIC = "dicts"

SOLUTION = '''
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
'''.lstrip()

FAULTS = [
    ("if quantity >= threshold:", "if quantity > threshold:"),
    ("quantities[article] = quantities.get(article, 0) + quantity", "quantities[article] = quantity"),
]

ENTRY = "invoice"

VISIBLE = [
    ([("pen", 2), ("ink", 4)], {"pen": 100, "ink": 300}, {"ink": [(3, 10)]}),
    ([("pen", 2), ("ink", 1), ("pen", 2)], {"pen": 100, "ink": 300}, {}),
    ([("ink", 5)], {"ink": 300}, {"ink": [(5, 10), (8, 20)]}),
    ([("cup", 3)], {"pen": 100}, {}),
]

EDGES = [
    ([], {}, {}),
    ([("pen", 2), ("pen", 3)], {"pen": 33}, {"pen": [(5, 10)]}),
    ([("pen", 2), ("pen", 1), ("pen", 4)], {"pen": 33}, {"pen": [(7, 15), (2, 40), (9, 50)]}),
    ([("pen", 10)], {"pen": 7}, {"pen": [(10, 20), (1, 5)]}),
    ([("pen", 10)], {"pen": 7}, {"pen": [(1, 25), (10, 20)]}),
    ([("pen", 4)], {"pen": 100}, {"pen": [(5, 10)]}),
    ([("pen", 9)], {"pen": 100}, {"pen": [(10, 10)]}),
    ([("pen", 1), ("cup", 1)], {"cup": 7}, {}),
    ([("pen", 1)], {"pen": 7}, {"pen": [(1, 100)]}),
]


def generate(rng):
    articles = ["pen", "ink", "cup", "bag"][: rng.randrange(1, 5)]
    prices = {article: rng.choice([7, 33, 100, 250]) for article in articles if rng.random() < 0.97}
    lines = [(rng.choice(articles), rng.randrange(1, 7)) for _ in range(rng.randrange(0, 7))]
    offers = {}
    for article in articles:
        bought = sum(quantity for name, quantity in lines if name == article)
        last = [quantity for name, quantity in lines if name == article][-1:]
        if rng.random() < 0.8:
            thresholds = [bought, bought, bought + 1, max(1, bought - 1), rng.randrange(1, 9)] + last
            steps = rng.sample(thresholds, rng.randrange(1, 4))
            offers[article] = [(max(1, threshold), rng.choice([5, 10, 15, 50])) for threshold in steps]
    return lines, prices, offers


RIGHT = [
    [("if quantity >= threshold:", "if threshold <= quantity:")],
    [
        (
            "        quantities[article] = quantities.get(article, 0) + quantity\n",
            "        quantities.setdefault(article, 0)\n        quantities[article] += quantity\n",
        )
    ],
    [("if quantity >= threshold:", "if not quantity < threshold:")],
]

WRONG = [
    [("if quantity >= threshold:", "if quantity > threshold or threshold == 5:")],
    [("if quantity >= threshold:", "if quantity > threshold - 2:")],
    [
        (
            "quantities[article] = quantities.get(article, 0) + quantity",
            "quantities[article] = quantity * sum(name == article for name, _ in lines)",
        )
    ],
]
