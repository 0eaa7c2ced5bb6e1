"""Edits of the most suspicious lines first."""

KIND = "order"


def order(edits: list, lines: dict, weights: dict) -> list:
    """Return the edits in the order in which they are tried."""
    return sorted((edit for edit in edits if lines.get(edit.line, 0) > 0), key=lambda edit: (-lines[edit.line], edit.line))
