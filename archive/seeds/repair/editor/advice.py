"""What evidence says about spare parts: which would have reached a repair, which would have judged better.

Parts are imported and run, with counted steps; a part that cannot be run has no score.
"""

import ast
import importlib
import itertools
from difflib import SequenceMatcher

from editor.evidence import judged
from shared.bounded import Runner
from shared.candidates import Program, undo
from shared.context import Context
from shared.spectrum import measure

MAX_EDITS = 400  # edits of one operator that are compared with a reference
MAX_TASKS = 4  # failed tasks that operators are held against
MAX_CASES = 16  # labelled patches on which features are tried
CASE_STEPS = 60_000


class Reach:
    """What separates a failed task's program from its reference solution, to be held against operators' edits."""

    def __init__(self, faulty, right, cases=()):
        self.program = Program(faulty)
        self.before = self.program.normal().splitlines()
        self.right = ast.unparse(ast.parse(right)).splitlines()
        self.gone, self.new = difference(self.before, self.right)
        self.plain_gone, self.plain_new = plain(line for line, _ in self.gone), plain(line for line, _ in self.new)
        self.places = places(self.before, self.right)
        kinds = measure(self.program, list(cases), Runner()).kinds  # of what kinds variables are, as a search knows it
        self.context = Context(self.program, changed_lines(faulty, right), kinds)

    def by(self, operator):
        """Tell whether one edit of `operator` makes the program right, or right in one of several places."""
        for edit in itertools.islice(operator.propose(self.program.tree, self.context), MAX_EDITS):
            if not self._may_lead(edit):
                continue
            after = self.program.normal(edit).splitlines()
            taken, added = difference(self.before, after)
            if (taken or added) and taken <= self.gone and added <= self.new:
                if places(after, self.right) < self.places:  # not just a faulty line deleted
                    return True
        return False

    def _may_lead(self, edit):
        """Tell whether the statements that an edit touches change as the reference asks; printing them all is slow."""
        taken, added = touched(self.program, edit)
        return taken - added <= self.plain_gone and added - taken <= self.plain_new


def touched(program, edit):
    """Return the lines of the statements that an edit changes or takes out, and those that stand there after it."""
    undo(program.apply(edit))  # makes it ready: material that would come to hold itself is copied
    before, after, headers = [], [], {}
    for node, field, value in edit.changes:
        old = getattr(node, field)
        if is_block(old) or is_block(value):
            before += [item for item in old if not any(item is other for other in value)]
            after += [item for item in value if not any(item is other for other in old)]
        else:
            statement = next((item for item in (node, *program.holders(node)) if isinstance(item, ast.stmt)), program.tree)
            headers[id(statement)] = statement
    taken = [ast.unparse(header(item)) for item in headers.values()] + [ast.unparse(item) for item in before]
    undone = program.apply(edit)
    try:
        added = [ast.unparse(header(item)) for item in headers.values()] + [ast.unparse(item) for item in after]
    finally:
        undo(undone)
    return (plain(line for text in texts for line in text.splitlines()) for texts in (taken, added))


def plain(lines):
    """Return lines as a set, without what depends on where a statement stands."""
    return {line.strip().removeprefix("el") for line in lines}


def header(statement):
    """Return a statement without the statements in it."""
    blocks = [field for field, value in ast.iter_fields(statement) if is_block(value)]
    if not blocks:
        return statement
    copy = type(statement)()
    copy.__dict__.update(statement.__dict__)
    copy.__dict__.update({field: [ast.Pass()] if field == "body" else [] for field in blocks})
    return copy


def is_block(value):
    """Tell whether a field's value is a list of statements."""
    return isinstance(value, list) and any(isinstance(item, ast.stmt) for item in value)


def difference(before, after):
    """Return the lines that went and the lines that came, as sets of (line, its number among equal ones)."""
    return numbered(before) - numbered(after), numbered(after) - numbered(before)


def places(before, after):
    """Return in how many separate places two lists of lines differ."""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return sum(tag != "equal" for tag, *_ in matcher.get_opcodes())


def numbered(lines):
    """Return lines as a set in which equal ones stay apart."""
    counts, found = {}, set()
    for line in lines:
        counts[line] = counts.get(line, 0) + 1
        found.add((line, counts[line]))
    return found


def changed_lines(faulty, right):
    """Return the numbers of the faulty program's lines that the right one lacks, and of their neighbours."""
    near = set()
    matcher = SequenceMatcher(None, faulty.splitlines(), right.splitlines(), autojunk=False)
    for tag, start, end, _, _ in matcher.get_opcodes():
        if tag != "equal":
            near.update(range(start, end + 2))
    return near


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


def balanced(patches, count, rng):
    """Return up to `count` right and as many wrong patches."""
    found = []
    for wanted in (True, False):
        side = [patch for patch in patches if patch[2] is wanted]
        found += rng.sample(side, min(len(side), count))
    return found


class Advice:
    """What one edit's evidence says of spare parts: measured when first asked for, and kept between drafts."""

    def __init__(self, failures, evidence, rng):
        self._rng = rng
        self._evidence = evidence
        self._failed = [item for item in failures if item.reference()]
        self._reaches = None
        self._cases = None
        self._known = {}

    def tasks(self):
        """Return how many failed tasks `reached` looks at."""
        return len(self._open_tasks())

    def reached(self, shelf, name):
        """Return which of the failed tasks, by number, one edit of this operator would repair."""
        if (shelf, name) not in self._known:
            try:
                operator = importlib.import_module(f"parts.{shelf}.{name}")
                found = {number for number, reach in enumerate(self._open_tasks()) if reach.by(operator)}
            except Exception:  # border: evolved code may do anything; without an answer the part is as good as any
                found = set()
            self._known[shelf, name] = found
        return self._known[shelf, name]

    def separation(self, shelf, name):
        """Return how well a feature tells right from wrong here, from -1 (the wrong way round) to 1; 0 = not at all."""
        if (shelf, name) not in self._known:
            self._known[shelf, name] = self._separate(shelf, name)
        return self._known[shelf, name]

    def patches(self):
        """Return how many labelled patches `separation` looks at."""
        return len(self._open_cases())

    def _open_tasks(self):
        if self._reaches is None:
            self._reaches = []
            for item in self._rng.sample(self._failed, min(len(self._failed), MAX_TASKS)):
                try:
                    self._reaches.append(Reach(*item.reference(), item.cases()))
                except Exception:  # border: evidence may be anything, shared code is evolved
                    continue
        return self._reaches

    def _open_cases(self):
        if self._cases is None:
            self._cases = []
            try:
                open_case = importlib.import_module("reviewer.case").open_case
                for artifact, task, right in balanced(training_patches(self._evidence), MAX_CASES // 2, self._rng):
                    case = open_case(artifact, task, "", CASE_STEPS)
                    if case.refusal is None:
                        self._cases.append((case, right))
            except Exception:  # border: the reviewer under edit may be broken
                self._cases = []
        return self._cases

    def _separate(self, shelf, name):
        sums, counts = {True: 0.0, False: 0.0}, {True: 0, False: 0}
        try:
            measure = importlib.import_module(f"parts.{shelf}.{name}").measure
            for case, right in self._open_cases():
                sums[right] += max(-1.0, min(1.0, float(measure(case))))
                counts[right] += 1
        except Exception:  # border: as above
            return 0.0
        means = {right: sums[right] / counts[right] for right in counts if counts[right]}
        return (means.get(True, 0.0) - means.get(False, 0.0)) / 2
