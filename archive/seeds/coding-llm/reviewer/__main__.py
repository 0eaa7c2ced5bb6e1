"""The reviewer role: a language model with tools looks at a patch and says whether it is right, and how it knows."""

import os

from reviewer.tools import Bench, files_of
from shared import io
from shared.files import difference, listing
from shared.loop import converse, deadline
from shared.model import granted_model
from shared.prompts import fenced, prompt, shortened
from shared.tools import Tools

HERE = os.path.dirname(os.path.abspath(__file__))
MAX_TURNS = 12
DIFF_CHARS = 20_000
NO_OPINION = {"verdict": "abstain", "score": 0.5, "probability": 0.5}


def main():
    """Judge one artifact. Without a verdict in due form the role fails; without budget or provider it abstains."""
    request = io.read_request()
    until = deadline(request)
    bench = Bench(request)
    tools = Tools(f"{HERE}/tools.json", bench.functions(), closing="verdict")
    with granted_model(request) as model:
        ending = converse(model, prompt(HERE, "system"), opening(request), tools, MAX_TURNS, until)
    notes = {"exit": ending.reason, "detail": ending.detail, "turns": ending.turns, "model": model.name}
    notes |= {"probes": len(bench.probes), "dropped": bench.dropped}
    if ending.reason == "done":
        result = ending.result
        io.write_response(**result["fields"], notes={**notes, "reason": result["reason"]}, usage=model.usage)
    elif ending.reason in ("budget", "unavailable", "refused", "time"):
        io.write_response(**NO_OPINION, notes=notes, usage=model.usage)
    else:
        io.fail(f"no verdict: {ending.reason}: {ending.detail}")


def opening(request):
    """Return the first message: the task, the artifact's files, what differs from the task's, the criteria asked."""
    criteria = "\n".join(f"{one['id']}: {one['text']}" for one in request.get("criteria", []))
    return prompt(
        HERE,
        "task",
        instruction=fenced(request["instruction"]),
        files=fenced(shortened(files_of(request), 4_000)),
        diff=fenced(shortened(changes(request), DIFF_CHARS)),
        criteria=fenced(criteria) if criteria else "(none)",
    )


def changes(request):
    """Return how the artifact's files differ from the task's."""
    return difference(request["task_dir"], request["artifact"], listing(request["artifact"]))


if __name__ == "__main__":
    main()
