def merge_distinct_sorted(left, right):
    left, right = iter(left), iter(right)
    a = next(left, None)
    b = next(right, None)
    last = None
    while a is not None or b is not None:
        if b is None or (a is not None and a <= b):
            item = a
            a = next(left, None)
        else:
            item = b
            b = next(right, None)
        if item != last:
            yield item
            last = item
