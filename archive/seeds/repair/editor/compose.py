"""One edit from the plan's moves: draw a role and a move, check what it proposes, try another when it does not apply."""

from editor.evidence import of_role
from editor.literals import find_numbers, nudge, set_number
from editor.scene import Proposal, Scene, pick
from editor.workspace import problem

SELF = "editor"


def make_edit(plan, workspace, mate, evidence, rng):
    """Return (Proposal, names of the moves); the proposal has no changes only when nothing at all applies."""
    done, names = None, []
    for _ in range(2 if rng.random() < plan.COMPOUND_SHARE else 1):
        step = _one_move(plan, workspace.changed(done.changes if done else {}), mate, evidence, rng)
        if step is None:
            break
        proposal, name = step
        joined = _join(done, proposal)
        if not _sound(workspace, joined):  # the second move took the first one back
            break
        names.append(name)
        done = joined
    if done is None:
        done, names = _fallback(workspace, rng), ["fallback"]
    return done, names


def _join(first, second):
    if first is None:
        return second
    changes = {**first.changes, **second.changes}
    return Proposal(changes, f"{first.tried}; {second.tried}", f"{first.why}; {second.why}")


def _one_move(plan, workspace, mate, evidence, rng):
    for _ in range(min(100, max(1, int(plan.ATTEMPTS)))):
        role = draw_role(plan, workspace, evidence, rng)
        move = pick(rng, plan.MOVES)
        if role is None or move is None:
            return None
        scene = Scene(workspace, mate, evidence, rng, role, workspace.roles()[role])
        try:
            proposal = move.propose(scene)
        except Exception:  # border: a move is evolved code; one that breaks does not apply
            continue
        if proposal and _sound(workspace, proposal):
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
