"""Cross over: take one part that the mate uses and this workspace does not, as the mate has tuned it."""

from editor.composition import exchange, wire, wired_parts
from editor.scene import Proposal

KIND = "move"


def propose(scene):
    """Return the change that takes over one part, or None when the mate has none that is new here."""
    if scene.mate is None:
        return None
    plan, theirs = scene.workspace.plan(scene.folder), scene.mate.plan(scene.folder)
    if plan is None or theirs is None:
        return None
    present = {(part.slot, part.path) for part in wired_parts(scene.workspace, scene.folder)}
    new = [
        part
        for part in wired_parts(scene.mate, scene.folder)
        if (part.slot, part.path) not in present and _same_shape(plan, theirs, part.slot) and part.path.count("/") == 2
    ]
    if not new:
        return None
    part = scene.rng.choice(new)
    _, shelf, file = part.path.split("/")
    source, name = scene.mate.read(part.path), file.removesuffix(".py")
    value = plan.slots[part.slot]
    if isinstance(value, str):
        changes = exchange(scene.workspace, scene.folder, part.slot, value, shelf, name, source)
    else:
        weight = theirs.slots[part.slot][part.alias] if isinstance(value, dict) else 1.0
        changes = wire(scene.workspace, scene.folder, part.slot, shelf, name, source, weight)
    what = f"{scene.role}: take {part.kind or 'part'} {part.alias} from the mate"
    return Proposal(changes, what, "the mate has it", widens=part.kind == "operator")


def _same_shape(plan, theirs, slot):
    return slot in plan.slots and type(plan.slots[slot]) is type(theirs.slots[slot])
