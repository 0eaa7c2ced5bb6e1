"""What the reviewers of a panel are made of: parts and constants. The editor evolves this file."""

from reviewer.combiners import weighted_sum
from reviewer.features import (
    edit_size,
    idioms,
    minimality,
    new_comparisons,
    new_words,
    reuse,
    rival_majority,
    rival_mass,
    rival_simpler,
    simplifiable,
    slack,
    test_literal,
)

# Each feature says from -1 (overfits) to 1 (right) what it makes of a patch; 0 = nothing.
FEATURES = {
    rival_mass: 1.2,
    rival_majority: 0.6,
    slack: 0.8,
    rival_simpler: 0.4,
    new_comparisons: 0.5,
    new_words: 0.4,
    reuse: 0.3,
    idioms: 0.4,
    simplifiable: 0.3,
    minimality: 0.4,
    edit_size: 0.3,
    test_literal: 0.8,
}

# How the weighted values become one number, and from which number on a patch is accepted.
COMBINER = weighted_sum
THRESHOLD = 0.1

# What one review may cost, in counted steps.
MAX_STEPS = 100000

# What makes a seat of a panel unlike the others: the part of the features that it looks at, how far its weights lie
# from those above (the deviation of their logarithm), and its own inputs and edits, of which it has its share.
FEATURE_SHARE = 0.8
WEIGHT_SPREAD = 0.4
INPUTS = 48
EDITS = 160

# What a seat tells the others, and what it makes of their opinions when it hears them.
TOLD_INPUTS = 12
TOLD_RIVALS = 12
DEFERENCE = 0.0
