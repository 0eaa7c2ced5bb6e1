"""What the reviewers of a panel are made of: parts and constants. The editor evolves this file."""

from reviewer.combiners import weighted_sum
from reviewer.features import (
    branches,
    edit_size,
    idioms,
    input_equality,
    new_comparisons,
    new_words,
    reuse,
    rival_share,
    slack,
    test_literal,
)

# Each feature says from -1 (overfits) to 1 (right) what it makes of a patch; 0 = nothing.
FEATURES = {
    rival_share: 2.2,
    slack: 0.5,
    edit_size: 0.25,
    input_equality: 0.5,
    new_words: 0.35,
    branches: 0.25,
    new_comparisons: 0.2,
    reuse: 0.2,
    idioms: 0.3,
    test_literal: 0.5,
}

# How the weighted values become one number, and from which number on a patch is accepted.
COMBINER = weighted_sum
THRESHOLD = 0.0

# What one review may cost, in counted steps.
MAX_STEPS = 100000

# What makes a seat of a panel unlike the others: the part of the features that it looks at (always at the first), how
# far its weights lie from those above (the deviation of their logarithm), its own inputs, and its share of the edits.
FEATURE_SHARE = 0.6
WEIGHT_SPREAD = 0.4
INPUTS = 24
EDITS = 60

# What a seat tells the others, and on how many inputs of its own it compares what they tell it.
TOLD_INPUTS = 12
TOLD_RIVALS = 24
INPUTS_HEARING = 160

# What a reviewer that works alone has, and how many counter-examples of a rejection it asks to have run again.
INPUTS_ALONE = 160
EDITS_ALONE = 300
PROBES = 1
