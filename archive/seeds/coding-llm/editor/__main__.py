"""The editor role: a language model reads how the roles did on train tasks and rewrites the workspace, itself included.

Reads EditorRequest from /rqgm/io/request.json, changes files under its `workspace`, writes EditorResponse.
"""

import os

from editor.digest import digest, tree
from editor.evidence import all_told, cases
from editor.workshop import Workshop, troubles
from shared import io
from shared.files import listing
from shared.loop import converse, deadline
from shared.model import granted_model
from shared.prompts import fenced, prompt
from shared.tools import Tools

HERE = os.path.dirname(os.path.abspath(__file__))
MAX_TURNS = 16
TRIAL_TURNS = 3  # without evidence: the engine only tries whether this role works
EVIDENCE_CHARS = 24_000
DIGEST_CHARS = 36_000


def main():
    """Make one edit. A workspace that is left broken is this role's failure; so is one without a word on it."""
    request = io.read_request()
    until = deadline(request)
    shop = Workshop(request)
    tools = Tools(f"{HERE}/tools.json", shop.functions(), closing="done")
    max_turns = MAX_TURNS if request["evidence"] else TRIAL_TURNS
    with granted_model(request) as model:
        ending = converse(model, prompt(HERE, "system"), opening(request), tools, max_turns, until)
    broken = troubles(request["workspace"], shop.before)
    if broken:
        io.fail(f"{ending.reason}: the workspace is broken: {'; '.join(broken)}")
    if ending.reason != "done" and not shop.changed:
        io.fail(f"nothing was changed: {ending.reason}: {ending.detail}")
    said = ending.result or {"tried": f"unfinished ({ending.reason}): {', '.join(sorted(shop.changed))}", "why": ""}
    notes = {"exit": ending.reason, "detail": ending.detail, "turns": ending.turns, "model": model.name}
    notes |= {"files": sorted(shop.changed), "evidence": len(request["evidence"])}
    io.write_response(tried=said["tried"][:2_000], why=said["why"], notes=notes, usage=model.usage)


def opening(request):
    """Return the first message: the evidence, the workspace's files, and the contents of those that matter most."""
    workspace, mate = request["workspace"], request.get("mate")
    if not request["evidence"]:
        return prompt(HERE, "trial", tree=tree(workspace))
    grouped = cases(request["evidence"])
    failing = [case[0]["role"] for case in grouped if not case[0]["success"]]
    return prompt(
        HERE,
        "task",
        evidence=all_told(grouped, EVIDENCE_CHARS),
        tree=tree(workspace),
        contents=digest(workspace, failing, DIGEST_CHARS),
        mate=fenced("\n".join(listing(mate))) if mate else "(none)",
    )


if __name__ == "__main__":
    main()
