"""Criteria of a panel or a task: executed where they have a check, asked of the seats where not, and weighed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rqgm.core.criteria import CommandCheck, FileCheck, FormatCheck, check_criteria
from rqgm.core.errors import ConfigError
from rqgm.core.graphs import ordered
from rqgm.core.text import clean
from rqgm.core.trees import File
from rqgm.core.usage import Usage
from rqgm.core.words import Fulfilment
from rqgm.orchestration.calls import Call, run_calls
from rqgm.roles.messages import ARTIFACT, ROLE, WORKSPACE
from rqgm.roles.runner import failure_of
from rqgm.sandbox.protocol import inside

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from rqgm.core.criteria import Criterion, DefinesCheck
    from rqgm.judging.judge import JudgeCase, Opinion
    from rqgm.sandbox.pool import Sandboxes
    from rqgm.sandbox.profile import Profile

INSPECTOR = "inspect_file.py"
MARKS: dict[str, tuple[tuple[bytes, ...], bytes]] = {
    "png": ((b"\x89PNG\r\n\x1a\n",), b"IEND\xaeB`\x82"),
    "jpeg": ((b"\xff\xd8\xff",), b"\xff\xd9"),
    "gif": ((b"GIF87a", b"GIF89a"), b"\x3b"),
    "pdf": ((b"%PDF-",), b"%%EOF"),
    "zip": ((b"PK\x03\x04", b"PK\x05\x06"), b"PK\x05\x06"),
    "gzip": ((b"\x1f\x8b",), b""),
    "sqlite": ((b"SQLite format 3\x00",), b""),
}
"""Of a format: how its files begin, and what stands within the last KiB of a whole one."""
TAIL_BYTES = 1024


@dataclass(frozen=True, slots=True)
class CriterionFinding:
    """What came of one criterion: by its check, by the seats' answers, or by a prerequisite that is unmet."""

    id: str
    result: Fulfilment
    by: Literal["check", "seats", "prerequisite"]
    reason: str = ""
    weight: float = 1.0
    said: Mapping[str, Fulfilment] = field(default_factory=dict)
    """The seats' answers; what they point at is with their opinions, under the criterion's id."""
    source: str = ""
    """Of a propagated one: the criterion that is unmet of itself."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        said = {seat: answer.value for seat, answer in self.said.items()}
        found = {"id": self.id, "result": self.result.value, "by": self.by, "reason": self.reason}
        return found | {"weight": self.weight} | ({"said": said} if said else {})


def share_met(findings: Sequence[CriterionFinding]) -> float:
    """Return the weight of what is met, of all weight. What nobody could tell is not met."""
    met = math.fsum(found.weight for found in findings if found.result is Fulfilment.MET)
    return met / math.fsum(found.weight for found in findings)


def all_criteria(own: Sequence[Criterion], task: Sequence[Criterion], where: str) -> list[Criterion]:
    """Return a panel's criteria and then its task's; ConfigError if they share an id."""
    try:
        return check_criteria([*own, *task])
    except ConfigError as error:
        raise ConfigError(f"{where}: the panel's criteria and the task's together: {error}") from error


async def settle(
    criteria: Sequence[Criterion],
    check: Callable[[Criterion], Awaitable[CriterionFinding]],
    ask: Callable[[list[Criterion]], Awaitable[list[CriterionFinding]]],
    gate: asyncio.Semaphore | None = None,
) -> tuple[CriterionFinding, ...]:
    """Return what came of each criterion, in their order; prerequisites are settled first.

    What requires something unmet is unmet, and neither executed nor asked. Checks go first and together, so that as
    many criteria as can be are asked at once: a chain of asked criteria takes as many rounds as it is long.
    """
    found: dict[str, CriterionFinding] = {}
    requires = {criterion.id: criterion.requires for criterion in criteria}
    by_id = {criterion.id: criterion for criterion in criteria}
    left = [by_id[name] for name in ordered(requires, "requires")]
    while left:
        checked: list[Criterion] = []
        asked: list[Criterion] = []
        for criterion in left:
            if not found.keys() >= set(criterion.requires):
                continue
            before = next((found[name] for name in criterion.requires if found[name].result is Fulfilment.UNMET), None)
            if before is not None:
                found[criterion.id] = _propagated(criterion, before)
            else:
                (asked if criterion.check is None else checked).append(criterion)
        if checked:
            found |= await run_calls({one.id: Call(partial(_check, check, one)) for one in checked}, gate)
        elif asked:
            found |= {finding.id: finding for finding in await ask(asked)}
        left = [criterion for criterion in left if criterion.id not in found]
    return tuple(found[criterion.id] for criterion in criteria)


async def _check(
    check: Callable[[Criterion], Awaitable[CriterionFinding]], criterion: Criterion, _: Mapping[str, CriterionFinding]
) -> CriterionFinding:
    return await check(criterion)


def _propagated(criterion: Criterion, before: CriterionFinding) -> CriterionFinding:
    source = before.source or before.id
    reason = f"propagated from {source}"
    return CriterionFinding(criterion.id, Fulfilment.UNMET, "prerequisite", reason, criterion.weight, source=source)


def answered(criterion: Criterion, opinions: Mapping[str, Opinion], unsupported_weight: float) -> CriterionFinding:
    """Return what the seats' answers to one criterion come to: the majority of those that say met or unmet.

    A tie is met, as a panel's majority accepts by one half; silence is an abstention. An answer with evidence that does
    not hold counts `unsupported_weight`.
    """
    said = {seat: opinion.criteria.get(criterion.id, Fulfilment.ABSTAIN) for seat, opinion in opinions.items()}
    sums = dict.fromkeys(Fulfilment, 0.0)
    for seat, answer in said.items():
        sums[answer] += unsupported_weight if opinions[seat].unsupported(criterion.id) else 1.0
    decided = sums[Fulfilment.MET] + sums[Fulfilment.UNMET]
    result = Fulfilment.ABSTAIN
    if decided > 0:
        result = Fulfilment.MET if sums[Fulfilment.MET] >= decided / 2 else Fulfilment.UNMET
    return CriterionFinding(criterion.id, result, "seats", "", criterion.weight, said)


@dataclass(frozen=True)
class Checks:
    """Executes criteria's checks on artifacts. Where a program must parse or run something, it does so in a sandbox."""

    sandboxes: Sandboxes
    profile: Profile

    async def run(self, criterion: Criterion, case: JudgeCase) -> tuple[CriterionFinding, Usage]:
        """Return whether the artifact passes the check, and what finding out cost. Raises InfrastructureError."""
        check = criterion.check
        assert check is not None
        if isinstance(check, CommandCheck):
            wrong, usage = await self._command(check, case)
        else:
            wrong, usage = await self._file(check, case)
        result = Fulfilment.UNMET if wrong else Fulfilment.MET
        return CriterionFinding(criterion.id, result, "check", clean(wrong, 300), criterion.weight), usage

    async def _file(self, check: FileCheck | FormatCheck | DefinesCheck, case: JudgeCase) -> tuple[str, Usage]:
        file = case.artifact.get(check.path)
        if file is None:
            return f"the artifact has no {check.path}", Usage()
        if isinstance(check, FileCheck):
            short = len(file.data) < check.min_bytes
            return (f"{len(file.data)} bytes, wanted {check.min_bytes}" if short else ""), Usage()
        if isinstance(check, FormatCheck) and check.format in MARKS:
            return _unlike(file.data, check.format), Usage()
        asked: list[str] = [check.format] if isinstance(check, FormatCheck) else ["python", check.name]
        return await self._inspect(file, asked)

    async def _inspect(self, file: File, asked: list[str]) -> tuple[str, Usage]:
        """Let the inspector parse a file in a sandbox of its own: parsers are programs, and the file is hostile."""
        script = File((Path(__file__).parent / INSPECTOR).read_bytes())
        async with self.sandboxes.lease(self.profile) as sandbox:
            await sandbox.put(ROLE, {INSPECTOR: script})
            await sandbox.put(ARTIFACT, {"file": replace(file, executable=False)})
            argv = ["python3", "-I", "-S", INSPECTOR, inside(sandbox, f"{ARTIFACT}/file"), *asked]
            done = await sandbox.run(argv, cwd=ROLE)
        usage = Usage(cpu_s=done.cpu_s, wall_s=done.wall_s)
        if failure_of(done) is None:
            return "", usage
        return done.stdout.decode("utf-8", "replace").strip() or f"cannot be read as {asked[0]}", usage

    async def _command(self, check: CommandCheck, case: JudgeCase) -> tuple[str, Usage]:
        async with self.sandboxes.lease(self.profile) as sandbox:
            await sandbox.put(WORKSPACE, {**case.environment, **case.artifact}, writable=True)
            done = await sandbox.run(check.argv, cwd=WORKSPACE, wall_s=check.wall_s)
        usage = Usage(cpu_s=done.cpu_s, wall_s=done.wall_s)
        if done.timed_out or done.out_of_memory or done.output_truncated:
            return "the command went beyond a limit", usage
        if done.exit_code != check.exit_code:
            tail = (done.stdout + done.stderr).decode("utf-8", "replace").strip().rpartition("\n")[2]
            return f"the command ended with {done.exit_code}, wanted {check.exit_code}: {tail}", usage
        if check.prints is not None and check.prints.encode() not in done.stdout:
            return "the command did not print what was wanted", usage
        return "", usage


def _unlike(data: bytes, wanted: str) -> str:
    """Return how a file differs from a format that is known by its first and last bytes."""
    starts, end = MARKS[wanted]
    if not data.startswith(starts):
        return f"does not begin as {wanted} does"
    return "" if end in data[-TAIL_BYTES:] else f"does not end as {wanted} does: it was cut short"
