"""The sandbox conformance kit: every promise of the protocol as a named check, for our back-ends and for plug-ins.

    results = await run_kit(MyBackend(), kit_profile())

With pytest, one test per check: parametrize over `CHECKS` and call `verify`. A check that is known to fail must fail:
one that passes although `KNOWN_FAILURES` lists it is an error too, so that the list stays true.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rqgm.sandbox.profile import Profile
from rqgm.testing.sandbox_checks import CHECKS, BrokenPromiseError, borders, commands, files, gateways, life, limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rqgm.sandbox.protocol import Backend

__all__ = [
    "CHECKS",
    "KNOWN_FAILURES",
    "BrokenPromiseError",
    "Result",
    "kit_profile",
    "known_failure",
    "run_kit",
    "verify",
]
ROOMS = (commands, files, limits, borders, gateways, life)

_SAME_HOST = "a plain process sees the host"
_SAME_USER = "a plain process has the engine's user and rights"

KNOWN_FAILURES: dict[str, dict[str, str]] = {
    "process": {
        "commands_are_not_root": _SAME_USER,
        "commands_cannot_become_root": _SAME_USER,
        "commands_have_no_capabilities": _SAME_USER,
        "devices_cannot_be_made": _SAME_USER,
        "kernel_settings_are_read_only": _SAME_USER,
        "root_is_read_only": _SAME_USER,
        "placed_tree_cannot_change": _SAME_USER,
        "gateways_folder_cannot_change": _SAME_USER,
        "keeper_survives_its_commands": _SAME_USER,
        "keeper_cannot_be_read": _SAME_USER,
        "hosts_processes_cannot_be_signalled": _SAME_USER,
        "hosts_environments_cannot_be_read": _SAME_USER,
        "system_calls_are_filtered": _SAME_HOST,
        "network_is_not_the_hosts": _SAME_HOST,
        "hosts_loopback_is_out_of_reach": _SAME_HOST,
        "hosts_sockets_are_out_of_reach": _SAME_HOST,
        "no_docker_socket": _SAME_HOST,
        "hosts_files_are_out_of_reach": _SAME_HOST,
        "hosts_processes_are_invisible": _SAME_HOST,
        "sandboxes_do_not_share_files": _SAME_HOST,
        "sandboxes_do_not_share_processes": _SAME_HOST,
    },
}
"""Back-end → check → why it fails there."""

# Where the engine itself is confined, a plain process is as well, and these checks pass.
_FAILS_HERE: dict[str, Callable[[], bool]] = {
    **dict.fromkeys(
        (
            "commands_are_not_root",
            "commands_cannot_become_root",
            "devices_cannot_be_made",
            "kernel_settings_are_read_only",
            "root_is_read_only",
        ),
        lambda: os.geteuid() == 0,
    ),
    "no_docker_socket": lambda: any(Path(path).exists() for path in borders.CONTROL_SOCKETS),
    "system_calls_are_filtered": lambda: "Seccomp:\t0" in Path("/proc/self/status").read_text(encoding="utf-8"),
    "keeper_cannot_be_read": lambda: os.geteuid() == 0 or _ptrace_scope() == 0,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check; `known` is the reason of a known failure."""

    name: str
    passed: bool
    seconds: float
    detail: str = ""
    known: str | None = None

    @property
    def as_expected(self) -> bool:
        """Whether it passed, or failed as known."""
        return self.passed is (self.known is None)


def kit_profile(base: Profile | None = None) -> Profile:
    """Return a tight profile for the kit: `base`'s image with small limits, so that bombs are small."""
    limits_ = {"memory_mb": 128, "disk_mb": 16, "pids": 24, "wall_s": 10.0, "cpu_s": 10.0, "output_bytes": 65_536}
    return (base or Profile(name="kit")).model_copy(update=limits_)


def known_failure(backend: str, check: str) -> str | None:
    """Return why a check is known to fail on a back-end here, None if it should pass."""
    reason = KNOWN_FAILURES.get(backend, {}).get(check)
    fails = _FAILS_HERE.get(check)
    return reason if reason and (fails is None or fails()) else None


def _ptrace_scope() -> int:
    try:
        return int(Path("/proc/sys/kernel/yama/ptrace_scope").read_text(encoding="utf-8"))
    except OSError:
        return 0


async def verify(name: str, backend: Backend, profile: Profile) -> Result:
    """Run one check and return what came of it."""
    started = time.monotonic()
    detail = ""
    try:
        await CHECKS[name](backend, profile)
    except Exception as error:  # noqa: BLE001  # border: a back-end under test may raise whatever it likes
        detail = f"{type(error).__name__}: {error}"
    seconds = time.monotonic() - started
    return Result(name, not detail, seconds, detail, known_failure(backend.name, name))


async def run_kit(backend: Backend, profile: Profile, names: Iterable[str] | None = None) -> list[Result]:
    """Run the checks (all, or those named) one after the other."""
    return [await verify(name, backend, profile) for name in (names if names is not None else CHECKS)]
