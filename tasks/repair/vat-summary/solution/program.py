def divide_rounded(amount, divisor):
    quotient = (2 * abs(amount) + divisor) // (2 * divisor)
    return quotient if amount >= 0 else -quotient


def vat_summary(lines):
    nets = {}
    for net, rate in lines:
        nets[rate] = nets.get(rate, 0) + net
    rows = []
    gross = 0
    for rate in sorted(nets):
        net = nets[rate]
        tax = divide_rounded(net * rate, 1000)
        rows.append((rate, net, tax))
        gross += net + tax
    return rows, gross
