"""Moves that the editor may use.

Each module has one function ``propose(scene) -> Proposal | None``: one change of a role's source as {path: new text}, a
line that says what was tried, and why. A move draws from ``scene.rng`` only, reads the workspace and writes nothing.
"""
