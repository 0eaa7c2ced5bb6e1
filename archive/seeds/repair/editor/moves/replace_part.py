"""Put a spare part of the library in the place of a wired part of the same kind."""

from editor.composition import exchange, spare_parts, wired_parts
from editor.scene import Proposal, pick

KIND = "move"

LISTED = 0.25


def propose(scene):
    """Return the change that exchanges one part, or None when no wired part has a spare of its kind."""
    slots = {}
    for part in wired_parts(scene.workspace, scene.folder):
        if part.kind and spare_parts(scene.workspace, scene.folder, part.slot, part.kind):
            slots.setdefault(part.slot, []).append(part)
    if not slots:
        return None
    # The slot first, then the part: long lists must not take all the replacements, and they can grow instead.
    plan = scene.workspace.plan(scene.folder)
    weights = {slot: 1.0 if isinstance(plan.slots[slot], str) else LISTED for slot in sorted(slots)}
    part = scene.rng.choice(slots[pick(scene.rng, weights)])
    shelf, name = scene.rng.choice(spare_parts(scene.workspace, scene.folder, part.slot, part.kind))
    changes = exchange(scene.workspace, scene.folder, part.slot, part.alias, shelf, name)
    return Proposal(changes, f"{scene.role}: replace {part.kind} {part.alias} by {name}", "at random")
