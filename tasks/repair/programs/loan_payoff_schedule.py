"""`payoff_schedule(balance, rate, payment)` lists the monthly payments until a loan is paid off.

All amounts are whole cents. `rate` is the interest of one month in hundredths of a percent (whole, >= 0), so a month
costs `balance * rate / 10000` cents of interest, rounded to the nearest cent, half a cent upwards. Each month interest
is added to the balance, then `payment` is paid, but never more than what is owed at that moment. The result is a list
with one tuple (interest, paid, balance afterwards) a month, up to and including the month in which the balance reaches
0; it is empty for a balance of 0. If in some month the payment is not greater than the interest, ValueError is raised.
"""

TOPIC = "numeric"

SOLUTION = '''
def month_interest(balance, rate):
    return (balance * rate + 5000) // 10000


def payoff_schedule(balance, rate, payment):
    months = []
    while balance > 0:
        interest = month_interest(balance, rate)
        if payment <= interest:
            raise ValueError("the loan would never be paid off")
        paid = min(payment, balance + interest)
        balance = balance + interest - paid
        months.append((interest, paid, balance))
    return months
'''.lstrip()

FAULTS = [("balance * rate + 5000", "balance * rate"), ("min(payment, balance + interest)", "min(payment, balance)")]

ENTRY = "payoff_schedule"

VISIBLE = [(250, 0, 100), (10000, 100, 6000), (1990, 100, 1930), (0, 50, 10)]

EDGES = [
    (4999, 1, 4999),
    (10000, 100, 100),
    (10000, 100, 99),
    (10000, 100, 5050),
    (50, 100, 1),
    (49, 100, 100),
    (50, 100, 100),
    (150, 100, 100),
    (100, 0, 100),
    (1, 0, 1),
    (100, 10, 0),
    (5050, 100, 5100),
    (5050, 100, 5101),
    (100, 5000, 149),
]


def generate(rng):
    balance = rng.choice([rng.randrange(1, 300), rng.randrange(1, 200_000)])
    rate = rng.choice([0, 25, 50, 75, 100, 150, 333, 1000])
    payment = max(1, balance // rng.randrange(1, 14) + rng.randrange(0, 60))
    return (balance, rate, payment)


RIGHT = [
    [("return (balance * rate + 5000) // 10000", "return (2 * balance * rate + 10000) // 20000")],
    [
        ("        paid = min(payment, balance + interest)\n        balance = balance + interest - paid\n",
         "        balance += interest\n        paid = min(payment, balance)\n        balance -= paid\n"),
    ],
]

WRONG = [
    [("return (balance * rate + 5000) // 10000", "return -(-balance * rate // 10000)")],
    [("return (balance * rate + 5000) // 10000", "return round(balance * rate / 10000)")],
    [("min(payment, balance + interest)", "payment if balance > payment else balance + interest")],
]
