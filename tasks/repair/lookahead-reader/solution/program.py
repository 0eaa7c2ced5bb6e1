END = object()


class Lookahead:
    def __init__(self, items):
        self.source = iter(items)
        self.ahead = []
        self.taken = 0

    def peek(self, default=None):
        if not self.ahead:
            item = next(self.source, END)
            if item is END:
                return default
            self.ahead.append(item)
        return self.ahead[-1]

    def take(self, default=None):
        item = self.peek(default)
        if self.ahead:
            self.ahead.pop()
            self.taken += 1
        return item

    def put_back(self, item):
        self.ahead.append(item)
        self.taken -= 1

    def has_next(self):
        return self.peek(END) is not END

    def skip(self, item):
        before = self.taken
        while self.has_next() and self.peek() == item:
            self.take()
        return self.taken - before
