"""Reading a task's program and its visible cases."""

import json

PROGRAM = "program.py"
VISIBLE = "visible.json"


class CasesError(ValueError):
    """The task's files are not what a repair task holds; the message says which and why."""


def load_source(folder: str) -> str:
    """Return the text of the folder's program; CasesError where there is none or it is not Python."""
    path = f"{folder}/{PROGRAM}"
    try:
        source = read(path)
        compile(source, path, "exec")
    except (OSError, SyntaxError, ValueError) as error:
        raise CasesError(f"{path}: {error}") from error
    return source


def read(path: str) -> str:
    """Return a file's text."""
    with open(path, encoding="utf-8") as file:
        return file.read()


def load_cases(folder: str) -> list[dict]:
    """Return the visible cases, each ``{"input": INPUT, "expected": VALUE}``; CasesError says what is wrong."""
    path = f"{folder}/{VISIBLE}"
    try:
        cases = json.loads(read(path))["cases"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CasesError(f"{path}: no readable list of cases: {error!r}") from error
    if not isinstance(cases, list) or not cases:
        raise CasesError(f"{path}: cases is not a list with items")
    for number, case in enumerate(cases):
        if not (isinstance(case, dict) and "expected" in case and is_input(case.get("input"))):
            raise CasesError(f"{path}: case {number} is not an input with an expected value")
    return cases


def is_input(item) -> bool:
    """Tell whether `item` is a call of a function, or of a class and its operations."""
    if not isinstance(item, dict) or not isinstance(item.get("args", []), list):
        return False
    if isinstance(item.get("new"), str):
        return isinstance(item.get("ops"), list)
    return isinstance(item.get("call"), str)
