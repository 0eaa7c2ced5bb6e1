"""What evidence says about spare parts: which would have reached a repair, which would have judged better.

Parts are imported and run, with counted steps; a part that cannot be run has no score.
"""

import importlib

from editor.evidence import judged

MAX_REACHES = 40
MAX_SEPARATIONS = 16
CASE_STEPS = 60_000


def reached_tasks(items, shelf, name):
    """Return how many of the failed tasks one edit of this operator would repair, and out of how many."""
    references = [item.reference() for item in items]
    references = [pair for pair in references if pair]
    try:
        reaches = importlib.import_module("shared.candidates").reaches
        operator = importlib.import_module(f"parts.{shelf}.{name}")
        return sum(bool(reaches(operator, faulty, right)) for faulty, right in references), len(references)
    except Exception:  # border: evolved code may do anything; without an answer the part is as good as any
        return 0, len(references)


def training_patches(evidence):
    """Return (artifact folder, task folder, is it right) of every labelled patch among the evidence.

    A reviewer's items carry labels; a coder's patch is labelled by its own success, and its reference is right.
    """
    patches = [(f"{item.folder}/artifact", f"{item.folder}/task", right) for item, right in judged(evidence)]
    for item in evidence:
        if item.reference():
            patches.append((f"{item.folder}/label", f"{item.folder}/task", True))
            artifact = item.text("artifact/program.py")
            if artifact and artifact != item.text("task/program.py") and not item.success:
                patches.append((f"{item.folder}/artifact", f"{item.folder}/task", False))
    return patches


class FeatureTrials:
    """Measures spare features on labelled patches; the prepared cases are shared between features."""

    def __init__(self, evidence):
        self.cases = []
        try:
            open_case = importlib.import_module("reviewer.case").open_case
            for artifact, task, right in training_patches(evidence):
                case = open_case(artifact, task, "", CASE_STEPS)
                if case.refusal is None:
                    self.cases.append((case, right))
        except Exception:  # border: the reviewer under edit may be broken
            self.cases = []

    def separation(self, shelf, name):
        """Return how well a feature tells right from wrong here, from -1 (the wrong way round) to 1; 0 = not at all."""
        sums, counts = {True: 0.0, False: 0.0}, {True: 0, False: 0}
        try:
            measure = importlib.import_module(f"parts.{shelf}.{name}").measure
            for case, right in self.cases:
                sums[right] += max(-1.0, min(1.0, float(measure(case))))
                counts[right] += 1
        except Exception:  # border: as above
            return 0.0
        means = {right: sums[right] / counts[right] for right in counts if counts[right]}
        return (means.get(True, 0.0) - means.get(False, 0.0)) / 2
