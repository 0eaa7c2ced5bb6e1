"""Weighted values, each flattened first, so that no single feature outweighs all others."""

import math

KIND = "combiner"

STEEPNESS = 2.0


def combine(votes):
    """Return the sum of weight x tanh(STEEPNESS x value)."""
    return sum(weight * math.tanh(STEEPNESS * value) for value, weight in votes)
