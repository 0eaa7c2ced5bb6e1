"""Judges, panels of them, and how their opinions become one score."""
