"""Runs programs that nobody trusts, in a process of its own.

``python3 -m reviewer.child visible`` answers the cases of standard input, one JSON line each, with the results;
``python3 -m reviewer.child probe CODE`` runs a snippet beside the programs. Both are started from the role's folder and
find the programs by the request. A probe's output depends on nothing but the request's files and the code, so that the
engine can run it again.
"""

import contextlib
import json
import os
import sys
import traceback
import types
from io import StringIO

from reviewer.confine import confine
from reviewer.values import decode, encode
from shared import io

PROGRAM = "program.py"


def load(folder, name):
    """Return the folder's program as module `name`."""
    path = os.path.join(folder, PROGRAM)
    with open(path, encoding="utf-8") as file:
        source = file.read()
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(source, PROGRAM, "exec"), module.__dict__)  # no path in tracebacks: it differs from place to place
    return module


def answer(program, case):
    """Return the encoded result of one input; an exception is a result too."""
    try:
        arguments = decode(case.get("args", []))
        if "new" in case:
            instance = getattr(program, case["new"])(*arguments)
            return [_operate(instance, *operation) for operation in case["ops"]]
        result = encode(getattr(program, case["call"])(*arguments))
        return {"$tuple": [result, encode(arguments)]} if case.get("observe") == "args" else result
    except Exception as error:  # border: whatever the program raises is its answer
        return {"$error": type(error).__name__}


def _operate(instance, name, arguments=()):
    try:
        if name.startswith("@"):
            return encode(getattr(instance, name[1:]))
        return encode(getattr(instance, name)(*decode(list(arguments))))
    except Exception as error:  # border: an operation's exception is its result, the next one still runs
        return {"$error": type(error).__name__}


def visible(request):
    """Answer the cases of standard input on what was standard output; what the program prints goes nowhere."""
    cases = [json.loads(line) for line in sys.stdin]
    replies = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    confine([request["artifact"]])
    program = load(request["artifact"], "program")
    for case in cases:
        replies.write(json.dumps(answer(program, case)) + "\n")
        replies.flush()


def probe(request, code):
    """Run `code` with `program`, the artifact's, and `original`, the task's; a traceback is printed like the rest."""
    os.dup2(1, 2)
    confine([request["artifact"], request["task_dir"]])
    names = {"__name__": "probe"}
    try:
        for name, folder in (("program", request["artifact"]), ("original", request["task_dir"])):
            with contextlib.redirect_stdout(StringIO()):
                names[name] = load(folder, name)
        exec(compile(code, "probe.py", "exec"), names)
    except BaseException as error:  # border: also SystemExit, which would hide what was printed
        print("".join(traceback.format_exception_only(error)).strip(), file=sys.stdout)


def main():
    sys.dont_write_bytecode = True
    request = io.read_request()
    if sys.argv[1] == "visible":
        visible(request)
    else:
        probe(request, sys.argv[2])


if __name__ == "__main__":
    main()
