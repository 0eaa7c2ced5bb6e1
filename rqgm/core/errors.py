"""The errors of the toolkit: one root, leaves that also inherit the standard library's kin."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class RqgmError(Exception):
    """Root of every error that the toolkit raises on purpose; `exit_code` is what the command line ends with."""

    exit_code = 4


class ConfigError(RqgmError, ValueError):
    """A file or setting is wrong: the message names the file, the key, what was found and what is allowed."""

    exit_code = 2


class UnknownNameError(ConfigError, LookupError):
    """A name is not known; the message lists the known ones and the nearest."""

    def __init__(self, what: str, name: str, known: Iterable[str], where: str = "") -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        place = f"{where}: " if where else ""
        super().__init__(f"{place}unknown {what} {name!r}{hint} Known: {', '.join(names) or 'none'}")


class NoSandboxError(RqgmError, RuntimeError):
    """No sandbox back-end that the run may use works on this machine."""

    exit_code = 3


class InfrastructureError(RqgmError, RuntimeError):
    """Something outside the agents failed (engine gone, disk full): nothing is scored, the job may be tried again."""


class SandboxLostError(InfrastructureError, ConnectionError):
    """A sandbox died or cannot be reached, through no doing of what ran in it that we could tell."""


class ProviderUnavailableError(InfrastructureError, ConnectionError):
    """A model's provider gave no answer beyond retries: nothing is scored, the job may be tried again."""


class BudgetSpentError(InfrastructureError):
    """The run's own budget does not allow what a job needs: nothing is scored, and no other attempt would help."""


class ArtifactError(RqgmError, ValueError):
    """What a sandboxed program left behind may not be copied out (a link, a device, too large, a bad path)."""


class IntegrityError(RqgmError, ValueError):
    """Stored data does not match its hash or its schema."""

    exit_code = 1


class RunBusyError(RqgmError, BlockingIOError):
    """Another process holds this run."""

    exit_code = 2


class RunStoppedError(RqgmError, RuntimeError):
    """The run stopped on an error and can be resumed."""


class ReplayMissError(RunStoppedError, LookupError):
    """A replayed run asked a model what was not recorded; the message shows the nearest recorded request."""
