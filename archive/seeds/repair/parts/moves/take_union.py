"""Cross over: take over all the parts that the mate has in one list or dict and this workspace lacks."""

from editor.composition import wire, wired_parts
from editor.scene import Proposal

KIND = "move"

MOST = 3


def propose(scene):
    """Return the change that wires in up to MOST of the mate's parts of one slot, or None when nothing is new."""
    if scene.mate is None:
        return None
    theirs, plan = scene.mate.plan(scene.folder), scene.workspace.plan(scene.folder)
    present = {(part.slot, part.path) for part in wired_parts(scene.workspace, scene.folder)}
    new = {}
    for part in wired_parts(scene.mate, scene.folder):
        if (part.slot, part.path) not in present and part.path.count("/") == 2:
            new.setdefault(part.slot, []).append(part)
    slots = [slot for slot in new if plan and isinstance(plan.slots.get(slot), (list, dict))]
    if not slots:
        return None
    slot = scene.rng.choice(slots)
    workspace, changes = scene.workspace, {}
    for part in new[slot][:MOST]:
        _, shelf, file = part.path.split("/")
        values = theirs.slots[slot]
        weight = values[part.alias] if isinstance(values, dict) else 1.0
        step = wire(workspace, scene.folder, slot, shelf, file.removesuffix(".py"), scene.mate.read(part.path), weight)
        changes.update(step)
        workspace = workspace.changed(step)
    names = ", ".join(part.alias for part in new[slot][:MOST])
    return Proposal(changes, f"{scene.role}: take {names} into {slot} from the mate", "the mate has them")
