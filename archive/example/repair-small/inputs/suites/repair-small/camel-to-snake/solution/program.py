def starts_word(name, i):
    before = name[i - 1]
    after = name[i + 1 : i + 2]
    if not name[i].isupper():
        return False
    if before.islower() or before.isdigit():
        return True
    return before.isupper() and after.islower()


def camel_to_snake(name):
    result = name[:1].lower()
    for i in range(1, len(name)):
        if starts_word(name, i):
            result += "_"
        result += name[i].lower()
    return result
