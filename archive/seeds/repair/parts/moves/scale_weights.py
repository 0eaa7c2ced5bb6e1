"""Sharpen or flatten the weights of a dict of parts: all of them to a power."""

from editor.literals import tidy
from editor.scene import Proposal

KIND = "move"

FLAT = 0.7
SHARP = 1.4


def propose(scene):
    """Return the change of one dict's weights, or None when no dict has two different ones."""
    plan = scene.workspace.plan(scene.folder)
    dicts = [slot for slot, value in (plan.slots if plan else {}).items() if isinstance(value, dict) and len(value) > 1]
    if not dicts:
        return None
    slot = scene.rng.choice(dicts)
    power = scene.rng.choice([FLAT, SHARP])
    scaled = {key: tidy(abs(value) ** power * (1 if value >= 0 else -1), 0.5) for key, value in plan.slots[slot].items()}
    changes = {f"{scene.folder}/plan.py": plan.with_slot(slot, scaled).text}
    what = "sharpen" if power > 1 else "flatten"
    return Proposal(changes, f"{scene.role}: {what} the weights of {slot}", "at random")
