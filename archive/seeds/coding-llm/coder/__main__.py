"""The coder role: a language model repairs the program with one tool, bash (after the manner of mini-swe-agent)."""

import os
import time

from shared import io
from shared.files import listing
from shared.loop import converse, deadline
from shared.model import granted_model
from shared.process import run
from shared.prompts import prompt, shortened
from shared.tools import Finished, ToolError, Tools

HERE = os.path.dirname(os.path.abspath(__file__))
MAX_TURNS = 24
COMMAND_TIMEOUT_S = 20.0
OUTPUT_BYTES = 8_000  # of a command's output that the model sees
NOTED_STEPS = 6  # the last ones, told to the editor
NOTED_CHARS = 180


class Shell:
    """The coder's tools, and what was done with them."""

    def __init__(self, workdir, until):
        self.workdir = workdir
        self.until = until
        self.steps = []

    def bash(self, command):
        """Run a command and return what it printed."""
        timeout_s = max(0.1, min(COMMAND_TIMEOUT_S, self.until - time.monotonic()))
        try:
            ran = run(["bash", "-c", command], self.workdir, timeout_s, OUTPUT_BYTES)
        except OSError as error:  # the folder is gone, or the machine has no room for a process
            raise ToolError(f"the command cannot be started: {error.strerror}") from None
        self.steps.append({"bash": shortened(command, NOTED_CHARS), "printed": shortened(ran.told(), NOTED_CHARS)})
        return ran.told()

    def submit(self, summary=""):
        """End the work."""
        raise Finished(shortened(summary, 2 * NOTED_CHARS))


def main():
    """Solve one task; whatever is in the folder when the conversation ends is the answer."""
    request = io.read_request()
    until = deadline(request)
    shell = Shell(request["workdir"], until)
    tools = Tools(f"{HERE}/tools.json", {"bash": shell.bash, "submit": shell.submit}, closing="submit")
    system = prompt(HERE, "system", timeout_s=int(COMMAND_TIMEOUT_S))
    with granted_model(request) as model:
        ending = converse(model, system, opening(request), tools, MAX_TURNS, until)
    notes = {"exit": ending.reason, "detail": ending.detail, "turns": ending.turns, "model": model.name}
    notes |= {"summary": ending.result or "", "steps": shell.steps[-NOTED_STEPS:]}
    io.write_response(notes=notes, usage=model.usage)


def opening(request):
    """Return the first message: the task and what its folder holds."""
    files = "\n".join(f"- {path} ({size} bytes)" for path, size in listing(request["workdir"]).items())
    return prompt(
        HERE,
        "task",
        instruction=request["instruction"],
        workdir=request["workdir"],
        artifacts=", ".join(request["artifacts"]),
        files=shortened(files, 4_000),
    )


if __name__ == "__main__":
    main()
