"""Operators take turns; each offers its edits from the most suspicious line to the least."""

KIND = "order"


def order(edits: list, lines: dict, weights: dict) -> list:
    """Return the edits in the order in which they are tried; an operator of weight 2 has two turns a round."""
    turns: dict = {}
    keyed = []
    for edit in sorted(edits, key=lambda edit: -lines.get(edit.line, 0)):
        if lines.get(edit.line, 0) > 0:
            turns[edit.operator] = turns.get(edit.operator, 0) + 1
            keyed.append((turns[edit.operator] / max(1e-6, weights.get(edit.operator, 1.0)), len(keyed), edit))
    return [edit for _, _, edit in sorted(keyed, key=lambda item: item[:2])]
