class CircuitBreaker:
    def __init__(self, threshold, cooldown):
        self.threshold = threshold
        self.cooldown = cooldown
        self.state = "closed"
        self.failures = 0
        self.opened = 0

    def call(self, now, succeeds):
        if self.state == "open":
            if now - self.opened < self.cooldown:
                return "rejected"
            self.state = "half-open"
        if succeeds:
            self.state = "closed"
            self.failures = 0
            return "ok"
        self.failures += 1
        if self.state == "half-open" or self.failures >= self.threshold:
            self.state = "open"
            self.opened = now
        return "failed"
