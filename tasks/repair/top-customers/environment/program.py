def top_customers(orders, count):
    totals = {}
    for order in orders:
        if order.get("status") == "cancelled":
            continue
        customer, amount = order["customer"], order["amount"]
        totals[customer] = totals.get(customer, amount) + amount
    ranked = [(customer, total) for customer, total in totals.items() if total > 0]
    ranked.sort(key=lambda entry: (-entry[1], entry[0]))
    return ranked[:count]
