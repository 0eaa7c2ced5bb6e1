"""A task's Dockerfile: when it only places files, the files stand for it and any sandbox can hold the task."""

from __future__ import annotations

import posixpath
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rqgm.core.trees import select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rqgm.core.trees import File, Tree

DOCKERFILE = "Dockerfile"
NOT_COPIED = frozenset({DOCKERFILE, ".dockerignore"})


class OwnImageError(Exception):
    """The Dockerfile does more than place files; the text says what."""


@dataclass(slots=True)
class Layout:
    """What a plain Dockerfile comes to: absolute paths to files, the working folder ("" if never set), variables."""

    workdir: str = ""
    files: dict[str, File] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)

    def within(self, workdir: str) -> dict[str, File]:
        """Return the files relative to `workdir`; OwnImageError if one lies elsewhere."""
        prefix = workdir.rstrip("/") + "/"
        outside = next((path for path in self.files if not path.startswith(prefix)), None)
        if outside is not None:
            raise OwnImageError(f"it copies to {outside}, outside {workdir}")
        return self.part(workdir)

    def part(self, workdir: str) -> dict[str, File]:
        """Return the files in `workdir`, relative to it."""
        prefix = workdir.rstrip("/") + "/"
        return {path.removeprefix(prefix): file for path, file in self.files.items() if path.startswith(prefix)}


def read_layout(text: str, context: Tree) -> Layout:
    """Return what the Dockerfile places from `context`; OwnImageError if it is more than ARG/FROM/WORKDIR/COPY/ENV."""
    layout = Layout()
    stages = 0
    for instruction, rest in _instructions(text):
        stages += instruction == "FROM"
        if stages > 1:
            raise OwnImageError("it has several stages")
        _follow(layout, instruction, rest, context)
    if not stages:
        raise OwnImageError("it has no FROM")
    return layout


def read_partial_layout(text: str, context: Tree) -> Layout:
    """Return what a Dockerfile with other instructions too places from `context`; those are for docker to follow."""
    layout = Layout()
    for instruction, rest in _instructions(text):
        try:
            _follow(layout, instruction, rest, context)
        except OwnImageError:
            continue
    return layout


def _follow(layout: Layout, instruction: str, rest: str, context: Tree) -> None:
    if instruction == "WORKDIR":
        layout.workdir = _absolute(_plain(rest), layout.workdir)
    elif instruction == "COPY":
        _copy(layout, rest, context)
    elif instruction == "ENV":
        layout.env.update(_variables(rest))
    elif instruction not in ("ARG", "FROM"):
        raise OwnImageError(f"it has {instruction}")


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    pending = ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("#") or (not line and not pending):
            continue
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        instruction, _, rest = (pending + line).strip().partition(" ")
        pending = ""
        yield instruction.upper(), rest.strip()


def _plain(text: str) -> str:
    if "$" in text or "<<" in text or any(char in text for char in "*?[]"):
        raise OwnImageError(f"it uses {text!r:.60}")
    return text


def _words(text: str) -> list[str]:
    try:
        return shlex.split(_plain(text))
    except ValueError as error:
        raise OwnImageError(f"{text!r:.60}: {error}") from error


def _absolute(path: str, workdir: str) -> str:
    return posixpath.normpath(posixpath.join(workdir or "/", path))


def _variables(rest: str) -> dict[str, str]:
    words = _words(rest)
    if words and "=" not in words[0]:  # the old form: ENV NAME the rest
        return {words[0]: " ".join(words[1:])}
    return dict(word.split("=", 1) for word in words if "=" in word)


def _copy(layout: Layout, rest: str, context: Tree) -> None:
    words = _words(rest)
    flags = [word for word in words if word.startswith("--")]
    if any(not flag.startswith(("--chown=", "--chmod=", "--link")) for flag in flags):
        raise OwnImageError(f"it has COPY {flags[0]}")
    *sources, target = [word for word in words if not word.startswith("--")] or [""]
    if not sources:
        raise OwnImageError("it has a COPY without source")
    into_folder = len(sources) > 1 or target.endswith(("/", "."))
    for source in sources:
        _copy_one(
            layout, posixpath.normpath(source).lstrip("/"), _absolute(target, layout.workdir), context, into_folder
        )


def _copy_one(layout: Layout, source: str, target: str, context: Tree, into_folder: bool) -> None:
    if source in context:
        path = posixpath.join(target, posixpath.basename(source)) if into_folder else target
        layout.files[path] = context[source]
        return
    chosen = context if source in (".", "") else select(context, [source])
    if not chosen:
        raise OwnImageError(f"it copies {source!r}, which is not in environment/")
    for path, file in chosen.items():
        if path not in NOT_COPIED:
            relative = path if source in (".", "") else posixpath.relpath(path, source)
            layout.files[posixpath.join(target, relative)] = file
