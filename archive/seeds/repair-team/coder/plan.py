"""What the coders of a team are made of: parts, constants and lists of parts. The editor evolves this file."""

from coder.localise import naish, ochiai, smoothed
from coder.operators import (
    arithmetic,
    boundaries,
    call_arguments,
    comparison,
    connectives,
    constants,
    copied_statements,
    deleted_statements,
    dropped_conditions,
    expressions,
    guards,
    indexes,
    initial_values,
    literals,
    moved_statements,
    negation,
    offsets,
    ranges,
    returned,
    siblings,
    signs,
    slices,
    swapped_arguments,
    swapped_operands,
    targets,
    terms,
    texts,
    truths,
    updates,
    variables,
    wrapped,
)
from coder.orders import blended, by_line_turns, interleaved
from coder.rankings import few_crashes, prior, smallest
from coder.searches import by_failing_case, continued, merged, single

# How the first member works, and a coder that works alone.
LOCALISE = ochiai
OPERATORS = [
    comparison,
    constants,
    arithmetic,
    connectives,
    variables,
    literals,
    siblings,
    wrapped,
    offsets,
    boundaries,
    negation,
    signs,
    swapped_operands,
    swapped_arguments,
    call_arguments,
    indexes,
    slices,
    ranges,
    truths,
    texts,
    deleted_statements,
    dropped_conditions,
    moved_statements,
    initial_values,
    returned,
    targets,
    terms,
    updates,
    guards,
    copied_statements,
    expressions,
]
ORDER = blended
SEARCHES = [single]
RANKING = [few_crashes, prior, smallest]

# What the other members draw theirs from.
LOCALISERS = [ochiai, smoothed, naish]
ORDERS = [blended, by_line_turns, interleaved]
OTHER_SEARCHES = [by_failing_case]  # of every other member: what it runs on all cases shows partial repairs
OPERATOR_SHARE = 0.6  # part of the operators that another member works with
WEIGHT_SPREAD = 0.7  # how far a member's operator weights lie from the plan's, as the deviation of their logarithm

# What a member that hears others does: searches that use what it heard, and how it chooses among all patches it knows.
TALK = [merged, continued]
CHOICE = [few_crashes, prior, smallest]
TALK_SHARE = 0.6  # part of the steps that these searches may use; the rest is for a search of its own
ENOUGH = 1  # plausible patches, its own and others', with which it stops to search
TOLD_PATCHES = 4  # plausible patches in a message, each of another behaviour
TOLD_REPAIRS = 6  # partial repairs in a message
TOLD_LINES = 5  # suspicious lines in a message
TOLD_PROBES = 6  # inputs in a message on which its patches disagree

# Operator name -> weight in orders and rankings that use weights; others count 1.0. As in the README of `repair`.
OPERATOR_WEIGHTS = {
    "comparison": 3.0,
    "connectives": 3.0,
    "constants": 2.5,
    "variables": 2.0,
    "arithmetic": 2.0,
    "boundaries": 1.5,
    "negation": 1.5,
    "siblings": 1.5,
    "call_arguments": 0.8,
    "truths": 0.8,
    "guards": 0.7,
    "texts": 0.7,
    "deleted_statements": 0.6,
}
MAX_CANDIDATES = 10_000  # programs tried
MAX_PLAUSIBLE = 10  # the search ends with so many plausible patches, or with as many as the rankings have a use for
MAX_STEPS = 80_000  # counted work of one call; the run's limit holds as well
CASE_STEPS = 4_000  # counted work of one case at most
CASE_MARGIN = 8  # a case may take so many times the work that it takes in the faulty program
SEARCH_SHARE = 0.6  # part of what is left that each search but the last may use
RANK_SHARE = 0.2  # part of the steps kept for rankings that run programs
RANK_DECAY = 0.5  # weight of the next ranking in the list, as part of the one before it
INPUTS = 24  # generated inputs on which patches are compared, the same for all members
