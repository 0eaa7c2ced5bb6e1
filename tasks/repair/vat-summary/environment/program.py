def divide_rounded(amount, divisor):
    return (2 * amount + divisor) // (2 * divisor)


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
