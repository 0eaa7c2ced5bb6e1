"""A patch as one seat of a panel sees it: its own inputs and its own search for rivals, and what others told it."""

import ast
import functools
from dataclasses import dataclass

from reviewer import rivals
from reviewer.case import UNKNOWN, Case, parse
from reviewer.inputs import generate_inputs
from reviewer.seat import Seat
from shared.candidates import Program, fingerprint
from shared.context import Context
from shared.spectrum import measure
from shared.values import canonical, same

MOST_RIVALS = 64


@dataclass(frozen=True)
class FoundRival(rivals.Rival):
    """A plausible patch with its normalised source, and whether it was heard of."""

    text: str
    heard: bool


class SeatedCase(Case):
    """A Case whose inputs and rivals depend on the seat; `heard` has inputs and programs of others (or None)."""

    def __init__(self, case, plan, seat=None, heard=None):
        super().__init__(case.faulty_source, case.patched_source, case.visible, case.instruction, case.max_steps)
        self.refusal = case.refusal
        self.plan, self.seat, self.heard = plan, seat or Seat(), heard
        self._remembered = {}

    def answer(self, program, case_input):
        """Return a program's encoded answer; a rival is run once on an input, however many ask."""
        known = self._remembered.get(id(program))
        if known is None:
            return super().answer(program, case_input)
        key = canonical(case_input)
        if key not in known:
            answer = super().answer(program, case_input)
            if answer is UNKNOWN:
                return UNKNOWN
            known[key] = answer
        return known[key]

    @functools.cached_property
    def inputs(self):
        """Generated inputs near the visible ones: this seat's share first, then those that it heard of."""
        alone = self.plan.INPUTS_ALONE if self.seat.alone else self.plan.INPUTS
        count = int(self.plan.INPUTS_HEARING if self.heard else alone)
        visible = [sample.input for sample in self.visible]
        made = generate_inputs(visible * (self.seat.number + 1), count)  # repeated: the same habits, another seed
        told = self.heard.inputs if self.heard else []
        return list({canonical(item): item for item in [*made, *told]}.values())

    @functools.cached_property
    def rivals(self):
        """Other plausible patches: those that it knows of and that pass here too, and those of a search of its own."""
        found, seen = [], {ast.unparse(self.patched)}
        limit = self.spent() + (self.max_steps - self.spent()) * rivals.STEPS_SHARE
        for source in self.heard.programs if self.heard else []:
            rival = self.examined(source, seen) if self.spent() < limit else None
            if rival is not None:
                found.append(rival)
        sources = [] if self.heard and self.heard.own else self.sources  # a search that was made is not made again
        tries = self.plan.EDITS_ALONE if self.seat.alone else self.plan.EDITS
        for number, source in enumerate(sources):
            share = (self.max_steps - self.spent()) * rivals.STEPS_SHARE / (len(sources) - number)
            self.search(source, int(tries) // len(sources), self.spent() + share, found, seen)
        del found[MOST_RIVALS:]
        self._remembered = {id(rival.program): {} for rival in found}
        return found

    @functools.cached_property
    def sources(self):
        """The programs whose edits are tried: the faulty one, and the patched one with one of its changes taken back."""
        trees = []
        if 1 < len(self.changes) <= rivals.MOST_CHANGES:
            trees = [self.without(change) for change in self.changes]
        return [self.faulty_source.decode(), *(ast.unparse(tree) for tree in trees if tree is not None)]

    def examined(self, source, seen):
        """Return the Rival that a heard program is, or None: it is not one, or it is known already."""
        try:
            tree = parse(source.encode())
            text = ast.unparse(tree)
        except (ValueError, RecursionError):  # Refused is a ValueError
            return None
        if text in seen:
            return None
        seen.add(text)
        program = self.load(tree)
        if program is None or not self.plausible(program, self.visible):
            return None
        return FoundRival(1, "heard", program, text, True)

    def plausible(self, program, samples):
        """Tell whether a loaded program passes the samples."""
        return all(same(self.answer(program, sample.input), sample.expected) for sample in samples)

    def search(self, source, tries, limit, found, seen):
        """Add the plausible ones among a few single edits of one program to `found`, in this seat's order."""
        program = Program(source)
        cases = [{"input": sample.input, "expected": sample.expected} for sample in self.visible]
        spectrum = measure(program, cases, self.runner)
        failing = [lines for lines, passed in zip(spectrum.lines, spectrum.passed) if not passed]
        if not failing:
            return
        context = Context(program, set.intersection(*failing) or None, spectrum.kinds)
        samples = [sample for _, _, sample in sorted(zip(spectrum.passed, range(len(cases)), self.visible))]
        codes_seen = {fingerprint(program.codes())}
        edits = rivals.interleaved(list(rivals.single_edits(context)))
        for edit in self.seat.first(edits)[:tries]:
            if self.spent() >= limit:
                break
            codes = program.codes(edit)
            self.runs += 1
            key = fingerprint(codes) if codes else None
            if codes is None or key in codes_seen:
                continue
            codes_seen.add(key)
            loaded = self.runner.load(codes)
            if loaded is not None and self.plausible(loaded, samples):
                text = rivals.without_docstrings(program.normal(edit))
                if text not in seen:
                    seen.add(text)
                    found.append(FoundRival(edit.line, edit.operator, loaded, text, False))
