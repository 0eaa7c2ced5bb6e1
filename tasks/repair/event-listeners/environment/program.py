class EventHub:
    def __init__(self):
        self.listeners = {}

    def add(self, event, name, single):
        self.listeners.setdefault(event, []).append((name, single))

    def on(self, event, name):
        self.add(event, name, False)

    def once(self, event, name):
        self.add(event, name, True)

    def off(self, event, name):
        before = self.listeners.get(event, [])
        kept = [entry for entry in before if entry[0] != name]
        self.listeners[event] = kept
        return len(before) - len(kept)

    def emit(self, event):
        called = []
        for entry in self.listeners.get(event, []):
            name, single = entry
            called.append(name)
            if single:
                self.listeners[event].remove(entry)
        return called

    def names(self, event):
        return [name for name, _ in self.listeners.get(event, [])]
