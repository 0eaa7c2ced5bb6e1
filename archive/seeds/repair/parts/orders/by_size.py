"""Small edits first; among equals the most suspicious line first."""

KIND = "order"


def order(edits: list, lines: dict, weights: dict) -> list:
    """Return the edits in the order in which they are tried."""
    known = [edit for edit in edits if lines.get(edit.line, 0) > 0]
    return sorted(known, key=lambda edit: (edit.size, -lines[edit.line], edit.line))
