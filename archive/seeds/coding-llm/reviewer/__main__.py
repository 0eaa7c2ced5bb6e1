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


def main():
    """Judge one artifact. Without a verdict in due form the role fails: it never makes one up."""
    request = io.read_request()
    until = deadline(request)
    bench = Bench(request)
    tools = Tools(f"{HERE}/tools.json", bench.functions(), closing="verdict")
    with granted_model(request) as model:
        ending = converse(model, prompt(HERE, "system"), opening(request), tools, MAX_TURNS, until)
    if ending.reason != "done":
        io.fail(f"no verdict: {ending.reason}: {ending.detail}")
    notes = {"reason": ending.result["reason"], "turns": ending.turns, "model": model.name}
    notes |= {"probes": len(bench.probes), "dropped": bench.dropped}
    io.write_response(**ending.result["fields"], notes=notes, usage=model.usage)


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
