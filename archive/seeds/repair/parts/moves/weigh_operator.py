"""Give an operator that found right patches on the train tasks more weight in orders that use weights."""

import json

from editor.composition import wired_parts
from editor.literals import tidy
from editor.scene import Proposal, pick

KIND = "move"

FACTOR = 1.5
CREDIT = 2.0


def propose(scene):
    """Return the change of one entry of OPERATOR_WEIGHTS, or None when the plan has no such slot."""
    plan = scene.workspace.plan(scene.folder)
    weights = plan.slots.get("OPERATOR_WEIGHTS") if plan else None
    operators = [part.alias for part in wired_parts(scene.workspace, scene.folder) if part.kind == "operator"]
    if not isinstance(weights, dict) or not operators:
        return None
    credits = {alias: 1.0 for alias in operators}
    for item in scene.evidence:
        named = item.notes.get("operators")
        for name in named if item.success and isinstance(named, list) else ():
            if name in credits:
                credits[name] += CREDIT
    alias = pick(scene.rng, credits)
    key = json.dumps(alias)
    factor = FACTOR if credits[alias] > 1.0 or scene.rng.random() < 0.5 else 1 / FACTOR
    old = weights.get(key, 1.0)
    changes = {f"{scene.folder}/plan.py": plan.with_slot("OPERATOR_WEIGHTS", {**weights, key: tidy(old * factor, 0.5)}).text}
    why = "it found right train patches" if credits[alias] > 1.0 else "at random"
    return Proposal(changes, f"{scene.role}: weight of operator {alias} {old!r} -> {tidy(old * factor, 0.5)!r}", why)
