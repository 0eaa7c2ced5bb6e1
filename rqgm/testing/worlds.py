"""A synthetic world: a worker without sandboxes, whose nodes have known qualities. For tests, benchmarks and plug-ins.

A node's workspace is one file, ``quality.json``: how often its coder is right and how often its reviewer is. Edits move
these numbers; outcomes are draws that depend on content only, so that equal cells have equal outcomes.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import SandboxLostError
from rqgm.core.hashes import hash_json
from rqgm.core.streams import python_stream, stream_seed
from rqgm.core.trees import File
from rqgm.core.words import Pool, Provenance, RoleKind, Verdict
from rqgm.evolution.criterion import Criterion, Measure, MeasuredRole
from rqgm.judging.panel import Panel, PanelSpec, SeatSpec
from rqgm.judging.scoring.recorded import Truth

if TYPE_CHECKING:
    from rqgm.archive.run_archive import RunArchive
    from rqgm.core.trees import Tree
    from rqgm.evolution.worker import Expansion, Labelling, Test, Validation

KINDS = {"coder": RoleKind.SOLVER, "reviewer": RoleKind.JUDGE}


@dataclass(frozen=True)
class World:
    """How many items each pool has, how large edits are, how often jobs fail, and how long they take.

    `share` is that of the adversarial pool in a judge's outcomes; 0 = no such measure. Every other anchor item is to be
    accepted, and of each two one is machine-made.
    """

    tasks: int = 24
    anchors: int = 60
    seats: int = 1
    step: float = 0.1
    rejected: float = 0.05
    lost: float = 0.0
    delay_s: float = 0.0
    deterministic: bool = True
    padding_bytes: int = 0
    share: float = 0.0
    seed: int = 0

    def criterion(self) -> Criterion:
        """Return the criterion of this world: tests and a panel for the coder, an anchor for the reviewer."""
        seats = [SeatSpec(name=f"seat-{k}", judge="role:reviewer") for k in range(self.seats)]
        panel = Panel(PanelSpec(name="review", seats=seats, aggregation="mean"))
        measures = (Measure("tests", 1.0), Measure("panel", 1.0, panel))
        tasks = {pool: names(pool, self.tasks) for pool in (Pool.TRAIN, Pool.VALIDATION, Pool.TEST)}
        items = {pool: names(pool, self.anchors) for pool in (Pool.TRAIN, Pool.ANCHOR, Pool.TEST)}
        judged = (Measure("anchor", 1.0), *([Measure("adversarial", 1.0, share=self.share)] if self.share else []))
        truths = {name: truth(name) for name in items[Pool.ANCHOR]}
        return Criterion(
            (
                MeasuredRole("coder", RoleKind.SOLVER, "tasks", "tasks-1", tasks, measures),
                MeasuredRole("reviewer", RoleKind.JUDGE, "items", "items-1", items, judged, truths=truths),
            ),
            "editor",
            "no-profile",
        )


def truth(item: str) -> Truth:
    """Return what is true of an item of this world's judging suite, by its number."""
    number = int(item.rpartition("-")[2])
    return Truth(number % 2 == 0, Provenance.MACHINE if number % 4 < 2 else Provenance.HUMAN)  # noqa: PLR2004


def names(pool: Pool, count: int) -> tuple[str, ...]:
    """Return item names of a pool."""
    return tuple(f"{pool}-{number:04d}" for number in range(count))


class SyntheticWorker:
    """Carries out jobs by drawing (see `rqgm.evolution.worker`)."""

    def __init__(self, world: World, archive: RunArchive) -> None:
        self.world = world
        self.archive = archive
        self._attempts = 0

    async def validate(self, job: Validation) -> dict[str, Any]:
        """Draw one outcome; a panel's is right when the artifact is, as far as its seats see it."""
        await self._work(job.n)
        result: dict[str, Any] = {"failure": None, "detail": "", "usage": USAGE, "made": None}
        if job.role == "reviewer":
            return result | self._judged(job)
        y = self._draw(self._quality(job.commit)["coder"], job.commit, job.role, job.task)
        result["made"] = {"blob": hash_json([job.artifact_key]), "failure": None, "detail": ""}
        if job.measure.startswith("panel:"):
            votes = {slot: self._vote(seat.commit, job.task, bool(y)) for slot, seat in job.seats.items()}
            score = sum(votes.values()) / len(votes)
            result["opinions"] = [opinion(slot, accepts=bool(vote)) for slot, vote in votes.items()]
            return result | {"y": int(2 * score >= 1), "score": score}
        return result | {"y": y, "score": float(y)}

    def _judged(self, job: Validation) -> dict[str, Any]:
        """Draw whether a reviewer is right on an item. An artifact is judged as its panel judged it."""
        if job.item is None:
            y = self._draw(self._quality(job.commit)["reviewer"], job.commit, job.role, job.task)
            accept = truth(job.task).accept
        else:
            accept = job.item.label is Verdict.ACCEPT
            y = int(bool(self._vote(job.commit, job.item.task, accept)) is accept)
        return {"y": y, "score": float(y), "opinions": [opinion("", accepts=accept is bool(y))]}

    async def label(self, job: Labelling) -> dict[str, Any]:
        """Say whether an artifact is right, as its tests would have been drawn."""
        y = job.y
        if y is None and job.tested:
            state = self.archive.state
            maker = next(r.node for r in state.records.values() if (r.task, r.artifact) == (job.task, job.artifact))
            commit = state.nodes[maker].commit
            y = self._draw(self._quality(commit)["coder"], commit, job.role, job.task)
        return {"y": y, "kept_out": None, "usage": {}}

    def _vote(self, judge: str, task: str, truth: bool) -> int:
        right = self._draw(self._quality(judge)["reviewer"], judge, "vote", task)
        return int(truth) if right else int(not truth)

    async def expand(self, job: Expansion) -> dict[str, Any]:
        """Move the parent's qualities by a random step."""
        await self._work(job.n)
        rng = python_stream(self.world.seed, "edit", job.n, job.commit)
        quality = self._quality(job.commit)
        changed = rng.choice(["coder", "reviewer"])
        quality[changed] = min(0.98, max(0.02, quality[changed] + rng.gauss(0, self.world.step)))
        result: dict[str, Any] = {"tried": f"move {changed}", "why": "", "train": [], "usage": USAGE, "train_usage": {}}
        if rng.random() < self.world.rejected:
            return result | {"tree": None, "failure": "broken-workspace", "detail": "drawn so"}
        tree = workspace(quality, self.world.padding_bytes)
        return result | {
            "tree": self.archive.blobs.put_tree(tree),
            "failure": None,
            "detail": "",
            **roles(tree, self.world),
        }

    async def test(self, job: Test) -> dict[str, Any]:
        """Draw one test outcome."""
        y = self._draw(self._quality(job.commit)[job.role], job.commit, job.role, job.task)
        return {"y": y, "score": float(y), "failure": None, "detail": "", "usage": USAGE}

    def _quality(self, commit: str) -> dict[str, float]:
        quality: dict[str, float] = json.loads(self.archive.lineage.tree(commit)["quality.json"].data)
        return quality

    def _draw(self, probability: float, commit: str, *name: str) -> int:
        identity = hash_json(probability) if self.world.deterministic else commit  # a role's number is its content
        return int(stream_seed(self.world.seed, identity, *name) / 2**63 < probability)

    async def _work(self, n: int) -> None:
        self._attempts += 1
        rng = python_stream(self.world.seed, "work", n, self._attempts)
        if self.world.delay_s:
            await asyncio.sleep(rng.random() * self.world.delay_s)
        if rng.random() < self.world.lost:
            raise SandboxLostError("drawn so")


def opinion(slot: str, *, accepts: bool) -> dict[str, Any]:
    """Return what one judge said, as it is recorded."""
    verdict = Verdict.ACCEPT if accepts else Verdict.REJECT
    return {"slot": slot, "verdict": verdict.value, "score": float(accepts), "failure": None}


USAGE = {"cpu_s": 0.01, "wall_s": 0.01, "agent_runs": 1}


def workspace(quality: dict[str, float], padding_bytes: int = 0) -> dict[str, File]:
    """Return a workspace of this world."""
    tree = {"quality.json": File(json.dumps(quality).encode())}
    if padding_bytes:
        tree["padding.txt"] = File(b"x" * padding_bytes)
    return tree


def roles(tree: Tree, world: World) -> dict[str, Any]:
    """Return the role hashes of a workspace of this world."""
    quality = json.loads(tree["quality.json"].data)
    hashes = {"coder": hash_json(quality["coder"]), "reviewer": hash_json(quality["reviewer"]), "editor": "editor-1"}
    return {"roles": hashes, "deterministic": sorted(hashes) if world.deterministic else []}


def begin(archive: RunArchive, world: World, quality: dict[str, float] | None = None) -> Criterion:
    """Write the first events of a run in this world and return its criterion."""
    criterion = world.criterion()
    tree = workspace(quality or {"coder": 0.3, "reviewer": 0.6}, world.padding_bytes)
    parts = roles(tree, world)
    seats = {slot: parts["roles"][role] for slot, role in criterion.slots.items()}
    commit = archive.lineage.add(0, tree, None, "seed", {})
    started: dict[str, Any] = {"run": "synthetic", "seed": world.seed, "utility_id": criterion.utility_id(seats)}
    started["roles"] = [role.name for role in criterion.roles]
    seed: dict[str, Any] = {
        "n": None,
        "commit": commit,
        "parent": None,
        "mate": None,
        "epoch": 0,
        "tried": "generation zero",
        "why": "",
    }
    seed |= {"train": [], "usage": {}, "train_usage": {}, "seats": dict(criterion.slots), **parts}
    archive.commit(("run_started", started), ("node_added", seed))
    return criterion
