"""What the seats share: `patch` is theirs, the other modules are copies of the seed workspace's (a test compares)."""
