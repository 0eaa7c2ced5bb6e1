"""Change the order of a list of parts: move one to the front, or swap two neighbours."""

from editor.scene import Proposal

KIND = "move"

TO_FRONT = 0.5


def propose(scene):
    """Return the change of one list's order, or None when no list has two entries."""
    plan = scene.workspace.plan(scene.folder)
    lists = [slot for slot, value in (plan.slots if plan else {}).items() if isinstance(value, list) and len(value) > 1]
    if not lists:
        return None
    slot = scene.rng.choice(lists)
    value = list(plan.slots[slot])
    at = scene.rng.randrange(1, len(value))
    to = 0 if scene.rng.random() < TO_FRONT else at - 1
    moved = value.pop(at)
    value.insert(to, moved)
    if value == plan.slots[slot]:
        return None
    changes = {f"{scene.folder}/plan.py": plan.with_slot(slot, value).text}
    return Proposal(changes, f"{scene.role}: move {moved} from place {at + 1} to {to + 1} of {slot}", "at random")
