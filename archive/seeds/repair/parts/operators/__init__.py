"""Operators: each proposes one kind of edit."""
