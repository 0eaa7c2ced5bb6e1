import heapq


class TaskQueue:
    def __init__(self):
        self.heap = []
        self.pushed = 0

    def push(self, name, priority):
        heapq.heappush(self.heap, (-priority, len(self.heap), name))
        self.pushed += 1

    def pop(self):
        if not self.heap:
            raise IndexError("no task")
        return heapq.heappop(self.heap)[2]

    def drop(self, name):
        kept = [entry for entry in self.heap if entry[2] != name]
        dropped = len(self.heap) - len(kept)
        heapq.heapify(kept)
        self.heap = kept
        return dropped

    def names(self):
        return [entry[2] for entry in sorted(self.heap)]
