"""The metered way to language models: one socket, the keys on this side of it, every call on record."""
