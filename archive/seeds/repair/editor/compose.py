"""One edit from the plan's moves: draw a role, draft a few edits of it, try them on train tasks, keep the best."""

from dataclasses import replace

from editor.evidence import of_role
from editor.literals import find_numbers, nudge, set_number
from editor.scene import Proposal, open_scene, pick
from editor.trials import Trials
from editor.workspace import problem

SELF = "editor"
MOST_DRAFTS = 8


def make_edit(plan, workspace, mate, evidence, rng):
    """Return (Proposal, names of its moves): drafts for one role, each on top of those that gained on train tasks.

    A draft is kept when the role does better with it than without, or as well and it widens what the role can do; when
    none is kept, the one that did least harm is the edit. Without tasks to try on, the first draft is. No changes are left only when nothing at all applies.
    """
    role = draw_role(plan, workspace, evidence, rng)
    if role is None:
        return _fallback(workspace, rng), ["fallback"]
    start = open_scene(workspace, mate, evidence, rng, role)
    trials = Trials(plan, workspace, role, [] if role == SELF else evidence, rng)
    if not trials.probes:
        return _draft(plan, start) or (_fallback(workspace, rng), ["fallback"])
    kept, other, drafts = None, None, min(MOST_DRAFTS, max(1, int(plan.DRAFTS)))
    for _ in range(drafts):
        draft = _draft(plan, start, *(kept[1:] if kept else ()))
        if draft is None:
            continue
        gain = round(trials.gain(workspace.changed(draft[0].changes)), 6)
        before = kept[0] if kept else 0.0
        if gain > before or (gain == before and draft[0].widens):
            kept = (gain, *draft)
        elif other is None or gain > other[0]:
            other = (gain, *draft)
    gain, proposal, names = kept or other or (0.0, _fallback(workspace, rng), ["fallback"])
    note = f"{gain:+.2f} on {len(trials.probes)} train tasks, {drafts} drafts"
    return replace(proposal, tried=f"[{note}] {proposal.tried}"), names


def _draft(plan, scene, done=None, names=()):
    """Return (Proposal, names of the moves) of one or two more moves on top of `done`, or None when none applies."""
    before, names, widens = done, list(names), True
    for _ in range(2 if scene.rng.random() < plan.COMPOUND_SHARE else 1):
        step = _one_move(plan, replace(scene, workspace=scene.workspace.changed(done.changes)) if done else scene)
        if step is None:
            break
        proposal, name = step
        joined = _join(done, proposal)
        if not _sound(scene.workspace, joined):  # the second move took the first one back
            break
        names.append(name)
        done, widens = joined, widens and proposal.widens
    return (replace(done, widens=widens), names) if done is not before else None


def _join(first, second):
    if first is None:
        return second
    changes = {**first.changes, **second.changes}
    return Proposal(changes, f"{first.tried}; {second.tried}", f"{first.why}; {second.why}")


def _one_move(plan, scene):
    for _ in range(min(100, max(1, int(plan.ATTEMPTS)))):
        move = pick(scene.rng, plan.MOVES)
        if move is None:
            return None
        try:
            proposal = move.propose(scene)
        except Exception:  # border: a move is evolved code; one that breaks does not apply
            continue
        if proposal and _sound(scene.workspace, proposal):
            return proposal, move.__name__.rpartition(".")[2]
    return None


def draw_role(plan, workspace, evidence, rng):
    """Return the role to edit: now and then the editor itself, else the others, drawn towards those that fail."""
    weights = {}
    for role in workspace.roles():
        items = of_role(evidence, role)
        failing = sum(not item.success for item in items) / len(items) if items else 0.5
        weights[role] = 1.0 + plan.FAILURE_PULL * failing
    own = weights.pop(SELF, None)
    if own and (rng.random() < plan.SELF_SHARE or not weights):
        return SELF
    return pick(rng, weights)


def _sound(workspace, proposal):
    """Tell whether a proposal changes something and leaves a workspace that parses."""
    changed = any(text != workspace.read(path) for path, text in proposal.changes.items())
    return changed and problem(workspace.changed(proposal.changes)) is None


def _fallback(workspace, rng):
    """Return the change of some constant of some plan: what is left when no move applies."""
    numbers = []
    for folder in workspace.roles().values():
        numbers += find_numbers(f"{folder}/plan.py", workspace.read(f"{folder}/plan.py") or "")
    if not numbers:
        return Proposal({}, "nothing applied", "no plan has a constant")
    number = rng.choice(numbers)
    value = nudge(number.value, rng)
    changes = {number.path: set_number(workspace.read(number.path), number, value)}
    return Proposal(changes, f"{number.path}: {number.name} {number.value!r} -> {value!r}", "no other move applied")
