"""References: pairs of a strong and a weak artifact, of labelled items and of mutants of right ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from rqgm.core.streams import python_stream
from rqgm.judging.rubrics.facts import Facts
from rqgm.judging.rubrics.mutants import mutate
from rqgm.judging.rubrics.refinement import Sample
from rqgm.judging.rubrics.sources import SourceError, changes, parse_source

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Sequence

    from rqgm.judging.rubrics.matrix import Pairs
    from rqgm.judging.rubrics.observations import Runs

References = Literal["labels", "mutants", "both"]
MUTANTS_PAIRED = 2
"""How many mutants of one right artifact become weak references."""

Task = TypeVar("Task")


@dataclass(frozen=True)
class Exhibit:
    """One labelled item: its facts, its label, and the facts of mutants of it that are wrong for certain."""

    name: str
    facts: Facts
    right: bool
    mutants: tuple[Facts, ...] = ()

    @property
    def task(self) -> str:
        """The task it belongs to: what splits keep together."""
        return self.facts.scene.task


def edited_mutants(faulty: ast.Module, patched: ast.Module, most: int) -> list[str]:
    """Return mutants of an edit: of what it changed, so that the edit's size stays about as it was."""
    spots = [change.above[-1] if change.new is None else change.new for change in changes(faulty, patched)]
    # An operator or a name alone has no variants of its own; its expression has.
    spots += [change.above[-1] for change in changes(faulty, patched) if change.above and _is_small(change.new)]
    return mutate(patched, spots, most=most)


def _is_small(node: ast.AST | None) -> bool:
    return node is not None and not any(getattr(node, name, None) for name in node._fields if name in ("body", "value"))


def weak_mutants(strong: Facts, texts: Sequence[str], runs: Sequence[Runs]) -> tuple[Facts, ...]:
    """Return a right artifact's mutants that pass all visible cases and yet answer a made input otherwise."""
    found: list[Facts] = []
    for text, mutant in zip(texts, runs, strict=True):
        if len(found) == MUTANTS_PAIRED or strong.runs is None:
            break
        if strong.scene.passes(mutant) and _differs(strong.runs, mutant):
            try:
                found.append(Facts(strong.scene, parse_source(text.encode()), mutant))
            except SourceError:
                continue
    return tuple(found)


def _differs(strong: Runs, mutant: Runs) -> bool:
    """Tell whether a mutant answers otherwise where the strong program answers: elsewhere the input may be illegal."""
    both = zip(strong.runs, mutant.runs, strict=True)
    return any(ours and theirs and not ours.error and ours.answer != theirs.answer for ours, theirs in both)


def label_pairs(tasks: Sequence[Task], right: Sequence[bool], seed: int) -> Pairs:
    """Return pairs (right, wrong) of rows within each task: each row of the larger side once, the other's in turn."""
    pairs: list[tuple[int, int]] = []
    for number, task in enumerate(dict.fromkeys(tasks)):
        draw = python_stream(seed, "pairs", number)
        strong = [row for row, of in enumerate(tasks) if of == task and right[row]]
        weak = [row for row, of in enumerate(tasks) if of == task and not right[row]]
        draw.shuffle(strong)
        draw.shuffle(weak)
        if strong and weak:
            count = max(len(strong), len(weak))
            pairs += [(strong[i % len(strong)], weak[i % len(weak)]) for i in range(count)]
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)


def make_sample(exhibits: Sequence[Exhibit], references: References, seed: int) -> Sample[Facts]:
    """Return what a rubric is refined on: the exhibits, their mutants after them, and the pairs asked for."""
    cases = [exhibit.facts for exhibit in exhibits]
    pairs = label_pairs([e.task for e in exhibits], [e.right for e in exhibits], seed)
    if references == "mutants":
        pairs = pairs[:0]
    made: list[tuple[int, int]] = []
    if references != "labels":
        for row, exhibit in enumerate(exhibits):
            for mutant in exhibit.mutants if exhibit.right else ():
                made.append((row, len(cases)))
                cases.append(mutant)
    joined = np.concatenate([pairs, np.array(made, dtype=np.intp).reshape(-1, 2)])
    return Sample(cases, joined, range(len(exhibits)), sorted(set(secrets(exhibits))))


def secrets(exhibits: Iterable[Exhibit]) -> Iterable[str]:
    """Yield the texts that candidates brought in and the public task does not say."""
    for exhibit in exhibits:
        for literal in exhibit.facts.new_literals:
            text = literal.strip("'\"")
            if text not in exhibit.facts.scene.instruction:
                yield text
