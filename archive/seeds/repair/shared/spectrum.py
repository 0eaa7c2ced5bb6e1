"""Which lines the visible cases run, and of what kinds the variables are while they do."""

import ast
import itertools
import sys

from shared.bounded import FILE, Runner
from shared.values import same


class Spectrum:
    """Coverage of a program's cases.

    `answers`: encoded answers; `passed`: which cases pass; `lines`: per case, the set of lines that ran;
    `kinds`: ``{(function, variable): {type names}}`` as Context takes it; `crashes`: per case the line where an
    exception left the program's own code, or None; `steps`: per case, the counted work.
    """

    def __init__(self):
        self.answers, self.passed, self.lines, self.crashes, self.steps = [], [], [], [], []
        self.kinds = {}

    def counts(self) -> dict:
        """Return ``{line: (failing cases that run it, passing cases that run it)}``."""
        found = {}
        for passed, lines in zip(self.passed, self.lines, strict=True):
            for line in lines:
                failing, passing = found.get(line, (0, 0))
                found[line] = (failing, passing + 1) if passed else (failing + 1, passing)
        return found

    def totals(self) -> tuple:
        """Return (failing cases, passing cases)."""
        return self.passed.count(False), self.passed.count(True)


def measure(program, cases: list, runner: Runner) -> Spectrum:
    """Run every case of a Program under a trace; each case loads the program afresh."""
    spectrum = Spectrum()
    codes, heads = program.codes(), _heads(program.tree)
    for case in cases:
        trace, before = _Trace(spectrum.kinds), runner.used()
        sys.settrace(trace.start)
        try:
            namespace = runner.load(codes)
            answer = {"$error": "DoesNotLoad"} if namespace is None else runner.run(namespace, case["input"])
        finally:
            sys.settrace(None)
        spectrum.answers.append(answer)
        spectrum.passed.append(same(answer, case["expected"]))
        spectrum.lines.append(trace.lines.union(*(lines for lines in heads if lines & trace.lines)))
        spectrum.crashes.append(trace.crash)
        spectrum.steps.append(runner.used() - before)
    return spectrum


def _heads(tree) -> list:
    """Return the lines of each statement (without its blocks) that spans several: they run together."""
    spans = []
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            end = body[0].lineno if isinstance(body, list) else node.end_lineno + 1
            if end > node.lineno + 1:
                spans.append(set(range(node.lineno, end)))
    return spans


class _Trace:
    def __init__(self, kinds):
        self.kinds, self.lines, self.crash = kinds, set(), None

    def start(self, frame, event, argument):
        if frame.f_code.co_filename != FILE:
            return None
        self.lines.add(frame.f_code.co_firstlineno)
        return self.line

    def line(self, frame, event, argument):
        self.lines.add(frame.f_lineno)
        if event == "return":
            self.note(frame)
        elif event == "exception" and self.crash is None:
            self.crash = frame.f_lineno
        return self.line

    def note(self, frame):
        function = frame.f_code.co_name
        for name, value in frame.f_locals.items():
            self.add(function, name, value)
            if name == "self":
                for attribute, held in getattr(value, "__dict__", {}).items():
                    self.add("self", attribute, held)

    def add(self, function, name, value):
        self.kinds.setdefault((function, name), set()).add(type(value).__name__)
        self.add_items(function, name + "[]", value)

    def add_items(self, function, name, value):
        for item in _some_items(value):
            self.kinds.setdefault((function, name), set()).add(type(item).__name__)
            for inner in _some_items(item):
                self.kinds.setdefault((function, name + "[]"), set()).add(type(inner).__name__)


def _some_items(value):
    """Return the first item of a list or mapping, and the first few of a tuple, whose items may differ in kind."""
    if isinstance(value, tuple):
        return value[:4]
    if isinstance(value, list):
        return value[:1]
    if isinstance(value, dict):
        return list(itertools.islice(value.values(), 1))
    return ()
