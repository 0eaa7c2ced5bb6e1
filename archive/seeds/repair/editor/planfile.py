"""Read and rewrite `plan.py`, the one module that says what a role is made of.

A plan holds imports of parts, constants, and lists or dicts of parts; nothing else. Only the statement that an edit
changes is printed anew, all other text (comments too) stays as it was, so that the diff of an edit is one or two lines.
"""

import ast
import json
from dataclasses import dataclass, replace

WIDTH = 100


class PlanError(ValueError):
    """The text is not a plan: it breaks the convention above or does not parse."""


@dataclass(frozen=True)
class Statement:
    """One top-level statement: comments and blank lines above it, its text, what follows it on its last line."""

    lead: str
    body: str
    tail: str
    node: ast.stmt


@dataclass(frozen=True)
class Plan:
    """A parsed plan. Edits return a new plan; `text` prints it.

    `slots` maps each UPPER_CASE name to its value: a number, the name of a part, a list of names, or a dict from names
    (or texts, kept in quotes) to numbers. `imports` maps the name by which a part is known here to (package, module).
    """

    statements: tuple[Statement, ...]
    end: str

    @property
    def text(self):
        return "".join(part.lead + part.body + part.tail for part in self.statements) + self.end

    @property
    def imports(self):
        found = {}
        for statement in self.statements:
            if isinstance(statement.node, ast.ImportFrom):
                for alias in statement.node.names:
                    found[alias.asname or alias.name] = (statement.node.module, alias.name)
        return found

    @property
    def slots(self):
        found = {}
        for statement in self.statements:
            if isinstance(statement.node, ast.Assign):
                found[statement.node.targets[0].id] = read_value(statement.node.value)
        return found

    def with_slot(self, name, value):
        """Return the plan with one slot changed (it must exist)."""
        statements = list(self.statements)
        for index, statement in enumerate(statements):
            if isinstance(statement.node, ast.Assign) and statement.node.targets[0].id == name:
                statements[index] = _printed(statement, print_slot(name, value))
                return replace(self, statements=tuple(statements))
        raise PlanError(f"no slot {name}")

    def with_import(self, alias, package, module):
        """Return the plan with one more import, joined to the statement that already imports from `package`."""
        names = {known: source for known, (origin, source) in self.imports.items() if origin == package}
        return self._with_package(package, {**names, alias: module})

    def without_import(self, alias):
        """Return the plan without one import; a statement that imports nothing any more goes away."""
        package = self.imports[alias][0]
        names = {known: source for known, (origin, source) in self.imports.items() if origin == package}
        del names[alias]
        return self._with_package(package, names)

    def _with_package(self, package, names):
        statements = list(self.statements)
        at = [i for i, s in enumerate(statements) if isinstance(s.node, ast.ImportFrom) and s.node.module == package]
        if at and names:
            statements[at[0]] = _printed(statements[at[0]], print_import(package, names))
            for extra in reversed(at[1:]):
                del statements[extra]
        elif at:
            statements = _drop(statements, at)
        else:
            _insert_import(statements, package, names)
        return replace(self, statements=tuple(statements))


def parse(text):
    """Return the Plan of a text, or raise PlanError."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise PlanError(f"plan does not parse: {error}") from error
    lines = text.splitlines(keepends=True)
    statements, at = [], 0
    for node in tree.body:
        if node.lineno - 1 < at or node.col_offset:
            raise PlanError(f"line {node.lineno}: one statement a line")
        _check(node)
        last = lines[node.end_lineno - 1].encode()
        inside, tail = last[: node.end_col_offset].decode(), last[node.end_col_offset :].decode()
        body = "".join(lines[node.lineno - 1 : node.end_lineno - 1]) + inside
        statements.append(Statement("".join(lines[at : node.lineno - 1]), body, tail, node))
        at = node.end_lineno
    return Plan(tuple(statements), "".join(lines[at:]))


def read_value(node):
    """Return the value of a slot: number, name, list of names, dict of name to number; else None (left alone)."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.List) and all(isinstance(item, ast.Name) for item in node.elts):
        return [item.id for item in node.elts]
    if isinstance(node, ast.Dict):
        keys, values = [_read_key(key) for key in node.keys], [read_value(value) for value in node.values]
        if None not in keys and all(isinstance(value, (int, float)) for value in values):
            return dict(zip(keys, values))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = read_value(node.operand)
        return -value if isinstance(value, (int, float)) else None
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    return None


def _read_key(node):
    """Return a dict key as it is written: a part's name, or a text in double quotes; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return json.dumps(node.value)
    return node.id if isinstance(node, ast.Name) else None


def print_slot(name, value):
    """Return the one way in which a slot is written: short lists on one line, dicts an entry a line."""
    if isinstance(value, dict) and value:
        return "".join([f"{name} = {{\n", *(f"    {key}: {number!r},\n" for key, number in value.items()), "}"])
    if isinstance(value, list):
        line = f"{name} = [{', '.join(value)}]"
        return line if len(line) <= WIDTH else "".join([f"{name} = [\n", *(f"    {item},\n" for item in value), "]"])
    return f"{name} = {value}"


def print_import(package, names):
    """Return one import statement; `names` maps the name used here to the module's name."""
    shown = [module if alias == module else f"{module} as {alias}" for alias, module in sorted(names.items())]
    line = f"from {package} import {', '.join(shown)}"
    if len(line) <= WIDTH:
        return line
    return "".join([f"from {package} import (\n", *(f"    {name},\n" for name in shown), ")"])


def _check(node):
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    imports = isinstance(node, ast.ImportFrom) and node.module and not node.level
    slot = isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
    if not (docstring or imports or (slot and node.targets[0].id.isupper())):
        raise PlanError(f"line {node.lineno}: a plan holds imports, UPPER_CASE constants, lists and dicts of parts")


def _printed(statement, body):
    return replace(statement, body=body, node=ast.parse(body).body[0])


def _drop(statements, positions):
    """Leave statements out; the comments above the first of them stay with what follows."""
    kept = [s for i, s in enumerate(statements) if i not in positions]
    lead = statements[positions[0]].lead.strip("\n")
    if lead and positions[0] < len(kept):
        kept[positions[0]] = replace(kept[positions[0]], lead=lead + "\n" + kept[positions[0]].lead)
    if positions[0] < len(kept) and not isinstance(kept[positions[0]].node, ast.ImportFrom):
        return kept
    if positions[0] < len(kept):  # the next import takes the dropped one's place, blank lines included
        kept[positions[0]] = replace(kept[positions[0]], lead=statements[positions[0]].lead)
    return kept


def _insert_import(statements, package, names):
    body = print_import(package, names)
    imports = [i for i, s in enumerate(statements) if isinstance(s.node, ast.ImportFrom)]
    after = [i for i in imports if statements[i].node.module < package]
    if after:
        position, lead = after[-1] + 1, ""
    elif imports:
        position, lead = imports[0], statements[imports[0]].lead
        statements[imports[0]] = replace(statements[imports[0]], lead="")
    else:
        position = 1 if statements and isinstance(statements[0].node, ast.Expr) else 0
        lead = "\n" if position else ""
        if position < len(statements) and not statements[position].lead.startswith("\n"):
            statements[position] = replace(statements[position], lead="\n" + statements[position].lead)
    statements.insert(position, Statement(lead, body, "\n", ast.parse(body).body[0]))
