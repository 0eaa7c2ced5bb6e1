"""What a role is made of: list the wired parts of a plan, wire one in, take one out.

Every function returns `changes` ({path: new text or None}) and leaves the workspace alone.
"""

from dataclasses import dataclass

from editor.workspace import LIBRARY


@dataclass(frozen=True)
class Wired:
    """A part in a plan: in which slot, under which name, from which file, of which kind."""

    slot: str
    alias: str
    path: str
    kind: str | None


def wired_parts(workspace, folder):
    """Return the parts that a role's plan uses, slot by slot."""
    plan = workspace.plan(folder)
    found = []
    for slot, value in (plan.slots if plan else {}).items():
        for alias in _aliases(value):
            if alias in plan.imports:
                path = module_path(*plan.imports[alias])
                found.append(Wired(slot, alias, path, workspace.kind(path)))
    return found


def slot_kinds(workspace, folder):
    """Return {slot: kind of part it holds}; an empty slot's kind is the one that its name begins with."""
    plan = workspace.plan(folder)
    if plan is None:
        return {}
    kinds = {part.slot: part.kind for part in wired_parts(workspace, folder) if part.kind}
    known = sorted({workspace.kind(path) or "" for path in workspace.modules(LIBRARY)} - {""})
    for slot, value in plan.slots.items():
        if slot not in kinds and value in ([], {}) and not slot.endswith("_WEIGHTS"):
            kinds.update({slot: kind for kind in known if slot.lower().startswith(kind)})
    return kinds


def spare_parts(workspace, folder, slot, kind):
    """Return the library's (folder, name) of `kind` that the slot does not hold yet."""
    present = {part.path for part in wired_parts(workspace, folder) if part.slot == slot}
    return [
        (shelf, name) for shelf, name in workspace.library(kind) if f"{folder}/{shelf}/{name}.py" not in present
    ]


def wire(workspace, folder, slot, shelf, name, source=None, weight=1.0, position=None):
    """Return the changes that copy a part into a role and enter it in a list or dict slot (source: its text)."""
    plan = workspace.plan(folder)
    package, path = f"{folder}.{shelf}", f"{folder}/{shelf}/{name}.py"
    changes = {}
    if workspace.read(path) is None or source is not None:
        changes[path] = source if source is not None else workspace.read(f"{LIBRARY}/{shelf}/{name}.py")
    alias = _alias(plan, package, name)
    if alias not in plan.imports:
        plan = plan.with_import(alias, package, name)
    value = plan.slots[slot]
    if isinstance(value, dict):
        value = {**value, alias: weight}
    elif isinstance(value, list):
        at = len(value) if position is None else position
        value = [*value[:at], alias, *value[at:]]
    else:
        value = alias
    return {**changes, f"{folder}/plan.py": plan.with_slot(slot, value).text}


def unwire(workspace, folder, slot, alias):
    """Return the changes that take a part out of a list or dict slot, and its file where nothing else uses it.

    A part that the library lacks moves there, so that a later edit can bring it back.
    """
    plan = workspace.plan(folder)
    value = plan.slots[slot]
    if isinstance(value, dict):
        value = {key: weight for key, weight in value.items() if key != alias}
    else:
        value = [item for item in value if item != alias]
    return _dispose(workspace, folder, plan.with_slot(slot, value), alias)


def exchange(workspace, folder, slot, alias, shelf, name, source=None):
    """Return the changes that put another part in the place of `alias`; in a dict it inherits the weight."""
    path = f"{folder}/{shelf}/{name}.py"
    plan = workspace.plan(folder)
    new = _alias(plan, f"{folder}.{shelf}", name)
    changes = {}
    if workspace.read(path) is None or source is not None:
        changes[path] = source if source is not None else workspace.read(f"{LIBRARY}/{shelf}/{name}.py")
    if new not in plan.imports:
        plan = plan.with_import(new, f"{folder}.{shelf}", name)
    value = plan.slots[slot]
    if isinstance(value, dict):
        value = {new if key == alias else key: weight for key, weight in value.items()}
    elif isinstance(value, list):
        value = [new if item == alias else item for item in value]
    else:
        value = new
    return {**changes, **_dispose(workspace, folder, plan.with_slot(slot, value), alias)}


def _dispose(workspace, folder, plan, alias):
    if any(alias in _aliases(value) for value in plan.slots.values()):
        return {f"{folder}/plan.py": plan.text}
    package, module = plan.imports[alias]
    path = module_path(package, module)
    shelved = f"{LIBRARY}/{package.split('.')[-1]}/{module}.py"
    changes = {path: None}
    if workspace.read(shelved) is None and workspace.read(path) is not None:
        changes[shelved] = workspace.read(path)
    return {**changes, f"{folder}/plan.py": plan.without_import(alias).text}


def module_path(package, module):
    """Return the path of a module that a plan imports."""
    return f"{package.replace('.', '/')}/{module}.py"


def _aliases(value):
    if isinstance(value, str):
        return [value]
    return list(value) if isinstance(value, (list, dict)) else []


def _alias(plan, package, name):
    """Return the name under which a plan knows or can know package.name: its own, or with the folder in front."""
    for alias, source in plan.imports.items():
        if source == (package, name):
            return alias
    taken = {*plan.imports, *plan.slots}
    alias = name if name not in taken else f"{package.split('.')[-1]}_{name}"
    while alias in taken:
        alias += "_"
    return alias
