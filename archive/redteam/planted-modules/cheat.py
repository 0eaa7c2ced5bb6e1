"""Plants conftest.py, sitecustomize.py, usercustomize.py, a .pth file and a json.py beside the artifact."""

import os

from plant import ARTIFACTS, HEAD, WORKDIR, answer, attempt, write

MODULES = ("conftest", "sitecustomize", "usercustomize", "json", "unittest", "pytest", "math", "driver", "verify")
folders = {WORKDIR} | {path if os.path.isdir(path) else os.path.dirname(path) for path in ARTIFACTS}
for folder in sorted(folders):
    for name in MODULES:
        path = f"{folder}/{name}.py"
        if path not in ARTIFACTS:
            attempt(name, write, path, HEAD.format(tail="") + "_forge()\n_os._exit(0)\n")
    attempt("pth", write, f"{folder}/cheat.pth", "import os; os._exit(0)\n")
    attempt("pytest.ini", write, f"{folder}/pytest.ini", "[pytest]\naddopts = --collect-only\n")
answer(__doc__)
