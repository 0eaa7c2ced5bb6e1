class SessionStore:
    def __init__(self, lifetime):
        self.lifetime = lifetime
        self.users = {}
        self.used = {}

    def open(self, now, token, user):
        self.users[token] = user
        self.used[token] = now

    def user(self, now, token):
        if token not in self.users:
            return None
        if now - self.used[token] >= self.lifetime:
            self.close(token)
            return None
        return self.users[token]

    def close(self, token):
        if token not in self.users:
            return False
        del self.users[token]
        del self.used[token]
        return True

    def active(self, now):
        for token in list(self.users):
            if now - self.used[token] >= self.lifetime:
                self.close(token)
        return sorted(self.users)
