"""Facts about a patched program: syntax, the visible cases, and runs in a sandbox. No label, no clock."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rqgm.core.hashes import canonical_json
from rqgm.judging.rubrics.inputs import plain
from rqgm.judging.rubrics.sources import Change, changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rqgm.judging.rubrics.observations import Run, Runs

EVERYDAY = {repr(value) for value in (0, 1, -1, 2, "", " ", None, True, False, 0.0, 1.0)}


@dataclass(frozen=True)
class Scene:
    """What all artifacts of a task share: the public task, made inputs, the faulty program, small repairs of it."""

    task: str
    instruction: str
    program: str
    visible: Sequence[dict[str, Any]] = field(repr=False)
    made: Sequence[dict[str, Any]] = field(repr=False)
    faulty: ast.Module = field(repr=False)
    faulty_runs: Runs = field(repr=False)
    rivals: Sequence[Runs] = field(default=(), repr=False)
    """One-change mutants of the faulty program that pass all visible cases."""

    @property
    def inputs(self) -> list[dict[str, Any]]:
        """All inputs: the visible ones first."""
        return [*(case["input"] for case in self.visible), *self.made]

    @cached_property
    def expected(self) -> list[str]:
        """The visible cases' answers as canonical JSON."""
        return [canonical_json(plain(case["expected"])) for case in self.visible]

    @cached_property
    def input_literals(self) -> set[str]:
        """The representations of all numbers and texts in visible inputs."""
        return set(_literals([case["input"].get("args", []) for case in self.visible])) | set(
            _literals([[op[1:] for op in case["input"].get("ops", [])] for case in self.visible])
        )

    @cached_property
    def test_literals(self) -> set[str]:
        """The representations of all numbers and texts in visible cases, answers too."""
        return self.input_literals | set(_literals([case["expected"] for case in self.visible]))

    def passes(self, runs: Runs) -> bool:
        """Tell whether a program passed all visible cases."""
        return runs.answers()[: len(self.expected)] == self.expected


def _literals(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for value in data.values():
            yield from _literals(value)
    elif isinstance(data, list):
        for value in data:
            yield from _literals(value)
    else:
        yield repr(data)


@dataclass(frozen=True)
class Facts:
    """One artifact. `patched` is None where it is no bounded program, `runs` None where it broke the probe.

    `mutants` are its own one-change mutants' runs, None where none were made.
    """

    scene: Scene
    patched: ast.Module | None = field(repr=False)
    runs: Runs | None = field(repr=False)
    mutants: Sequence[Runs] | None = field(default=None, repr=False)
    taken: dict[str, float | None] = field(default_factory=dict, repr=False, compare=False)
    """Measures that were taken, by name."""

    @cached_property
    def changes(self) -> list[Change]:
        """What differs from the faulty program."""
        return changes(self.scene.faulty, self.patched) if self.patched else []

    @cached_property
    def added(self) -> list[ast.AST]:
        """All nodes inside of what is new."""
        return [node for change in self.changes if change.new is not None for node in ast.walk(change.new)]

    @cached_property
    def removed(self) -> list[ast.AST]:
        """All nodes inside of what is gone."""
        return [node for change in self.changes if change.old is not None for node in ast.walk(change.old)]

    @cached_property
    def new_literals(self) -> list[str]:
        """The representations of new literals: not everyday ones, and nowhere in the faulty program."""
        known = {repr(node.value) for node in ast.walk(self.scene.faulty) if isinstance(node, ast.Constant)} | EVERYDAY
        return [repr(n.value) for n in self.added if isinstance(n, ast.Constant) and repr(n.value) not in known]

    def gained(self, *kinds: type[ast.AST]) -> int:
        """Return how many more nodes of these kinds the patched program has (negative: fewer)."""
        before, after = (Counter(type(node) for node in found) for found in (self.removed, self.added))
        return sum(after[kind] - before[kind] for kind in kinds)

    @cached_property
    def compared(self) -> list[tuple[Run, Run]]:
        """(faulty, patched) runs of the made inputs that came back and on which not both programs raised."""
        if self.runs is None:
            return []
        seen = len(self.scene.visible)
        both = zip(self.scene.faulty_runs.runs[seen:], self.runs.runs[seen:], strict=True)
        return [(old, new) for old, new in both if old and new and not (old.error and new.error)]
