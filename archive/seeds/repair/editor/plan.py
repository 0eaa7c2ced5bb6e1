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
    wire_in: 12.0,
    tune_constant: 1.5,
    tune_weights: 2.0,
    replace_part: 1.5,
    remove_part: 0.5,
    reorder: 0.5,
    take_part: 1.5,
    take_role: 1.5,
    take_constant: 0.5,
    mutate_code: 0.25,
}

# How often the editor edits itself, and how much a role's failures draw its attention.
SELF_SHARE = 0.1
FAILURE_PULL = 3.0

# How often an edit is made of two moves.
COMPOUND_SHARE = 0.15

# Moves that may fail to apply before the edit falls back to one constant.
ATTEMPTS = 20
