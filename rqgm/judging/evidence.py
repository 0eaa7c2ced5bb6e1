"""Evidence: what a judge's pointers point at, looked up or run again by the engine."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from rqgm.core.hashes import sha256
from rqgm.core.text import clean
from rqgm.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from rqgm.core.trees import Tree
    from rqgm.roles.messages import EvidencePointer
    from rqgm.sandbox.protocol import Completed

    Rerun = Callable[[Sequence[str]], Awaitable[Completed | None]]

MAX_COMMANDS = 4
"""Commands of one opinion that are run again. What is beyond does not hold: a judge could hide a false one there."""
MAX_FILE_BYTES = 1 << 20
SHOWN = 300
"""Characters of each of a judge's words that a record keeps."""
RECORDED = 16
"""Pointers of one opinion that a record keeps."""


class Standing(StrEnum):
    """What became of a pointer when the engine looked where it points."""

    HELD = "held"
    NOT_HELD = "not-held"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A pointer that a judge gave, and what came of checking it; until then it is unchecked."""

    pointer: EvidencePointer
    standing: Standing = Standing.UNCHECKED
    reason: str = "not checked"

    @property
    def tellable(self) -> bool:
        """Whether it names something to compare, or was found not to hold; the rest is only a claim."""
        return self.pointer.quote is not None or bool(self.pointer.command) or self.standing is Standing.NOT_HELD

    def to_json(self) -> dict[str, Any]:
        """Return plain data to keep and show: the judge's words cleaned and cut, a command as one line."""
        said = self.pointer.model_dump(mode="json", exclude_defaults=True)
        if self.pointer.command:
            said["command"] = shlex.join(self.pointer.command)
        words = {
            key: clean(said[key], SHOWN) for key in ("claim", "file", "quote", "criterion", "command") if key in said
        }
        return said | words | {"standing": self.standing.value, "reason": self.reason}


def recorded(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    """Return what a record keeps of an opinion's evidence: what can be told of it, bounded, refuted first."""
    kept = sorted((one for one in evidence if one.tellable), key=lambda one: one.standing is not Standing.NOT_HELD)
    return [one.to_json() for one in kept[:RECORDED]]


async def check_evidence(
    given: Sequence[Evidence], artifact: Tree, task: Tree, rerun: Rerun | None
) -> tuple[tuple[Evidence, ...], Usage]:
    """Look at every pointer, and return what became of each, in order, with what that cost.

    A file pointer is looked up in the trees that the judge was given; nothing is opened, so no path leads elsewhere. A
    command is run by `rerun` in a clean sandbox of its own. Raises InfrastructureError.
    """
    found: list[Evidence] = []
    usage, commands = Usage(), 0
    split = cache(bytes.splitlines)  # many pointers into one file
    for entry in given:
        pointer = entry.pointer
        if pointer.command:
            commands += 1
            if commands > MAX_COMMANDS:
                standing, reason = Standing.NOT_HELD, f"no more than {MAX_COMMANDS} commands are run again"
            else:
                standing, reason, cost = await _run_again(pointer, rerun)
                usage += cost
        else:
            standing, reason = _look_up(pointer, artifact if pointer.place == "artifact" else task, split)
        found.append(replace(entry, standing=standing, reason=reason))
    return tuple(found), usage


def _look_up(pointer: EvidencePointer, tree: Tree, split: Callable[[bytes], list[bytes]]) -> tuple[Standing, str]:
    if pointer.file is None:
        return Standing.UNCHECKED, "names no file and no command"
    file = tree.get(pointer.file)
    if file is None:
        return Standing.NOT_HELD, f"the {pointer.place} has no such file"
    if len(file.data) > MAX_FILE_BYTES:
        return Standing.UNCHECKED, f"the file is larger than {MAX_FILE_BYTES} bytes"
    return _compare(pointer, split(file.data))


def _compare(pointer: EvidencePointer, lines: list[bytes]) -> tuple[Standing, str]:
    if pointer.line is not None and pointer.line > len(lines):
        return Standing.NOT_HELD, f"the file has {len(lines)} lines"
    if pointer.quote is None:
        return Standing.UNCHECKED, "quotes nothing"
    quote = pointer.quote.encode("utf-8", "surrogatepass")
    if any(quote in line for line in (lines if pointer.line is None else [lines[pointer.line - 1]])):
        return Standing.HELD, ""
    return Standing.NOT_HELD, "no line says so" if pointer.line is None else "the line says otherwise"


async def _run_again(pointer: EvidencePointer, rerun: Rerun | None) -> tuple[Standing, str, Usage]:
    assert pointer.command is not None
    if pointer.output_sha256 is None:
        return Standing.UNCHECKED, "has no hash of its output", Usage()
    done = await rerun(pointer.command) if rerun else None
    if done is None:
        return Standing.UNCHECKED, "the judge has no sandbox to run it in again", Usage()
    usage = Usage(cpu_s=done.cpu_s, wall_s=done.wall_s)
    if done.timed_out or done.out_of_memory or done.output_truncated:
        return Standing.NOT_HELD, "run again it goes beyond a limit", usage
    if done.exit_code != pointer.exit_code:
        return Standing.NOT_HELD, f"run again it ends with {done.exit_code}, not {pointer.exit_code}", usage
    if sha256(done.stdout) != pointer.output_sha256:
        return Standing.NOT_HELD, "run again it prints something else", usage
    return Standing.HELD, "", usage
