"""Labels by running: each candidate program on its task's visible and hidden tests, in clean sandboxes."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import tomli_w

from rqgm.core.trees import File
from rqgm.run.shelves import shipped_root
from rqgm.sandbox.backends import choose
from rqgm.sandbox.pool import Sandboxes
from rqgm.sandbox.profile import load_profile
from rqgm.tasks.verifier import verify

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from rqgm.sandbox.profile import Profile
    from rqgm.tasks.task import Task

PROGRAM, VISIBLE, CASES = "program.py", "visible.json", "cases.json"


@dataclass(frozen=True)
class Candidate:
    """A program for a task: its share of visible tests passed, and whether it passes those and the hidden ones."""

    task: str
    text: str
    visible: float
    right: bool

    @property
    def id(self) -> str:
        """Name of its item: the task's and a hash."""
        return f"{self.task}-{digest(self.task, self.text)[:12]}"

    @property
    def plausible(self) -> bool:
        """Whether it passes all visible tests."""
        return self.visible == 1.0


def digest(*parts: str) -> str:
    """Return a hash to order texts by: a draw that depends on nothing but them."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Bench:
    """Where candidates run."""

    sandboxes: Sandboxes
    profile: Profile
    turn: asyncio.Semaphore

    async def label(self, task: Task, texts: Sequence[str]) -> list[Candidate]:
        """Return the candidates with their labels. One that fails a visible test is wrong; its hidden ones do not run."""
        shown = replace(task, tests={**task.tests, CASES: task.environment[VISIBLE]})

        async def one(text: str) -> Candidate:
            artifact = {PROGRAM: File(text.encode())}
            async with self.turn:
                seen = await verify(shown, artifact, self.sandboxes, self.profile)
                passed = seen.rewards.get("passed", 0.0) / max(1.0, seen.rewards.get("total", 1.0))
                right = seen.success and (await verify(task, artifact, self.sandboxes, self.profile)).success
            return Candidate(task.name, text, passed, right)

        return list(await asyncio.gather(*map(one, texts)))


@asynccontextmanager
async def bench(sandbox: str, workers: int, *, allow_unsafe: bool) -> AsyncIterator[Bench]:
    """Give a bench; candidates are hostile, so `process` needs `allow_unsafe`."""
    profile = load_profile(shipped_root() / "sandboxes" / "python")
    backend = await choose(sandbox, trusted=False, allow_unsafe=allow_unsafe, profile=profile)
    async with Sandboxes(backend, "bench-judges", spare=workers) as sandboxes:
        yield Bench(sandboxes, profile, asyncio.Semaphore(workers))


def write_items(
    folder: Path, tasks: Mapping[str, Task], candidates: Sequence[Candidate], *, original: bool = True
) -> Path:
    """Write candidates as a judging suite, as its own docs/tasks.md says, and return the folder.

    Without `original` the public task has no program before the change, only its text and visible tests.
    """
    shown = (PROGRAM, VISIBLE) if original else (VISIBLE,)
    folder.mkdir(parents=True)
    items, labels = [], []
    for found in candidates:
        task = tasks[found.task]
        files = {path: task.environment[path].data.decode() for path in shown}
        public = {"name": task.name, "instruction": task.instruction, "files": files}
        artifact = {PROGRAM: found.text}
        items.append({"id": found.id, "task": public, "artifact": artifact, "provenance": "machine"})
        labels.append({"id": found.id, "label": "accept" if found.right else "reject"})
    for name, lines in (("items.jsonl", items), ("labels.jsonl", labels)):
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    head = {
        "schema_version": 1,
        "name": folder.name,
        "kind": "judging",
        "licence": "as its source",
        "source": "made here",
    }
    (folder / "suite.toml").write_text(tomli_w.dumps({**head, "split": {"test": 1.0}}))
    return folder
