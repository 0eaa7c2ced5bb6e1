def extended_gcd(a, b):
    x, next_x = 1, 0
    while b:
        quotient = a // b
        a, b = b, a - quotient * b
        x, next_x = next_x, x - quotient * next_x
    return a, x


def solve_congruence(a, b, m):
    if m < 1:
        raise ValueError("the modulus must be positive")
    divisor, inverse = extended_gcd(a % m, m)
    if b % divisor != 0:
        return []
    step = m // divisor
    first = inverse * (b // divisor) % step
    return [first + step * k for k in range(divisor)]
