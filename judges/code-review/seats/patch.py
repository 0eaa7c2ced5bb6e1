"""The patch under review: both programs as bounded text and trees, and the visible tests. All of it is hostile data."""

import ast
import json
import os
from dataclasses import dataclass

from shared import io
from shared.cases import PROGRAM, VISIBLE

MAX_BYTES = 60_000
MAX_NODES = 6_000
MAX_QUOTE = 200  # characters


class Unreadable(ValueError):
    """There is nothing to form an opinion on: what the message says about the public task is missing."""


class Refused(ValueError):
    """The artifact cannot be right: the message says why."""


@dataclass(frozen=True)
class Patch:
    """`faulty` and `patched` are sources; `cases` the visible tests, each {"input", "expected"}."""

    faulty: str
    patched: str
    cases: list

    @property
    def before(self):
        """The faulty program's tree."""
        return parse(self.faulty)

    @property
    def after(self):
        """The patched program's tree."""
        return parse(self.patched)


def read_patch(request):
    """Return the Patch of a judge's request; Unreadable or Refused say why there is none."""
    faulty = _text(os.path.join(request["task_dir"], PROGRAM))
    visible = _text(os.path.join(request["task_dir"], VISIBLE), MAX_BYTES * 20)
    if faulty is None or visible is None:
        raise Unreadable(f"the task has no readable {PROGRAM} and {VISIBLE}")
    patched = _text(os.path.join(request["artifact"], PROGRAM))
    if patched is None:
        raise Refused(f"the artifact has no readable {PROGRAM}")
    try:
        cases = json.loads(visible)["cases"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unreadable(f"{VISIBLE} holds no cases") from None
    patch = Patch(faulty, patched, [case for case in cases if isinstance(case, dict) and "input" in case])
    if ast.dump(patch.after) == ast.dump(patch.before):
        raise Refused("the patch changes nothing")
    lost = _defined(patch.before) - _defined(patch.after)
    if lost:
        raise Refused(f"{len(lost)} of the program's functions or classes are gone")
    return patch


def _defined(tree):
    """Return the names of a program's own functions and classes: what its callers may call."""
    return {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}


def parse(source):
    """Return the tree of a source; Refused when it is no Python or too large to review."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Refused(f"not Python: {type(error).__name__}") from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
        raise Refused("too large to review")
    return tree


def _text(path, limit=MAX_BYTES):
    """Return a regular file's text, None when it is missing, larger than `limit` bytes or no text."""
    try:
        if os.path.islink(path) or not os.path.isfile(path) or os.path.getsize(path) > limit:
            return None
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError):
        return None


def at_line(source, number):
    """Return the evidence that stands in a line of the patched program: the line, quoted so that it can be checked."""
    text = source.split("\n")[number - 1].strip()[:MAX_QUOTE]
    return {"file": PROGRAM, "line": number, **({"quote": text} if text else {})}


def answer(judge):
    """Let `judge(patch) -> (score in [0, 1], claim, evidence or None)` answer; accepted from one half on."""
    try:
        score, claim, evidence = judge(read_patch(io.read_request()))
    except Unreadable as error:
        io.write_response(verdict="abstain", score=0.0, notes={"why": str(error)})
        return
    except (Refused, RecursionError, MemoryError) as error:
        score, claim, evidence = 0.0, f"refused: {error}", None
    verdict = "accept" if score >= 0.5 else "reject"
    pointers = [{"claim": claim[:500], **evidence}] if evidence else []
    io.write_response(verdict=verdict, score=round(score, 6), evidence=pointers, notes={"why": claim[:500]})
