"""Searches: how edits become candidates."""
