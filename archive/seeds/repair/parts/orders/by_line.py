"""Edits in source order, from the first suspicious line to the last."""

KIND = "order"


def order(edits: list, lines: dict, weights: dict) -> list:
    """Return the edits in the order in which they are tried."""
    return sorted((edit for edit in edits if lines.get(edit.line, 0) > 0), key=lambda edit: edit.line)
