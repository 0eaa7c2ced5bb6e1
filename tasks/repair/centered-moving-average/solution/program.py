def mean_of_present(window):
    present = [value for value in window if value is not None]
    if not present:
        return None
    return sum(present) / len(present)


def smooth(values, radius):
    result = []
    for i in range(len(values)):
        window = values[max(0, i - radius) : i + radius + 1]
        result.append(mean_of_present(window))
    return result
