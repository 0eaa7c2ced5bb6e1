"""What the reviewer is made of. The editor rewrites this file; the machinery reads it and names no part itself."""

from reviewer.combiners import weighted_sum
from reviewer.features import edit_size, test_literal

# Each feature says from -1 (overfits) to 1 (right) what it makes of a patch; 0 = nothing.
FEATURES = {
    edit_size: 0.5,
    test_literal: 1.0,
}

# How the weighted values become one number, and from which number on a patch is accepted.
COMBINER = weighted_sum
THRESHOLD = 0.0

# What one review may cost, in counted steps.
MAX_STEPS = 200000
