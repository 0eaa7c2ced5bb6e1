"""Ways to make one number of the features' values.

Each module has one function ``combine(votes) -> float`` over (value, weight) pairs; the reviewer accepts from its
THRESHOLD on. They are on different scales, so that a replaced combiner may ask for another threshold.
"""
