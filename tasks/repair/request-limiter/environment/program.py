from collections import deque


class RequestLimiter:
    def __init__(self, limit, seconds):
        self.limit = limit
        self.seconds = seconds
        self.allowed = {}

    def recent(self, client, now):
        times = self.allowed.setdefault(client, deque())
        while times and times[0] < now - self.seconds:
            times.popleft()
        return times

    def allow(self, client, now):
        times = self.recent(client, now)
        if len(times) >= self.limit:
            return False
        times.append(now)
        return True

    def wait(self, client, now):
        times = self.recent(client, now)
        if len(times) < self.limit:
            return 0
        return times[0] + self.seconds - now

    def busy(self, now):
        return sorted(client for client in self.allowed if self.recent(client, now))
