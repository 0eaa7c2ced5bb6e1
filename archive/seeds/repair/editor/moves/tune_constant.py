"""Change one constant of a plan or of a part that it uses, up or down; limits follow what the train tasks ran into."""

from editor.composition import wired_parts
from editor.literals import find_numbers, nudge, set_number, tidy
from editor.scene import Proposal

KIND = "move"

TRUST = 0.6
LIMIT_STEP = 1.5


def propose(scene):
    """Return the change of one number, or None when the role has no constant."""
    paths = [f"{scene.folder}/plan.py", *(part.path for part in wired_parts(scene.workspace, scene.folder))]
    texts = {path: scene.workspace.read(path) for path in dict.fromkeys(paths)}
    numbers = [number for path, text in texts.items() if text is not None for number in find_numbers(path, text)]
    if not numbers:
        return None
    return _follow_limits(scene, texts, numbers) or _at_random(scene, texts, numbers)


def _at_random(scene, texts, numbers):
    number = scene.rng.choice(numbers)
    return _proposal(scene, texts, number, nudge(number.value, scene.rng), "")


def _follow_limits(scene, texts, numbers):
    """Raise a limit that the failed train tasks hit, lower one where they ran out of time."""
    limits = [n for n in numbers if n.value > 0 and any(word in n.name for word in ("MAX", "LIMIT", "STEPS", "BUDGET"))]
    slow = sum(item.says("timeout", "budget-exhausted") for item in scene.failures())
    short = sum(item.says("limit", "exhausted") for item in scene.failures())
    if not limits or not slow + short or scene.rng.random() > TRUST:
        return None
    number = scene.rng.choice(limits)
    factor = LIMIT_STEP if short > slow else 1 / LIMIT_STEP
    value = tidy(number.value * factor, number.value)
    if value == number.value:
        return None
    why = f"{short} train tasks hit a limit" if short > slow else f"{slow} train tasks ran out of time"
    return _proposal(scene, texts, number, value, why)


def _proposal(scene, texts, number, value, why):
    changes = {number.path: set_number(texts[number.path], number, value)}
    where = number.path.removeprefix(f"{scene.folder}/").removesuffix(".py")
    tried = f"{scene.role}: {where} {number.name} {number.value!r} -> {value!r}"
    return Proposal(changes, f"{tried} ({why})" if why else tried, why or "at random")
