"""The search engine: puts the parts named in a plan to work on one program. It names no part itself."""

from itertools import islice

from coder.evidence import Evidence
from shared.bounded import Runner
from shared.candidates import Program, fingerprint
from shared.context import Context
from shared.spectrum import measure
from shared.values import same

EDIT_STEPS = 6  # counted for each proposed edit
OPERATOR_EDITS = 4_000  # edits that one operator may propose for one program
LEAST_CASE_STEPS = 300


class SearchOver(Exception):
    """The search reached one of its limits."""


class Attempt:
    """One candidate that was run: `passed` says for each visible case whether it passes (None: not run)."""

    __slots__ = ("answers", "base", "edit", "passed")

    def __init__(self, base, edit, passed, answers):
        self.base, self.edit, self.passed, self.answers = base, edit, passed, answers

    def score(self) -> int:
        """Return how many cases are known to pass."""
        return sum(bool(item) for item in self.passed)


class Patch:
    """A plausible patch: it passes all visible cases. `edits` are those that lead to it, `found` its number."""

    def __init__(self, text: str, edits: list, codes: list, found: int):
        self.text, self.edits, self.codes, self.found = text, edits, codes, found

    def size(self) -> int:
        """Return how much the patch changes."""
        return sum(edit.size for edit in self.edits)


class Base:
    """A program that edits start from: the faulty one, or a candidate that is better than it."""

    def __init__(self, engine, source: str, edits: list):
        self.program = Program(source)
        self.edits = edits
        self.spectrum = measure(self.program, engine.cases, engine.runner)
        self.lines = engine.plan.LOCALISE.localise(self.spectrum)
        open_lines = {line for line, score in self.lines.items() if score > 0}
        self.context = Context(self.program, open_lines, self.spectrum.kinds, expected_errors(engine.cases))


def expected_errors(cases: list) -> list:
    """Return the exceptions that visible cases ask for, also of single operations."""
    found = {}
    for case in cases:
        wanted = case["expected"]
        for item in wanted if isinstance(wanted, list) else [wanted]:
            if isinstance(item, dict) and "$error" in item:
                found[item["$error"]] = None
    return list(found)


def wanted(plan) -> int:
    """Return how many plausible patches a search looks for: no more than the plan's rankings have a use for."""
    useful = [getattr(part, "ENOUGH", plan.MAX_PLAUSIBLE) for part in plan.RANKING]
    return min(plan.MAX_PLAUSIBLE, max(useful, default=1))


class Engine:
    """Searches patches for one program and chooses one. All limits are counts, so that runs are equal everywhere."""

    def __init__(self, plan, source: str, cases: list, steps: int, seed: int):
        self.plan, self.cases, self.seed = plan, cases, seed
        self.limit = min(plan.MAX_STEPS, steps) if steps > 0 else plan.MAX_STEPS
        self.runner = Runner(plan.CASE_STEPS)
        self.tried, self.attempts, self.plausible = 0, [], []
        self.limit_hit = False
        self.wanted = wanted(plan)
        self._seen = set()
        self._stop_at = self.limit
        self.base = Base(self, source, [])
        self.runner.case_steps = self._case_steps()
        self._seen.add(fingerprint(self.base.program.codes()))
        passed = self.base.spectrum.passed
        self.sequence = sorted(range(len(cases)), key=lambda number: passed[number])  # failing cases first

    def steps(self) -> int:
        """Return the counted work so far."""
        return self.runner.used()

    # ------------------------------------------------------------------------------------------ for searches

    def edits(self, base: Base) -> list:
        """Return the edits of all operators for a program, in the plan's order."""
        found = []
        for part in self.plan.OPERATORS:
            name = part.__name__.rpartition(".")[2]
            numbers: dict = {}
            for edit in islice(part.propose(base.program.tree, base.context), OPERATOR_EDITS):
                edit.operator = name
                edit.index = numbers[edit.line] = numbers.get(edit.line, -1) + 1
                found.append(edit)
        self.runner.charge(EDIT_STEPS * len(found))
        return self.plan.ORDER.order(found, base.lines, self.plan.OPERATOR_WEIGHTS)

    def attempt(self, base: Base, edit, thorough: bool = False) -> Attempt | None:
        """Run one candidate; None when it does not compile or was tried before. Plausible ones are kept.

        Failing cases run first and the first failure ends the attempt, unless it is to be thorough.
        """
        self.check_limits()
        self.runner.charge(base.program.cost(edit))
        codes = base.program.codes(edit)
        if codes is None:
            return None
        key = fingerprint(codes)
        if key in self._seen:
            return None
        self._seen.add(key)
        self.tried += 1
        attempt = Attempt(base, edit, *self._run(codes, thorough))
        self.attempts.append(attempt)
        if all(attempt.passed):
            self.plausible.append(Patch(base.program.text(edit), [*base.edits, edit], codes, len(self.plausible)))
        return attempt

    def rebase(self, attempt: Attempt) -> Base:
        """Return the candidate of an attempt as a program that further edits start from."""
        return Base(self, attempt.base.program.text(attempt.edit), [*attempt.base.edits, attempt.edit])

    def check_limits(self) -> None:
        """End the search when a limit is reached."""
        if len(self.plausible) >= self.wanted:
            raise SearchOver
        if self.tried >= self.plan.MAX_CANDIDATES or self.steps() >= self._stop_at:
            self.limit_hit = True
            raise SearchOver

    def _case_steps(self) -> int:
        """Return the steps that a case may take: some times what the faulty program takes where it comes to an end."""
        taken = [steps for steps in self.base.spectrum.steps if steps < self.plan.CASE_STEPS]
        return min(self.plan.CASE_STEPS, LEAST_CASE_STEPS + self.plan.CASE_MARGIN * max(taken, default=self.plan.CASE_STEPS))

    def _run(self, codes, thorough):
        passed, answers = [None] * len(self.cases), [None] * len(self.cases)
        namespace = self.runner.load(codes)
        if namespace is None:
            return [False] * len(self.cases), answers
        for number in self.sequence:
            answers[number] = self.runner.run(namespace, self.cases[number]["input"])
            passed[number] = same(answers[number], self.cases[number]["expected"])
            if not passed[number] and not thorough:
                break
        return passed, answers

    # ------------------------------------------------------------------------------------------ the whole

    def search(self) -> None:
        """Run the plan's searches one after the other, each with its share of the steps."""
        end = self.limit if self.wanted == 1 else int(self.limit * (1 - self.plan.RANK_SHARE))
        if all(self.base.spectrum.passed):
            return
        for part in self.plan.SEARCHES:
            last = part is self.plan.SEARCHES[-1]
            left = end - self.steps()
            self._stop_at = end if last else self.steps() + int(left * self.plan.SEARCH_SHARE)
            try:
                part.search(self)
            except SearchOver:
                continue

    def choose(self) -> Patch | None:
        """Return the plausible patch that the rankings like best: each counts RANK_DECAY times the one before it."""
        if len(self.plausible) < 2:
            return self.plausible[0] if self.plausible else None
        evidence = Evidence(self)
        totals = [0.0] * len(self.plausible)
        weight = 1.0
        for part in self.plan.RANKING:
            for number, score in enumerate(part.rank(self.plausible, evidence)):
                totals[number] += weight * score
            weight *= self.plan.RANK_DECAY
        best = max(range(len(totals)), key=lambda number: (round(totals[number], 9), -number))
        return self.plausible[best]

    def notes(self, patch: Patch | None) -> dict:
        """Return what the response says of the search: plain counts, for the editor and for reports."""
        return {
            "failing": self.base.spectrum.passed.count(False),
            "candidates": self.tried,
            "plausible": len(self.plausible),
            "steps": self.steps(),
            "limit_hit": self.limit_hit,
            "chosen": None if patch is None else patch.found,
            "operators": [] if patch is None else [edit.operator for edit in patch.edits],
            "lines": [] if patch is None else [edit.line for edit in patch.edits],
        }
