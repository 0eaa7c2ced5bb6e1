"""rqgm: evolve agents together with their evaluators.

``run_experiment`` runs epochs, ``open_run`` reads a run's folder; ``Judge``, ``Policy`` and ``Sandbox`` are
protocols of plug-ins. Importing this loads nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rqgm.judging.judge import Judge
    from rqgm.orchestration.policy import Policy
    from rqgm.run.api import RunResult, run_experiment
    from rqgm.run.session import RunOptions, open_run
    from rqgm.sandbox.protocol import Sandbox

__all__ = ["Judge", "Policy", "RunOptions", "RunResult", "Sandbox", "open_run", "run_experiment"]

_HOMES = {
    "Judge": "rqgm.judging.judge",
    "Policy": "rqgm.orchestration.policy",
    "RunOptions": "rqgm.run.session",
    "RunResult": "rqgm.run.api",
    "Sandbox": "rqgm.sandbox.protocol",
    "open_run": "rqgm.run.session",
    "run_experiment": "rqgm.run.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rqgm' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)
