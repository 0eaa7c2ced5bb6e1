"""What the judges share: the program before and after, and how an answer is written. The artifact is hostile data."""

import ast
import json
import os

ROOT = os.environ.get("RQGM_ROOT", "") + "/rqgm"  # set by a back-end that cannot mount
MAX_CHARS = 60_000
BROKEN = (OSError, ValueError, SyntaxError, RecursionError, MemoryError)


def answer(judge):
    """Let `judge(before, after, cases) -> (score in [0, 1], why, line or None)` answer; it accepts from one half on."""
    with open(f"{ROOT}/io/request.json", encoding="utf-8") as file:
        request = json.load(file)
    try:
        before = read(request["task_dir"], "program.py")
        known = defined(before)
        cases = json.loads(read(request["task_dir"], "visible.json"))["cases"]
    except (*BROKEN, KeyError, TypeError):
        write(verdict="abstain", score=0.0, notes={"why": "the task has no program.py with visible.json"})
        return
    line = None
    try:
        after = read(request["artifact"], "program.py")
        if ast.dump(ast.parse(after)) == ast.dump(ast.parse(before)) or known - defined(after):
            score, why = 0.0, "nothing was changed, or a function is gone"
        else:
            score, why, line = judge(before, after, cases)
    except BROKEN as error:
        score, why = 0.0, f"no program: {type(error).__name__}"
    quote = after.split("\n")[line - 1].strip()[:200] if line else ""
    evidence = [{"claim": why, "file": "program.py", "line": line, "quote": quote}] if quote else []
    verdict = "accept" if score >= 0.5 else "reject"
    write(verdict=verdict, score=round(score, 6), evidence=evidence, notes={"why": why})


def read(folder, name):
    """Return a file's text; ValueError if it is too large."""
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        text = file.read(MAX_CHARS + 1)
    if len(text) > MAX_CHARS:
        raise ValueError(name)
    return text


def defined(source):
    """Return the names of a program's functions and classes."""
    return {node.name for node in ast.parse(source).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


def write(**fields):
    """Write the response (see `rqgm schema JudgeResponse`)."""
    with open(f"{ROOT}/io/response.json", "w", encoding="utf-8") as file:
        json.dump({"schema_version": 1, **fields}, file)
