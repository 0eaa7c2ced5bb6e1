"""Run an edited role on several prepared requests, each in a process of its own: ``rehearsal.py OVERLAY FOLDER ROOT...``.

Started by `editor.trials` as a script, so that the edited role's modules never meet the editor's own.
"""

import importlib
import os
import signal
import sys

WALL_S = 20  # the outer guard; what a role may do is counted in steps


def main():
    overlay, folder, *roots = sys.argv[1:]
    sys.path[0] = overlay
    sys.dont_write_bytecode = True
    entry = importlib.import_module(f"{folder}.__main__")
    for root in roots:
        child = os.fork()
        if child == 0:
            try:
                os.environ["RQGM_ROOT"] = root
                signal.alarm(WALL_S)
                entry.main()
            finally:  # whatever an edited role raises: without a response it has failed
                os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
