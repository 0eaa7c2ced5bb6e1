"""Cross over: take one role as a whole, plan and parts, from the mate."""

from editor.scene import Proposal

KIND = "move"


def propose(scene):
    """Return the change that copies the mate's folder of the role, or None when there is no mate or no difference."""
    if scene.mate is None or scene.mate.plan(scene.folder) is None:
        return None
    theirs = scene.mate.modules(scene.folder)
    changes = {path: scene.mate.read(path) for path in theirs}
    changes.update({path: None for path in scene.workspace.modules(scene.folder) if path not in changes})
    changes = {path: text for path, text in changes.items() if text != scene.workspace.read(path)}
    if not changes:
        return None
    better = [item.task for item in scene.evidence if item.role == scene.role and not item.own and item.success]
    why = f"the mate did better on {len(better)} train tasks" if better else "at random"
    return Proposal(changes, f"{scene.role}: take over the mate's {scene.role} ({len(changes)} files)", why)
