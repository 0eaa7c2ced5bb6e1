"""One patch under review, prepared for features: both programs, what changed, the tests, and bounded runs.

Everything is made when it is first asked for. The artifact is hostile data: only its syntax tree (without comments and
docstrings) and its behaviour in bounded runs reach a feature, and every run counts against one budget of steps.
"""

import ast
import functools
import json
import os
from dataclasses import dataclass

from reviewer.inputs import generate_inputs
from reviewer.rivals import find_rivals
from reviewer.treediff import revert, tree_changes
from shared import spectrum
from shared.bounded import Instrumenter, Runner, compile_statement, future_flags
from shared.candidates import Program
from shared.values import same

PROGRAM = "program.py"
MAX_SOURCE_BYTES = 60_000
MAX_NODES = 6_000
MAX_DEPTH = 60
GENERATED = 80
CASE_STEPS = 4_000
RUN_COST = 15  # steps that starting a run counts for, so that many short runs are bounded as well


UNKNOWN = {"$unknown": True}


class Refused(ValueError):
    """The artifact cannot be reviewed at all; the message is the reason for its rejection."""


@dataclass(frozen=True)
class Sample:
    """A visible test: an INPUT and the encoded value that is expected."""

    input: dict
    expected: object


class Case:
    """A reviewed patch. `refusal` is None, or why there is nothing to review."""

    def __init__(self, faulty_source, patched_source, visible, instruction="", max_steps=400_000):
        self.faulty_source = faulty_source
        self.patched_source = patched_source
        self.instruction = instruction if isinstance(instruction, str) else ""
        self.visible = visible
        self.max_steps = max_steps
        self.runner = Runner(CASE_STEPS)
        self.runs = 0
        self.refusal = None
        try:
            self.faulty = parse(faulty_source)
            self.patched = parse(patched_source)
        except Refused as error:
            self.refusal = str(error)
            self.faulty = self.patched = ast.Module([], [])

    # -- syntax

    @functools.cached_property
    def changes(self):
        """The Changes from the faulty to the patched tree."""
        return tree_changes(self.faulty, self.patched)

    @property
    def line(self):
        """The first changed line of the patched program."""
        return min((change.line for change in self.changes), default=1)

    def added(self):
        """Return all nodes of the patched program that the patch brought in."""
        return [node for change in self.changes if change.new is not None for node in ast.walk(change.new)]

    def removed(self):
        """Return all nodes of the faulty program that the patch took away."""
        return [node for change in self.changes if change.old is not None for node in ast.walk(change.old)]

    def without(self, change):
        """Return the patched tree with one change taken back, or None."""
        return revert(self.patched, change)

    # -- behaviour

    @functools.cached_property
    def inputs(self):
        """Generated inputs near the visible ones."""
        return generate_inputs([sample.input for sample in self.visible], GENERATED)

    @functools.cached_property
    def faulty_program(self):
        return self.load(self.faulty)

    @functools.cached_property
    def patched_program(self):
        return self.load(self.patched)

    def load(self, tree):
        """Return a program that `answer` can run, or None where the tree does not compile or its top level fails."""
        self.runs += 1
        codes = counted_code(tree)
        return None if codes is None else self.runner.load(codes)

    def answer(self, program, case_input):
        """Return a program's encoded answer to an INPUT; UNKNOWN when the review's steps are used up."""
        if program is None:
            return {"$error": "DoesNotLoad"}
        if self.spent() >= self.max_steps:
            return UNKNOWN
        self.runs += 1
        return self.runner.run(program, case_input)

    def crashed(self, value):
        """Tell whether an answer is an exception (or the step limit, which ends a program likewise)."""
        return is_error(value)

    def spent(self):
        """Return the steps that this review has cost so far."""
        return self.runner.used() + RUN_COST * self.runs

    def passes(self, tree):
        """Tell whether a program passes all visible tests."""
        program = self.load(tree)
        return program is not None and all(same(self.answer(program, s.input), s.expected) for s in self.visible)

    @functools.cached_property
    def failing(self):
        """The visible tests that the faulty program fails."""
        return [s for s in self.visible if not same(self.answer(self.faulty_program, s.input), s.expected)]

    @functools.cached_property
    def compared(self):
        """(input, faulty program's answer, patched program's answer) of the generated inputs."""
        found = []
        for item in self.inputs:
            pair = self.answer(self.faulty_program, item), self.answer(self.patched_program, item)
            if UNKNOWN in pair:
                break
            found.append((item, *pair))
        return found

    @functools.cached_property
    def legal(self):
        """The compared triples whose input is likely to be a legal one: one of the two programs does not crash on it."""
        return [triple for triple in self.compared if not (is_error(triple[1]) and is_error(triple[2]))]

    @functools.cached_property
    def faulty_spectrum(self):
        """The shared.spectrum.Spectrum of the faulty program on the visible tests."""
        return self._spectrum(self.faulty_source)

    @functools.cached_property
    def patched_spectrum(self):
        """The same of the patched program."""
        return self._spectrum(self.patched_source)

    def _spectrum(self, source):
        cases = [{"input": sample.input, "expected": sample.expected} for sample in self.visible]
        self.runs += 10 * len(cases)  # a traced run is slow
        return spectrum.measure(Program(source.decode()), cases, self.runner)

    @functools.cached_property
    def rivals(self):
        """Other plausible patches that a bounded search finds (see reviewer.rivals)."""
        return find_rivals(self)


def counted_code(tree):
    """Return the counted code of a tree's statements, or None where one does not compile."""
    flags = future_flags(tree)
    codes = [compile_statement(Instrumenter().visit(statement), flags) for statement in tree.body]
    return None if None in codes else codes


def is_error(value):
    """Tell whether an encoded answer is an exception or a used-up step limit."""
    return isinstance(value, dict) and "$error" in value


def parse(source):
    """Return the tree of a program without docstrings; Refused says why there is none."""
    if len(source) > MAX_SOURCE_BYTES:
        raise Refused(f"{PROGRAM} is larger than {MAX_SOURCE_BYTES} bytes")
    try:
        text = source.decode("utf-8")
        if "\0" in text:
            raise Refused(f"{PROGRAM} contains NUL")
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise error if isinstance(error, Refused) else Refused(f"{PROGRAM} is not Python: {type(error).__name__}") from None
    if _too_large(tree):
        raise Refused(f"{PROGRAM} is nested or branched beyond what is reviewed")
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef, ast.Module)):
            _drop_docstring(node)
    return tree


def _drop_docstring(node):
    first = node.body[0] if node.body else None
    if len(node.body) > 1 and isinstance(first, ast.Expr) and isinstance(getattr(first, "value", None), ast.Constant):
        del node.body[0]


def _too_large(tree):
    level, nodes = [tree], 0
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        nodes += len(level)
        if not level:
            return False
        if nodes > MAX_NODES:
            return True
    return True


def open_case(artifact, task_dir, instruction, max_steps):
    """Return the Case of a review request's folders."""
    visible = json.loads(_read(os.path.join(task_dir, "visible.json")))["cases"]
    samples = [Sample(case["input"], case["expected"]) for case in visible]
    try:
        patched = _read(os.path.join(artifact, PROGRAM))
    except OSError as error:
        case = Case(b"", b"", samples, instruction, max_steps)
        case.refusal = f"{PROGRAM} cannot be read: {type(error).__name__}"
        return case
    return Case(_read(os.path.join(task_dir, PROGRAM)), patched, samples, instruction, max_steps)


def _read(path):
    """Read at most a little more than is reviewed; a fifo or a device must not hold the reviewer up."""
    if not os.path.isfile(path):
        raise FileNotFoundError(path)
    with open(path, "rb") as file:
        return file.read(MAX_SOURCE_BYTES * 20)
