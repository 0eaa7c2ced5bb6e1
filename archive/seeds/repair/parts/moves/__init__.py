"""Moves that the editor may use: each proposes one change of a role's source."""
