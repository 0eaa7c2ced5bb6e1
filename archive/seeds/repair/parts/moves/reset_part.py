"""Set a wired part back to what the library holds, undoing what earlier edits made of it."""

from editor.composition import wired_parts
from editor.scene import Proposal

KIND = "move"


def propose(scene):
    """Return the change of one part's file, or None when all wired parts are as in the library."""
    changed = []
    for part in wired_parts(scene.workspace, scene.folder):
        original = scene.workspace.read("parts" + part.path.removeprefix(scene.folder))
        if original is not None and original != scene.workspace.read(part.path):
            changed.append((part, original))
    if not changed:
        return None
    part, original = scene.rng.choice(changed)
    return Proposal({part.path: original}, f"{scene.role}: set {part.alias} back to the library's", "at random")
