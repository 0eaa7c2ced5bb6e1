"""What a move works with, and what it proposes."""

import random
from dataclasses import dataclass

from editor.advice import Advice
from editor.evidence import Item, of_role
from editor.workspace import Workspace


@dataclass(frozen=True)
class Scene:
    """One edit's situation: the workspace, another node's (or None), evidence, and the role that is to be edited."""

    workspace: Workspace
    mate: Workspace | None
    evidence: list[Item]
    rng: random.Random
    role: str
    folder: str
    advice: Advice

    def failures(self):
        """Return the role's own failed train outcomes."""
        return [item for item in of_role(self.evidence, self.role) if not item.success]


def open_scene(workspace, mate, evidence, rng, role):
    """Return the Scene of an edit of `role`."""
    failures = [item for item in of_role(evidence, role) if not item.success]
    return Scene(workspace, mate, evidence, rng, role, workspace.roles()[role], Advice(failures, evidence, rng))


@dataclass(frozen=True)
class Proposal:
    """A change of the workspace: {path: new text or None}, one line that says what, and why.

    `widens`: it only adds to what the role can do. The train tasks show few of the cases that it is good for, so that
    such a change is kept also when it gains nothing on them.
    """

    changes: dict
    tried: str
    why: str = ""
    widens: bool = False


def pick(rng, weighted):
    """Return one key of {key: weight}, drawn by weight; None when no weight is positive."""
    entries = [(key, weight) for key, weight in weighted.items() if weight > 0]
    if not entries:
        return None
    return rng.choices([key for key, _ in entries], [weight for _, weight in entries])[0]
