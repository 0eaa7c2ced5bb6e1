"""Trying an edit before it is handed in: the edited role runs on train tasks whose right answer the evidence holds.

The role runs as the engine would run it, on copies of its files, in a process of its own, with counted steps. So the
same draft has the same gain on every machine.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

from editor.evidence import of_role
from shared.bounded import Runner
from shared.candidates import Program
from shared.inputs import generate
from shared.values import same

INPUTS = 60  # generated inputs on which a patch must answer as the reference does
MOST = 40  # items that a trial uses, whatever the plan says
SHARED = "shared"  # the folder that every role has beside its own
WALL_S = 120


class Trials:
    """Measures drafts for one role: the mean score on some failed and some solved train tasks, against the role as it is.

    A solver's score is 1 where its patch answers as the reference does; a judge's is how far it leans to the right
    verdict. Without such evidence every draft gains 0.
    """

    def __init__(self, plan, workspace, role, evidence, rng):
        self.plan, self.folder = plan, workspace.roles()[role]
        items = of_role(evidence, role)
        tasks = [item for item in items if item.reference()]
        failed, solved = [task for task in tasks if not task.success], [task for task in tasks if task.success]
        drawn = _some(rng, failed, plan.TRIED_FAILED) + _some(rng, solved, plan.TRIED_SOLVED)
        labelled = _some(rng, [item for item in items if item.label() is not None], plan.TRIED_VERDICTS)
        self.probes = [*map(Repair, drawn[:MOST]), *map(Verdict, labelled[:MOST])]
        self.before = None

    def gain(self, workspace):
        """Return by how much a changed workspace does better in the mean, between -1 and 1."""
        if not self.probes:
            return 0.0
        if self.before is None:
            self.before = [probe.before() for probe in self.probes]
        after = self._scores(workspace)
        return sum(new - old for new, old in zip(after, self.before)) / len(self.probes)

    def _scores(self, workspace):
        with tempfile.TemporaryDirectory() as scratch:
            overlay = os.path.join(scratch, "overlay")
            for folder in (self.folder, SHARED):
                for path in workspace.modules(folder):
                    _write(os.path.join(overlay, path), workspace.read(path))
            roots = [os.path.join(scratch, str(number)) for number in range(len(self.probes))]
            for root, probe in zip(roots, self.probes):
                request = {"schema_version": 1, "seed": 0, "limits": {"steps": self.plan.TRIAL_STEPS}, **probe.request(root)}
                _write(f"{root}/rqgm/io/request.json", json.dumps(request))
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rehearsal.py")
            command = [sys.executable, "-S", script, overlay, self.folder, *roots]
            quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            try:
                subprocess.run(command, timeout=WALL_S, check=False, cwd=scratch, **quiet)
            except subprocess.TimeoutExpired:
                pass  # what has no response has no score
            return [probe.score(root) for root, probe in zip(roots, self.probes)]


class Repair:
    """A train task of a solver."""

    def __init__(self, item):
        self.item = item
        self.right = item.reference()[1]
        self.cases = item.cases()
        self._wanted = None

    def request(self, root):
        """Copy the task into `root` and return what the role is asked."""
        workdir = f"{root}/work"
        shutil.copytree(os.path.join(self.item.folder, "task"), workdir)
        return {"kind": "solver", "workdir": workdir, "task": self.item.task, "instruction": "", "artifacts": []}

    def before(self):
        """Return the score of the patch that the unedited role made."""
        return self._score(self.item.text("artifact/program.py"))

    def score(self, root):
        """Return 1.0 when the patch in `root` answers like the reference, else 0.0."""
        try:
            with open(f"{root}/work/program.py", encoding="utf-8") as file:
                return self._score(file.read())
        except (OSError, ValueError):
            return 0.0

    def _score(self, source):
        if not source or source == self.item.text("task/program.py"):
            return 0.0
        try:
            if self._wanted is None:
                self._wanted = self._questions()
            answers = _answers(source, [question for question, _ in self._wanted])
            return float(all(same(answer, wanted) for answer, (_, wanted) in zip(answers, self._wanted)))
        except Exception:  # border: the patch was made by evolved code
            return 0.0

    def _questions(self):
        """Return (input, answer) of the visible cases and of generated inputs that the reference takes without an error."""
        visible = [case["input"] for case in self.cases]
        made = generate(visible, INPUTS, random.Random(0))
        legal = [(item, answer) for item, answer in zip(made, _answers(self.right, made)) if not _is_error(answer)]
        return [(case["input"], case["expected"]) for case in self.cases] + legal


class Verdict:
    """A labelled train item of a judge."""

    def __init__(self, item):
        self.item = item

    def request(self, root):
        """Return what the role is asked."""
        folder = self.item.folder
        return {"kind": "judge", "task": self.item.task, "instruction": "", "artifact": f"{folder}/artifact", "task_dir": f"{folder}/task"}

    def before(self):
        """Return the score of the verdict that the unedited role gave."""
        return self._score(self.item.score)

    def score(self, root):
        """Return the probability that the response in `root` gives to the right verdict."""
        try:
            with open(f"{root}/rqgm/io/response.json", encoding="utf-8") as file:
                return self._score(float(json.load(file)["score"]))
        except (OSError, ValueError, KeyError, TypeError):
            return 0.0

    def _score(self, given):
        return given if self.item.label() else 1.0 - given


def _answers(source, inputs):
    runner = Runner()
    namespace = runner.load(Program(source).codes())
    return [None if namespace is None else runner.run(namespace, item) for item in inputs]


def _is_error(answer):
    return isinstance(answer, dict) and "$error" in answer


def _some(rng, items, count):
    return rng.sample(items, min(len(items), max(0, int(count))))


def _write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
