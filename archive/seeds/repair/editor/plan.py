"""What the editor is made of. The editor rewrites this file too: its own weights, moves and constants."""

from editor.moves import (
    mutate_code,
    remove_part,
    reorder,
    replace_part,
    take_constant,
    take_part,
    take_role,
    tune_constant,
    tune_weights,
    wire_in,
)

# Which kind of edit is made how often.
MOVES = {
    wire_in: 8.0,
    tune_constant: 1.5,
    tune_weights: 2.0,
    replace_part: 6.0,
    remove_part: 0.5,
    reorder: 0.5,
    take_part: 1.5,
    take_role: 1.5,
    take_constant: 0.5,
    mutate_code: 0.25,
}

# How often the editor edits itself, and how much a role's failures draw its attention.
SELF_SHARE = 0.1
FAILURE_PULL = 6.0

# How often an edit is made of two moves.
COMPOUND_SHARE = 0.15

# Moves that may fail to apply before the edit falls back to one constant.
ATTEMPTS = 20

# How many drafts of an edit are tried on train tasks, one on top of the other where it helps; on how many of a solver's that failed and that went well, with how
# many steps, and on how many labelled items of a judge.
DRAFTS = 6
TRIED_FAILED = 4
TRIED_SOLVED = 2
TRIAL_STEPS = 400_000
TRIED_VERDICTS = 8
