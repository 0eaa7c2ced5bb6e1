"""`pack(messages, max_count, max_chars)` packs messages into batches and yields them one after the other.

`messages` is an iterable of texts. Their order is kept, and a batch (a list of messages) takes the next message
whenever it may: it never has more than `max_count` messages (>= 1), and a batch of more than one message never has
more than `max_chars` characters (>= 0) in total. A message that is longer than that forms a batch of its own; messages
are never cut or dropped. No batch is empty; without messages there is none. An empty text is a message like any other.
"""

TOPIC = "iterators"

SOLUTION = '''
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
'''.lstrip()

FAULTS = [
    (
        "if batch and (len(batch) == max_count or chars + len(message) > max_chars):",
        "if batch and len(batch) == max_count or chars + len(message) > max_chars:",
    )
]

ENTRY = "pack"

VISIBLE = [
    (["ab", "cd", "e", "f"], 2, 4),
    (["a long one", "b", "c"], 5, 4),
    (["abc", "de", "f"], 3, 4),
    ([], 1, 1),
]

EDGES = [
    (["toolong"], 2, 3),
    (["", "toolong", "a"], 3, 3),
    (["", "", ""], 2, 0),
    (["", "a", ""], 2, 0),
    (["a", "b"], 1, 0),
    (["a", "toolong", "b"], 3, 3),
    (["toolong", "longer too", "b"], 3, 3),
    (["toolong", "", "b"], 3, 3),
    (["abc", "", "d"], 3, 3),
    (["a", "b", "c", "d"], 1, 10),
    (["a", "b", "c", "d", "e"], 2, 10),
]


def generate(rng):
    longest = rng.choice([2, 4, 7])
    messages = ["abcdefgh"[: rng.randrange(longest + 1)] for _ in range(rng.randrange(1, 9))]
    return (messages, rng.randrange(1, 5), rng.randrange(0, 9))


RIGHT = [
    [
        ("        if batch and (len(batch) == max_count or chars + len(message) > max_chars):\n            yield batch\n",
         "        if len(batch) == max_count or chars + len(message) > max_chars:\n            if batch:\n                yield batch\n"),
    ],
    [("if batch and (len(batch) == max_count or chars + len(message) > max_chars):", "if batch and not (len(batch) < max_count and chars + len(message) <= max_chars):")],
    [("if batch and (len(batch) == max_count or chars + len(message) > max_chars):", "if len(batch) == max_count or batch and chars + len(message) > max_chars:")],
]

WRONG = [
    [("if batch and (len(batch) == max_count or chars + len(message) > max_chars):", "if len(batch) == max_count or chars and chars + len(message) > max_chars:")],
    [
        ("        if batch and (len(batch)", "        if len(message) > max_chars:\n            yield [message]\n            continue\n        if batch and (len(batch)"),
    ],
    [("if batch and (len(batch) == max_count or chars + len(message) > max_chars):", "if batch and len(batch) == max_count or max_chars >= len(message) > max_chars - chars:")],
]
