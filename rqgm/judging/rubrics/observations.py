"""Observations: what programs answered, gathered in sandboxes by ``probe.py`` and read as hostile data."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rqgm.core.errors import ArtifactError, ConfigError
from rqgm.core.hashes import canonical_json
from rqgm.core.trees import File, TreeLimits
from rqgm.judging.rubrics.inputs import plain
from rqgm.roles.messages import IO, ROLE
from rqgm.roles.runner import failure_of
from rqgm.sandbox.protocol import inside

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rqgm.sandbox.pool import Sandboxes
    from rqgm.sandbox.profile import Profile

PROBE = "probe.py"
OUT = "observations.json"
MAX_OUT_BYTES = 16 << 20
LINES = 6_000
"""Lines that one run may take."""
CPU_S = 5


@dataclass(frozen=True, slots=True)
class Run:
    """What one program did on one input; `answer` is canonical tagged JSON."""

    answer: str
    again: bool
    """A second run, in another order, gave the same answer."""
    lines: int
    changed: bool
    """The arguments were changed."""

    @property
    def error(self) -> str | None:
        """The exception that it ended with, if any."""
        return json.loads(self.answer)["$error"] if self.answer.startswith('{"$error":"') else None


@dataclass(frozen=True, slots=True)
class Runs:
    """What one program did on all inputs, in their order; None for a run that did not come back."""

    loads: bool
    runs: tuple[Run | None, ...]

    def answers(self) -> list[str | None]:
        """Return the answers."""
        return [None if run is None else run.answer for run in self.runs]


@dataclass(frozen=True)
class Probe:
    """Runs programs of one origin together, those of different origins apart, each in a clean sandbox."""

    sandboxes: Sandboxes
    profile: Profile

    async def observe(self, programs: Sequence[str], inputs: Sequence[dict[str, Any]]) -> list[Runs] | None:
        """Return what each program did; None if they broke the probe, which is their failure.

        Raises SandboxLostError or another InfrastructureError.
        """
        script = File((Path(__file__).parent / PROBE).read_bytes())
        asked = {"programs": list(programs), "inputs": list(inputs), "lines": LINES, "cpu_s": CPU_S}
        async with self.sandboxes.lease(self.profile) as sandbox:
            await sandbox.put(ROLE, {PROBE: script})
            await sandbox.put(IO, {"request.json": File(canonical_json(asked).encode())}, writable=True)
            paths = [inside(sandbox, f"{IO}/{name}") for name in ("request.json", OUT)]
            done = await sandbox.run(["python3", "-I", "-S", PROBE, *paths], cwd=ROLE)
            if failure_of(done) is not None:
                return None
            try:
                files = await sandbox.get(IO, [OUT], TreeLimits(files=1, file_bytes=MAX_OUT_BYTES))
            except ArtifactError:
                return None
        return read(files[OUT].data, len(programs), len(inputs)) if OUT in files else None

    async def observe_all(
        self,
        asked: Sequence[tuple[Sequence[str], Sequence[dict[str, Any]]]],
        workers: int,
        tell: Callable[[int, int], None] | None = None,
    ) -> list[list[Runs] | None]:
        """Observe many, `workers` at a time; `tell` gets (done, of all)."""
        if workers < 1:
            raise ConfigError(f"workers: {workers} is not 1 or more")
        turn, done = asyncio.Semaphore(workers), 0

        async def one(programs: Sequence[str], inputs: Sequence[dict[str, Any]]) -> list[Runs] | None:
            nonlocal done
            async with turn:
                found = await self.observe(programs, inputs)
            done += 1
            if tell:
                tell(done, len(asked))
            return found

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(programs, inputs)) for programs, inputs in asked]
        return [task.result() for task in tasks]


def read(data: bytes, programs: int, inputs: int) -> list[Runs] | None:
    """Read the probe's file, which its programs may have written; None unless it has the form that was asked for."""
    try:
        found = json.loads(data)
        if not isinstance(found, list) or len(found) != programs:
            return None
        return [_program(entry, inputs) for entry in found]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _program(entry: Any, inputs: int) -> Runs:
    if type(entry["loads"]) is not bool or len(entry["runs"]) != inputs:
        raise ValueError("not an observation")
    return Runs(entry["loads"], tuple(None if run is None else _run(*run) for run in entry["runs"]))


def _run(answer: Any, again: Any, lines: Any, changed: Any) -> Run:
    if type(again) is not bool or type(changed) is not bool or type(lines) is not int or not 0 <= lines <= LINES + 1:
        raise ValueError("not a run")
    return Run(canonical_json(plain(answer)), again, lines, changed)
