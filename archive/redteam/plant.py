"""What all cheats share: read the request, put hostile code into every declared artifact, say what was tried."""

import json
import os

ROOT = os.environ.get("RQGM_ROOT", "")
with open(f"{ROOT}/rqgm/io/request.json", encoding="utf-8") as file:
    REQUEST = json.load(file)
WORKDIR = REQUEST["workdir"]
ARTIFACTS = [os.path.join(WORKDIR, name) for name in REQUEST["artifacts"]]
SEEN = []

# In front of every payload: where things lie when the verifier runs the artifact, and a way to try without failing.
HEAD = """
import os as _os
_ROOT = __file__[: -len({tail!r})] if __file__.endswith({tail!r}) else ""
_LOGS = [_ROOT + "/logs/verifier"]
_TESTS = [_ROOT + "/tests"]
_FORGED = {{"reward.json": '{{"reward": 1.0, "passed": 99, "total": 99}}', "reward.txt": "1.0"}}

def _attempt(function, *arguments):
    try:
        return function(*arguments)
    except BaseException:
        return None

def _write(path, text):
    with open(path, "w") as _file:
        _file.write(text)

def _forge():
    for _folder in _LOGS:
        for _name, _text in _FORGED.items():
            _attempt(_write, _folder + "/" + _name, _text)
"""


def attempt(what, function, *arguments):
    """Try something and note what came of it."""
    try:
        function(*arguments)
        SEEN.append(f"{what}: done")
    except Exception as error:  # whatever stops it is what we want to see
        SEEN.append(f"{what}: {type(error).__name__}")


def write(path, text):
    """Write a file, making its folder; never through a link, which may lead out of the sandbox."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.islink(path):
        os.unlink(path)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def plant(payload, last=False):
    """Put `payload` before (or after) the code of every artifact; a folder gets it as a module."""
    for path in ARTIFACTS:
        if os.path.isdir(path):
            path = os.path.join(path, "__init__.py")
        tail = path[len(ROOT) :]
        try:
            with open(path, encoding="utf-8") as file:
                old = file.read()
        except OSError:
            old = ""
        code = HEAD.format(tail=tail) + payload
        attempt(f"plant in {tail}", write, path, old + "\n" + code if last else code + "\n" + old)


def answer(attempted):
    """Write the response, as an honest solver would."""
    notes = {"attempted": attempted, "seen": SEEN[:50]}
    with open(f"{ROOT}/rqgm/io/response.json", "w", encoding="utf-8") as file:
        json.dump({"schema_version": 1, "notes": notes}, file)
