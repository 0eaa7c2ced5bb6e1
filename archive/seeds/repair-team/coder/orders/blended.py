"""Suspicion times operator weight; the more edits an operator offers on a line, the less each of them counts."""

KIND = "order"
CROWD = 0.5  # 0: all edits of an operator on a line count the same; 1: the tenth counts a tenth
SUSPICION = 1.0  # power of the suspicion
SIZE = 0.5  # power with which large edits count less


def order(edits: list, lines: dict, weights: dict) -> list:
    """Return the edits in the order in which they are tried."""

    def priority(edit):
        score = lines[edit.line] ** SUSPICION * weights.get(edit.operator, 1.0)
        return score / (1 + edit.index) ** CROWD / edit.size**SIZE

    known = [edit for edit in edits if lines.get(edit.line, 0) > 0]
    return sorted(known, key=lambda edit: -priority(edit))
