"""Edits of the operators with the largest weights first, and within them of the most suspicious lines."""

KIND = "order"


def order(edits: list, lines: dict, weights: dict) -> list:
    """Return the edits in the order in which they are tried."""
    known = [edit for edit in edits if lines.get(edit.line, 0) > 0]
    return sorted(known, key=lambda edit: (-weights.get(edit.operator, 1.0), -lines[edit.line], edit.line))
