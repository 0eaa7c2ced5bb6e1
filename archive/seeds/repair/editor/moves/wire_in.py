"""Wire spare parts of the library into a list or dict of parts, chosen by the train evidence where it says something."""

from editor.composition import slot_kinds, spare_parts, wire
from editor.scene import Proposal, pick

KIND = "move"

PULL = 30.0
HINT = 0.01
AGAINST = 0.3
TRIED_FEATURES = 12
HANDFUL = 50  # operators that are wired in together at most
FIRST_WEIGHT = 1.0
FRONT = 0.3


def propose(scene):
    """Return the change that wires one part in, or None when no slot has a spare part."""
    plan = scene.workspace.plan(scene.folder)
    spares = {}
    for slot, kind in slot_kinds(scene.workspace, scene.folder).items():
        if isinstance(plan.slots[slot], (list, dict)):
            parts = spare_parts(scene.workspace, scene.folder, slot, kind)
            for shelf, name in parts:
                spares[slot, kind, shelf, name] = len(parts) ** -0.5  # large shelves are drawn from more often
    advice, reached = _advise(scene, list(spares))
    for spare, (score, _) in advice.items():
        spares[spare] += PULL * (score if score > 0 else -score * AGAINST)
    chosen = pick(scene.rng, spares)
    if chosen is None:
        return None
    slot, kind, shelf, name = chosen
    score, reason = advice.get(chosen, (0.0, ""))
    value = plan.slots[slot]
    position = 0 if isinstance(value, list) and scene.rng.random() < FRONT else None
    weight = _weight(score)
    changes = wire(scene.workspace, scene.folder, slot, shelf, name, weight=weight, position=position)
    names = [name]
    companions = _companions(scene, chosen, list(spares), reached) if kind == "operator" else []
    for _, _, shelf, other in companions:
        changes |= wire(scene.workspace.changed(changes), scene.folder, slot, shelf, other, weight=weight, position=None)
        names.append(other)
    shown = f" at weight {weight!r}" if isinstance(value, dict) else ""
    note = f" ({reason})" if reason else ""
    what = f"wire in {kind} {names[0]}" if len(names) == 1 else f"wire in {kind}s {', '.join(names)}"
    why = reason or "no evidence: at random"
    return Proposal(changes, f"{scene.role}: {what}{shown}{note}", why, widens=kind == "operator")


def _companions(scene, chosen, spares, reached):
    """Return further operators, a handful at most: first those that reach failed tasks which the others do not."""
    count = scene.rng.randrange(HANDFUL)
    covered = set(reached.get(chosen, ()))
    left = [spare for spare in spares if spare[0] == chosen[0] and spare != chosen]
    others = []
    while left and len(others) < count:
        gains = {spare: len(reached.get(spare, set()) - covered) for spare in left}
        best = max(gains.values())
        other = scene.rng.choice([spare for spare in left if gains[spare] == best])
        left.remove(other)
        others.append(other)
        covered |= reached.get(other, set())
    return others


def _advise(scene, spares):
    """Return {spare: (score, reason)} where the evidence speaks, and which failed tasks each operator reaches."""
    advice, reached = {}, {}
    operators = [spare for spare in spares if spare[1] == "operator"]
    if operators and scene.advice.tasks():
        count = scene.advice.tasks()
        reached = {spare: tasks for spare in operators if (tasks := scene.advice.reached(spare[2], spare[3]))}
        for spare, tasks in reached.items():
            advice[spare] = (len(tasks) / count, f"reaches {len(tasks)} of {count} failed train tasks")
    features = [spare for spare in spares if spare[1] == "feature"]
    if features and scene.evidence:
        advice.update(_try_features(scene, features))
    limited = [item for item in scene.failures() if item.says("limit", "exhausted", "timeout")]
    fooled = [item for item in scene.failures() if item.says("plausible")]
    for spare in spares:
        if spare[1] in ("order", "localise", "search") and limited:
            advice[spare] = (HINT, f"the search hit its limit on {len(limited)} train tasks")
        if spare[1] == "ranking" and fooled:
            advice[spare] = (HINT, f"{len(fooled)} train patches passed the visible tests and were wrong")
    return advice, reached


def _try_features(scene, features):
    patches = scene.advice.patches()
    found = {}
    for spare in scene.rng.sample(features, min(len(features), TRIED_FEATURES)) if patches else []:
        gap = scene.advice.separation(spare[2], spare[3])
        if abs(gap) >= 0.05:
            found[spare] = (gap, f"separates {patches} labelled train patches by {gap:+.2f}")
    return found


def _weight(score):
    """Return a feature's first weight: less where the evidence is faint, negative where it speaks the other way."""
    if not score:
        return FIRST_WEIGHT
    size = round(max(0.25, min(2.0, 2.0 * abs(score))), 2)
    return size if score > 0 else -size
