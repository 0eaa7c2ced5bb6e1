"""Raw variation: swap two neighbouring simple statements of a function outside of the plan."""

import ast

from editor.scene import Proposal

KIND = "move"

SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr)


def propose(scene):
    """Return the change of one module, or None when the chosen one has no such pair."""
    paths = [path for path in scene.workspace.modules(scene.folder) if not path.endswith("/plan.py")]
    if not paths:
        return None
    path = scene.rng.choice(paths)
    text = scene.workspace.read(path)
    pairs = [pair for node in ast.walk(ast.parse(text)) for pair in neighbours(node)]
    if not pairs:
        return None
    first, second = scene.rng.choice(pairs)
    lines = text.splitlines(keepends=True)
    one, two = lines[first.lineno - 1 : first.end_lineno], lines[second.lineno - 1 : second.end_lineno]
    between = lines[first.end_lineno : second.lineno - 1]
    lines[first.lineno - 1 : second.end_lineno] = [*two, *between, *one]
    where = f"{path.removeprefix(scene.folder + '/')} line {first.lineno}"
    return Proposal({path: "".join(lines)}, f"{scene.role}: {where}: swap two statements", "at random")


def neighbours(node):
    """Yield pairs of neighbouring simple statements in a function's or block's body."""
    body = getattr(node, "body", None)
    if isinstance(body, list) and not isinstance(node, (ast.Module, ast.ClassDef)):
        for first, second in zip(body, body[1:]):
            if isinstance(first, SIMPLE) and isinstance(second, SIMPLE) and first.end_lineno < second.lineno:
                yield first, second
