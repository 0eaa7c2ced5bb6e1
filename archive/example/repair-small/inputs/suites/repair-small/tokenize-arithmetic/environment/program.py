BEFORE_NEGATION = ("neg", "**", "+", "-", "*", "/", "(")


def run_end(text, i, allowed):
    while i < len(text) and text[i] in allowed:
        i += 1
    return i


def tokenize_arithmetic(text):
    digits = "0123456789"
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    tokens = []
    i = 0
    while i < len(text):
        char = text[i]
        if char == " ":
            i += 1
            continue
        if char in digits:
            end = run_end(text, i, digits + ".")
        elif char in letters:
            end = run_end(text, i, letters)
        elif text.startswith("**", i):
            end = i + 1
        elif char in "+-*/()":
            end = i + 1
        else:
            raise ValueError("unexpected " + char)
        token = text[i:end]
        if token == "-" and (tokens and tokens[-1] in BEFORE_NEGATION):
            token = "neg"
        tokens.append(token)
        i = end
    return tokens
