"""Blame: which edits on a node's path its gain came from, by running it again without each of them.

For each edit the workspace without it is made (`rqgm.report.reversal`) and run on the same tasks, with the same seeds,
as the node and generation zero. An edit's loss is the node's rate minus the rate without the edit. Losses need not add
up to the node's gain: edits that help only together are each lost whole, edits that can stand in for each other not at
all; what is left over is the interaction. Nothing is written into the run.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rqgm.archive.lineage import Lineage
from rqgm.core.errors import ConfigError, UnknownNameError
from rqgm.core.intervals import PairedDifference, paired_difference
from rqgm.core.streams import python_stream
from rqgm.core.text import clean
from rqgm.core.trees import hash_tree
from rqgm.core.usage import Usage
from rqgm.core.words import Pool, RoleKind
from rqgm.evolution.worker import Test
from rqgm.evolution.workspaces import load_workspace
from rqgm.report.reversal import EditPath, Merger
from rqgm.run.evaluation import pool_names, role_on, run_tests, working
from rqgm.run.session import open_run
from rqgm.run.shelves import Shelves
from rqgm.run.summary import find_node, rate_of
from rqgm.tasks.suite import load_suite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rqgm.core.trees import File
    from rqgm.evolution.criterion import MeasuredRole
    from rqgm.evolution.workspaces import Workspace
    from rqgm.report.reversal import Graft, Obstacle, Reversal
    from rqgm.run.session import OpenedRun
    from rqgm.tasks.suite import Suite

Content = tuple[str, str]
"""(role, its hash): what is run once, however many workspaces have it."""

_CHOSEN = (
    "{suite}: the search chose its nodes by the {pool} pool, so there the gain over generation zero is flattered, and "
    "so are the losses of the edits that it kept."
)
POOL_NOTES = {
    Pool.VALIDATION: _CHOSEN,
    Pool.ANCHOR: _CHOSEN,
    Pool.TEST: "{suite}: the test pool is run once, at the end of a run. These figures describe that result; whoever "
    "chooses edits or nodes by them has no test pool left.",
    Pool.TRAIN: "{suite}: editors were shown outcomes of the train pool, so nothing follows for tasks that they did "
    "not see.",
}
"""What a pool of the run's own suite means for the figures."""
ADD_UP = (
    "Losses need not add up to the gain: edits that help only together are each lost whole, edits that can stand in "
    "for each other not at all. The interaction is the gain minus the sum of the losses."
)
TAKEN_ALONG = "An edit that can only be reverted with later ones counts their losses too, so the sum counts them twice."
NOISE = "{role} is not declared deterministic, or calls a model: a part of each difference is its own noise."
DRAWN = "{role}: {drawn} of the {available} of the pool, a draw seeded by the run's seed."
UNTESTED = (
    "p-values are McNemar's, exact and two-sided, corrected by Holm over the edits whose reversal changes the role; "
    "those alone on generation zero are a family of their own. An edit whose reversal leaves the role as it is loses "
    "nothing, and was not run."
)


@dataclass(frozen=True)
class BlameRequest:
    """Which node of which run, in which roles, on what; None or empty = the default."""

    run: Path
    node: str = "generalist"
    roles: tuple[str, ...] = ()
    suite: str | None = None
    pool: str | None = None
    tasks: int | None = None
    """So many tasks of the pool, drawn by the run's seed."""
    only_in: bool = False
    """Also run generation zero with each edit alone."""
    workers: int | None = None
    sandbox: str | None = None


@dataclass(frozen=True)
class Subject:
    """A role, and the tasks or items of one pool of a suite that it is run on; `available` is how many there are."""

    role: MeasuredRole
    suite: Suite
    pool: str
    names: tuple[str, ...]
    available: int
    own: bool
    """Whether it is the suite that the run measured the role on."""


@dataclass(frozen=True)
class Variants:
    """The workspaces to compare; `without[k]` and `only[k]` are those of edit k + 1 on the path."""

    seed: Workspace
    node: Workspace
    without: tuple[Reversal, ...]
    only: tuple[Graft, ...]

    def all(self) -> list[Workspace]:
        """Return every workspace, in a fixed order."""
        grafts = [graft.workspace for graft in self.only if graft.workspace is not None]
        return [self.seed, self.node, *(reversal.workspace for reversal in self.without), *grafts]


@dataclass
class Trials:
    """The contents that have to be run, each once, and the name of a workspace that has it."""

    subjects: Sequence[Subject]
    names: dict[Content, str] = field(default_factory=dict)
    trees: dict[str, dict[str, File]] = field(default_factory=dict)
    """Workspaces that are no nodes, by name."""
    outcomes: dict[Content, list[dict[str, Any]]] = field(default_factory=dict)

    def want(self, workspace: Workspace, commit: str | None = None) -> None:
        """Have a workspace run in every role; `commit` if it is a node's."""
        for subject in self.subjects:
            content = subject.role.name, workspace.roles[subject.role.name]
            if content not in self.names:
                name = commit or hash_tree(workspace.tree)[:40]
                self.names[content] = name
                if commit is None:
                    self.trees[name] = workspace.tree

    def tests(self) -> list[Test]:
        """Return all jobs in their order."""
        tasks = {subject.role.name: subject.names for subject in self.subjects}
        return [Test(name, role, task) for (role, _), name in self.names.items() for task in tasks[role]]

    def take(self, results: Sequence[dict[str, Any]]) -> None:
        """Take in the jobs' outcomes, in their order."""
        left = iter(results)
        tasks = {subject.role.name: subject.names for subject in self.subjects}
        self.outcomes = {content: [next(left) for _ in tasks[content[0]]] for content in self.names}

    def of(self, role: str, workspace: Workspace) -> list[dict[str, Any]]:
        """Return a workspace's outcomes in a role, in the order of its tasks."""
        return self.outcomes[role, workspace.roles[role]]


class Overlay(Lineage):
    """A lineage and, beside its nodes, workspaces that are in no repository."""

    def __init__(self, lineage: Lineage, trees: Mapping[str, dict[str, File]]) -> None:
        super().__init__(lineage.path)
        self._trees = trees

    def tree(self, node: str) -> dict[str, File]:
        """Return a node's workspace, or one of those beside."""
        return dict(self._trees[node]) if node in self._trees else super().tree(node)


async def blame(request: BlameRequest, observe: Callable[[int, int], None] = lambda _d, _a: None) -> dict[str, Any]:
    """Run a node without each edit of its path, and return what each was worth, as plain data without foreign markup.

    `observe` is told how many jobs are done, of how many. ConfigError if the node has no edits, or nothing to run.
    """
    began = time.monotonic()
    run = open_run(request.run)
    try:
        state = run.state
        path = state.path(find_node(state, request.node))
        if len(path) == 1:
            raise ConfigError(
                f"node {request.node!r} is generation zero: no edit lies on its path, so there is nothing to blame. "
                "`rqgm lineage` lists the other nodes"
            )
        subjects = _subjects(run, request)
        variants = _variants(run, path, only_in=request.only_in)
        trials = _trials(run, path, subjects, variants)
        tests = trials.tests()
        suites = {subject.suite.name: subject.suite for subject in subjects}
        roles = [subject.role for subject in subjects]
        overlay = Overlay(run.archive.lineage, trials.trees)
        async with working(run, roles, suites, sandbox=request.sandbox, lineage=overlay) as worker:
            observe(0, len(tests))
            trials.take(await run_tests(worker, tests, request.workers, lambda done: observe(done, len(tests))))
            backend = worker.bench.sandboxes.backend
        found = [
            _role_json(state.nodes[path[-1]].deterministic, path, subject, variants, trials) for subject in subjects
        ]
        usage = sum((Usage(**result["usage"]) for o in trials.outcomes.values() for result in o), start=Usage())
        return {
            "schema_version": 1,
            "run": run.lock.run,
            "node": state.nodes[path[-1]].commit,
            "index": path[-1],
            "path": path,
            "sandbox": backend.name,
            "isolated": backend.isolated,
            "edits": [_edit_json(run, path, step, variants) for step in range(1, len(path))],
            "roles": found,
            "notes": _notes(found, variants),
            "outcomes": len(tests),
            "usage": usage.to_json(),
            "wall_s": round(time.monotonic() - began, 3),
        }
    finally:
        run.archive.close()


# ---------------------------------------------------------------------- what is run


def _subjects(run: OpenedRun, request: BlameRequest) -> list[Subject]:
    """Return the roles to run: those asked for, or all; on their own suites, or on the one that is asked for."""
    measured = {role.name: role for role in run.criterion.roles}
    for name in request.roles:
        if name not in measured:
            raise UnknownNameError("measured role", name, measured, f"run {run.lock.run}")
    if request.suite is None:
        suites = {name: run.suites[measured[name].suite] for name in request.roles or measured}
    else:
        suite = run.suites.get(request.suite) or load_suite(
            Shelves.seen_from(Path.cwd()).find("suite", request.suite).path
        )
        suites = dict.fromkeys(request.roles or [role_on(run, suite, None).name], suite)
    return [_subject(run, request, name, suite) for name, suite in suites.items()]


def _subject(run: OpenedRun, request: BlameRequest, name: str, suite: Suite) -> Subject:
    role = role_on(run, suite, name)
    pool = request.pool or (Pool.ANCHOR if role.kind is RoleKind.JUDGE else Pool.VALIDATION).value
    names = pool_names(suite, pool)
    kept = set(names)
    if request.tasks is not None and request.tasks < len(names):
        kept = set(python_stream(run.lock.experiment.seed, "blame", suite.name, pool).sample(names, request.tasks))
    own = suite.hash == run.criterion.role(name).suite_hash
    return Subject(role, suite, pool, tuple(name for name in names if name in kept), len(names), own)


def _variants(run: OpenedRun, path: Sequence[int], *, only_in: bool) -> Variants:
    kinds = run.criterion.role_kinds
    trees = [run.archive.lineage.tree(run.state.nodes[index].commit) for index in path]
    nodes = [load_workspace(tree, kinds, f"node #{index}") for tree, index in zip(trees, path, strict=True)]
    steps = range(1, len(path))
    with tempfile.TemporaryDirectory(prefix="rqgm-") as scratch:
        edits = EditPath(trees, lambda tree: load_workspace(tree, kinds), Merger(Path(scratch)))
        without = tuple(edits.without(step) for step in steps)
        only = tuple(edits.only(step) for step in steps) if only_in else ()
    return Variants(nodes[0], nodes[-1], without, only)


def _trials(run: OpenedRun, path: Sequence[int], subjects: Sequence[Subject], variants: Variants) -> Trials:
    """Return what has to be run: each content of each role once, by a node's own commit where a node has it."""
    trials = Trials(subjects)
    nodes = run.state.nodes
    trials.want(variants.seed, nodes[path[0]].commit)
    trials.want(variants.node, nodes[path[-1]].commit)
    commits = {hash_tree(run.archive.lineage.tree(nodes[index].commit)): nodes[index].commit for index in path}
    for workspace in variants.all():
        trials.want(workspace, commits.get(hash_tree(workspace.tree)))
    return trials


# ---------------------------------------------------------------------- what is told


def _edit_json(run: OpenedRun, path: Sequence[int], step: int, variants: Variants) -> dict[str, Any]:
    node, parent = run.state.nodes[path[step]], run.state.nodes[path[step - 1]]
    reversal = variants.without[step - 1]
    graft = variants.only[step - 1] if variants.only else None
    changes = run.archive.lineage.changes(parent.commit, node.commit)
    return {
        "index": node.index,
        "commit": node.commit,
        "parent": parent.index,
        "epoch": node.epoch,
        "tried": clean(node.tried),
        "files": [asdict(change) | {"path": clean(change.path, 400)} for change in changes],
        "roles": [role for role, digest in node.roles.items() if parent.roles[role] != digest],
        "alone": reversal.obstacle is None,
        "reverted_with": [path[other] for other in reversal.steps[1:]],
        "obstacle": _obstacle_json(reversal.obstacle),
        "only_in": {"applies": graft.workspace is not None, "obstacle": _obstacle_json(graft.obstacle)}
        if graft
        else None,
    }


def _obstacle_json(obstacle: Obstacle | None) -> dict[str, Any] | None:
    if obstacle is None:
        return None
    return {"conflicts": [clean(path, 400) for path in obstacle.conflicts], "broken": obstacle.broken or None}


def _role_json(
    deterministic: frozenset[str], path: Sequence[int], subject: Subject, variants: Variants, trials: Trials
) -> dict[str, Any]:
    role = subject.role.name
    seed, node = trials.of(role, variants.seed), trials.of(role, variants.node)
    edits: list[dict[str, Any]] = []
    for step, reversal in enumerate(variants.without, start=1):
        without = trials.of(role, reversal.workspace)
        graft = variants.only[step - 1].workspace if variants.only else None
        edits.append(
            {
                "index": path[step],
                "changed": reversal.workspace.roles[role] != variants.node.roles[role],
                "without": _rate(without),
                "loss": _difference(without, node),
                "left": _difference(seed, without),
                "only_in": None
                if graft is None
                else {
                    "changed": graft.roles[role] != variants.seed.roles[role],
                    "alone": _rate(trials.of(role, graft)),
                    "gain": _difference(seed, trials.of(role, graft)),
                },
            }
        )
    correct([edit["loss"] for edit in edits if edit["changed"]])
    grafts = [edit["only_in"] for edit in edits if edit["only_in"]]
    correct([graft["gain"] for graft in grafts if graft["changed"]])
    gain = _difference(seed, node)
    lost = sum(edit["loss"]["gained"] - edit["loss"]["lost"] for edit in edits) / len(node)
    interaction = (gain["gained"] - gain["lost"]) / len(node) - lost
    return {
        "role": role,
        "kind": subject.role.kind.value,
        "deterministic": role in deterministic,
        "suite": subject.suite.name,
        "own_suite": subject.own,
        "pool": subject.pool,
        "tasks": list(subject.names),
        "available": subject.available,
        "seed": _rate(seed),
        "node": _rate(node),
        "gain": gain,
        "edits": edits,
        "sum_of_losses": round(lost, 6) + 0.0,  # no -0
        "interaction": round(interaction, 6) + 0.0,
    }


def _rate(outcomes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a rate with its interval, the outcomes behind it in the tasks' order, and how often what failed."""
    failures = Counter(result["failure"] for result in outcomes if result["failure"])
    told = rate_of([bool(result["y"]) for result in outcomes])
    return told | {"outcomes": [int(result["y"]) for result in outcomes], "failures": dict(sorted(failures.items()))}


def _difference(first: Sequence[dict[str, Any]], second: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the second's rate minus the first's, paired; exactly 0 where both are the same outcomes."""
    before, after = ([bool(result["y"]) for result in outcomes] for outcomes in (first, second))
    found = paired_difference(before, after)
    if first is second:
        found = PairedDifference(0.0, 0.0, 0.0, 0, 0, len(before), 1.0)
    return {
        "difference": round(found.difference, 6),
        "interval": [round(found.low, 6), round(found.high, 6)],
        "gained": found.only_second,
        "lost": found.only_first,
        "p_value": found.p_value,
        "p_holm": None,
    }


def correct(differences: Sequence[dict[str, Any]]) -> None:
    """Fill in `p_holm` of a family of differences."""
    for difference, p_value in zip(differences, holm([one["p_value"] for one in differences]), strict=True):
        difference["p_holm"] = p_value


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number by Holm's step-down rule, in their own order."""
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda i: (p_values[i], i))):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = largest
    return corrected


def _notes(roles: Sequence[dict[str, Any]], variants: Variants) -> list[str]:
    """Return what a reader has to know to read the figures rightly."""
    notes = [
        DRAWN.format(role=role["role"], drawn=len(role["tasks"]), available=role["available"])
        for role in roles
        if len(role["tasks"]) < role["available"]
    ]
    notes += [
        POOL_NOTES[role["pool"]].format(suite=role["suite"], pool=role["pool"]) for role in roles if role["own_suite"]
    ]
    notes += [ADD_UP, UNTESTED]
    notes += [TAKEN_ALONG] if any(reversal.obstacle for reversal in variants.without) else []
    return notes + [NOISE.format(role=role["role"]) for role in roles if not role["deterministic"]]
