"""`top_customers(orders, count)` returns the best customers as a list of `(customer, total)` tuples.

`orders` is a list of dicts with "customer" (a string), "amount" (an integer, negative for a refund) and optionally
"status". Orders with the status "cancelled" do not count. A customer's total is the sum of the amounts of all their
other orders. Customers whose total is not positive are left out. The list is sorted by total, the largest first,
equal totals by name, and holds at most `count` entries (`count` is 0 or more).
"""

TOPIC = "dicts"

SOLUTION = '''
def top_customers(orders, count):
    totals = {}
    for order in orders:
        if order.get("status") == "cancelled":
            continue
        customer, amount = order["customer"], order["amount"]
        totals[customer] = totals.get(customer, 0) + amount
    ranked = [(customer, total) for customer, total in totals.items() if total > 0]
    ranked.sort(key=lambda entry: (-entry[1], entry[0]))
    return ranked[:count]
'''.lstrip()

FAULTS = [("totals.get(customer, 0) + amount", "totals.get(customer, amount) + amount")]

ENTRY = "top_customers"

VISIBLE = [
    ([{"customer": "Ann", "amount": 5}, {"customer": "Bob", "amount": 7}], 2),
    ([{"customer": "Bob", "amount": 9, "status": "cancelled"}], 3),
    ([{"customer": "Cy", "amount": 4}, {"customer": "Cy", "amount": 4}, {"customer": "Dee", "amount": 3}], 1),
    ([{"customer": "Cy", "amount": 4}], 0),
]

EDGES = [
    ([], 3),
    ([{"customer": "Ann", "amount": 0}], 3),
    ([{"customer": "Ann", "amount": -2}, {"customer": "Ann", "amount": 2}], 3),
    ([{"customer": "Ann", "amount": -2}, {"customer": "Ann", "amount": 3}], 3),
    ([{"customer": "Ann", "amount": 1}, {"customer": "Bob", "amount": 1}, {"customer": "Ann", "amount": 1}], 3),
    ([{"customer": "Ann", "amount": 2}, {"customer": "Ann", "amount": 3}, {"customer": "Ann", "amount": 5}], 3),
    ([{"customer": "Bob", "amount": 2}, {"customer": "Ann", "amount": 2}], 1),
]


def generate(rng):
    names = ["Ann", "Bob", "Cy", "Dee", "Eve"][: rng.randrange(1, 6)]
    orders = []
    for _ in range(rng.randrange(0, 10)):
        order = {"customer": rng.choice(names), "amount": rng.choice([-3, -2, 0, 1, 2, 3, 4, 6])}
        if rng.random() < 0.3:
            order["status"] = rng.choice(["cancelled", "paid"])
        orders.append(order)
    return orders, rng.randrange(0, 5)


RIGHT = [
    [
        (
            "        totals[customer] = totals.get(customer, 0) + amount\n",
            "        totals.setdefault(customer, 0)\n        totals[customer] += amount\n",
        )
    ],
    [
        (
            "        totals[customer] = totals.get(customer, 0) + amount\n",
            "        totals[customer] = totals[customer] + amount if customer in totals else amount\n",
        )
    ],
]

WRONG = [
    [
        (
            "        totals[customer] = totals.get(customer, 0) + amount\n",
            "        totals[customer] = totals.get(customer, amount - amount) + max(amount, 0)\n",
        )
    ],
    [
        (
            "        totals[customer] = totals.get(customer, 0) + amount\n",
            "        totals[customer] = amount * 2 if customer in totals else amount\n",
        )
    ],
    [("key=lambda entry: (-entry[1], entry[0])", "key=lambda entry: -entry[1]")],
]
