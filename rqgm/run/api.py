"""The Python API of runs: what `rqgm run` does, as one function."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rqgm.run.experiment import load_experiment
from rqgm.run.session import RunOptions, open_run, proceed, start
from rqgm.run.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from rqgm.archive.state import State


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run: its folder, and the object that `rqgm run --json` prints."""

    folder: Path
    summary: dict[str, Any]


def run_experiment(
    name: str,
    overrides: Sequence[str] = (),
    options: RunOptions | None = None,
    observe: Callable[[State, str], None] = lambda _state, _stage: None,
) -> RunResult:
    """Run an experiment, by name or path, to its end.

    `overrides` are ``key=value`` as on the command line; `observe` is called at every commit with state and stage.
    Raises ConfigError before anything starts, NoSandboxError, RunStoppedError (then the run can be resumed).
    """
    options = options or RunOptions()
    experiment = load_experiment(options.shelves.find("experiment", name).path, overrides)
    folder = asyncio.run(start(experiment, options))
    asyncio.run(proceed(folder, options, observe))
    run = open_run(folder)
    try:
        return RunResult(folder, summarise(run))
    finally:
        run.archive.close()
