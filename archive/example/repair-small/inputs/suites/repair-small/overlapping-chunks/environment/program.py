def overlapping_chunks(items, size, overlap):
    if not 0 <= overlap < size:
        raise ValueError("overlap must be below size")
    items = list(items)
    start = 0
    while start < len(items):
        yield items[start:start + size]
        if start + size > len(items):
            return
        start += size - overlap
