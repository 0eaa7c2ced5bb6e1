"""A member of a team: the engine's search by its own strategy, what it tells others, and what it makes of theirs."""

import base64
import hashlib
import random
import zlib

from coder.engine import Base, Engine, Patch, SearchOver
from coder.evidence import Evidence
from coder.hearing import shortened
from shared.candidates import Program, fingerprint
from shared.inputs import generate
from shared.values import canonical, closeness

PROBE_SEED = 0  # of the inputs on which all members of all teams compare patches
MAX_MESSAGE = 28_000  # characters
MAX_TRIED = 3_500  # candidates that a message says were tried
PROBE_STEPS = 6_000  # of one program on all inputs at most: kept for the answer, whatever the search takes
LOOKED_AT = 12  # candidates that are run on all cases to see what they repair


class Repair:
    """A program that passes more of the visible cases than the faulty one, or comes nearer to them."""

    def __init__(self, text: str, edits: list, passed: list, answers: list, gain: float):
        self.text, self.edits, self.passed, self.answers, self.gain = text, edits, passed, answers, gain

    def worth(self) -> tuple:
        """Return what repairs are sorted by: cases that pass, then how near the other answers come."""
        return sum(self.passed), round(self.gain, 9)


def mark(base: Base, edit) -> bytes:
    """Return three bytes by which members know an edit of a program; once in ten million they mistake another for it."""
    text = f"{base.program.source}|{edit.operator}|{edit.line}|{edit.index}"
    return zlib.crc32(text.encode(errors="replace")).to_bytes(4, "big")[:3]


class TeamEvidence(Evidence):
    """Answers to inputs that are the same for all members, and to those that others sent."""

    def __init__(self, engine, probes: list):
        super().__init__(engine)
        self.weights = engine.plan.PRIORS
        shared = generate([case["input"] for case in self.cases], engine.plan.INPUTS, random.Random(PROBE_SEED))
        self.shared = len(shared)
        self._inputs = shared + probes

    def _run(self, codes) -> list:
        return [] if self._engine.steps() >= self._engine.limit else self._engine.behaviour(codes, self.inputs())


class Member(Engine):
    """Searches as the engine does. `repairs` are the partial repairs that it knows, its own and others'."""

    def __init__(self, strategy, source: str, cases: list, steps: int, number: int = 0):
        super().__init__(strategy, source, cases, steps, PROBE_SEED)
        self.number = number
        self.limit -= min(PROBE_STEPS, self.limit // 4)
        self.repairs = []
        self.evidence = TeamEvidence(self, [])
        self.ranking = strategy.RANKING
        self.marks, self.known_marks = [], set()
        self._nearness = self._near(self.base.spectrum.answers)

    # ------------------------------------------------------------------------------------------ for searches

    def edits(self, base: Base) -> list:
        """Return the edits of all operators for a program, without those that others have tried."""
        found = super().edits(base)
        return [edit for edit in found if mark(base, edit) not in self.known_marks] if self.known_marks else found

    def attempt(self, base: Base, edit, thorough: bool = False):
        """Run one candidate as the engine does, and remember for others that it was tried."""
        made = super().attempt(base, edit, thorough)
        self.marks.append(mark(base, edit))
        return made

    def consider(self, text: str, edits: list) -> None:
        """Run a whole program on all cases: it becomes a plausible patch, a partial repair, or nothing."""
        self.check_limits()
        try:
            program = Program(text)
            self.runner.charge(sum(program._sizes.values()))
            codes = program.codes()
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        key = None if None in codes else fingerprint(codes)
        if key is None or key in self._seen:
            return
        self._seen.add(key)
        self.tried += 1
        passed, answers = self._run(codes, thorough=True)
        if all(passed):
            self.plausible.append(Patch(text, edits, codes, len(self.plausible)))
        else:
            self._note(text, edits, passed, answers)

    def based_on(self, repair: Repair) -> Base:
        """Return a partial repair as a program that edits start from."""
        return Base(self, repair.text, repair.edits)

    def _note(self, text, edits, passed, answers):
        gain = self._near(answers) - self._nearness
        if gain > 0 and not any(other.answers == answers for other in self.repairs):
            self.repairs.append(Repair(text, edits, passed, answers, gain))

    def _near(self, answers):
        return sum(closeness(answer, case["expected"]) for answer, case in zip(answers, self.cases, strict=True))

    # ------------------------------------------------------------------------------------------ turns

    def search(self) -> None:
        """Search alone; then look at what the best candidates repair."""
        super().search()
        if not self.plausible:
            self._look_back()

    def _look_back(self):
        before = self.base.spectrum.answers
        now = [closeness(answer, case["expected"]) for answer, case in zip(before, self.cases)]
        scored = []
        for attempt in self.attempts:
            gain = 0.0
            for number, answer in enumerate(attempt.answers):
                if attempt.passed[number] is not None:
                    gain += closeness(answer, self.cases[number]["expected"]) - now[number]
            if gain > 0:
                scored.append((attempt.score(), gain, attempt))
        scored.sort(key=lambda item: item[:2], reverse=True)
        for _, _, attempt in scored[:LOOKED_AT]:
            if self.steps() >= self.limit:
                break
            codes = attempt.base.program.codes(attempt.edit)
            passed, answers = self._run(codes, thorough=True)
            self._note(attempt.base.program.text(attempt.edit), [*attempt.base.edits, attempt.edit], passed, answers)

    def hear(self, heard) -> None:
        """Take up what others found, and search on from there until enough plausible patches are known."""
        self.ranking = self.plan.CHOICE
        self.evidence = TeamEvidence(self, heard.probes)
        self.known_marks = heard.marks
        self.wanted, self._stop_at = len(heard.programs) + 1, self.limit
        try:
            for told in heard.programs:
                self.consider(told.text, told.edits)
        except SearchOver:
            return
        self.wanted = self.plan.ENOUGH
        if all(self.base.spectrum.passed):
            return
        end = int(self.limit * (1 - self.plan.RANK_SHARE))
        for part in self.plan.TALK:
            self._stop_at = self.steps() + int((end - self.steps()) * self.plan.TALK_SHARE)
            try:
                part.search(self)
            except SearchOver:
                continue
        if len(self.plausible) < self.wanted:
            self.search()

    # ------------------------------------------------------------------------------------------ answering

    def choose(self):
        """Return the plausible patch that the rankings like best, else the best partial repair, else None."""
        if self.plausible:
            return self._ranked()
        return max(self.repairs, key=Repair.worth, default=None)

    def _ranked(self):
        totals, weight = [0.0] * len(self.plausible), 1.0
        for part in self.ranking if len(totals) > 1 else []:
            for number, score in enumerate(part.rank(self.plausible, self.evidence)):
                totals[number] += weight * score
            weight *= self.plan.RANK_DECAY
        return self.plausible[max(range(len(totals)), key=lambda number: (round(totals[number], 9), -number))]

    def behaviour(self, codes, inputs: list) -> list:
        """Return a program's answers to inputs; what PROBE_STEPS do not suffice for is an error, as for all members."""
        namespace, end = self.runner.load(codes), self.steps() + PROBE_STEPS
        idle = {"$error": "NotRun"}
        return [idle if namespace is None or self.steps() >= end else self.runner.run(namespace, item) for item in inputs]

    def response(self, chosen) -> dict:
        """Return the fields of the response, and as `text` the program to write (None: leave it as it is)."""
        if isinstance(chosen, Patch):
            codes, passed = chosen.codes, [True]
        elif chosen is not None:
            codes, passed = Program(chosen.text).codes(), chosen.passed
        else:
            codes, passed = self.base.program.codes(), self.base.spectrum.passed
        answers = self.behaviour(codes, self.evidence.inputs()[: self.evidence.shared])
        digest = hashlib.sha256(canonical(answers).encode()).hexdigest()[:32]
        return {
            "text": None if chosen is None else chosen.text,
            "answer": f"behaviour:{digest}",
            "evidence": sum(passed) / len(passed),
            "message": self.message(chosen),
            "notes": self.notes(chosen if isinstance(chosen, Patch) else None),
            "usage": {"steps": self.steps()},
        }

    def message(self, chosen) -> dict:
        """Return what others hear: programs, the best first; suspicious lines; inputs on which patches disagree."""
        distinct, probes = {}, {}
        for patch in [chosen, *self.plausible] if isinstance(chosen, Patch) else []:
            answers = self.evidence.answers(patch)
            key = canonical(answers) if answers else patch.text
            distinct.setdefault(key, (patch, answers))
        table = [answers for _, answers in distinct.values() if answers]
        for number, column in enumerate(zip(*table, strict=True)):
            if len({canonical(answer) for answer in column}) > 1:
                probes[number] = self.evidence.inputs()[number]
        programs = [patch for patch, _ in distinct.values()][: self.plan.TOLD_PATCHES]
        if not programs:
            programs = sorted(self.repairs, key=Repair.worth, reverse=True)[: self.plan.TOLD_REPAIRS]
        lines = sorted(self.base.lines.items(), key=lambda item: (-item[1], item[0]))[: self.plan.TOLD_LINES]
        told = {
            "programs": [
                {"source": item.text, "edits": [[edit.operator, edit.line, edit.size] for edit in item.edits]}
                for item in programs
            ],
            "lines": [[line, round(score, 6)] for line, score in lines],
            "probes": list(probes.values())[: self.plan.TOLD_PROBES],
            "tried": base64.b64encode(b"".join([*self.marks, *sorted(self.known_marks)][:MAX_TRIED])).decode(),
        }
        return shortened(told, MAX_MESSAGE)
