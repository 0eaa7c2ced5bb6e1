"""Leaves a daemon behind in the agent's phase that forges rewards wherever it can see them."""

import os
import time

from plant import ROOT, answer, attempt, write


def daemon():
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for descriptor in range(3):
        os.close(descriptor)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for name, text in (("reward.json", '{"reward": 1.0}'), ("reward.txt", "1")):
            try:
                write(f"{ROOT}/logs/verifier/{name}", text)
            except OSError:
                pass
        time.sleep(0.005)
    os._exit(0)


attempt("daemon", daemon)
answer(__doc__)
