"""Lines take turns, the most suspicious first; each offers its edits from the operator of most weight to the least."""

KIND = "order"


def order(edits: list, lines: dict, weights: dict) -> list:
    """Return the edits in the order in which they are tried."""
    turns: dict = {}
    keyed = []
    for edit in sorted(edits, key=lambda edit: -weights.get(edit.operator, 1.0)):
        score = lines.get(edit.line, 0)
        if score > 0:
            turns[edit.line] = turns.get(edit.line, 0) + 1
            keyed.append((turns[edit.line] / score, len(keyed), edit))
    return [edit for _, _, edit in sorted(keyed, key=lambda item: item[:2])]
