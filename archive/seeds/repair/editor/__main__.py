"""The editor role: make one small edit of the workspace's own source, and say what was tried and why.

Reads EditorRequest from /rqgm/io/request.json, changes files under its `workspace`, writes EditorResponse. The plan
says which moves exist and how often each is made; this module only draws, checks and writes.
"""

import importlib
import os
import random
import sys

from editor.compose import make_edit
from editor.evidence import read_evidence
from editor.workspace import Workspace
from shared.io import read_request, write_response


def main():
    request = read_request()
    # Parts and shared come from the editor's own copy; what it lacks (the reviewer's case) from the edited workspace.
    sys.path.append(request["workspace"])
    sys.dont_write_bytecode = True
    workspace = Workspace(request["workspace"])
    mate = Workspace(request["mate"]) if request.get("mate") else None
    evidence = read_evidence(request.get("evidence"))
    rng = random.Random(request["seed"])
    plan = importlib.import_module("editor.plan")
    proposal, moves = make_edit(plan, workspace, mate, evidence, rng)
    write(workspace.root, proposal.changes)
    write_response(
        tried=proposal.tried[:2000],
        why=proposal.why[:2000],
        notes={"moves": moves, "files": sorted(proposal.changes), "evidence": len(evidence)},
    )


def write(root, changes):
    """Write the changed files into the workspace, delete those that are to go."""
    for path, text in changes.items():
        full = os.path.join(root, path)
        if text is None:
            if os.path.exists(full):
                os.unlink(full)
            continue
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8", newline="") as file:
            file.write(text)


if __name__ == "__main__":
    main()
