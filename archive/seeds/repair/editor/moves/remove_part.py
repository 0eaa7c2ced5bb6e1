"""Take a part out of a list or dict of parts; one that did nothing on the train tasks is preferred."""

from editor.composition import unwire, wired_parts
from editor.evidence import of_role
from editor.scene import Proposal, pick

KIND = "move"

IDLE = 5.0


def propose(scene):
    """Return the change that removes one part, or None when every slot has a single one."""
    plan = scene.workspace.plan(scene.folder)
    parts = wired_parts(scene.workspace, scene.folder)
    loose = [part for part in parts if isinstance(plan.slots[part.slot], (list, dict)) and len(plan.slots[part.slot]) > 1]
    idle = _idle(scene)
    weights = {index: IDLE if part.alias in idle else 1.0 for index, part in enumerate(loose)}
    index = pick(scene.rng, weights)
    if index is None:
        return None
    part = loose[index]
    why = "its value was nearly 0 on all train items" if part.alias in idle else ""
    changes = unwire(scene.workspace, scene.folder, part.slot, part.alias)
    tried = f"{scene.role}: remove {part.kind or 'part'} {part.alias}"
    return Proposal(changes, f"{tried} ({why})" if why else tried, why or "at random")


def _idle(scene):
    """Return the names of features whose noted value is next to nothing on every train item of the role."""
    largest = {}
    for item in of_role(scene.evidence, scene.role):
        for name, value in item.values().items():
            largest[name] = max(largest.get(name, 0.0), abs(value))
    return {name for name, value in largest.items() if value < 0.05}
