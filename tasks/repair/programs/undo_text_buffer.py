"""Class `TextBuffer(text="")`: a text with undo and redo; the attribute `text` is the present text.

* `insert(position, piece)` inserts `piece` before the character at `position`; a position below 0 means 0, one beyond
  the end means the end.
* `delete(start, count)` deletes `count` characters from `start` on, or as many as there are (neither is negative).
* `undo()` takes back the last change that is not yet taken back, `redo()` makes the change again that was taken back
  last; both return whether there was one.

An insertion or deletion that does not alter the text is not a change: it affects neither undo nor redo. After a new
change, changes that were taken back before can no longer be redone.
"""

TOPIC = "classes"

SOLUTION = '''
class TextBuffer:
    def __init__(self, text=""):
        self.text = text
        self.past = []
        self.future = []

    def change(self, text):
        if text == self.text:
            return
        self.past.append(self.text)
        self.future = []
        self.text = text

    def insert(self, position, piece):
        position = max(0, min(position, len(self.text)))
        self.change(self.text[:position] + piece + self.text[position:])

    def delete(self, start, count):
        self.change(self.text[:start] + self.text[start + count:])

    def undo(self):
        if not self.past:
            return False
        self.future.append(self.text)
        self.text = self.past.pop()
        return True

    def redo(self):
        if not self.future:
            return False
        self.past.append(self.text)
        self.text = self.future.pop()
        return True
'''.lstrip()

FAULTS = [
    ("        self.past.append(self.text)\n        self.future = []\n        self.text = text\n", "        self.past.append(self.text)\n        self.text = text\n"),
    ("self.text[start + count:]", "self.text[count:]"),
]


def item(text, *ops):
    return {"new": "TextBuffer", "args": [text], "ops": [list(op) for op in ops]}


VISIBLE = [
    item("sun", ["insert", [9, "ny"]], ["undo"], ["@text"], ["redo"], ["@text"], ["redo"]),
    item("abcdef", ["delete", [1, 2]], ["@text"]),
    item("", ["insert", [0, "x"]], ["undo"], ["insert", [0, "y"]], ["redo"], ["@text"]),
    item("abc", ["delete", [0, 2]], ["@text"], ["undo"], ["undo"]),
]

EDGES = [
    item("abab", ["delete", [2, 2]], ["@text"], ["undo"], ["@text"]),
    item("aab", ["delete", [1, 9]], ["@text"]),
    item("abcd", ["delete", [7, 1]], ["@text"], ["undo"]),
    item("abcd", ["insert", [2, "--"]], ["undo"], ["delete", [0, 1]], ["redo"], ["@text"]),
    item("q", ["insert", [0, "w"]], ["undo"], ["insert", [0, ""]], ["redo"], ["@text"]),
    item("q", ["insert", [-3, "w"]], ["undo"], ["delete", [5, 2]], ["redo"], ["@text"]),
    item("", ["insert", [0, "a"]], ["insert", [1, "b"]], ["insert", [2, "c"]], ["undo"], ["undo"], ["redo"], ["redo"], ["redo"], ["@text"]),
    item("xyz", ["insert", [1, "1"]], ["undo"], ["insert", [1, "2"]], ["undo"], ["redo"], ["redo"], ["undo"], ["undo"], ["@text"]),
]


def generate(rng):
    ops = []
    for _ in range(rng.randrange(3, 12)):
        kind = rng.randrange(8)
        if kind < 2:
            ops.append(["insert", [rng.randrange(-1, 9), rng.choice(["", "a", "b", "ab"])]])
        elif kind < 4:
            ops.append(["delete", [rng.randrange(7), rng.randrange(4)]])
        elif kind < 6:
            ops.append(["undo"])
        else:
            ops.append(["redo"])
        if rng.random() < 0.4:
            ops.append(["@text"])
    return item("".join(rng.choice("ab") for _ in range(rng.randrange(7))), *ops, ["@text"])


RIGHT = [
    [("        self.past.append(self.text)\n        self.future = []\n", "        self.future.clear()\n        self.past.append(self.text)\n")],
    [
        ("        self.change(self.text[:start] + self.text[start + count:])\n",
         "        end = start + count\n        self.change(self.text[:start] + self.text[end:])\n"),
    ],
]

WRONG = [
    [("self.text[:start] + self.text[start + count:]", "self.text.replace(self.text[start:start + count], \"\", 1)")],
    [
        ("        self.past.append(self.text)\n        self.future = []\n        self.text = text\n", "        self.past.append(self.text)\n        self.text = text\n"),
        ("        self.change(self.text[:position] + piece", "        self.future = []\n        self.change(self.text[:position] + piece"),
    ],
    [
        ("        if text == self.text:\n            return\n", "        self.future = []\n        if text == self.text:\n            return\n"),
        ("        self.past.append(self.text)\n        self.future = []\n", "        self.past.append(self.text)\n"),
    ],
]
