"""Is a file what a criterion says? Run in a sandbox: ``python3 -I -S inspect_file.py FILE FORMAT [NAME]``.

FORMAT is python, json, toml or csv; NAME a function or class (``Class.method``) that the Python file must define.
Prints what is wrong and exits with 1.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import sys
import tomllib
from pathlib import Path

MAX_BYTES = 4 << 20


def inspect(data: bytes, wanted: str, name: str = "") -> str:
    """Return what is wrong with a file of the format `wanted`, "" if nothing is."""
    if len(data) > MAX_BYTES:
        return f"larger than {MAX_BYTES} bytes"
    try:
        text = data.decode("utf-8-sig")
        if wanted == "python":
            tree = ast.parse(text)
            return "" if not name or defines(tree, name.split(".")) else f"does not define {name}"
        if wanted == "csv":
            return _ragged(text)
        _ = json.loads(text, parse_constant=_refuse) if wanted == "json" else tomllib.loads(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        return f"is not {wanted}: {type(error).__name__}"
    return ""


def defines(tree: ast.AST, path: list[str]) -> bool:
    """Tell whether a function or class is defined at `path`, directly in the module or in the class before it."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    found = [node for node in ast.iter_child_nodes(tree) if isinstance(node, kinds) and node.name == path[0]]
    if len(path) == 1:
        return bool(found)
    return any(isinstance(node, ast.ClassDef) and defines(node, path[1:]) for node in found)


def _ragged(text: str) -> str:
    """Return which row of a CSV table has not as many cells as the first; a table has a row."""
    width = 0
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1):
            width = width or len(row)
            if row and len(row) != width:
                return f"row {number} has {len(row)} cells, the first {width}"
    except csv.Error as error:
        return f"is not csv: {error}"
    return "" if width else "has no row"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


if __name__ == "__main__":
    wrong = inspect(Path(sys.argv[1]).read_bytes(), *sys.argv[2:])
    print(wrong)  # noqa: T201  # its answer
    sys.exit(1 if wrong else 0)
