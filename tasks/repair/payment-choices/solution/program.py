def payment_choices(amount, purse):
    coins = sorted(purse, reverse=True)
    found = []
    chosen = []

    def pay(rest, start):
        if rest == 0:
            found.append(chosen[:])
            return
        for index in range(start, len(coins)):
            coin = coins[index]
            if coin <= rest and chosen.count(coin) < purse[coin]:
                chosen.append(coin)
                pay(rest - coin, index)
                chosen.pop()

    pay(amount, 0)
    return found
