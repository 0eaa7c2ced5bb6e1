class TextBuffer:
    def __init__(self, text=""):
        self.text = text
        self.past = []
        self.future = []

    def change(self, text):
        if text == self.text:
            return
        self.past.append(self.text)
        self.text = text

    def insert(self, position, piece):
        position = max(0, min(position, len(self.text)))
        self.change(self.text[:position] + piece + self.text[position:])

    def delete(self, start, count):
        self.change(self.text[:start] + self.text[count:])

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
