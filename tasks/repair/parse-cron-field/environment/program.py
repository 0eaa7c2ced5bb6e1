def parse_cron_field(field, low, high):
    values = set()
    for part in field.split(","):
        span, slash, step_text = part.partition("/")
        step = int(step_text) if slash else 1
        if span == "*":
            first, last = low, high
        elif "-" in span:
            left, _, right = span.partition("-")
            first, last = int(left), int(right)
        else:
            first = int(span)
            last = first
        if step < 1 or not low <= first <= last <= high:
            raise ValueError("bad part: " + part)
        values.update(range(first, last + 1, step))
    return sorted(values)
