"""Exhibits: what a model is shown of a case. Foreign text stands behind fences that it cannot close."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rqgm.core.errors import RqgmError
from rqgm.core.hashes import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rqgm.core.trees import Tree
    from rqgm.judging.judge import JudgeCase

MAX_NAMED = 200
"""Files that are named; of further ones only the number is told."""
_STAND_IN = re.compile("\0([0-9]+)\0")


class PromptError(RqgmError, ValueError):
    """A prompt cannot be made of a case: its template fails, or takes apart what it shows."""


def visible(text: str) -> str:
    """Return `text` with every character that cannot be seen written out; line breaks and tabs stay."""
    return "".join(char if char.isprintable() or char in "\n\t" else f"\\u{{{ord(char):x}}}" for char in text)


def fenced(text: str) -> str:
    """Return foreign text between two fences that it cannot contain: each bears the text's own hash."""
    shown = visible(text)
    mark = sha256(shown.encode())[:16]
    return f"<data {mark}>\n{shown}\n</data {mark}>"


class Exhibits:
    """The foreign texts of one prompt.

    A template never has them in its hands: it is given a stand-in for each, and the fenced text is put in its place
    after the template is done. So whatever a template does, it shows a text whole and behind its fence, or not at all.
    """

    def __init__(self) -> None:
        self._blocks: list[str] = []

    def put(self, text: str) -> str:
        """Take a text in and return its stand-in, empty if there is no text."""
        if not text:
            return ""
        self._blocks.append(fenced(text))
        return f"\0{len(self._blocks) - 1}\0"

    def unveiled(self, rendered: str) -> str:
        """Return what a template made, with the texts in their places; PromptError if it cut a stand-in."""
        if "\0" in _STAND_IN.sub("", rendered):
            raise PromptError("the template takes apart what it shows; foreign text is shown whole or not at all")
        return _STAND_IN.sub(lambda found: self._blocks[int(found[1])], rendered)


class Files:
    """Files as a template has them: printed they are all shown; ``files["name"]`` is one, ``for`` goes through them.

    Names are foreign text too: they stand behind the fences, with what the files hold.
    """

    def __init__(self, by_name: Mapping[str, str], rest: str) -> None:
        self._by_name = by_name
        self._rest = rest
        """What is named and not shown."""

    def __getitem__(self, name: str) -> str:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[str]:
        yield from self._by_name.values()
        if self._rest:
            yield self._rest

    def __len__(self) -> int:
        return len(self._by_name) + bool(self._rest)

    def __str__(self) -> str:
        return "\n".join(self)


def exhibit(case: JudgeCase, shown_bytes: int) -> tuple[Exhibits, dict[str, object], list[str]]:
    """Return a case's texts, the template's variables, and what of the artifact a judge cannot have seen.

    `shown_bytes` bounds the artifact's files, the task's, the difference and the instruction, each.
    """
    exhibits = Exhibits()
    files, hidden = _files(exhibits, "artifact", case.artifact, shown_bytes)
    task_files, _ = _files(exhibits, "task", case.environment, shown_bytes)
    difference, whole = _difference(case.environment, case.artifact, shown_bytes)
    variables: dict[str, object] = {
        "instruction": exhibits.put(_cut(visible(case.instruction), shown_bytes)),
        "files": files,
        "task_files": task_files,
        "diff": exhibits.put(difference),
        "criteria": [{"id": one.id, "text": exhibits.put(one.text)} for one in case.criteria],
    }
    unseen = [name for name in hidden if case.environment.get(name) != case.artifact[name]]
    if not case.artifact:
        unseen.append("any file")
    return exhibits, variables, unseen if whole or unseen else ["the whole difference"]


def _files(exhibits: Exhibits, place: str, tree: Tree, shown_bytes: int) -> tuple[Files, list[str]]:
    """Return the files of a tree for a template, and the names of those that are not shown."""
    shown: dict[str, str] = {}
    hidden: dict[str, str] = {}
    left = shown_bytes
    for name, file in sorted(tree.items()):
        text = _text(file.data) if len(file.data) <= left else None
        block = visible(f"{place} file: {name}\n{text}")
        if text is None or len(block) > left:  # numbers of lines and names count: there may be many of next to nothing
            binary = text is None and len(file.data) <= left
            reason = "binary" if binary else "more than what can be shown"
            hidden[name] = f"{name}: not shown: {reason}, {len(file.data)} bytes"
        else:
            left -= len(block)
            shown[name] = exhibits.put(block)
    lines = list(hidden.values())[:MAX_NAMED]
    if len(hidden) > MAX_NAMED:
        lines.append(f"and {len(hidden) - MAX_NAMED} files more, not shown")
    return Files(shown, exhibits.put("\n".join([f"{place} files that nobody saw:", *lines]) if lines else "")), [
        *hidden
    ]


def _text(data: bytes) -> str | None:
    """Return a file's numbered lines, None if it is no text; lines end where the check of evidence sees them end."""
    if b"\0" in data:
        return None
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    lines = data.splitlines()
    return "\n".join(f"{k:>5}\t{line.decode()}" for k, line in enumerate(lines, 1)) or "(the file is empty)"


def _difference(before: Tree, after: Tree, shown_bytes: int) -> tuple[str, bool]:
    """Return how the artifact's files differ from the task's of the same names, and whether that is all of it.

    libgit2 compares: its time is bounded on files that are made to be slow to compare; difflib's is not.
    """
    import pygit2  # noqa: PLC0415  # only panels with such a seat need it

    parts: list[str] = []
    left = shown_bytes
    for name, file in sorted(after.items()):
        old = before[name].data if name in before else b""
        if (name in before and old == file.data) or max(len(old), len(file.data)) > shown_bytes:
            continue
        patch = pygit2.Patch.create_from(old, file.data, name, name)
        part = visible(bytes(patch.data).decode("utf-8", "replace"))
        left -= len(part)
        if left < 0:
            return "".join([*parts, "the rest of the difference is too long to be shown"]), False
        parts.append(part)
    return "".join(parts), True


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}\n[{len(text) - most} characters more, not shown]"
