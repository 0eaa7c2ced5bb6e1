"""The moves in use."""
