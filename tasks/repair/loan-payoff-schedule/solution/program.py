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
