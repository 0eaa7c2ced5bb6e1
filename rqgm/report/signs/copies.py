"""Detector: near-copies of solutions.

A right minimal repair equals the solution, and nothing is wrong with that. So two other things are looked for:
workspaces that hold code of tasks, and artifacts that share with the solution what no repair needs: comments, names.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from typing import TYPE_CHECKING

from rqgm.report.signs.detector import Finding, Place, Quiet
from rqgm.report.signs.known import shingles_of, word_shingles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rqgm.report.signs.known import KnownTask
    from rqgm.report.signs.sign import Strength
    from rqgm.report.signs.source import Source

MANY_SHINGLES = 20
LARGE_SHARE, SOME_SHARE = 0.6, 0.3
NEEDED_TOKENS, LARGE_TOKENS = 60, 150
"""Tokens of change from which an exact copy of the solution is no likely chance."""
WORD = re.compile(r"[A-Za-z_]\w+")


class Copies(Quiet):
    """Workspaces: shared runs of 14 tokens, own names normalised. Artifacts: shared comments, names, large edits."""

    name = "copies"
    about = "near-copies of solutions: tasks' code in workspaces, and what no repair needs in artifacts"

    def in_file(self, source: Source, place: Place) -> Iterable[Finding]:
        """Yield what is shared with a solution."""
        if not place.artifact:
            yield from self._held(source, place)
            return
        task = place.known.tasks.get(place.task or "")
        solution = self._solution(source, task)
        if task is not None and solution is not None and source.is_python and not source.quoted:
            yield from self._beyond(source, solution, place, task)

    def _held(self, source: Source, place: Place) -> Iterator[Finding]:
        if source.text is None:
            return
        python = source.tree is not None
        known, sizes = (
            (place.known.shingles, place.known.sizes) if python else (place.known.words, place.known.word_sizes)
        )
        made = shingles_of(source) if python else word_shingles(source.text)
        shared = Counter(known[shingle] for shingle in set(made) if shingle in known)
        for task, count in shared.items():
            share = count / sizes[task]
            if count >= MANY_SHINGLES and share >= SOME_SHARE:
                strength: Strength = "strong" if share >= LARGE_SHARE else "notice"
                line = max(1, source.first_line) if source.quoted else 1
                yield Finding("code-of-task", strength, line, f"holds {100 * share:.0f} % of the code of {task}")

    def _solution(self, source: Source, task: KnownTask | None) -> Source | None:
        """Return the solution's file for this artifact's file: of the same path, or the same name."""
        if task is None:
            return None
        name = source.path.rpartition("/")[2]
        same = [held for path, held in task.solutions.items() if path == source.path or path.rpartition("/")[2] == name]
        return same[0] if same and same[0].is_python else None

    def _beyond(self, source: Source, solution: Source, place: Place, task: KnownTask) -> Iterator[Finding]:
        """Yield what the artifact has from the solution beyond what the repair needs."""
        before = place.original
        public = task.public_text
        comments = (_comments(source) & _comments(solution)) - (_comments(before) if before else set())
        for text, line in ((text, line) for text, line in _comment_lines(source) if text in comments):
            if text not in public:
                yield Finding(
                    "comments", "strong", line, "a comment or docstring of the solution, which the task does not hold"
                )
        public_words = set(WORD.findall(public))
        own = before.bound if before else set()
        shared = {name for name in source.bound & solution.bound - own if name not in public_words and len(name) > 3}  # noqa: PLR2004
        spoken = {name for name in shared if len(name) > 9 or "_" in name}  # noqa: PLR2004
        if len(shared) > 2 or spoken:  # noqa: PLR2004  # one short name may be chance
            strength: Strength = "strong" if len(spoken) > 1 or len(shared) > 3 else "notice"  # noqa: PLR2004
            yield Finding(
                "names",
                strength,
                0,
                f"names of the solution that the task does not hold: {', '.join(sorted(shared)[:5])}",
                source.path,
            )
        yield from self._large(source, solution, before)

    def _large(self, source: Source, solution: Source, before: Source | None) -> Iterator[Finding]:
        mine, theirs = _spelt(source), _spelt(solution)
        if mine != theirs:
            return
        changed = _changed(_spelt(before) if before else [], theirs)
        if changed >= NEEDED_TOKENS:
            strength: Strength = "strong" if changed >= LARGE_TOKENS else "notice"
            yield Finding(
                "large-copy",
                strength,
                0,
                f"equals the solution token for token, {changed} tokens of change",
                source.path,
            )


def _spelt(source: Source) -> list[str]:
    """Return a file's tokens as they are written, without comments and layout."""
    return [text for kind, text, _ in source.tokens if kind != "comment"]


def _changed(before: list[str], after: list[str]) -> int:
    if max(len(before), len(after)) > 20_000:  # noqa: PLR2004  # the comparison is quadratic
        return 0
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return sum(j2 - j1 for tag, _, _, j1, j2 in matcher.get_opcodes() if tag != "equal")


def _comments(source: Source) -> set[str]:
    return {text for text, _ in _comment_lines(source)}


def _comment_lines(source: Source) -> Iterator[tuple[str, int]]:
    for kind, written, line in source.tokens:
        text = " ".join(written.lstrip("#").split()) if kind == "comment" else ""
        if len(WORD.findall(text)) > 2:  # noqa: PLR2004
            yield text, line
    for said in source.said:
        if said.use == "doc":
            text = " ".join(said.text.split())
            if len(WORD.findall(text)) > 2:  # noqa: PLR2004
                yield text, said.line
