"""What rankings may ask about plausible patches: their answers to generated inputs, and the original's."""

import random

from shared.bounded import Runner
from shared.inputs import generate


class Evidence:
    """Answers to generated inputs, run once and kept. `cases` are the visible ones, `base` the faulty program."""

    def __init__(self, engine):
        self.cases = engine.cases
        self.base = engine.base
        self.weights = engine.plan.OPERATOR_WEIGHTS
        self._engine = engine
        self._answers = {}
        self._inputs = None

    def inputs(self) -> list:
        """Return inputs made by changing the visible ones."""
        if self._inputs is None:
            rng = random.Random(self._engine.seed)
            self._inputs = generate([case["input"] for case in self.cases], self._engine.plan.INPUTS, rng)
        return self._inputs

    def answers(self, patch) -> list:
        """Return a patch's encoded answers to `inputs()`; [] when there are no steps left to run it."""
        if id(patch) not in self._answers:
            self._answers[id(patch)] = self._run(patch.codes)
        return self._answers[id(patch)]

    def original(self) -> list:
        """Return the faulty program's answers to `inputs()`."""
        if None not in self._answers:
            self._answers[None] = self._run(self.base.program.codes())
        return self._answers[None]

    def _run(self, codes) -> list:
        runner: Runner = self._engine.runner
        found = []
        namespace = runner.load(codes)
        for item in self.inputs():
            if namespace is None or runner.used() >= self._engine.limit:
                return []
            found.append(runner.run(namespace, item))
        return found
