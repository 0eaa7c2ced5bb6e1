def pack(messages, max_count, max_chars):
    batch = []
    chars = 0
    for message in messages:
        if batch and (len(batch) == max_count or chars + len(message) > max_chars):
            yield batch
            batch = []
            chars = 0
        batch.append(message)
        chars += len(message)
    if batch:
        yield batch
