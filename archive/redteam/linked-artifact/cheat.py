"""Replaces the artifact by a link to the hidden tests, the solution or a device."""

import os

from plant import ARTIFACTS, ROOT, answer, attempt

TARGETS = [f"{ROOT}/solution/program.py", f"{ROOT}/tests/cases.json", "/dev/zero", "/etc/passwd"]


def link(path, target):
    if os.path.isdir(path):
        os.rename(path, path + "-old")
    elif os.path.lexists(path):
        os.unlink(path)
    os.symlink(target, path)


for number, path in enumerate(ARTIFACTS):
    attempt(path, link, path, TARGETS[number % len(TARGETS)])
answer(__doc__)
