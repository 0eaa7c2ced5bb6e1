"""Move one weight, or the threshold, of a reviewer in the direction that the labelled train items ask for."""

from editor.literals import tidy
from editor.scene import Proposal, pick

KIND = "move"

STEP = 0.4
MISJUDGED = 3.0
THRESHOLD_SHARE = 0.3


def propose(scene):
    """Return the change of one weight or threshold, or None without a weighted slot or labelled evidence."""
    plan = scene.workspace.plan(scene.folder)
    items = [(item, item.label()) for item in scene.evidence if item.role == scene.role]
    items = [(item, label) for item, label in items if label is not None and item.values()]
    weighted = {slot: value for slot, value in (plan.slots if plan else {}).items() if isinstance(value, dict) and value}
    if not items or not weighted:
        return None
    if "THRESHOLD" in plan.slots and scene.rng.random() < THRESHOLD_SHARE:
        return _threshold(scene, plan, items)
    slot = scene.rng.choice(sorted(weighted))
    return _weight(scene, plan, slot, items)


def _threshold(scene, plan, items):
    """Ask for more where wrong patches were accepted, for less where right ones were refused."""
    lenient = sum(1 for item, label in items if not item.success and not label)
    strict = sum(1 for item, label in items if not item.success and label)
    old = plan.slots["THRESHOLD"]
    if lenient == strict or not isinstance(old, (int, float)):
        return None
    new = tidy(old + (STEP if lenient > strict else -STEP) / 2, 0.5)
    why = f"{lenient} wrong train patches accepted, {strict} right ones refused"
    changes = {f"{scene.folder}/plan.py": plan.with_slot("THRESHOLD", new).text}
    return Proposal(changes, f"{scene.role}: THRESHOLD {old!r} -> {new!r} ({why})", why)


def _weight(scene, plan, slot, items):
    pulls = {alias: sum(_pull(item, label, alias) for item, label in items) for alias in plan.slots[slot]}
    alias = pick(scene.rng, {alias: abs(pull) for alias, pull in pulls.items()})
    if alias is None:
        return None
    old = plan.slots[slot][alias]
    new = tidy(old + (STEP if pulls[alias] > 0 else -STEP), 0.5)
    changes = {f"{scene.folder}/plan.py": plan.with_slot(slot, {**plan.slots[slot], alias: new}).text}
    why = f"its value points {'the right' if pulls[alias] > 0 else 'the wrong'} way on {len(items)} labelled train items"
    return Proposal(changes, f"{scene.role}: weight of {alias} {old!r} -> {new!r} ({why})", why)


def _pull(item, label, alias):
    return item.values().get(alias, 0.0) * (1 if label else -1) * (1.0 if item.success else MISJUDGED)
