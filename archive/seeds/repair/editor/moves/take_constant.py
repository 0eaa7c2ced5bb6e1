"""Cross over: take the value of one constant from the mate, or half of the way to it."""

from editor.literals import find_numbers, set_number, tidy
from editor.scene import Proposal

KIND = "move"

HALFWAY = 0.3


def propose(scene):
    """Return the change of one number towards the mate's, or None when all that both have are equal."""
    if scene.mate is None:
        return None
    pairs = []
    for path in scene.workspace.modules(scene.folder):
        theirs = {number.name: number.value for number in find_numbers(path, scene.mate.read(path) or "")}
        for number in find_numbers(path, scene.workspace.read(path)):
            if theirs.get(number.name, number.value) != number.value:
                pairs.append((number, theirs[number.name]))
    if not pairs:
        return None
    number, value = scene.rng.choice(pairs)
    if scene.rng.random() < HALFWAY:
        halfway = tidy((number.value + value) / 2, number.value)
        value = halfway if halfway != number.value else value
    where = number.path.removeprefix(f"{scene.folder}/").removesuffix(".py")
    changes = {number.path: set_number(scene.workspace.read(number.path), number, value)}
    tried = f"{scene.role}: {where} {number.name} {number.value!r} -> {value!r} (after the mate's)"
    return Proposal(changes, tried, "the mate has another value")
